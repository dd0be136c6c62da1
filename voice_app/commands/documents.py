"""`voice-app report`, `kit`, `key-card`, `attestation`: what is printed, as accessible PDF."""

from __future__ import annotations

import uuid
from datetime import date
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from audio_content.loader import load
from audio_content.model import LOCALES
from voice_app.app import contexts, dialogue_context
from voice_app.commands.terminal import console, failures_told, messages, print_json, run, settings_here
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.state import Session
from voice_app.documents.attestation import AttestationFacts, attestation_pdf, open_badge, read_key, signed_badge
from voice_app.documents.kit import KitFacts, key_card, kit_papers
from voice_app.documents.learner_report import shown_skills
from voice_app.session_report import finished_session, session_report
from voice_app.settings import Settings
from voice_app.store.sql_store import SqlStore


def report(
    code: Annotated[str, typer.Argument(help="The session's code; spaces do no harm.")],
    file: Annotated[Path, typer.Argument(help="Where the PDF goes.", dir_okay=False)],
    lang: Annotated[str, typer.Option(help="Language, two letters; by default the session's own.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Write the report of a session that has come to its result."""
    if lang:
        _known(lang)
    settings = settings_here()
    body = run(lambda: _report(settings, "".join(code.split()), lang))
    write(file, body)
    if json:
        print_json({"file": str(file), "bytes": len(body)})


def kit(
    folder: Annotated[Path, typer.Argument(help="Where the papers go.", file_okay=False)],
    name: Annotated[str, typer.Option(help="The organisation, as people know it.")],
    phone: Annotated[str, typer.Option(help="The number that answers; by default the setting's.")] = "",
    code: Annotated[str, typer.Option(help="A campaign's code; spaces do no harm.")] = "",
    address: Annotated[str, typer.Option(help="The page, https://...; by default the setting's.")] = "",
    lang: Annotated[str, typer.Option(help="Language, two letters.")] = "fr",
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Write poster, flyer, key card, mediator's script and consent wording, filled for an organisation."""
    _known(lang)
    settings = settings_here()
    with failures_told():
        facts = KitFacts(
            name=name,
            phone=phone or settings.documents.phone,
            code="".join(code.split()),
            address=address or settings.web.public_address,
            locale=lang,
            kept_days=settings.store.code_valid_days,
        )
        papers = list(kit_papers(facts, load(), date.today(), settings.data_folder / "fonts"))
    files = [folder / f"{paper}-{lang}.pdf" for paper, _ in papers]
    for file, (_, body) in zip(files, papers, strict=True):
        write(file, body)
    if json:
        print_json({"files": [str(file) for file in files]})
    else:
        for file in files:
            console.print(str(file), highlight=False, markup=False, soft_wrap=True)


def key_card_command(
    file: Annotated[Path, typer.Argument(help="Where the PDF goes.", dir_okay=False)],
    phone: Annotated[str, typer.Option(help="The number; without it a line to write it on.")] = "",
    lang: Annotated[str, typer.Option(help="Language, two letters.")] = "fr",
) -> None:
    """Write the card of the telephone's keys alone, one page in large print."""
    _known(lang)
    settings = settings_here()
    with failures_told():
        write(file, key_card(load(), lang, date.today(), settings.data_folder / "fonts", phone=phone))


def _known(lang: str) -> None:
    if lang not in LOCALES:
        raise typer.BadParameter(f"--lang is one of {', '.join(LOCALES)}")


def write(file: Path, body: bytes) -> None:
    """Write a file whole, or end the command with one sentence."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    except OSError as fault:
        messages.print(f"{file}: {fault.strerror}", highlight=False, markup=False)
        raise typer.Exit(1) from fault


def attestation(
    code: Annotated[str, typer.Argument(help="The session's code; spaces do no harm.")],
    folder: Annotated[Path, typer.Argument(help="Where the sheet and the badge go.", file_okay=False)],
    name: Annotated[str, typer.Option(help="The organisation that attests.")],
    holder: Annotated[str, typer.Option(help="The person's name; without it a line to write it on.")] = "",
    with_skills: Annotated[
        bool, typer.Option("--with-skills", help="Tell what was shown: only by the person's wish.")
    ] = False,
    lang: Annotated[str, typer.Option(help="Language, two letters.")] = "fr",
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Write an attestation of path and its Open Badges 3.0 credential, signed where a key is set."""
    _known(lang)
    settings = settings_here()
    context, session = run(lambda: _finished(settings, "".join(code.split())))
    with failures_told():
        key = read_key(Path(settings.documents.badge_key)) if settings.documents.badge_key else None
        facts = AttestationFacts(
            organization=name,
            path=context.rules.path,
            day=date.today(),
            credential=uuid.uuid4(),
            skills=shown_skills(context, session, lang) if with_skills else (),
            holder=holder,
            address=settings.web.public_address,
            locale=lang,
        )
        sheet = attestation_pdf(facts, settings.data_folder / "fonts", signed=key is not None)
    badge = open_badge(facts)
    files = {folder / f"attestation-{lang}.pdf": sheet}
    if key is None:
        files[folder / "badge-unsigned.json"] = dumps(badge, ensure_ascii=False, indent=2).encode()
    else:
        files[folder / "badge.jwt"] = signed_badge(badge, key).encode()
        files[folder / "badge.json"] = dumps(badge, ensure_ascii=False, indent=2).encode()
    for file, body in files.items():
        write(file, body)
    if json:
        print_json({"files": [str(file) for file in files], "signed": key is not None})
    else:
        for file in files:
            console.print(str(file), highlight=False, markup=False, soft_wrap=True)


async def _finished(settings: Settings, code: str) -> tuple[DialogueContext, Session]:
    store = await SqlStore.open(settings.database_url, rules=settings.store)
    try:
        usual = dialogue_context(settings)
        return await finished_session(store, usual, code=code, asker="terminal", context_of=contexts(settings, usual))
    finally:
        await store.close()


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
            address=settings.web.public_address,
            context_of=contexts(settings, context),
        )
    finally:
        await store.close()
