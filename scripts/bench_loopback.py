#!/usr/bin/env python
"""Our own prompts in the microphone: do they answer themselves, and does a person still get through?

The whole service talks in a room in audio time: real voice, real endpointing, real recogniser, real store. The
loudspeaker comes back into the microphone without any echo canceller, late and reverberated, at the level that a
browser without one had (-36 dBFS, research). No second of it waits for a clock: half an hour takes a few minutes.

  false   prompts that stopped, and utterances that were taken from the microphone, while nobody spoke: the person uses
          keys only, and waits a second and a half after each prompt
  stop    from the first sound of a voice over the answers to the silence of the prompt, in milliseconds of audio; at
          several levels of the voice, with that echo and with the canceller's (none); never: not before its end

Run: .venv/bin/python scripts/bench_loopback.py [--minutes 30] [--bargeins 24]. Prints a table and one JSON line.
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

import numpy as np

from voice_app.app import Service, open_service
from voice_app.audio import Sound
from voice_app.channels.room import Echo, Room
from voice_app.hearing import Grammar, Recognition
from voice_app.ports import Recognizer, ShownView
from voice_app.settings import Settings, load_settings
from voice_app.speech import recognizer
from voice_app.speech.synthesizer import LearnerVoice
from voice_app.store.sql_store import SqlStore

WAITS_MS = 1_500
PATIENT_S = 120.0
VOICES_DB = (-20.0, -26.0)
WORDS = ("réponse deux", "la première", "je ne sais pas", "numéro trois", "répéter")


class Busy:
    """Something behind a port, whose calls are counted while they are under way."""

    def __init__(self, inside: Any, names: tuple[str, ...]) -> None:
        self._inside = inside
        self._names = names
        self.under_way = 0

    def __getattr__(self, name: str) -> Any:
        there = getattr(self._inside, name)
        if name not in self._names:
            return there

        async def counted(*args: Any, **kwargs: Any) -> Any:
            self.under_way += 1
            try:
                return await there(*args, **kwargs)
            finally:
                self.under_way -= 1

        return counted


class CountingEar:
    """The real ear, and how often it was asked."""

    def __init__(self, ear: Recognizer) -> None:
        self._ear = ear
        self.asked = 0

    @property
    def available(self) -> bool:
        return self._ear.available

    async def prepare(self, grammar: Grammar) -> None:
        return None  # nothing to gain in audio time

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        self.asked += 1
        return await self._ear.recognize(utterance, grammar)

    async def close(self) -> None:
        await self._ear.close()


@dataclass
class KeysOnly:
    """Waits a little after each prompt, has every question repeated once, answers by keys, up to the end."""

    seed: int
    _repeated: str = ""
    _wait_ms: int = field(default=-1, init=False)
    _key: str = field(default="", init=False)

    async def __call__(self, room: Room, view: ShownView) -> None:
        self._key, self._wait_ms = self._choose(view), room.now_ms + WAITS_MS

    def watch(self, room: Room) -> None:
        if self._key and room.now_ms >= self._wait_ms and not room.playing:
            key, self._key = self._key, ""
            room.press(key)

    def _choose(self, view: ShownView) -> str:
        if view.screen == "question" and self._repeated != view.heading:
            self._repeated = view.heading
            return "*"
        if view.screen == "result":
            return "2"
        return "1" if view.screen != "question" else str(1 + (self.seed + len(view.heading)) % len(view.choices))


@dataclass
class TalksOver(KeysOnly):
    """The same, but speaks over the answers of every question that is repeated."""

    sounds: list[Sound] = field(default_factory=list)
    onsets_ms: list[int] = field(default_factory=list)
    stops_ms: list[int | None] = field(default_factory=list)
    _from_ms: int = field(default=-1, init=False)
    _spoke: bool = field(default=False, init=False)

    async def __call__(self, room: Room, view: ShownView) -> None:
        self._note_stop(room)
        if self._spoke and len(self.stops_ms) < len(self.onsets_ms):
            self.stops_ms.append(None)
        self._from_ms, self._spoke = -1, False
        await super().__call__(room, view)

    def watch(self, room: Room) -> None:
        super().watch(room)
        if room.view is None or room.view.screen != "question":
            return
        if room.place is not None and self._from_ms < 0:
            self._from_ms = room.now_ms + 300 + 170 * (len(self.onsets_ms) % 7)
        if self._from_ms >= 0 and not self._spoke and room.now_ms >= self._from_ms and room.playing:
            self._spoke = True
            self.onsets_ms.append(room.now_ms)
            room.say(self.sounds[len(self.onsets_ms) % len(self.sounds)])
        self._note_stop(room)

    def _note_stop(self, room: Room) -> None:
        if self._spoke and len(self.stops_ms) < len(self.onsets_ms):
            stops = [each.at_ms for each in room.log[-4:] if each.what == "stop" and each.at_ms >= self.onsets_ms[-1]]
            if stops:
                self.stops_ms.append(stops[0] - self.onsets_ms[-1])


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--bargeins", type=int, default=24)
    parser.add_argument("--gain", type=float, default=Echo().gain_db, help="loudspeaker to microphone, in decibels")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        await bench(await open_service(with_own_data(Path(folder))), chosen)


def with_own_data(folder: Path) -> Settings:
    """Give settings with a database of their own; models and spoken prompts are the installed ones."""
    installed = load_settings()
    for name in ("models", "speech"):
        if (installed.data_folder / name).exists():
            (folder / name).symlink_to(installed.data_folder / name)
    recognizer.RECOGNITION_LIMIT_S = PATIENT_S  # audio time knows no limit: a busy machine must not change the figures
    limit = str(int(PATIENT_S * 1000))
    names = ("CONVERSATION_SPEECH_LIMIT_MS", "CONVERSATION_DECISION_LIMIT_MS")
    return load_settings({"VOICE_APP_DATA_FOLDER": str(folder), **{f"VOICE_APP_{name}": limit for name in names}})


async def bench(service: Service, chosen: argparse.Namespace) -> None:
    voice = LearnerVoice()
    await voice.start()
    result: dict[str, Any] = {}
    try:
        await alone(service, chosen.minutes, Echo(gain_db=chosen.gain), result)
        for echo, name in ((Echo(gain_db=chosen.gain), "echo"), (None, "no echo")):
            for level_db in VOICES_DB:
                sounds = [onset(await voice.say(words, "fr", pitch=0.8, formant=0.92), level_db) for words in WORDS]
                await over(service, chosen.bargeins, echo, sounds, f"voice {level_db:.0f} dBFS, {name}", result)
    finally:
        await voice.close()
        await service.close()
    print(json.dumps(result))


async def alone(service: Service, minutes: float, echo: Echo, result: dict[str, Any]) -> None:
    prompt_ms, stops, asked, sessions, power = 0, 0, 0, 0, []
    while prompt_ms < minutes * 60_000:
        person = KeysOnly(sessions)
        room, ear = await talk(service, person, echo, sessions)
        prompt_ms += room.prompt_ms
        stops += sum(each.what == "stop" for each in room.log)
        asked += ear.asked
        power += room.echo_power
        sessions += 1
        print(f"  {prompt_ms / 60_000:.1f} minutes of prompts, {stops + asked} false", flush=True)
    active = [each for each in power if each > 1e-6]
    level_db = 10 * np.log10(np.mean(active))
    result["alone"] = {
        "prompt_minutes": round(prompt_ms / 60_000, 1), "sessions": sessions, "echo_dbfs": round(float(level_db), 1),
        "false_stops": stops, "false_utterances": asked,
    }  # fmt: skip
    print(f"prompts alone: {result['alone']}")


async def over(
    service: Service, wanted: int, echo: Echo | None, sounds: list[Sound], name: str, result: dict[str, Any]
) -> None:
    found: list[int | None] = []
    seed = 100
    while len(found) < wanted:
        person = TalksOver(seed, sounds=sounds)
        await talk(service, person, echo, seed)
        found += person.stops_ms
        seed += 1
    times = sorted(each for each in found if each is not None)
    p50, p95 = (round(statistics.median(times)), times[int(0.95 * (len(times) - 1))]) if times else (0, 0)
    never = len(found) - len(times)
    within = sum(each <= 400 for each in times)
    result[name] = {"n": len(found), "p50": p50, "p95": p95, "within_400": within, "never": never}
    print(
        f"{name:28s} n={len(found):3d}  p50 {p50:4d} ms  p95 {p95:4d} ms  within 400 ms {within}  never {never}",
        flush=True,
    )


async def talk(service: Service, person: KeysOnly, echo: Echo | None, seed: int) -> tuple[Room, CountingEar]:
    ear = CountingEar(service.recognizer)
    with tempfile.TemporaryDirectory() as folder:
        store = await SqlStore.open(f"sqlite+aiosqlite:///{Path(folder) / 'bench.sqlite'}")
        busy = [
            Busy(ear, ("recognize",)),
            Busy(service.synthesizer, ("speak",)),
            Busy(store, ("append", "open_session", "issue_code", "history", "find_session")),
        ]
        room = Room(
            person, watch=person.watch, echo=echo, seed=seed, is_idle=lambda: not any(each.under_way for each in busy)
        )
        here = replace(service, recognizer=busy[0], synthesizer=busy[1], store=busy[2])  # type: ignore[arg-type]
        await here.conversation(room, asker="bench", seed=seed).run()
        await store.close()
    return room, ear


def onset(sound: Sound, level_db: float) -> Sound:
    """Give the speech from its first sound on, its active part as loud as this (root mean square, full scale)."""
    samples = np.frombuffer(sound.pcm, "<i2").astype(float)
    loud = np.flatnonzero(np.abs(samples) > 0.03 * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1]]
    active = samples[np.abs(samples) > 0.05 * np.abs(samples).max()]
    samples *= 32768 * 10 ** (level_db / 20) / np.sqrt(np.mean(active**2))
    return Sound(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    asyncio.run(main())
