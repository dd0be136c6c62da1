#!/usr/bin/env python3
"""What the voice costs and how well it is understood, on this machine.

Prints a table per engine (processor time per second of audio, latency of a 25-word sentence cold and from the store)
and, when a Whisper model is at hand, the word error rate of that listener at three rates. The last line is the same
in JSON.

Processor time of the worker process is read from the operating system; that of the system's voices from ended children.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import statistics
import tempfile
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.settings import load_settings
from voice_app.speech.samples import to_samples
from voice_app.speech.synthesizer import LocalSynthesizer
from voice_app.speech.wav import write_wav

SENTENCES = (
    "Vous voulez envoyer un message à une personne de votre famille.",
    "Que faites-vous quand vous recevez un message d'une personne inconnue ?",
    "Où écrivez-vous l'adresse du site de la mairie ?",
    "Prenez tout votre temps, rien ne presse.",
    "Pour écouter la question encore une fois, dites répéter.",
    "Réponse deux, je demande de l'aide à une personne de confiance.",
    "Votre mot de passe doit rester secret, ne le donnez à personne.",
    "Vous avez pris une photo avec votre téléphone, où est-elle rangée ?",
    "Il faut éteindre l'ordinateur avant de débrancher la prise.",
    "Nous avons terminé la première partie, voulez-vous faire une pause ?",
)
TWENTY_FIVE_WORDS = (
    "Vous recevez un message qui vous demande le code de votre carte de banque, et vous ne connaissez pas la personne "
    "qui écrit, que faites-vous ?"
)
ENGINES = {"pico": "fr", "system": "pt", "recording": "fr"}
PORTUGUESE = (
    "Você recebe uma mensagem que pede o código do seu cartão, e você não conhece a pessoa que escreve, o que faz {} ?"
)
RATES = (0.7, 1.0, 1.6)


@dataclass(frozen=True, slots=True)
class EngineFigures:
    engine: str
    locale: str
    audio_s: float
    processor_ms_per_audio_s: float
    cold_ms: float
    stored_ms: float


@dataclass(frozen=True, slots=True)
class ListenerFigures:
    rate: float
    words_per_minute: float
    word_error_rate: float
    perfect: int
    sentences: int


def processor_s(worker: int | None) -> float:
    """Time used by the worker and by every ended child, in seconds."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    times = psutil.Process(worker).cpu_times() if worker else None
    return ended.ru_utime + ended.ru_stime + (times.user + times.system if times else 0.0)


async def measure_engine(engine: str, locale: str, sentence: str, runs: int) -> EngineFigures:
    """Speak `runs` different sentences afresh, then one again from the store."""
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "person.wav"
        voice = LocalSynthesizer(Path(folder) / "store", find_recording=lambda _text, _locale: None)
        await voice.start()
        if engine == "recording":
            write_wav(recording, await voice.speak(sentence.format(0), locale))
            await voice.close()
            voice = LocalSynthesizer(Path(folder) / "store", find_recording=lambda _text, _locale: recording)
            await voice.start()
        rates = [round(0.8 + 0.02 * run, 2) for run in range(runs)]
        await voice.produce(sentence.format("?"), locale, 1.5)  # loads the engine
        cold: list[float] = []
        audio_s = 0.0
        before_s = processor_s(voice.worker_pid)
        for run, rate in enumerate(rates):
            began = time.perf_counter()
            spoken = await voice.produce(sentence.format(run), locale, rate)
            cold.append(1000 * (time.perf_counter() - began))
            assert (spoken.engine, spoken.cached) == (engine, False)
            audio_s += spoken.sound.duration_ms / 1000
        used_s = processor_s(voice.worker_pid) - before_s
        stored: list[float] = []
        for run, rate in enumerate(rates):
            began = time.perf_counter()
            spoken = await voice.produce(sentence.format(run), locale, rate)
            stored.append(1000 * (time.perf_counter() - began))
            assert spoken.cached
        await voice.close()
    return EngineFigures(
        engine, locale, round(audio_s / runs, 2), round(1000 * used_s / audio_s, 1),
        round(statistics.median(cold), 1), round(statistics.median(stored), 2),
    )  # fmt: skip


