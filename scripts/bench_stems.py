#!/usr/bin/env python3
"""Word error rate of a listener (Whisper base, greedy) on rendered stems of the bank, by language and voice.

Compares the service's voice (Pico) with the system's (pyttsx3, which drives espeak-ng) on the same stems, drawn at
random with a fixed seed. Figures and numbers are compared as the listener writes them after both texts are put into
words. A low rate tells that the sound carries the words to a machine; it does not tell how pleasant it is.

With `--prompt TEXT` a French sentence is said half a second before each of so many yes/no stems, in the service's
voice, and it is counted how often all its words are written down.

    .venv/bin/python scripts/bench_stems.py [--stems 100] [--threads 1] [--prompt TEXT]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import time
import unicodedata
from collections.abc import AsyncIterator

import numpy as np

from audio_content.lexicon import spoken_form
from audio_content.loader import load
from audio_content.model import LOCALES, ItemKind
from voice_app.audio import Sound
from voice_app.settings import load_settings
from voice_app.speech.samples import to_samples
from voice_app.speech.sources import Sources, VoiceProfile

SEED = 100
ENGINES = ("pico", "system")


def words_of(text: str, locale: str) -> list[str]:
    """Give the words in lower case, numbers as words, without accents and marks; a hyphen or an apostrophe parts."""
    plain = unicodedata.normalize("NFD", spoken_form(text, locale).lower())
    return re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))


def errors(said: list[str], heard: list[str]) -> int:
    """Give the Levenshtein distance over words."""
    row = list(range(len(heard) + 1))
    for place, word in enumerate(said, start=1):
        diagonal, row[0] = row[0], place
        for column, other in enumerate(heard, start=1):
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other))
    return row[-1]


async def spoken(sources: Sources, text: str, locale: str) -> AsyncIterator[tuple[str, Sound]]:
    """Give the stem in each voice that has this language."""
    async for offer in sources.offers(text, locale, 1.0, VoiceProfile()):
        if offer.recipe.engine in ENGINES:
            yield offer.recipe.engine, await offer.make()


async def measure(stems: int, threads: int) -> dict[str, dict[str, float]]:
    from faster_whisper import WhisperModel

    settings = load_settings()
    listener = WhisperModel(
        str(settings.models_folder / "whisper-base"), device="cpu", compute_type="int8", cpu_threads=threads
    )
    sources = Sources(spoken_form, None)
    await sources.start()
    content = load()
    figures: dict[str, dict[str, float]] = {}
    try:
        listed = list(content.items.values())
        for item in random.Random(SEED).sample(listed, min(stems, len(listed))):  # noqa: S311 - a bench
            for locale in LOCALES:
                text = item.texts[locale].stem
                async for engine, sound in spoken(sources, text, locale):
                    heard = await asyncio.to_thread(transcribe, listener, sound, locale)
                    said = words_of(text, locale)
                    row = figures.setdefault(f"{locale} {engine}", {"stems": 0, "words": 0, "errors": 0, "perfect": 0})
                    wrong = errors(said, words_of(heard, locale))
                    row["stems"] += 1
                    row["words"] += len(said)
                    row["errors"] += wrong
                    row["perfect"] += not wrong
            print(json.dumps(figures), flush=True)
    finally:
        await sources.close()
    for row in figures.values():
        row["word_error_rate"] = round(row["errors"] / row["words"], 4)
    return figures


async def measure_prompt(prompt: str, stems: int, threads: int) -> tuple[int, int, list[str]]:
    """Give how often a prompt is heard whole before a stem, of how many times, and what was heard instead."""
    from faster_whisper import WhisperModel

    settings = load_settings()
    listener = WhisperModel(
        str(settings.models_folder / "whisper-base"), device="cpu", compute_type="int8", cpu_threads=threads
    )
    sources = Sources(spoken_form, None)
    await sources.start()
    listed = [item.texts["fr"].stem for item in load().items.values() if item.kind is ItemKind.YES_NO]
    drawn = listed[3 :: max(1, len(listed) // stems)][:stems]
    wanted = " ".join(words_of(prompt, "fr"))
    instead: list[str] = []
    try:
        said = {engine: sound async for engine, sound in spoken(sources, prompt, "fr")}[ENGINES[0]]
        for stem in drawn:
            asked = {engine: sound async for engine, sound in spoken(sources, stem, "fr")}[ENGINES[0]]
            whole = Sound(said.pcm + bytes(said.rate_hz) + asked.pcm, said.rate_hz)
            heard = " ".join(words_of(await asyncio.to_thread(transcribe, listener, whole, "fr"), "fr"))
            if wanted not in heard:
                instead.append(heard[: len(wanted) + 20])
    finally:
        await sources.close()
    return len(drawn) - len(instead), len(drawn), instead


def transcribe(listener: object, sound: Sound, locale: str) -> str:
    segments, _ = listener.transcribe(  # type: ignore[attr-defined] # a library without types
        to_samples(sound).astype(np.float32), language=locale, beam_size=1, condition_on_previous_text=False
    )
    return " ".join(segment.text for segment in segments)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stems", type=int, default=100)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--prompt")
    chosen = options.parse_args()
    if chosen.prompt:
        whole, of, instead = asyncio.run(measure_prompt(chosen.prompt, chosen.stems, chosen.threads))
        print(f"{chosen.prompt!r}: heard whole {whole} times of {of}", *instead, sep="\n  ")
        return
    began = time.perf_counter()
    figures = asyncio.run(measure(chosen.stems, chosen.threads))
    for name, row in figures.items():
        print(f"{name}: {row['word_error_rate']:.1%} of {row['words']} words, {row['perfect']}/{row['stems']} perfect")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
