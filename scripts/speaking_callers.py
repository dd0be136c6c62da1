"""Callers who really speak, in one process, for the bench of the telephone (`scripts/bench_callers.py`).

Their answers are made beforehand and kept as A-law, so that a caller costs no more than its packets. The service tells
when it is a caller's turn, with what is shown of it; the rest goes over SIP and RTP like anybody's call.

A reply is timed from the packet that carries the end of the last word to the first packet with sound that comes back
(the kernel's time). A caller presses through the menus, listens to each question to its end, thinks a moment and
speaks; who was not understood twice presses the key. Whose call has ended calls again.
"""

from __future__ import annotations

import hashlib
import json
import random
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from audio_content.model import Content
from scripts.phone_load import SILENCE, TICK_SAMPLES, Load, LoadCall, header
from voice_app.channels.learner import KnowingPerson, Presses, Says
from voice_app.channels.phone import for_line
from voice_app.g711 import Law, decode, encode
from voice_app.ports import ShownButton, ShownView
from voice_app.speech.synthesizer import LearnerVoice

VOICES = ((0.8, 0.9, 0.92), (0.92, 1.0, 0.97), (1.1, 1.0, 1.04), (1.2, 0.95, 1.08))
"""Pitch, rate and formant of the people who call."""
LEVEL_OF_A_WORD = 300
THINKS_S = (0.4, 1.4)
PRESSES_S = (0.7, 1.2)
"""A menu is known; sooner, the key would be taken for a second press of the one before."""
CALLS_AGAIN_S = 1.5
LOST_S = 15.0
"""No reply within this: the turn is lost."""
KEY_TYPE = 101
KEY_CODES = {key: code for code, key in enumerate("0123456789*#")}
LOUD_SAMPLES = 8
_LOUD = bytes(int(abs(each) > 250) for each in np.frombuffer(decode(bytes(range(256)), Law.A), "<i2").tolist())


async def made_beforehand(folder: Path, words: Sequence[str], locale: str) -> dict[tuple[int, str], list[bytes]]:
    """Give every wording in every voice as packets, from its first to its last sound; made once, kept in the folder."""
    voice = LearnerVoice()
    await voice.start()
    answers: dict[tuple[int, str], list[bytes]] = {}
    try:
        for number, (pitch, rate, formant) in enumerate(VOICES):
            for each in words:
                name = hashlib.sha256(f"{each} {locale} {pitch} {rate} {formant}".encode()).hexdigest()[:24]
                file = folder / f"{name}.alaw"
                if not file.exists():
                    sound = await voice.say(each, locale, pitch=pitch, rate=rate, formant=formant)
                    file.write_bytes(encode(_trimmed(for_line(sound)), Law.A))
                answers[number, each] = list(_packets(file.read_bytes()))
    finally:
        await voice.close()
    return answers


def wordings(content: Content, items: Sequence[str], prompts: Sequence[str], locale: str) -> list[str]:
    """Give all that a caller may say: the choices of the menus, the options of these items, places, "I don't know"."""
    vocabulary = content.vocabularies[locale]
    said = {content.prompts[locale][name] for name in prompts if name in content.prompts[locale]}  # type: ignore[index, operator]
    said |= {
        option.text for item in content.items.values() if item.id in items for option in item.texts[locale].options
    }
    answers = {each.lower().rstrip(".?!") for each in said}
    answers |= {names[0] for names in vocabulary.places}
    answers |= {next(names for name, names in vocabulary.commands.items() if name == "dont_know")[0]}
    return sorted(answers)


def _trimmed(pcm: bytes) -> bytes:
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(int)) > LEVEL_OF_A_WORD)
    return pcm[2 * int(loud[0]) : 2 * int(loud[-1]) + 2] if loud.size else pcm


def _packets(line: bytes) -> Iterator[bytes]:
    first = -len(line) % TICK_SAMPLES  # the last packet is full: it ends with the last word
    yield SILENCE[:first] + line[: TICK_SAMPLES - first]
    for start in range(TICK_SAMPLES - first, len(line), TICK_SAMPLES):
        yield line[start : start + TICK_SAMPLES]


