"""The phone channel: one call. The caller's sound and keys become events, what is said goes to the leg.

Prompts end by marks: one is put behind the last piece (or before silencing), and comes back when everything before it
was said or cleared; so each prompt begun ends exactly once, in the order of the caller's sound and keys.

A key belongs to the turn that the caller has heard. A press within `bounce_ms` after a new turn began was meant for the
turn before (a double press, a correction too late) and is told with that turn's number, which does no harm. The digits
of a code follow each other fast: they count at once.

There is no page: what is shown is only looked at for its turn. The clock is the line's own 50 frames a second.

A line that is not listened to (`close_ear`) carries keys and time only. It is heard again between two prompts, never in
the middle of one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from engine.model import Channel as ChannelKind
from engine.model import InputMode
from voice_app.audio import Sound
from voice_app.ports import (
    CallerChange,
    ChannelEvent,
    Elapsed,
    FrameHeard,
    Hungup,
    KeyPressed,
    MicrophoneChange,
    PromptEnded,
    ShownView,
)
from voice_app.resampling import StreamResampler
from voice_app.telephony.leg import LINE_RATE_HZ, KeyHeard, Leg, LegEnded, LegMoved, LineHeard, MarkReached

BEAT_MS = 100
"""How often a line that is not listened to tells the time."""
_TYPED_SCREENS = ("code_entry", "number_entry")
"""Where one key follows the other at once."""
_USED_SCREENS = ("question", "number_entry", "lessons")
"""Who came here has used the service, and need not be called again."""


@dataclass(frozen=True, slots=True)
class PhoneChannelRules:
    """Limits of one call's channel."""

    bounce_ms: int = 500
    """A key so soon after a new turn was meant for the one before."""
    idle_ms: int = 900_000
    """Nothing said, nothing pressed, no prompt for so long: the receiver lies beside the telephone."""


