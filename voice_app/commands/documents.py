"""`voice-app report`: the result of a session as an accessible PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audio_content.model import LOCALES
from voice_app.app import contexts, dialogue_context
from voice_app.commands.terminal import messages, print_json, run, settings_here
from voice_app.session_report import session_report
from voice_app.settings import Settings
from voice_app.store.sql_store import SqlStore


def report(
    code: Annotated[str, typer.Argument(help="The session's code; spaces do no harm.")],
    file: Annotated[Path, typer.Argument(help="Where the PDF goes.", dir_okay=False)],
    lang: Annotated[str, typer.Option(help="Language, two letters; by default the session's own.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Write the report of a session that has come to its result."""
    if lang and lang not in LOCALES:
        raise typer.BadParameter(f"--lang is one of {', '.join(LOCALES)}")
    settings = settings_here()
    body = run(lambda: _report(settings, "".join(code.split()), lang))
    write(file, body)
    if json:
        print_json({"file": str(file), "bytes": len(body)})


def write(file: Path, body: bytes) -> None:
    """Write a file whole, or end the command with one sentence."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    except OSError as fault:
        messages.print(f"{file}: {fault.strerror}", highlight=False, markup=False)
        raise typer.Exit(1) from fault


async def _report(settings: Settings, code: str, locale: str) -> bytes:
    store = await SqlStore.open(settings.database_url, rules=settings.store)
    try:
        context = dialogue_context(settings)
        return await session_report(
            store,
            context,
            settings.documents,
            settings.data_folder,
            code=code,
            asker="terminal",
            locale=locale,
            context_of=contexts(settings, context),
        )
    finally:
        await store.close()
