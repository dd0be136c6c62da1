"""`voice-app calls`: the calls that we owe people, by wish or by campaign. The running line makes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from voice_app.commands.terminal import console, print_json, run, settings_here
from voice_app.phone_line import local_time, national, new_errand, phone_key
from voice_app.settings import Settings
from voice_app.store.sql_errands import SqlErrands
from voice_app.telephony.contacts import is_number
from voice_app.telephony.errands import Errand, ErrandKind, ErrandState, Outcome, after
from voice_app.telephony.hours import Hours
from voice_app.telephony.sealing import unseal

app = typer.Typer(help="Calls that the line owes people: call-backs and campaigns.", no_args_is_help=True)


@app.command()
def add(
    numbers: Annotated[Path, typer.Argument(help="A text file, one telephone number a line.", exists=True)],
    campaign: Annotated[str, typer.Option(help="Name of the campaign.")],
    window: Annotated[str, typer.Option(help="Days and times: '1-5 10:00-12:00 14:00-18:00'.")] = "1-5 10:00-18:00",
) -> None:
    """Queue a campaign. Each person is asked first; who says no is never called again."""
    settings = settings_here()
    Hours.read(window)
    prefix = settings.phone.country_prefix
    lines = [national(line, prefix) for line in numbers.read_text(encoding="utf-8").split("\n") if line.strip()]
    wrong = [str(place) for place, line in enumerate(lines, start=1) if not is_number(line)]
    if wrong:
        console.print(f"These lines are no telephone numbers: {', '.join(wrong)}. Nothing was queued.")
        raise typer.Exit(1)
    queued = run(lambda: _add(settings, list(dict.fromkeys(lines)), campaign, window))
    console.print(f"{queued} people will be called.")


async def _add(settings: Settings, numbers: list[str], campaign: str, window: str) -> int:
    key = phone_key(settings.data_folder)
    errands = await SqlErrands.open(settings.database_url, settings.store)
    try:
        queued = 0
        for number in numbers:
            errand = new_errand(key, ErrandKind.CAMPAIGN, number, window, campaign)
            if not await errands.refuses(errand.mark):
                await errands.keep(errand)
                queued += 1
        return queued
    finally:
        await errands.close()


@app.command(name="list")
def list_calls(json: Annotated[bool, typer.Option("--json", help="One JSON line a call.")] = False) -> None:
    """List the queue, without numbers."""
    settings = settings_here()
    for errand in run(lambda: _all(settings)):
        line = {
            "id": errand.id,
            "kind": errand.kind.value,
            "campaign": errand.campaign,
            "state": errand.state.value,
            "next_at": errand.next_at.isoformat(timespec="minutes"),
            "tries": errand.tries,
            "last_outcome": errand.last_outcome.value if errand.last_outcome else None,
        }
        if json:
            print_json(line)
        else:
            console.print("  ".join(str(value) for value in line.values()), highlight=False, markup=False)


@app.command()
def number(errand: Annotated[str, typer.Argument(help="The id that `list` shows.")]) -> None:
    """Tell the number of somebody who waits, for the mediator who calls them."""
    settings = settings_here()
    for each in run(lambda: _all(settings)):
        if each.id == errand and each.sealed:
            console.print(unseal(phone_key(settings.data_folder), each.sealed))
            return
    console.print("No call of this id waits.")
    raise typer.Exit(1)


@app.command()
def done(errand: Annotated[str, typer.Argument(help="The id that `list` shows.")]) -> None:
    """Say that this person was called: the number is erased."""
    settings = settings_here()
    if not run(lambda: _done(settings, errand)):
        console.print("No call of this id waits.")
        raise typer.Exit(1)


async def _done(settings: Settings, wanted: str) -> bool:
    errands = await SqlErrands.open(settings.database_url, settings.store)
    try:
        for errand in await errands.all():
            if errand.id == wanted and errand.state is ErrandState.WAITING:
                await errands.keep(after(errand, Outcome.TALKED, local_time(), settings.phone_calls))
                return True
        return False
    finally:
        await errands.close()


async def _all(settings: Settings) -> Sequence[Errand]:
    errands = await SqlErrands.open(settings.database_url, settings.store)
    try:
        return await errands.all()
    finally:
        await errands.close()
