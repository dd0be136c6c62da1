"""Speaks one prompt at a time over a channel: parts become sounds, in order; a new prompt or a key ends the old one.

A prompt that a voice interrupted can go on where it stopped, at the beginning of the phrase that was cut. How loud the
prompt was in the last moments is told, so that its echo is not taken for a person.

A part that no voice can speak becomes the attention tone: the worst error is silence, and the page shows the words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from voice_app.audio import Sound, silence
from voice_app.dialogue.messages import Earcon, ItemWords, LessonWords, Part, Pause, Phrase, Say
from voice_app.errors import SpeechError, StoreError
from voice_app.ports import Channel, Earcons, Synthesizer
from voice_app.wording import Wording

log = logging.getLogger(__name__)

LEVEL_STEP_MS = 20
ECHO_WITHIN_MS = 600
"""What was played so long ago may still come back into the microphone: the line to the page, its buffers, the room."""
SILENCE_DB = -96.0

Recordings = Callable[[str, float], Awaitable[Sound | None]]
"""Gives the recording of this name at a pace; None when there is none (any more)."""


@dataclass(slots=True)
class _Prompt:
    """A prompt under way: where each part begins, and how loud each step of it is."""

    say: Say
    first: int
    """The part it began with."""
    starts_ms: list[int]
    levels_db: list[float]
    played_ms: int = 0
    bargein_after_ms: int | None = None

    @property
    def length_ms(self) -> int:
        return len(self.levels_db) * LEVEL_STEP_MS


class Speaker:
    """The mouth of one conversation. `turn` is the turn whose prompt is under way, None in silence."""

    def __init__(
        self,
        channel: Channel,
        synthesizer: Synthesizer,
        earcons: Earcons,
        wording: Wording,
        limit_s: float,
        recordings: Recordings | None = None,
    ) -> None:
        self._channel = channel
        self._synthesizer = synthesizer
        self._earcons = earcons
        self._wording = wording
        self._limit_s = limit_s
        self._recordings = recordings
        self._task: asyncio.Task[None] | None = None
        self._prompt: _Prompt | None = None
        self._held: _Prompt | None = None
        self._silent_ms = ECHO_WITHIN_MS
        self.gain_db = 0.0
        self.turn: int | None = None

    @property
    def interruptible(self) -> bool:
        """Whether the voice may interrupt at this moment of the prompt."""
        prompt = self._prompt
        allowed_ms = None if prompt is None else prompt.bargein_after_ms
        return prompt is not None and allowed_ms is not None and prompt.played_ms >= allowed_ms

    @property
    def holds_rest(self) -> bool:
        """Whether a prompt was interrupted by a voice and could go on."""
        return self._held is not None

    @property
    def level_db(self) -> float | None:
        """How loud the prompt is at this moment, relative to full scale; None: none was for so long that no echo is."""
        prompt = self._prompt
        if prompt is None or self._silent_ms >= ECHO_WITHIN_MS:
            return None
        step = prompt.played_ms // LEVEL_STEP_MS
        is_playing = self.turn is not None and step < len(prompt.levels_db)
        return prompt.levels_db[step] + self.gain_db if is_playing else SILENCE_DB

    def count(self, length_ms: int) -> None:
        """Take note of audio time that has passed."""
        if self.turn is None or self._prompt is None:
            self._silent_ms += length_ms
        else:
            self._prompt.played_ms = min(self._prompt.played_ms + length_ms, self._prompt.length_ms)

    async def say(self, say: Say, work: asyncio.TaskGroup) -> None:
        """Begin a prompt; what was playing stops. Returns at once, the parts follow as they are spoken."""
        await self.hush()
        await self._begin(say, 0, None, work)

    async def hush(self) -> None:
        """Silence the prompt that is under way, if any, for good."""
        self._held = None
        await self._stop()

    async def hold(self) -> None:
        """Silence the prompt that is under way, if any; `go_on` takes it up again."""
        if self.turn is not None:
            self._held = self._prompt
            await self._stop()

    async def go_on(self, work: asyncio.TaskGroup, earcon: str | None = None) -> bool:
        """Take the interrupted prompt up again at the phrase where it stopped; tells whether there was one."""
        held, self._held = self._held, None
        if held is None:
            return False
        await self._begin(held.say, _phrase_at(held), earcon, work)
        return True

    def cancel(self) -> None:
        """Prepare no more parts."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def ended(self, turn: int) -> bool:
        """Take note that the prompt of a turn has been played; whether it was the one under way."""
        if self.turn != turn:
            return False
        self.turn = None
        self._silent_ms = 0
        return True

    async def _stop(self) -> None:
        self.cancel()
        turn, self.turn = self.turn, None
        if turn is not None:
            self._silent_ms = 0
            await self._channel.stop_prompt(turn)

    async def _begin(self, say: Say, first: int, earcon: str | None, work: asyncio.TaskGroup) -> None:
        self.turn = say.turn
        self._silent_ms = 0
        self._prompt = _Prompt(say, first, [], [])
        await self._channel.begin_prompt(say.turn, self.gain_db)
        self._task = work.create_task(self._speak(self._prompt, earcon))

    async def sound_of(self, part: Part, locale: str, rate: float) -> Sound:
        """Give the sound of one part; the attention tone when it cannot be spoken."""
        match part:
            case Pause(length_ms):
                return silence(length_ms)
            case Earcon(name):
                return self._earcons(name)
            case Phrase() | ItemWords() | LessonWords():
                recorded = await self._recorded(part, rate)
                if recorded is not None:
                    return recorded
                tongue = (part.locale if isinstance(part, Phrase) else None) or locale
                try:
                    async with asyncio.timeout(self._limit_s):
                        return await self._synthesizer.speak(self._wording.spoken(part, locale), tongue, rate)
                except (SpeechError, TimeoutError) as fault:
                    log.error("a part could not be spoken: %s", fault)
                    return self._earcons("attention")

    async def _recorded(self, part: Phrase | ItemWords | LessonWords, rate: float) -> Sound | None:
        """Give the recording that says this phrase; None where there is none, or it cannot be had: it is spoken."""
        if self._recordings is None or not isinstance(part, Phrase) or part.recording is None:
            return None
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._recordings(part.recording, rate)
        except (SpeechError, StoreError, TimeoutError) as fault:
            log.error("a recording could not be had: %s", fault)
            return None

    async def _speak(self, prompt: _Prompt, earcon: str | None) -> None:
        say = prompt.say
        if earcon is not None:
            await self._enqueue(prompt, self._earcons(earcon), None)
        place = next((found for part in reversed(say.parts[: prompt.first]) if (found := _place_of(part))), None)
        for number, part in enumerate(say.parts[prompt.first :], start=prompt.first):
            if say.voice_bargein_from is not None and number == max(prompt.first, say.voice_bargein_from):
                prompt.bargein_after_ms = prompt.length_ms
            sound = await self.sound_of(part, say.locale, say.rate)
            place = _place_of(part) or place
            prompt.starts_ms.append(prompt.length_ms)
            await self._enqueue(prompt, sound, place)
        await self._channel.end_prompt(say.turn)

    async def _enqueue(self, prompt: _Prompt, sound: Sound, place: int | None) -> None:
        prompt.levels_db += levels_db(sound)
        await self._channel.enqueue(prompt.say.turn, sound, place=place)