class PhoneChannel:
    """One call over an answered leg."""

    kind = ChannelKind.PHONE

    def __init__(self, leg: Leg, rules: PhoneChannelRules | None = None) -> None:
        self._leg = leg
        self._rules = rules or PhoneChannelRules()
        self._resampler = StreamResampler(LINE_RATE_HZ)
        self._gain = 1.0
        self._mark = 0
        self._marks: dict[int, int] = {}
        """Turn by mark, of prompts that have not ended."""
        self._open: tuple[int, int] | None = None
        """Turn and mark of the prompt whose end is not marked yet."""
        self._turn = self._turn_before = 0
        self._turn_ms = self._idle_ms = 0
        self._shown = ("", "")
        self._asked = 0
        self._ear_open = self._ear_wished = True
        self._unheard_ms = 0
        self._aside = False
        self._joined: Leg | None = None

    @property
    def used(self) -> bool:
        """Whether somebody was there and came as far as a question or a lesson."""
        return self._asked > 0

    @property
    def microphone(self) -> bool:
        return self._ear_open

    def close_ear(self) -> None:
        """Do not listen to the caller's voice; before the conversation begins."""
        self._ear_open = self._ear_wished = False

    def open_ear(self) -> None:
        """Listen to the caller's voice, from the next silence on."""
        self._ear_wished = True

    def stand_aside(self, *, aside: bool) -> None:
        """While aside, the conversation's clock stands still and its ear is closed: somebody else is being called."""
        self._aside = aside

    def join(self, other: Leg) -> None:
        """From here on the caller speaks to this leg, not to the conversation; the end of the call ends it too."""
        self._joined = other

    async def events(self) -> AsyncIterator[ChannelEvent]:
        async for event in self._leg.events():
            match event:
                case LineHeard(pcm) if self._joined is not None:
                    self._joined.play(pcm)
                case LineHeard() | KeyHeard() if self._aside:
                    pass
                case LineHeard(pcm):
                    length_ms = len(pcm) * 1000 // (2 * LINE_RATE_HZ)
                    self._pass_time(length_ms)
                    if self._ear_wished and not self._ear_open and not self._marks:
                        self._ear_open = True
                        yield MicrophoneChange(True)
                    if self._ear_open:
                        yield FrameHeard(Sound(self._resampler.feed(pcm)))
                    elif beat_ms := self._beat(length_ms):
                        yield Elapsed(beat_ms)
                case KeyHeard(key):
                    self._idle_ms = 0
                    yield KeyPressed(self._turn_of_key(), key, InputMode.KEY)
                case MarkReached(mark):
                    turn = self._marks.pop(mark, None)
                    if turn is not None:
                        yield PromptEnded(turn)
                case LegMoved(number) if self._joined is None:
                    turns = tuple(self._marks.values())
                    self._marks.clear()
                    self._open, self._idle_ms = None, 0
                    yield CallerChange(number)
                    for turn in turns:
                        yield PromptEnded(turn)
                case LegMoved():
                    pass
                case LegEnded():
                    if self._joined is not None:
                        self._joined.hang_up()
                    yield Hungup()
                    return

    async def begin_prompt(self, turn: int, gain_db: float) -> None:
        self._silence()
        self._gain = 10 ** (gain_db / 20)
        self._mark += 1
        self._marks[self._mark] = turn
        self._open = (turn, self._mark)
        self._idle_ms = 0

    async def enqueue(self, turn: int, sound: Sound, *, place: int | None = None) -> None:
        if self._open is not None and self._open[0] == turn and sound.pcm:
            self._leg.play(for_line(sound, self._gain))

    async def end_prompt(self, turn: int) -> None:
        if self._open is not None and self._open[0] == turn:
            self._leg.mark(self._open[1])
            self._open = None

    async def stop_prompt(self, turn: int) -> None:
        self._silence()

    async def show(self, view: ShownView) -> None:
        if view.turn != self._turn:
            typing = view.screen in _TYPED_SCREENS and self._shown == (view.screen, view.heading)
            self._turn_before = view.turn if typing else self._turn
            self._asked += view.screen in _USED_SCREENS
            self._turn, self._turn_ms, self._shown = view.turn, 0, (view.screen, view.heading)

    async def listening(self, turn: int, is_open: bool) -> None:
        return None

    async def remember(self, code: str, sounds: Sequence[Sound], text: str) -> None:
        return None  # a telephone keeps nothing; the code is told, and the number recognised if that was wished

    async def close(self) -> None:
        self._leg.hang_up()

    def _silence(self) -> None:
        if self._open is not None:
            self._leg.mark(self._open[1])
            self._open = None
        self._leg.clear()

    def _beat(self, length_ms: int) -> int:
        """Count time on a line that is not listened to; give it when a beat is full, 0 before."""
        self._unheard_ms += length_ms
        if self._unheard_ms < BEAT_MS:
            return 0
        full, self._unheard_ms = self._unheard_ms, 0
        return full

    def _turn_of_key(self) -> int:
        return self._turn_before if self._turn_ms < self._rules.bounce_ms else self._turn

    def _pass_time(self, length_ms: int) -> None:
        self._turn_ms += length_ms
        self._idle_ms += length_ms
        if self._idle_ms > self._rules.idle_ms and not self._marks:
            self._leg.hang_up()


def for_line(sound: Sound, gain: float = 1.0) -> bytes:
    """Give a sound as the line carries it: s16le at 8 kHz, louder or quieter by `gain`, clipped."""
    samples = np.frombuffer(sound.pcm, "<i2")
    if sound.rate_hz != LINE_RATE_HZ:
        samples = soxr.resample(samples, sound.rate_hz, LINE_RATE_HZ)
    if gain != 1.0:
        samples = np.clip(np.rint(samples.astype(np.float64) * gain), -32_768, 32_767)
    return np.asarray(samples, dtype="<i2").tobytes()
