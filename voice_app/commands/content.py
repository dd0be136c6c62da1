"""`voice-app content`: check, render and count what is said; give and take it."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from audio_content.check import Severity, check
from audio_content.figures import cells
from audio_content.figures import stats as content_stats
from audio_content.heat_map import heat_map
from audio_content.loader import load
from audio_content.model import LOCALES, Content, ContentItem
from engine.model import MAX_LEVEL, ItemId
from voice_app.app import dialogue_context
from voice_app.commands.content_exchange import export_case, export_qti, import_qti
from voice_app.commands.content_recordings import record_check, record_list
from voice_app.commands.terminal import console, failures_told, messages, print_json, progress, run, settings_here
from voice_app.dialogue.interpret import taken_for
from voice_app.dialogue.state import Asked, DialogueState, Phase, Session
from voice_app.dialogue.turn import grammar
from voice_app.hearing import Grammar, MeaningId, Recognition
from voice_app.settings import Settings
from voice_app.speech.durations import Duration, measure, summary
from voice_app.speech.listening_check import CHECKED_KINDS, Memory, ear_and_voices, embedded_ear, spoken_options
from voice_app.speech.listening_check import check_content as check_content_by_ear
from voice_app.speech.render import render_ahead
from voice_app.speech.synthesizer import LocalSynthesizer

app = typer.Typer(no_args_is_help=True, help="Check, render and count what is said; give and take it.")
app.command("export-qti")(export_qti)
app.command("import-qti")(import_qti)
app.command("export-case")(export_case)
app.command("record-list")(record_list)
app.command("record-check")(record_check)


class Heard(StrEnum):
    SERVICE = "service"
    LEARNER = "learner"
    BOTH = "both"


@app.command("check")
def check_content(
    listen: Annotated[bool, typer.Option("--listen", help="Speak every option and listen to it; takes long.")] = False,
    only: Annotated[str, typer.Option(help="With --listen: the beginning of the ids to listen to.")] = "it.",
    path: Annotated[str | None, typer.Option(help="With --listen: only the items of this path or module.")] = None,
    voice: Annotated[Heard, typer.Option(help="With --listen: who speaks.")] = Heard.BOTH,
    language: Annotated[str | None, typer.Option(help="With --listen: this language alone.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line a finding.")] = False,
) -> None:
    """Apply the writing rules to every item and prompt. Exit code 1 when one is broken."""
    if listen:
        settings = settings_here()
        run(lambda: _listen_to_all(settings, only, path, voice, language, json))
        return
    with failures_told():
        findings = check(load())
    for finding in findings:
        if json:
            print_json(
                {
                    "severity": finding.severity.value,
                    "where": finding.where,
                    "rule": finding.rule,
                    "message": finding.message,
                }
            )
        else:
            line = f"{finding.severity}: {finding.where}: {finding.rule}: {finding.message}"
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if not json:
        messages.print(f"content check: {errors} errors, {len(findings) - errors} remarks", highlight=False)
    raise typer.Exit(1 if errors else 0)


async def _listen_to_all(
    settings: Settings, only: str, path: str | None, voice: Heard, language: str | None, json: bool
) -> None:
    content = load()
    if language is not None and language not in LOCALES:
        raise typer.BadParameter(f"{language!r} is none of the bank's languages")
    locales = LOCALES if language is None else (language,)
    if path is not None and path not in (*content.skill_map.paths, *content.skill_map.modules):
        raise typer.BadParameter(f"{path!r} is neither a path nor a module")
    listed = {item.id for item in (content.path_items(path) if path else content.items.values())}
    ears = {locale: embedded_ear(locale) for locale in LOCALES}
    memory = Memory(settings.data_folder / "content" / "listening.jsonl", ears)
    context = dialogue_context(settings, content)

    def asked(item: ContentItem, locale: str) -> DialogueState:
        return DialogueState(Session(locale=locale, asked=Asked(item.id, item.option_ids)), Phase.QUESTION)

    def grammar_of(item: ContentItem, locale: str) -> Grammar:
        return grammar(context, asked(item, locale))

    def understood_of(item: ContentItem, locale: str, heard: Recognition) -> MeaningId | None:
        return taken_for(context, asked(item, locale), heard)

    def is_wanted(item: ContentItem) -> bool:
        return item.id in listed and item.id.startswith(only)

    wanted = sum(item.kind in CHECKED_KINDS and is_wanted(item) for item in content.items.values())
    options = sounds = failed = 0
    async with ear_and_voices(settings.models_folder, settings.speech_folder) as (voices, hear):
        with progress("Listening") as move:
            done = 0
            chosen = {name: speak for name, speak in voices.items() if voice in (Heard.BOTH, name)}
            checks = check_content_by_ear(content, locales, grammar_of, chosen, hear, memory, is_wanted, understood_of)
            async for checked in checks:
                done += 1
                move(done, wanted * len(locales))
                sounds += checked.sounds
                options += len(spoken_options(content.items[ItemId(checked.item)], checked.locale))
                failed += bool(checked.misheard)
                for each in checked.misheard:
                    if json:
                        print_json(asdict(each))
                    else:
                        line = f"{each.item} {each.locale}: {each.said!r} by {each.voice} is heard as {each.heard}"
                        console.print(f"{line} ({each.outcome}, {each.likelihood:.2f})", highlight=False, markup=False)
    told = f"listened to {options} options of {wanted} items in {', '.join(locales)}, {sounds} sounds anew"
    messages.print(f"{told}; items with an option that is misheard: {failed}", highlight=False)
    raise typer.Exit(1 if failed else 0)


@app.command()
def stats(
    rendered: Annotated[bool, typer.Option("--rendered", help="Also speak stems and lessons, measured.")] = False,
    options: Annotated[bool, typer.Option("--options", help="With --rendered: whole questions.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Count items, lessons, skills, key places, reading ease; with --rendered also how long things take to say."""
    with failures_told():
        content = load()
    figures = content_stats(content)
    if rendered:
        settings = settings_here()
        figures["durations"] = summary(run(lambda: _durations(settings, content, options)))
    if json:
        print_json(figures)
        return
    for name, value in figures.items():
        console.print(f"[bold]{name}[/bold]", highlight=False)
        console.print(_table(value) if isinstance(value, dict) else f"  {value}", highlight=False)


