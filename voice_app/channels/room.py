"""A room in audio time: a loudspeaker, a microphone that hears it, somebody who speaks. For studies and tests.

Every 20 ms of the room is one frame. What the conversation plays is played in its own length; the microphone hears the
room's noise, what the person says, and the echo of the loudspeaker: late, reverberated, as loud as the room is told.
The next frame comes when the conversation has done everything that the last one brought about (`is_idle`), so that a
recogniser takes no audio time at all: decisions come as early as they can, on any machine, the same every time.

What happened is in `log`, with its time in the room in milliseconds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model import Channel as ChannelKind
from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.ports import ChannelEvent, FrameHeard, Hungup, KeyPressed, PromptEnded, ShownView, TalkPressed

FRAME_MS = 20
FRAME = HEARING_RATE_HZ * FRAME_MS // 1000
TURNS_OF_THE_LOOP = 8
"""So often the event loop goes round before the next frame: what a frame brings about is a short chain of tasks."""

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Echo:
    """The loudspeaker in the microphone. `gain_db` relative to what is played; `delay_ms` of line, buffers and air;
    `reverberation_s`: the time in which it falls by 60 dB."""

    gain_db: float = -16.0
    delay_ms: int = 120
    reverberation_s: float = 0.3


@dataclass(frozen=True, slots=True)
class Happened:
    at_ms: int
    what: str
    turn: int = -1


@dataclass(slots=True)
class _Prompt:
    turn: int
    waiting: deque[tuple[bytes, int | None]]
    complete: bool = False


class Room:
    """A channel. `person` is told when the ear opens after a prompt (`await person(room, view)`), `watch` before every
    frame; both may `say` or `press`."""

    kind = ChannelKind.KIOSK
    microphone = True

    def __init__(
        self,
        person: Callable[[Room, ShownView], Awaitable[None]],
        *,
        is_idle: Callable[[], bool] = lambda: True,
        watch: Callable[[Room], None] | None = None,
        echo: Echo | None = None,
        noise_db: float = -62.0,
        seed: int = 1,
    ) -> None:
        self._person = person
        self._is_idle = is_idle
        self._watch = watch
        self._random = np.random.default_rng(seed)
        self._noise = 32768.0 * 10 ** (noise_db / 20)
        self._echo = echo
        self._tail_length = 0
        if echo is not None:
            tail = _impulse(echo, self._random)
            self._tail_length = 2 ** int(np.ceil(np.log2(tail.size + FRAME)))
            self._tail = np.fft.rfft(tail, self._tail_length)
        self._coming_back: Samples = np.zeros(self._tail_length + FRAME)
        self._speech: Samples = np.zeros(0)
        self._events: list[ChannelEvent] = []
        self._prompt: _Prompt | None = None
        self._asked = False
        self._held = False
        self._held_ms, self._held_at_most_ms = 0, 0
        self.over = False
        self.place: int | None = None
        """The answer that is being told."""
        self.now_ms = 0
        self.prompt_ms = 0
        """How long a prompt has been heard in all."""
        self.echo_power: list[float] = []
        self.view: ShownView | None = None
        self.log: list[Happened] = []

    # --- the person -------------------------------------------------------------------------------------------

    def say(self, sound: Sound, after_ms: int = 0) -> None:
        """Speak, `after_ms` after what is being said already."""
        samples = np.frombuffer(sound.pcm, "<i2").astype(np.float64)
        self._speech = np.concatenate([self._speech, np.zeros(after_ms * HEARING_RATE_HZ // 1000), samples])

    def press(self, key: str) -> None:
        """Press a key in the present turn."""
        if self.view is not None:
            self._events.append(KeyPressed(self.view.turn, key))

    def talk(self, held: bool) -> None:
        """Press or release the talk button."""
        self._held = held
        self._events.append(TalkPressed(held))

    def release_talk_after(self, length_ms: int) -> None:
        """Release the talk button by itself once it was held for so long."""
        self._held_at_most_ms = length_ms

    def leave(self) -> None:
        self.over = True

    @property
    def speaking(self) -> bool:
        return self._speech.size > 0

    @property
    def playing(self) -> bool:
        return self._prompt is not None

    # --- the channel ------------------------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[ChannelEvent]:
        await self._settle()
        while not self.over:
            while self._events:
                yield self._events.pop(0)
                await self._settle()
            if self._asked and self.view is not None:
                self._asked = False
                await self._person(self, self.view)
                continue
            if self._watch is not None:
                self._watch(self)
            yield FrameHeard(self._frame())
            await self._settle()
        yield Hungup()

    async def _settle(self) -> None:
        for _ in range(TURNS_OF_THE_LOOP):
            await asyncio.sleep(0)
        while not self._is_idle():
            await asyncio.sleep(0.001)
            for _ in range(TURNS_OF_THE_LOOP):
                await asyncio.sleep(0)

    def _frame(self) -> Sound:
        played = self._play()
        heard = self._random.normal(0.0, self._noise, FRAME)
        if self._echo is not None:
            if played.any():
                back = np.fft.irfft(np.fft.rfft(played, self._tail_length) * self._tail, self._tail_length)
                self._coming_back[: self._tail_length] += back
            heard = heard + self._coming_back[:FRAME]
            if played.any():
                self.echo_power.append(float(np.mean((self._coming_back[:FRAME] / 32768.0) ** 2)))
            self._coming_back = np.concatenate([self._coming_back[FRAME:], np.zeros(FRAME)])
        said, self._speech = self._speech[:FRAME], self._speech[FRAME:]
        heard[: said.size] += said
        self.now_ms += FRAME_MS
        self._held_ms = self._held_ms + FRAME_MS if self._held else 0
        if self._held and self._held_ms == self._held_at_most_ms:
            self.talk(False)
        return Sound(np.clip(heard, -32768, 32767).astype("<i2").tobytes())

    def _play(self) -> Samples:
        prompt = self._prompt
        if prompt is None:
            return np.zeros(FRAME)
        piece, self.place = prompt.waiting.popleft() if prompt.waiting else (b"", None)
        if not piece and prompt.complete:
            self._prompt = None
            self._happen("ended", prompt.turn)
            self._events.append(PromptEnded(prompt.turn))
        self.prompt_ms += FRAME_MS if piece else 0
        samples = np.frombuffer(piece, "<i2").astype(np.float64)
        return np.pad(samples, (0, FRAME - samples.size))

    def _happen(self, what: str, turn: int) -> None:
        self.log.append(Happened(self.now_ms, what, turn))

    async def begin_prompt(self, turn: int, gain_db: float) -> None:
        self._prompt, self.place = _Prompt(turn, deque()), None
        self._happen("begin", turn)

    async def enqueue(self, turn: int, sound: Sound, *, place: int | None = None) -> None:
        if self._prompt is not None and self._prompt.turn == turn:
            size = 2 * FRAME
            self._prompt.waiting += [(sound.pcm[at : at + size], place) for at in range(0, len(sound.pcm), size)]

    async def end_prompt(self, turn: int) -> None:
        if self._prompt is not None and self._prompt.turn == turn:
            self._prompt.complete = True

    async def stop_prompt(self, turn: int) -> None:
        if self._prompt is not None and self._prompt.turn == turn:
            self._prompt = self.place = None
            self._happen("stop", turn)
            self._events.append(PromptEnded(turn))

    async def show(self, view: ShownView) -> None:
        self.view = view

    async def listening(self, turn: int, is_open: bool) -> None:
        self._asked = is_open and self._prompt is None

    async def remember(self, code: str, sounds: Sequence[Sound], text: str) -> None:
        return None

    async def close(self) -> None:
        self.over = True


def _impulse(echo: Echo, random: np.random.Generator) -> Samples:
    """Give the way from loudspeaker to microphone: the direct sound, then an exponential tail of noise half as loud."""
    length = max(1, int(echo.reverberation_s * HEARING_RATE_HZ))
    tail = random.normal(0.0, 1.0, length) * np.exp(-6.9 * np.arange(length) / length)
    tail *= 0.5 / max(1e-9, float(np.sqrt(np.sum(tail**2))))
    tail[0] += 1.0
    late = np.zeros(echo.delay_ms * HEARING_RATE_HZ // 1000)
    return np.concatenate([late, tail * 10 ** (echo.gain_db / 20)])
