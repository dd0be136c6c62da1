"""`voice-app content record-list | record-check`: what a person may record, and whether what they recorded is fit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from audio_content.loader import load
from audio_content.manifest import Utterance, utterances
from audio_content.recordings import INDEX, RECORDINGS, index_text, normalised, read_index
from voice_app.commands.terminal import console, failures_told, messages, print_json, progress, run, settings_here
from voice_app.errors import SoundUnreadable
from voice_app.settings import Settings
from voice_app.speech.listening_check import ear_and_voices
from voice_app.speech.recorded import read_recording
from voice_app.speech.recording_check import faults, right_words

SUFFIX = ".wav"
Locale = Annotated[str, typer.Option(help="Language, two letters.")]
Folder = Annotated[Path | None, typer.Option(help="Recordings folder; the service's own by default.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON line a sentence.")]


def record_list(locale: Locale = "fr", begin: str = "", folder: Folder = None, json: Json = False) -> None:
    """Print what can be recorded: the file name to use, and the text to read. What is recorded is left out.

    `--begin it.web` lists only what begins so; "prompt" is where to start: everybody hears the prompts.
    """
    with failures_told():
        listed = _listed(locale, folder or RECORDINGS)
    for utterance in listed.values():
        if not utterance.id.startswith(begin):
            continue
        if json:
            print_json({"file": f"{utterance.id}{SUFFIX}", "text": utterance.text})
        else:
            console.print(f"{utterance.id}{SUFFIX}\t{utterance.text}", highlight=False, markup=False, soft_wrap=True)


def record_check(
    locale: Locale = "fr",
    folder: Folder = None,
    listen: Annotated[bool, typer.Option("--listen/--no-listen", help="Also ask the ear for the words.")] = True,
    speaker: Annotated[str, typer.Option(help="Who speaks; with --consent, what is fit is put into use.")] = "",
    consent: Annotated[str, typer.Option(help="Where the speaker's agreement is kept.")] = "",
    json: Json = False,
) -> None:
    """Check the files dropped into recordings/<locale>: level, clipping, noise, silence, words. Exit code 1: a fault.

    With --speaker and --consent, those without a fault enter the index: the service plays them from its next start.
    """
    settings = settings_here()
    place = (folder or RECORDINGS) / locale
    with failures_told():
        wanted = {f"{each.id}{SUFFIX}": each for each in _listed(locale, folder or RECORDINGS).values()}
    found = sorted(place.glob(f"*{SUFFIX}"))
    known = {file.name for file in read_index(place).values()}
    dropped = [file for file in found if file.name not in known]
    told = run(lambda: _check(settings, locale, dropped, wanted, listen))
    for name, wrong in told.items():
        if json:
            print_json({"file": name, "faults": wrong})
        else:
            state = "; ".join(wrong) or "good"
            console.print(f"{name}: {state}", highlight=False, markup=False, soft_wrap=True)
    good = {wanted[name].text: name for name, wrong in told.items() if not wrong}
    if speaker and consent and good:
        entries = {text: file.name for text, file in read_index(place).items()} | good
        (place / INDEX).write_text(index_text(speaker, consent, entries), encoding="utf-8")
        read_index.cache_clear()
        messages.print(f"{len(good)} recordings put into use", highlight=False)
    messages.print(f"{len(told)} files, {len(good)} good", highlight=False)
    raise typer.Exit(0 if len(good) == len(told) else 1)


def _listed(locale: str, folder: Path) -> dict[str, Utterance]:
    """Give what is not recorded yet, by id."""
    recorded = set(read_index(folder / locale))
    return {each.id: each for each in utterances(load(), locale) if normalised(each.text) not in recorded}


async def _check(
    settings: Settings, locale: str, files: list[Path], wanted: dict[str, Utterance], listen: bool
) -> dict[str, list[str]]:
    others = [utterance.text for utterance in wanted.values()]
    told: dict[str, list[str]] = {}
    async with ear_and_voices(settings.models_folder, settings.speech_folder) as (_, hear):
        with progress("Listening") as move:
            for done, file in enumerate(files, start=1):
                told[file.name] = await _one(file, wanted.get(file.name), locale, others, hear if listen else None)
                move(done, len(files))
    return told


async def _one(file: Path, utterance: Utterance | None, locale: str, others: list[str], hear: Any) -> list[str]:
    if utterance is None:
        return ["no text has this name: see record-list"]
    try:
        sound = read_recording(file)
    except SoundUnreadable as error:
        return [str(error)]
    wrong = faults(sound)
    if not wrong and hear is not None and await right_words(utterance.text, locale, sound, others, hear) is False:
        wrong.append("the recogniser hears other words: is it the right sentence?")
    return wrong
