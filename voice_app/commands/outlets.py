"""`voice-app outlets`: who outside is told of events, what waits, what was refused."""

from __future__ import annotations

from typing import Annotated

import typer

from voice_app.commands.terminal import console, print_json, run, settings_here
from voice_app.outlets.ports import OutletState
from voice_app.settings import Settings
from voice_app.store.database import open_database
from voice_app.store.sql_outlets import SqlOutlets


def outlets_command(json: Annotated[bool, typer.Option("--json", help="One JSON line an outlet.")] = False) -> None:
    """Tell of every outlet what waits, since when, what failed last and what was set aside."""
    for state, troubles in run(lambda: _read(settings_here())):
        told_at = state.told_at.isoformat(timespec="seconds") if state.told_at is not None else ""
        if json:
            print_json(
                {
                    "outlet": state.name,
                    "waiting": state.backlog.waiting,
                    "oldest_s": round(state.backlog.oldest_s),
                    "failures": state.tries,
                    "last_fault": state.last_fault,
                    "told_at": told_at,
                    "set_aside": [{"event": event, "reason": reason} for event, reason in troubles],
                }
            )
            continue
        waiting = f"{state.backlog.waiting} wait, the oldest for {state.backlog.oldest_s:.0f} s"
        console.print(f"{state.name}: {waiting}; last told {told_at or 'never'}", highlight=False)
        if state.tries:
            console.print(f"  {state.tries} failures in a row: {state.last_fault}", highlight=False, markup=False)
        for event, reason in troubles:
            console.print(f"  set aside: event {event}, {reason}", highlight=False, markup=False)


async def _read(settings: Settings) -> list[tuple[OutletState, list[tuple[str, str]]]]:
    engine = await open_database(settings.database_url, settings.store)
    try:
        outlets = SqlOutlets(engine, settings.store)
        return [(state, list(await outlets.troubles(state.name))) for state in await outlets.states()]
    finally:
        await engine.dispose()
