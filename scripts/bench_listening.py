"""The listening benchmark: what the ear makes of people, in rooms, noises and lines; engines side by side.

    python scripts/bench_listening.py [--language fr] [--only studied grid] [--one-of 3]
    python scripts/listening_report.py      # writes docs/listening.md and its diagrams from what was measured

Material: recordings of people from Debian packages (`listening_speech`), which neither training nor calibration ever
saw. Sections, each saved to VOICE_APP_DATA_FOLDER/listening/ as soon as it is measured:

    studied    1-4, 1-4 with 14 commands, 0-10, "réponse N" in the eight conditions that the goals come from
    grid       0-10 through four lines in thirteen noises and a room, 1-4 after a hesitation, in a carrier phrase, twice
    sets       days, months, letters; yes and no; the options of the bank's items and the commands (synthetic voices)
    outside    speech of no answer against each grammar: false accepts
    own_words  templates of a person's own four words beside the head (speaker adaptation)
    time       decision delay and processor time, one session and four at once

The scorer alone costs ten times the head: it hears one of `--one-of` recordings. Intervals draw recordings, not trials.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from listening_speech import (
    DAYS,
    FORMS,
    LETTERS,
    LINES,
    MONTHS,
    NOISES,
    NUMBERS,
    STUDIED,
    Spoken,
    World,
    carriers,
    cuts,
    days,
    in_form,
    letters,
    missing,
    months,
    numbers,
    other_speech,
)
from listening_trials import Ears, Row, grammar_of

from audio_content.forms import said_form
from audio_content.loader import load
from voice_app.audio import Sound
from voice_app.hearing import Grammar
from voice_app.settings import load_settings
from voice_app.speech.recognizer import LocalRecognizer

COMMANDS = {
    "fr": ("oui", "non", "répéter", "aide", "je ne sais pas", "plus lentement", "plus vite", "pause", "retour",
           "suivant", "continuer", "stop", "valider", "annuler"),
    "en": ("yes", "no", "repeat", "help", "i don't know", "more slowly", "faster", "pause", "go back", "next",
           "continue", "stop", "skip it", "cancel"),
}  # fmt: skip
ANSWER = {"fr": ("réponse", "numéro"), "en": ("answer", "number")}


@dataclass(frozen=True, slots=True)
class Trial:
    spoken: Spoken
    expected: str | None
    sound: Sound

    @property
    def group(self) -> str:
        return f"{self.spoken.speaker} {self.spoken.text} {zlib.crc32(self.spoken.wave.tobytes())}"


class Bench:
    def __init__(self, language: str, one_of: int, cuts_one_of: int = 1, weights: Path | None = None) -> None:
        self.language = language
        self.one_of = one_of
        self.cuts_one_of = cuts_one_of
        self.ears = {channel: Ears(language, channel, weights) for channel in ("kiosk", "phone")}
        self.world = World(language)
        self.results: list[dict[str, Any]] = []

    def trials(
        self, recordings: Iterable[tuple[Spoken, str | None]], condition: str, line: str = "16 kHz"
    ) -> Iterator[Trial]:
        for spoken, expected in recordings:
            seed = zlib.crc32(f"{spoken.speaker} {spoken.text} {spoken.wave.size} {condition} {line}".encode())
            yield Trial(spoken, expected, self.world.worsen(spoken.wave, condition, np.random.default_rng(seed), line))

    def hear(
        self, name: str, condition: str, grammar: Grammar, trials: Iterable[Trial], ears: tuple[str, ...], **more: str
    ) -> None:
        """Let the ears hear the trials; keep and print a row for each ear."""
        by_phone = "phone" in condition or more.get("line", "16 kHz") != "16 kHz"
        engines = self.ears["phone" if by_phone else "kiosk"]
        rows = {ear: Row() for ear in ears}
        kinds = {ear: {kind: Row() for kind in ("word", "cut")} for ear in ears}
        for trial in trials:
            chosen = zlib.crc32(trial.group.encode()) % self.one_of == 0
            for ear in ears:
                if ear == "scorer" and not chosen:
                    continue
                heard = engines.hear(ear, trial.sound, grammar)
                rows[ear].add(heard, trial.expected, trial.group)
                if trial.spoken.kind in kinds[ear]:
                    kinds[ear][trial.spoken.kind].add(heard, trial.expected, trial.group)
        for ear, row in rows.items():
            told = {"set": name, "condition": condition, "ear": ear, **more, **figures(row)}
            told["kinds"] = {kind: [each.right, each.clips] for kind, each in kinds[ear].items() if each.clips}
            self.results.append(told)
            print(
                f"{name:16s} {condition:15s} {more.get('line', ''):8s}{ear:8s} {row.right:4d}/{row.clips:<4d} "
                f"accepted {row.accepted_right}+{row.accepted_wrong} wrong, asked {row.confirmed_right} right  "
                f"{dict(row.confusions.most_common(3))}",
                flush=True,
            )

    # --- sections -----------------------------------------------------------------------------------------------------

    def studied(self) -> None:
        language = self.language
        words = [*numbers(language), *drawn(cuts(language), self.cuts_one_of)]
        one_to_four, eleven = NUMBERS[language][1:5], NUMBERS[language]
        with_commands = (*one_to_four, *COMMANDS[language])
        answers = self.answers()
        for condition in STUDIED:
            for name, known in (("1-4", one_to_four), ("1-4 + 14", with_commands), ("0-10", eleven)):
                said = [(spoken, spoken.text) for spoken in words if spoken.text in known]
                self.hear(name, condition, closed(language, known), self.trials(said, condition), EVERY_EAR)
            grammar = grammar_of(
                language,
                [(word, (word, *(f"{a} {word}" for a in ANSWER[language]))) for word in one_to_four]
                + [(word, (word,)) for word in COMMANDS[language]],
            )
            self.hear("answer N", condition, grammar, self.trials(answers, condition), EVERY_EAR)

    def answers(self) -> list[tuple[Spoken, str]]:
        """Give "réponse deux", "numéro deux": a carrier cut out of a sentence, and a word by the same person."""
        said = [spoken for spoken in numbers(self.language) if spoken.text in NUMBERS[self.language][1:5]]
        made = [
            (in_form(spoken, "carrier", carrier), spoken.text)
            for spoken in said
            for speaker, carrier in carriers()
            if speaker == spoken.speaker
        ]
        return [(spoken, text) for spoken, text in made if spoken is not None]

    def grid(self) -> None:
        language = self.language
        known = NUMBERS[language]
        said = [(spoken, spoken.text) for spoken in numbers(language)]
        for line in LINES:
            for noise in NOISES:
                trials = self.trials(said, noise, line)
                self.hear("0-10", noise, closed(language, known), trials, ("service",), line=line)
        four = [spoken for spoken in numbers(language) if spoken.text in known[1:5]]
        by_speaker = dict(reversed(carriers()))
        grammar = grammar_of(
            language, [(word, (word, *(f"{a} {word}" for a in ANSWER[language]))) for word in known[1:5]]
        )
        for form in FORMS:
            made = [(in_form(each, form, by_speaker.get(each.speaker)), each.text) for each in four]
            said = [(spoken, text) for spoken, text in made if spoken is not None]
            for condition in STUDIED:
                self.hear("1-4", condition, grammar, self.trials(said, condition), ("service",), form=form)

    def sets(self) -> None:
        language = self.language
        for name, known, said in (
            ("days", DAYS[language], days(language)),
            ("months", MONTHS[language], months(language)),
            ("letters", tuple(LETTERS), letters(language)),
        ):
            for condition in ("clean", "pink 10", "phone"):
                recordings = [(spoken, spoken.text) for spoken in said]
                trials = self.trials(recordings, condition)
                self.hear(name, condition, closed(language, known), trials, ("service",))
        self._synthetic()

    def _synthetic(self) -> None:
        """Hear every command, yes and no, and the options of items, by other synthetic people than in training."""
        from short_words_speech import VOICES, Speakers

        language, random = self.language, np.random.default_rng(77)
        content = load()
        words, people = content.vocabularies[language], Speakers(random)
        everything = {name: forms for name, forms in words.commands.items() if not name.startswith("choose")}
        everything |= {"yes": words.yes, "no": words.no}
        grammar = grammar_of(language, [(str(name), forms) for name, forms in everything.items()])
        said = [(form, str(name)) for name, forms in everything.items() for form in forms]

        def spoken(text: str) -> Spoken:
            return Spoken("synthetic", text, "synthetic", people.speak(text, VOICES[language][0]))

        for condition in ("clean", "pink 10", "phone"):
            recordings = [(spoken(form), name) for form, name in said]
            self.hear("commands, yes, no", condition, grammar, self.trials(recordings, condition), ("service",))
        items = [item for _, item in sorted(content.items.items()) if 2 < len(item.option_ids) <= 4]
        for item in items[:: max(1, len(items) // ITEMS_HEARD)]:
            options = item.texts[language].options
            forms = [(str(option.id), (said_form(option.text), *words.places[n])) for n, option in enumerate(options)]
            recordings = [(spoken(said_form(option.text)), str(option.id)) for option in options]
            trials = self.trials(recordings, "pink 20")
            self.hear("item options", "pink 20", grammar_of(language, forms), trials, ("service",), item=str(item.id))

    def outside(self) -> None:
        language = self.language
        said = [(spoken, None) for spoken in other_speech(language)]
        for name, known in (
            ("1-4", NUMBERS[language][1:5]),
            ("1-4 + 14", (*NUMBERS[language][1:5], *COMMANDS[language])),
        ):
            for condition in ("clean", "pink 10", "phone"):
                some = [each for each in said if each[0].text not in known][:: 1 if condition == "clean" else 2]
                self.hear(name, condition, closed(language, known), self.trials(some, condition), ("service",))

    def own_words(self) -> None:
        from listening_adaptation import compare

        for row in compare(self.language, self.ears["kiosk"], self.world):
            self.results.append(row)
            print(row, flush=True)

    def time(self) -> None:
        for sessions in (1, 4):
            row = asyncio.run(measure_time(self.language, sessions))
            self.results.append(row)
            print(row, flush=True)


EVERY_EAR = ("scorer", "head", "raw head", "service")
ITEMS_HEARD = 40
SECTIONS = ("studied", "grid", "sets", "outside", "own_words", "time")


def drawn(recordings: list[Spoken], one_of: int) -> list[Spoken]:
    """Give one of so many recordings, the same ones every time; none for 0."""
    if not one_of:
        return []
    return [each for each in recordings if zlib.crc32(each.wave.tobytes()) % one_of == 0]


def closed(language: str, words: Iterable[str]) -> Grammar:
    return grammar_of(language, [(word, (word,)) for word in words])


def figures(row: Row) -> dict[str, Any]:
    low, high = row.interval() if row.groups else (0.0, 0.0)
    return {
        "clips": row.clips, "right": row.right, "interval": [round(low, 3), round(high, 3)],
        "accepted_right": row.accepted_right, "accepted_wrong": row.accepted_wrong,
        "confirmed_right": row.confirmed_right, "outcomes": dict(row.outcomes),
        "confusions": dict(row.confusions.most_common(8)), "claims": [[round(p, 3), true] for p, true in row.claims],
    }  # fmt: skip


async def measure_time(language: str, sessions: int) -> dict[str, Any]:
    """Give the delay from the end of an utterance to the decision, and the processor time of one, through workers."""
    ear = LocalRecognizer(load_settings().models_folder)
    await ear.start()
    known = (*NUMBERS[language][1:5], *COMMANDS[language])
    grammar = closed(language, known)
    await ear.prepare(grammar)
    world, random = World(language), np.random.default_rng(5)
    said = [spoken for spoken in numbers(language) if spoken.text in known]
    sounds = [world.worsen(spoken.wave, "pink 20", random) for spoken in said]
    delays: list[float] = []

    async def session(number: int) -> None:
        for place in range(10):
            heard = await ear.recognize(sounds[(number + place) % len(sounds)], grammar)
            delays.append(heard.decision_ms)

    process = [psutil.Process(ear.process_of(engine)) for engine in ear.engines]
    await ear.recognize(sounds[0], grammar)
    before = sum(sum(each.cpu_times()[:2]) for each in process)
    await asyncio.gather(*(session(number) for number in range(sessions)))
    used = sum(sum(each.cpu_times()[:2]) for each in process) - before
    await ear.close()
    p50, p95 = np.percentile(delays, (50, 95))
    return {
        "set": "time", "sessions": sessions, "utterances": len(delays), "p50_ms": round(float(p50)),
        "p95_ms": round(float(p95)), "processor_ms": round(used / len(delays) * 1000),
        "load": round(psutil.getloadavg()[0] / (psutil.cpu_count() or 1), 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", default="fr", choices=("fr", "en"))
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--one-of", type=int, default=1, help="the scorer alone hears one of so many recordings")
    parser.add_argument("--cuts-one-of", type=int, default=1, help="one of so many cut-out words is heard (0: none)")
    parser.add_argument("--heads", type=Path, help="folder of other weights than those in use; nothing is saved")
    chosen = parser.parse_args()
    lacking = missing()
    if lacking:
        parser.error(f"recordings are missing: apt-get install {' '.join(lacking)}")
    folder = load_settings().models_folder.parent / "listening"
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(chosen.language, chosen.one_of, chosen.cuts_one_of, chosen.heads)
    for section in chosen.only:
        bench.results = []
        began = time.process_time()
        measure: Callable[[], None] = getattr(bench, section)
        measure()
        body = {"section": section, "one_of": chosen.one_of, "cuts": chosen.cuts_one_of, "rows": bench.results}
        if chosen.heads is None:
            (folder / f"{chosen.language}-{section}.json").write_text(json.dumps(body, ensure_ascii=False))
        print(f"{section}: {time.process_time() - began:.0f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
