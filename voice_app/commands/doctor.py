"""`voice-app doctor`: what works on this machine, what is missing, and what to do about it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from audio_content.check import Severity, check
from audio_content.loader import load
from audio_content.model import LOCALES
from voice_app.app import dialogue_context
from voice_app.commands.terminal import console, print_json, run, settings_here
from voice_app.errors import VoiceAppError
from voice_app.settings import Settings
from voice_app.speech.listen_once import listen_once
from voice_app.speech.recognizer import LocalRecognizer
from voice_app.speech.synthesizer import LocalSynthesizer
from voice_app.store.sql_store import SqlStore
from voice_app.web.rendering import installed_font

FREE_DISK_MB = 500
"""Below this, rendered speech and events have no room to grow."""
PROBE_WORDS = {"fr": "quatre", "en": "seven"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `needed` says whether the service can do its main job without it."""

    name: str
    works: bool
    detail: str
    remedy: str = ""
    needed: bool = True


def doctor(json: Annotated[bool, typer.Option("--json", help="One JSON line a finding.")] = False) -> None:
    """Look at everything that the service needs here. Exit code 1 when something needed is missing."""
    settings = settings_here()
    findings = run(lambda: _examine(settings))
    for finding in findings:
        if json:
            print_json({name: getattr(finding, name) for name in ("name", "works", "detail", "remedy", "needed")})
            continue
        mark = "ok     " if finding.works else ("MISSING" if finding.needed else "absent ")
        remedy = "" if finding.works else f" -> {finding.remedy}"
        console.print(f"{mark} {finding.name}: {finding.detail}{remedy}", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1 if any(finding.needed and not finding.works for finding in findings) else 0)


async def _examine(settings: Settings) -> list[Finding]:
    looks: list[tuple[str, Callable[[Settings], Awaitable[Finding]]]] = [
        ("python", _python),
        ("content", _content),
        ("data folder", _folder),
        ("database", _database),
        ("voice and ear", _voice_and_ear),
        ("fonts", _fonts),
    ]
    findings: list[Finding] = []
    for name, look in looks:
        try:
            findings.append(await look(settings))
        except (VoiceAppError, OSError) as fault:
            findings.append(Finding(name, works=False, detail=str(fault), remedy="run scripts/setup again"))
    return findings


async def _python(_settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    works = (3, 11) <= sys.version_info[:2] < (3, 13)
    return Finding("python", works, version, "Python 3.11 or 3.12 is needed")


async def _content(settings: Settings) -> Finding:
    content = load()
    errors = [finding for finding in check(content) if finding.severity is Severity.ERROR]
    items = len(dialogue_context(settings, content).content.engine_items(settings.assessment.path))
    detail = f"{items} questions, {len(content.prompts)} languages, {len(errors)} broken rules"
    return Finding("content", not errors, detail, "voice-app content check tells which")


async def _folder(settings: Settings) -> Finding:
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    free_mb = shutil.disk_usage(settings.data_folder).free // 1_000_000
    detail = f"{settings.data_folder}, {free_mb} MB free"
    return Finding("data folder", free_mb >= FREE_DISK_MB, detail, "free some disk, or choose VOICE_APP_DATA_FOLDER")


async def _database(settings: Settings) -> Finding:
    store = await SqlStore.open(settings.database_url)
    detail = f"site {store.site_id}"
    await store.close()
    return Finding("database", works=True, detail=detail)


async def _voice_and_ear(settings: Settings) -> Finding:
    """Say a word in each language and listen to it: both halves of the service at once."""
    synthesizer, recognizer = LocalSynthesizer(settings.speech_folder), LocalRecognizer(settings.models_folder)
    told: list[str] = []
    works = True
    try:
        for locale in LOCALES:
            word = PROBE_WORDS[locale]
            sound = await synthesizer.speak(word, locale)
            heard = await listen_once(recognizer, sound, locale, list(PROBE_WORDS.values()))
            works = works and heard["choice"] == word
            told.append(f"{locale}: said {word!r}, heard {heard['choice']!r} by {heard['engine']} in {heard['ms']} ms")
    finally:
        await synthesizer.close()
        await recognizer.close()
    return Finding("voice and ear", works, "; ".join(told), "voice-app models install embedded")


async def _fonts(_settings: Settings) -> Finding:
    font = installed_font()
    detail = font or "the system's own fonts are used"
    return Finding("low-vision font", font is not None, detail, "scripts/fetch_web_assets", needed=False)