async def measure_first_word() -> float:
    """Milliseconds from nothing (no process) to the first sentence."""
    with tempfile.TemporaryDirectory() as folder:
        voice = LocalSynthesizer(Path(folder))
        began = time.perf_counter()
        await voice.speak("Bonjour.", "fr")
        took_ms = 1000 * (time.perf_counter() - began)
        await voice.close()
    return round(took_ms, 0)


def words_of(text: str) -> list[str]:
    """Lower case, without accents and punctuation; an apostrophe or a hyphen parts words."""
    plain = unicodedata.normalize("NFD", text.lower())
    return re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))


def word_errors(said: list[str], heard: list[str]) -> int:
    """Levenshtein distance over words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, start=1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]


async def measure_listener(model_folder: Path, rates: Sequence[float] = RATES) -> list[ListenerFigures]:
    """Let a Whisper model write down ten sentences at each rate."""
    from faster_whisper import WhisperModel

    listener = WhisperModel(str(model_folder), device="cpu", compute_type="int8", cpu_threads=2)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        voice = LocalSynthesizer(Path(folder), find_recording=None)
        for rate in rates:
            errors = words = perfect = 0
            audio_s = 0.0
            for sentence in SENTENCES:
                sound = await voice.speak(sentence, "fr", rate)
                said, heard = words_of(sentence), words_of(transcribe(listener, sound))
                missed = word_errors(said, heard)
                errors, words, perfect = errors + missed, words + len(said), perfect + (not missed)
                audio_s += sound.duration_ms / 1000 - 0.2
            spoken_words = sum(len(re.findall(r"[\w'’-]+", sentence)) for sentence in SENTENCES)
            figures.append(
                ListenerFigures(
                    rate, round(60 * spoken_words / audio_s), round(errors / words, 3), perfect, len(SENTENCES)
                )
            )
        await voice.close()
    return figures


def transcribe(listener: object, sound: Sound) -> str:
    assert sound.rate_hz == HEARING_RATE_HZ
    segments, _ = listener.transcribe(  # type: ignore[attr-defined] # a library without types
        to_samples(sound).astype(np.float32), language="fr", beam_size=1, condition_on_previous_text=False
    )
    return " ".join(segment.text for segment in segments)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=10, help="sentences per engine (default 10)")
    options.add_argument("--model", type=Path, help="folder of a Whisper model (default: the installed one)")
    chosen = options.parse_args()
    model = chosen.model or load_settings().models_folder / "whisper-base"
    console = Console()

    sentences = {"pico": TWENTY_FIVE_WORDS + " {}", "system": PORTUGUESE, "recording": TWENTY_FIVE_WORDS}
    first_ms = asyncio.run(measure_first_word())
    engines = [
        asyncio.run(measure_engine(name, locale, sentences[name], chosen.runs)) for name, locale in ENGINES.items()
    ]
    listened = asyncio.run(measure_listener(model)) if (model / "model.bin").is_file() else []

    table = Table("engine", "locale", "audio s", "CPU ms / s of audio", "cold ms (median)", "stored ms (median)")
    for row in engines:
        table.add_row(*(str(value) for value in asdict(row).values()))
    console.print(table)
    console.print(f"first sentence of a fresh process: {first_ms:.0f} ms; processors: {os.cpu_count()}")
    if listened:
        table = Table("rate", "words / min", "word error rate", "perfect", "sentences")
        for heard in listened:
            table.add_row(*(str(value) for value in asdict(heard).values()))
        console.print(table)
    else:
        console.print(f"no listener: there is no Whisper model in {model}")
    print(
        json.dumps(
            {
                "first_ms": first_ms,
                "engines": [asdict(row) for row in engines],
                "listener": [asdict(heard) for heard in listened],
            }
        )
    )


if __name__ == "__main__":
    main()
