"""Measures the ear of this machine: right answers, refusals, time to decide, memory.

    python scripts/bench_recognition.py [--human-only] [--clips FOLDER]

Human speech: "June" (fr-CA, one adult woman, 8 kHz) from Debian's asterisk-core-sounds-fr-wav. These clips were not
used for calibration (scripts/calibrate_recognition.py uses synthetic speech only). Synthetic speech: SVOX Pico at
speeds and pitches of which some were used there: an upper bound. Noise is pink, relative to the clip's active part.

Time is counted from handing the whole utterance over to having the decision, one utterance at a time; the hang of
endpointing comes before. Prints a table, then one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import yaml
from calibrate_recognition import VOCABULARY, in_noise, turn_grammar

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.hearing import Grammar, HearingOutcome, MeaningId, Recognition
from voice_app.ports import UtteranceEnded
from voice_app.settings import load_settings
from voice_app.speech.endpointing import StreamEndpointer
from voice_app.speech.listen_once import grammar_of
from voice_app.speech.models import assemble_whisper
from voice_app.speech.recognizer import LocalRecognizer
from voice_app.speech.samples import at_rate
from voice_app.speech.wav import phone_band, read_wav

NUMBERS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")
PACKAGE = "asterisk-core-sounds-fr-wav"
SPEAKERS = tuple(itertools.product((0.8, 1.0, 1.3, 1.6), (0.75, 1.0, 1.3)))
"""Speed and pitch of the synthetic speakers."""
NOISE_DB = (None, 20.0, 10.0, 5.0)
OTHER_CLIPS = (
    *(f"digits/{number}" for number in (*range(11, 21), 30, 40, 50, 60, 70, 80, 90)),
    *(f"digits/day-{day}" for day in range(7)),
    *(f"digits/mon-{month}" for month in range(12)),
)


@dataclass
class Row:
    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    right: int = 0
    right_matched: int = 0
    wrong_matched: int = 0
    times_ms: list[float] = field(default_factory=list)
    processor_s: float = 0.0

    @property
    def clips(self) -> int:
        return self.outcomes.total()

    def add(self, recognition: Recognition, expected: str | None) -> None:
        self.outcomes[str(recognition.outcome)] += 1
        self.times_ms.append(recognition.decision_ms)
        matched = recognition.outcome is HearingOutcome.MATCH
        is_right = expected is not None and recognition.best == expected
        self.right += is_right
        self.right_matched += is_right and matched
        self.wrong_matched += matched and not is_right

    def figures(self) -> dict[str, object]:
        p50, p95 = (round(float(np.percentile(self.times_ms, q))) for q in (50, 95))
        return {
            "clips": self.clips, "right": self.right, "right_matched": self.right_matched,
            "wrong_matched": self.wrong_matched, **self.outcomes, "p50_ms": p50, "p95_ms": p95,
            "processor_ms": round(self.processor_s / self.clips * 1000),
        }  # fmt: skip


class Bench:
    def __init__(self, recognizer: LocalRecognizer) -> None:
        self._recognizer = recognizer
        self.rows: list[Row] = []
        self.engines: set[str] = set()

    def _processor_s(self) -> float:
        """Give the processor time that the ear has used so far."""
        processes = [psutil.Process(self._recognizer.process_of(engine)) for engine in self._recognizer.engines]
        return float(sum(sum(process.cpu_times()[:2]) for process in processes))

    async def run(self, name: str, grammar: Grammar, clips: Iterable[tuple[str | None, Sound]]) -> None:
        await self._recognizer.prepare(grammar)
        row, before_s = Row(name), self._processor_s()
        for expected, sound in clips:
            recognition = await self._recognizer.recognize(sound, grammar)
            self.engines.add(recognition.engine)
            row.add(recognition, expected)
        row.processor_s = self._processor_s() - before_s
        self.rows.append(row)
        print(line(row), flush=True)


def line(row: Row) -> str:
    figures = row.figures()
    outcomes = "  ".join(f"{figures.get(str(outcome), 0):4d}" for outcome in HearingOutcome)
    share = f"{row.right}/{row.clips}"
    return (
        f"{row.name:58s} {share:>9s} {row.right_matched:6d} {row.wrong_matched:6d}   {outcomes}"
        f"   {figures['p50_ms']:5d} {figures['p95_ms']:5d} {figures['processor_ms']:5d}"
    )


def june() -> Path:
    listing = subprocess.run(["dpkg", "-L", PACKAGE], capture_output=True, text=True, check=True).stdout.splitlines()
    return next(Path(path).parent.parent for path in listing if path.endswith("/digits/1.wav"))


def clip(folder: Path, name: str) -> Sound:
    return at_rate(read_wav(folder / f"{name}.wav"), HEARING_RATE_HZ)


def samples(sound: Sound) -> np.ndarray:
    return np.frombuffer(sound.pcm, "<i2").astype(float)


def cut_out(sound: Sound, delays_ms: list[int]) -> Sound:
    """Give the clip as endpointing cuts it out of a stream with room noise (-60 dB) around; its delay joins the list.

    Nothing found, or more than one utterance, is an empty sound: it counts as not heard.
    """
    room = np.random.default_rng(2).normal(0.0, 33.0, sound.duration_ms * 16 + 3 * HEARING_RATE_HZ)
    said = samples(sound)
    room[HEARING_RATE_HZ : HEARING_RATE_HZ + said.size] += said
    pcm = np.clip(room, -32768, 32767).astype("<i2").tobytes()
    endpointer, ended = StreamEndpointer(), []
    for start in range(0, len(pcm), 640):
        for event in endpointer.feed(Sound(pcm[start : start + 640])):
            if isinstance(event, UtteranceEnded):
                ended.append(event.sound)
                delays_ms.append(start // 32 - 1000 - sound.duration_ms)
    return ended[0] if len(ended) == 1 else Sound(b"")


def silence_and_noise() -> list[tuple[None, Sound]]:
    """Give 3 silences and 17 noises: white, pink and brown at four levels, hum, clicks."""
    random = np.random.default_rng(11)
    length = 2 * HEARING_RATE_HZ
    found = [np.zeros(size) for size in (800, 16_000, 64_000)]
    spectrum = np.fft.rfft(random.normal(size=length))
    slopes = [
        np.fft.irfft(spectrum / np.maximum(np.arange(spectrum.size), 1) ** slope, length) for slope in (0, 0.5, 1)
    ]
    found += [noise / noise.std() * level for noise in slopes for level in (30, 200, 1000, 3000)]
    time_s = np.arange(length) / HEARING_RATE_HZ
    found += [level * np.sign(np.sin(2 * np.pi * hz * time_s)) for hz in (50, 100) for level in (200, 2000)]
    clicks = np.zeros(length)
    clicks[:: HEARING_RATE_HZ // 3] = 12_000
    found.append(clicks)
    return [(None, Sound(np.clip(noise, -32768, 32767).astype("<i2").tobytes())) for noise in found]


def synthetic(words: Iterable[tuple[str, str]], noise_db: float | None) -> list[tuple[str, Sound]]:
    """Give (meaning, sound) for (meaning, text) by every synthetic speaker."""
    from py_nanotts import NanoTTS

    engine, random = NanoTTS(), np.random.default_rng(3)
    return [
        (meaning, in_noise(np.frombuffer(engine.speak(text, voice="fr-FR", speed=s, pitch=p), "<i2").astype(float),
                           noise_db, random))
        for meaning, text in words
        for s, p in SPEAKERS
    ]  # fmt: skip


def real_turn() -> Grammar:
    """Give the grammar of a real question: nine commands, four places, four options, 45 wordings and more."""
    return turn_grammar("fr", yaml.safe_load((VOCABULARY / "vocabulary.fr.yaml").read_text(encoding="utf-8")))


async def measure(human_only: bool, clips: Path | None) -> None:
    models_folder = load_settings().models_folder
    assemble_whisper(models_folder)
    recognizer = LocalRecognizer(models_folder)
    await recognizer.start()
    bench = Bench(recognizer)
    four, eleven, turn = grammar_of("fr", NUMBERS[1:5]), grammar_of("fr", NUMBERS), real_turn()
    places = {word: MeaningId(f"option.{place}") for place, word in enumerate(NUMBERS[1:5], 1)}
    folder, who = (june(), "June") if clips is None else (clips, clips.name)
    digits = {word: clip(folder, f"digits/{number}") for number, word in enumerate(NUMBERS)}
    others = [(None, clip(folder, name)) for name in OTHER_CLIPS if (folder / f"{name}.wav").exists()]
    random = np.random.default_rng(5)
    print(f"{'':58s} {'right':>9s} {'match':>6s} {'false':>6s}    match doubt  none  quiet    p50   p95   cpu ms")

    def noisy(words: Iterable[str], level: float | None) -> list[tuple[str, Sound]]:
        takes = 1 if level is None else 3
        return [(word, in_noise(samples(digits[word]), level, random)) for word in words for _ in range(takes)]

    for level in NOISE_DB:
        condition = "clean" if level is None else f"pink noise {level:g} dB"
        await bench.run(f"{who}, 1-4, {condition}", four, noisy(NUMBERS[1:5], level))
        await bench.run(f"{who}, 0-10, {condition}", eleven, noisy(NUMBERS, level))
        turned = [(places[word], sound) for word, sound in noisy(NUMBERS[1:5], level)]
        await bench.run(f"{who}, 1-4 in a real turn, {condition}", turn, turned)
    delays_ms: list[int] = []
    cut = [(word, cut_out(digits[word], delays_ms)) for word in NUMBERS]
    await bench.run(f"{who}, 1-4, cut out of a stream by endpointing", four, cut[1:5])
    await bench.run(f"{who}, 0-10, cut out of a stream by endpointing", eleven, cut)
    as_phone = [(word, at_rate(phone_band(digits[word]), HEARING_RATE_HZ)) for word in NUMBERS]
    await bench.run(f"{who}, 1-4, telephone band", four, as_phone[1:5])
    await bench.run(f"{who}, 0-10, telephone band", eleven, as_phone)
    for name, grammar in (("1-4", four), ("0-10", eleven), ("a real turn", turn)):
        await bench.run(f"silence and noise against {name}", grammar, silence_and_noise())
        await bench.run(f"{who}, other numbers, days, months against {name}", grammar, others)
    if not human_only:
        said = [(meaning.id, form) for meaning in turn.meanings for form in meaning.forms]
        for level in NOISE_DB[:2]:
            condition = "clean" if level is None else f"pink noise {level:g} dB"
            words = [(word, word) for word in NUMBERS[1:5]]
            await bench.run(f"synthetic, 1-4, {condition}", four, synthetic(words, level))
            answers = [(places[word], f"réponse {word}") for word in NUMBERS[1:5]]
            await bench.run(f"synthetic, 'réponse N' in a real turn, {condition}", turn, synthetic(answers, level))
            await bench.run(f"synthetic, all of a real turn, {condition}", turn, synthetic(said[::4], level))
    memory_mb = {engine: peak_memory_mb(recognizer.process_of(engine)) for engine in recognizer.engines}
    print(f"endpointing ends {min(delays_ms)} to {max(delays_ms)} ms of sound after the clip's end")
    print(f"engines {', '.join(sorted(bench.engines))}; peak memory {memory_mb} MB")
    print(
        json.dumps(
            {
                "engines": sorted(bench.engines),
                "peak_memory_mb": memory_mb,
                "rows": {row.name: row.figures() for row in bench.rows},
            },
            ensure_ascii=False,
        )
    )
    await recognizer.close()


def peak_memory_mb(pid: int | None) -> int | None:
    """Give the most memory that a process has held, in MB (its present memory where the system does not tell)."""
    if pid is None:
        return None
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        return int(next(row.split()[1] for row in status.splitlines() if row.startswith("VmHWM"))) // 1024
    except (OSError, StopIteration):
        return int(psutil.Process(pid).memory_info().rss) // 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--human-only", action="store_true", help="leave the synthetic speakers out")
    parser.add_argument("--clips", type=Path, help="another speaker: a folder with digits/0.wav to 10.wav and more")
    chosen = parser.parse_args()
    asyncio.run(measure(chosen.human_only, chosen.clips))


if __name__ == "__main__":
    main()
