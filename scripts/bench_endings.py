#!/usr/bin/env python
"""When an utterance is taken for finished, and whether anybody is cut: real speech, real ear, in audio time.

In a room in audio time the recogniser takes no time at all, so that everything is acted on as early as it can be: the
worst case for who hesitates. Synthetic people (SVOX Pico, not the service's own voice) answer a question of three:

  silence   from the last sound of an answer in one piece to the beginning of the reply, in milliseconds of audio; what
            the recogniser takes comes on top (scripts/bench_turn.py has the sum, in real time)
  one turn  said in pieces with pauses between ("deux ... non, attendez ... trois"): the last answer that stands is the
            one that was meant, and no question was answered in between by a piece; `asked`: the person was asked
            "did I understand ...?" about it; also how often a reply had begun and was taken back

Run: .venv/bin/python scripts/bench_endings.py [--quick]. Prints a table and one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench_loopback import Busy, CountingEar, onset, with_own_data

from audio_content.loader import load
from voice_app.app import Service, open_service
from voice_app.channels.learner import KnowingPerson, Presses
from voice_app.channels.room import Room
from voice_app.ports import ShownView
from voice_app.speech.synthesizer import LearnerVoice
from voice_app.store.sql_store import SqlStore

LEVEL_DB = -22.0
AFTERWARDS_MS = 9_000
SPEAKERS = ((0.8, 1.0, 0.92), (1.2, 1.1, 1.1))
WHOLE = (
    ("deux", 2), ("la deuxième", 2), ("réponse trois", 3), ("la une", 1), ("numéro un", 1), ("la dernière", 3),
    ("{1}", 1), ("{2}", 2), ("{3}", 3), ("je ne sais pas", None), ("je sais pas trop", None),
)  # fmt: skip
PIECES = (
    (("deux", "non, attendez", "trois"), 3),
    (("la première", "euh, non", "la deuxième"), 2),
    (("réponse", "deux"), 2),
    (("euh", "la", "troisième"), 3),
    (("{1}", "non", "{2}"), 2),
    (("je", "ne sais pas"), None),
    (("un", "un"), 1),
)
PAUSES_MS = (300, 600, 900, 1_300)


@dataclass
class OnePerson:
    """Answers by keys up to the first question of three answers, then speaks once."""

    pieces: list[tuple[str, int]]
    voice: LearnerVoice
    speaker: tuple[float, float, float]
    knowing: KnowingPerson = field(default_factory=lambda: KnowingPerson(load(), ability=8.0, seed=1, keys_only=True))
    answers: list[tuple[str, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    ended_ms: int = -1
    _turn: int = -1
    _until_ms: int = -1

    async def __call__(self, room: Room, view: ShownView) -> None:
        if self.ended_ms < 0 and self._is_the_question(view):
            self.labels = [choice.label for choice in view.choices]
            await self._speak(room)

    def _is_the_question(self, view: ShownView) -> bool:
        return view.screen == "question" and len(view.choices) == 3

    async def _speak(self, room: Room) -> None:
        pitch, rate, formant = self.speaker
        length_ms = 0
        for words, pause_ms in self.pieces:
            for place, label in enumerate(self.labels, start=1):
                words = words.replace(f"{{{place}}}", label.lower().rstrip(".?!"))
            spoken = await self.voice.say(words, "fr", pitch=pitch, rate=rate, formant=formant)
            sound = onset(spoken, LEVEL_DB)
            room.say(sound, after_ms=pause_ms)
            length_ms += pause_ms + sound.duration_ms
        self.ended_ms = room.now_ms + length_ms
        self._until_ms = self.ended_ms + AFTERWARDS_MS

    def watch(self, room: Room) -> None:
        view = room.view
        if view is not None and view.turn != self._turn and self.ended_ms < 0 and not self._is_the_question(view):
            self._turn = view.turn
            reply = self.knowing.reply(view)
            room.press(reply.key if isinstance(reply, Presses) else "1")
        if 0 <= self._until_ms <= room.now_ms:
            room.leave()


class Notes(Busy):
    """The real store, and what was written since somebody spoke."""

    def __init__(self, store: SqlStore, names: tuple[str, ...], person: OnePerson) -> None:
        super().__init__(store, names)
        self._store = store
        self._person = person

    async def append(self, session: Any, records: Any, **about: Any) -> int:
        self.under_way += 1
        try:
            if self._person.ended_ms >= 0:
                wanted = ("item_answered", "answer_withdrawn")
                self._person.answers += [(r.kind, str(r.payload.get("option"))) for r in records if r.kind in wanted]
            return int(await self._store.append(session, records, **about))
        finally:
            self.under_way -= 1


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one speaker, two pauses")
    quick = parser.parse_args().quick
    voice = LearnerVoice()
    await voice.start()
    with tempfile.TemporaryDirectory() as folder:
        service = await open_service(with_own_data(Path(folder)))
        try:
            speakers, pauses = (SPEAKERS[:1], PAUSES_MS[1:3]) if quick else (SPEAKERS, PAUSES_MS)
            result = await bench(service, voice, speakers, pauses)
        finally:
            await service.close()
            await voice.close()
    print(json.dumps(result))


async def bench(
    service: Service, voice: LearnerVoice, speakers: tuple[tuple[float, float, float], ...], pauses: tuple[int, ...]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    silences: list[int] = []
    right = asked = said = 0
    for speaker in speakers:
        for words, wanted in WHOLE:
            person, room = await hold(service, OnePerson([(words, 0)], voice, speaker))
            said += 1
            outcome = judged(service, person, room, wanted)
            right += outcome == "right"
            asked += outcome == "asked"
            replies = [each.at_ms for each in room.log if each.what == "begin" and each.at_ms >= person.ended_ms]
            silence_ms = replies[0] - person.ended_ms if replies else -1
            silences += [silence_ms] if replies else []
            print(f"  {words:18s} {outcome:8s} silence {silence_ms:5d} ms", flush=True)
    p50, p95 = statistics.median(silences), sorted(silences)[int(0.95 * (len(silences) - 1))]
    result["whole"] = {"said": said, "right": right, "asked": asked, "silence_p50": p50, "silence_p95": p95}
    print(f"in one piece: {result['whole']}")
    for pause_ms in pauses:
        row = {"said": 0, "right": 0, "asked": 0, "taken_back": 0, "wrong": 0, "again": 0}
        for speaker in speakers:
            for pieces, wanted in PIECES:
                timed = [(words, pause_ms if number else 0) for number, words in enumerate(pieces)]
                person, room = await hold(service, OnePerson(timed, voice, speaker))
                outcome = judged(service, person, room, wanted)
                row["said"] += 1
                row[outcome] += 1
                row["taken_back"] += sum(kind == "answer_withdrawn" for kind, _ in person.answers)
                print(f"  {pause_ms:5d} ms  {' ... '.join(pieces):34s} {outcome:8s} {person.answers}", flush=True)
        result[f"pieces_{pause_ms}"] = row
        print(f"pauses of {pause_ms} ms: {row}")
    return result


async def hold(service: Service, person: OnePerson) -> tuple[OnePerson, Room]:
    ear = CountingEar(service.recognizer)
    with tempfile.TemporaryDirectory() as folder:
        store = await SqlStore.open(f"sqlite+aiosqlite:///{Path(folder) / 'bench.sqlite'}")
        names = ("open_session", "issue_code", "history", "find_session")
        busy = [Busy(ear, ("recognize",)), Busy(service.synthesizer, ("speak",)), Notes(store, names, person)]
        room = Room(person, watch=person.watch, is_idle=lambda: not any(each.under_way for each in busy))
        here = replace(service, recognizer=busy[0], synthesizer=busy[1], store=busy[2])  # type: ignore[arg-type]
        await here.conversation(room, asker="bench", seed=5).run()
        await store.close()
    return person, room


def judged(service: Service, person: OnePerson, room: Room, wanted: int | None) -> str:
    """Tell what stands in the end: "right", "wrong", "asked" (did I understand what was meant?), "again"."""
    label = None if wanted is None else person.labels[wanted - 1]
    standing: list[str] = []
    for kind, option in person.answers:
        standing = standing[:-1] if kind == "answer_withdrawn" else [*standing, option]
    if standing:
        return "right" if len(standing) == 1 and standing[0] in options_of(service, label) else "wrong"
    shown = " ".join(room.view.text) if room.view is not None else ""
    meant = label or "Je ne sais pas"
    return "asked" if meant.rstrip(".") in shown and room.view is not None and len(room.view.choices) == 2 else "again"


def options_of(service: Service, label: str | None) -> set[str]:
    """Give the ids that options of this label have; "None" for I don't know."""
    if label is None:
        return {"None"}
    items = service.context.content.items.values()
    return {str(option.id) for item in items for option in item.texts["fr"].options if option.text == label}


if __name__ == "__main__":
    asyncio.run(main())
