"""`voice-app db ...`: the database brought up to date, checked, copied, brought back, moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.sync.events import ChainFault
from voice_app.commands.terminal import console, failures_told, messages, print_json, progress, run, settings_here
from voice_app.errors import StoreError
from voice_app.store.checking import Checked, check_database
from voice_app.store.copying import TableProof, copy_database
from voice_app.store.database import open_database
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_uplink import SqlUplink

app = typer.Typer(help="The database: bring it up to date, check it, copy it, move it.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="One JSON line for programs.")]


@app.command()
def upgrade() -> None:
    """Bring the tables up to date. The service does so by itself when it starts."""
    settings = settings_here()

    async def work() -> None:
        await (await open_database(settings.database_url, settings.store)).dispose()

    run(work)


@app.command()
def check(json: Json = False) -> None:
    """Follow every event from the first one on: none missing, none changed; rebuild what follows from them, the same.

    Exit code 1 when something is wrong.
    """
    settings = settings_here()
    found = run(lambda: check_database(settings.database_url, settings.store))
    _tell_check(found, json)
    raise typer.Exit(1 if found.faults else 0)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The new file; it must not exist.")], json: Json = False) -> None:
    """Copy everything into a SQLite file while the service goes on, and read the copy again before it counts."""
    _copy(settings_here().database_url, _new_file(file), json)


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A backup.", exists=True)], json: Json = False) -> None:
    """Bring a backup into the database of the settings, which must be empty. The site goes on under a new id.

    What was written after the backup may be at a hub under the id so far; a new one keeps the two apart.
    """
    _copy(_sqlite(file), settings_here().database_url, json, renewed=True)


@app.command()
def move(
    target: Annotated[str, typer.Argument(help="postgresql+psycopg://USER@HOST/NAME")], json: Json = False
) -> None:
    """Copy everything into another, empty database. Then name it in VOICE_APP_STORE_DATABASE_URL."""
    _copy(settings_here().database_url, target, json)


def _copy(source: str, target: str, json: bool, *, renewed: bool = False) -> None:
    rules = settings_here().store

    async def work() -> tuple[Mapping[str, TableProof], Checked]:
        with progress("Copying") as move_bar:
            proofs = await copy_database(source, target, rules, move_bar)
        if renewed and proofs["site"].rows:
            store = await SqlStore.open(target, rules=rules)
            await SqlUplink(store.engine).renew()
            await store.close()
        return proofs, await check_database(target, rules)

    proofs, found = run(work)
    if json:
        print_json({"tables": {name: asdict(proof) for name, proof in proofs.items()}, "faults": len(found.faults)})
    else:
        for name, proof in proofs.items():
            console.print(f"{name}: {proof.rows} rows, read again and the same", highlight=False)
        _tell_check(found, json=False)
    raise typer.Exit(1 if found.faults else 0)


def _tell_check(found: Checked, json: bool) -> None:
    if json:
        counts = {"events": found.events, "sites": found.sites, "sessions": found.sessions}
        print_json({**counts, "faults": [asdict(fault) for fault in found.faults]})
        return
    for fault in found.faults:
        if isinstance(fault, ChainFault):
            line = f"site {fault.site_id}: event {fault.sequence} {fault.reason}"
        else:
            line = f"session {fault.session_id} {fault.reason}"
        messages.print(line, style="bold red", highlight=False, markup=False, soft_wrap=True)
    kept = "something is wrong: bring back a backup" if found.faults else "nothing missing, nothing changed"
    console.print(f"{found.events} events of {found.sites} sites: {kept}", highlight=False, soft_wrap=True)
    if not found.faults:
        line = f"{found.sessions} sessions rebuilt from their events: codes, leads and participations are the same"
        console.print(line, highlight=False, soft_wrap=True)


def _new_file(file: Path) -> str:
    with failures_told():
        if file.exists():
            raise StoreError(f"{file} exists already: a backup never writes over another file")
    return _sqlite(file)


def _sqlite(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file.absolute()}"