def _phrase_at(prompt: _Prompt) -> int:
    """Give the part to go on with: the phrase that was cut, with the earcon that announces it."""
    parts = prompt.say.parts
    begun = [number for number, start_ms in enumerate(prompt.starts_ms) if start_ms <= prompt.played_ms]
    number = min(prompt.first + (begun[-1] if begun else 0), len(parts) - 1)
    if isinstance(parts[number], Pause) and number + 1 < len(parts):
        return number + 1
    if number > prompt.first and isinstance(parts[number - 1], Earcon):
        return number - 1
    return number


def levels_db(sound: Sound) -> list[float]:
    """Give the level of each step of a sound, relative to full scale."""
    step = LEVEL_STEP_MS * sound.rate_hz // 1000
    samples = np.frombuffer(sound.pcm, "<i2").astype(np.float32)
    whole = samples.size // step * step
    powers = [np.einsum("ij,ij->i", *[samples[:whole].reshape(-1, step)] * 2)]
    if whole < samples.size:
        powers.append(np.array([samples[whole:] @ samples[whole:]]))
    power = np.concatenate(powers).astype(np.float64) / (step * 32768.0**2)
    levels: list[float] = (10.0 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10)))).tolist()
    return levels


def _place_of(part: Part) -> int | None:
    """The answer that a place earcon announces."""
    if isinstance(part, Earcon) and part.name.startswith("place."):
        return int(part.name.removeprefix("place."))
    return None
