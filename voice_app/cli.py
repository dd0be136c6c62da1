"""The command line: `voice-app ...`. Each command lives in `commands/`; here they get their names."""

from __future__ import annotations

from typing import Annotated

import typer

from voice_app.commands import (
    analytics,
    content,
    db,
    doctor,
    hub,
    org,
    phone_calls,
    pilot,
    places,
    privacy,
    speech,
    sync,
)
from voice_app.commands.calibrate import calibrate_command
from voice_app.commands.documents import attestation, key_card_command, kit, report
from voice_app.commands.outlets import outlets_command
from voice_app.commands.phone import phone
from voice_app.commands.serve import serve
from voice_app.commands.simulate import simulate_command
from voice_app.commands.talk import talk
from voice_app.commands.terminal import console, print_json, settings_here
from voice_app.commands.worker import worker
from voice_app.settings import list_settings

app = typer.Typer(
    name="voice-app",
    help="A spoken, accessible estimation of digital skills, aligned with the CRCN.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(phone)
app.command()(worker)
app.command()(talk)
app.command()(speech.listen)
app.command()(speech.say)
app.command()(doctor.doctor)
app.command()(report)
app.command()(kit)
app.command("key-card")(key_card_command)
app.command()(attestation)
app.command("outlets")(outlets_command)
app.command("simulate")(simulate_command)
app.command("calibrate")(calibrate_command)
app.add_typer(phone_calls.app, name="calls")
app.add_typer(analytics.app, name="analytics")
app.add_typer(content.app, name="content")
app.add_typer(db.app, name="db")
app.add_typer(hub.app, name="hub")
app.add_typer(sync.app, name="sync")
app.add_typer(org.app, name="org")
app.add_typer(pilot.app, name="pilot")
app.add_typer(places.app, name="places")
app.add_typer(privacy.app, name="privacy")
app.add_typer(speech.models_app, name="models")


@app.command()
def settings(json: Annotated[bool, typer.Option("--json", help="One JSON line a setting.")] = False) -> None:
    """List every setting with its variable in the environment and its value."""
    for line in list_settings(settings_here()):
        if json:
            print_json(
                {"section": line.section, "name": line.name, "environment": line.environment, "value": str(line.value)}
            )
        else:
            console.print(f"{line.environment}={line.value}", highlight=False, markup=False, soft_wrap=True)


def main() -> None:
    """Run the command line."""
    app()