async def _durations(settings: Settings, content: Content, options: bool) -> list[Duration]:
    voice = LocalSynthesizer(settings.speech_folder, cache_limit_bytes=settings.speech.voice_cache_mb * 1_000_000)
    total = len(LOCALES) * (len(content.items) + len(content.lessons))
    measured: list[Duration] = []
    try:
        with progress("Speaking") as move:
            async for duration in measure(content, LOCALES, voice, with_options=options):
                measured.append(duration)
                move(len(measured), total)
    finally:
        await voice.close()
    return measured


def _table(rows: dict[str, object]) -> Table | str:
    """Give figures as a table: one row a name, one column a second name when there is one."""
    inner = [value for value in rows.values() if isinstance(value, dict)]
    columns = list(dict.fromkeys(name for value in inner for name in value))
    table = Table(show_header=bool(inner), box=None, padding=(0, 1))
    for title in ("", *(columns if inner else ("",))):
        table.add_column(title, justify="left" if not title else "right")
    for name, value in rows.items():
        cells = [value.get(column, "") for column in columns] if isinstance(value, dict) else [value]
        table.add_row(name, *map(str, cells))
    return table


@app.command()
def coverage(
    svg: Annotated[Path | None, typer.Option(help="File to write the heat map to.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Tell how many items every competence has at every level, and draw skills x levels x languages."""
    with failures_told():
        content = load()
    counted = cells(content)
    if svg is not None:
        svg.parent.mkdir(parents=True, exist_ok=True)
        svg.write_text(heat_map(content), encoding="utf-8")
        messages.print(f"{svg} written", highlight=False)
    if json:
        print_json({"cells": counted})
        return
    levels = [str(level) for level in range(MAX_LEVEL + 1)]
    console.print(
        _table({code: {level: counts.get(level, 0) for level in levels} for code, counts in counted.items()}),
        highlight=False,
    )


@app.command()
def render(
    locale: Annotated[list[str] | None, typer.Option(help="Languages; all by default.")] = None,
    rate: Annotated[list[float] | None, typer.Option(help="Paces, 0.7 to 1.6; 1.0 by default.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Speak every text ahead, so that nobody waits for a sentence. What is there already is kept."""
    settings = settings_here()
    run(lambda: _render(settings, tuple(locale or LOCALES), tuple(rate or (1.0,)), json))


async def _render(settings: Settings, locales: tuple[str, ...], rates: tuple[float, ...], json: bool) -> None:
    synthesizer = LocalSynthesizer(settings.speech_folder, cache_limit_bytes=settings.speech.voice_cache_mb * 1_000_000)
    try:
        with progress("Speaking") as move:
            report = await render_ahead(load(), locales, rates, synthesizer, lambda step: move(step.done, step.total))
    finally:
        await synthesizer.close()
    minutes = report.audio_ms / 60_000
    if json:
        failed = [{"text": each.utterance.text, "locale": each.locale, "reason": each.reason} for each in report.failed]
        print_json({"sentences": report.total, "kept": report.cached, "minutes": round(minutes, 1), "failed": failed})
    else:
        told = f"{report.total} sentences, {minutes:.0f} minutes of speech, {report.cached} were there already"
        messages.print(told, highlight=False)
        for each in report.failed:
            messages.print(f"{each.locale}: {each.utterance.text!r}: {each.reason}", highlight=False, markup=False)
    raise typer.Exit(0 if report.complete else 1)