@dataclass
class Caller:
    """One person at a telephone, through one call after another."""

    number: str
    voice: int
    person: KnowingPerson
    presser: KnowingPerson
    draw: random.Random
    call: LoadCall | None = None
    calls: int = 0
    view: ShownView | None = None
    answers_at: float = float("inf")
    speech: list[bytes] = field(default_factory=list)
    spoken: int = 0
    ended_ns: int = 0
    answered_over: bool = False
    key: str | None = None
    key_packets: int = 0
    key_stamp: int = 0
    calls_at: float = 0.0
    silent: bool = False
    heard: bytearray = field(default_factory=bytearray)
    """What a silent caller heard, as A-law."""


@dataclass
class Heard:
    """What was measured in a window."""

    replies_ms: list[float] = field(default_factory=list)
    lost: int = 0
    over_speech: int = 0
    spoken: int = 0
    repeated: int = 0
    pressed: int = 0
    finished: int = 0
    unmade: set[str] = field(default_factory=set)


class SpeakingLoad(Load):
    """Callers of one service on 127.0.0.1. `turns` gives one JSON line whenever it is a caller's turn."""

    def __init__(self, port: int, answers: Mapping[tuple[int, str], list[bytes]], turns: BinaryIO) -> None:
        super().__init__(port)
        self._answers = answers
        self._turns = turns
        self._unread = b""
        self.callers: dict[str, Caller] = {}
        self.figures = Heard()
        random_noise = np.random.default_rng(3).normal(0, 8, (50, TICK_SAMPLES)).astype("<i2")
        self._noise = [encode(each.tobytes(), Law.A) for each in random_noise]
        self.watch(turns.fileno(), self._read_turns)

    def add(
        self,
        content: Content,
        count: int,
        *,
        ability: float,
        over_s: float,
        keys_only: bool = False,
        silent: bool = False,
    ) -> None:
        """Let so many people call, one after the other within this time. `silent` ones only listen, and call once."""
        first = len(self.callers)
        for place in range(count):
            number = f"06000{first + place:05d}"
            person = KnowingPerson(content, ability + (place % 3) - 1, seed=first + place, keys_only=keys_only)
            presser = KnowingPerson(content, ability, seed=first + place, keys_only=True)
            draw = random.Random(first + place)  # noqa: S311 - made-up people
            caller = Caller(number, (first + place) % len(VOICES), person, presser, draw, silent=silent)
            caller.calls_at = time.monotonic() + over_s * place / max(1, count)
            self.callers[number] = caller

    def pass_time(self, length_s: float) -> None:
        """Let the callers call, listen and answer for so long."""
        end = time.monotonic() + length_s
        while time.monotonic() < end:
            self._call()
            super().pass_time(min(0.1, max(0.0, end - time.monotonic())))

    def leave(self) -> None:
        """Everybody hangs up and does not call again."""
        for caller in self.callers.values():
            caller.calls_at = float("inf")
        calls = [caller.call for caller in self.callers.values() if caller.call is not None and not caller.call.over]
        for caller in self.callers.values():
            caller.call = None
        self.hang_up(calls)

    def begin_window(self) -> None:
        """Measure from now on."""
        self.figures = Heard()
        for caller in self.callers.values():
            caller.ended_ns = 0

    # --- calls ------------------------------------------------------------------------------------------------------

    def _call(self) -> None:
        now = time.monotonic()
        for caller in self.callers.values():
            call = caller.call
            if call is not None and call.over and call.rtp.fileno() >= 0:
                self.put_down(call)
                self.figures.finished += 1
                caller.calls_at, caller.view, caller.speech, caller.ended_ns = now + CALLS_AGAIN_S, None, [], 0
                caller.answers_at = float("inf")
                if caller.silent:
                    caller.calls_at = float("inf")
            if now >= caller.calls_at:
                caller.calls += 1
                caller.calls_at = float("inf")
                caller.call = self.invite(f"{self.own}-{caller.number}-{caller.calls}", sender=caller.number)

    def _read_turns(self) -> None:
        *lines, self._unread = (self._unread + self._turns.read1(1 << 16)).split(b"\n")  # type: ignore[attr-defined]
        for line in lines:
            told = json.loads(line)
            caller = self.callers.get(told["caller"])
            if caller is not None and not caller.silent:
                caller.view = shown(told["view"])
                is_question = caller.view.screen == "question"
                if is_question == told["asked"]:
                    waits_s = caller.draw.uniform(*(THINKS_S if is_question else PRESSES_S))
                    caller.answers_at = time.monotonic() + waits_s

    # --- sound ------------------------------------------------------------------------------------------------------

    def packet(self, call: LoadCall) -> bytes:
        caller = self.callers[call.sender]
        if caller.call is not call:
            return header(call) + SILENCE
        now = time.monotonic()
        if caller.ended_ns and time.time_ns() - caller.ended_ns > LOST_S * 1e9:
            self.figures.lost += 1
            caller.ended_ns = 0
        if now >= caller.answers_at and not caller.speech and caller.key is None:
            caller.answers_at = float("inf")
            self._answer(caller)
        if caller.key is not None:
            return self._key_packet(caller, call)
        if caller.spoken < len(caller.speech):
            payload = caller.speech[caller.spoken]
            caller.spoken += 1
            if caller.spoken == len(caller.speech):
                caller.speech, caller.spoken = [], 0
                caller.ended_ns = time.time_ns()
            return header(call) + payload
        return header(call) + self._noise[call.sent % len(self._noise)]

    def heard(self, call: LoadCall, packet: bytes, at_ns: int) -> None:
        super().heard(call, packet, at_ns)
        caller = self.callers.get(call.sender)
        if caller is not None and caller.silent:
            caller.heard += packet[12:]
        if caller is None or not (caller.ended_ns or caller.speech):
            return
        if packet[12:].translate(_LOUD).count(1) < LOUD_SAMPLES:
            return
        if caller.speech and caller.spoken > 0:  # it answers already; the rest of the speech goes on with it
            caller.answered_over = True
        elif caller.ended_ns and at_ns > caller.ended_ns:
            if caller.answered_over:
                self.figures.over_speech += 1
            else:
                self.figures.replies_ms.append((at_ns - caller.ended_ns) / 1e6)
            caller.ended_ns = 0

    def _answer(self, caller: Caller) -> None:
        if caller.view is None or not caller.view.choices:  # nothing is asked
            return
        person = caller.person if caller.view.screen == "question" else caller.presser
        before = person._tries
        match person.reply(caller.view):
            case Says(words) if packets := self._answers.get((caller.voice, words)):
                caller.speech, caller.spoken, caller.ended_ns, caller.answered_over = packets, 0, 0, False
                self.figures.spoken += 1
                self.figures.repeated += person._tries > before
            case Says(words):
                self.figures.unmade.add(words)
                caller.key = caller.view.choices[0].key if caller.view.choices else "#"
            case Presses(key):
                caller.key = key
                self.figures.pressed += person is caller.person
            case _:
                pass

    def _key_packet(self, caller: Caller, call: LoadCall) -> bytes:
        """100 ms of a key, its end told three times (RFC 4733)."""
        assert caller.key is not None
        if caller.key_packets == 0:
            caller.key_stamp = call.sent * TICK_SAMPLES
        caller.key_packets += 1
        ends = caller.key_packets > 5
        length = min(caller.key_packets, 5) * TICK_SAMPLES
        head = struct.pack("!BBHII", 0x80, KEY_TYPE, call.sent & 0xFFFF, caller.key_stamp, 7)
        body = struct.pack("!BBH", KEY_CODES[caller.key], (0x80 if ends else 0) | 10, length)
        if caller.key_packets == 8:
            caller.key, caller.key_packets = None, 0
        return head + body


def shown(view: Mapping[str, Any]) -> ShownView:
    """Give a view from JSON data."""
    buttons = {name: tuple(ShownButton(**button) for button in view[name]) for name in ("choices", "commands")}
    progress = tuple(view["progress"]) if view.get("progress") else None
    return ShownView(**{**view, **buttons, "text": tuple(view["text"]), "progress": progress})
