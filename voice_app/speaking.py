"""Speaks one prompt at a time over a channel: parts become sounds, in order; a new prompt or a key ends the old one.

A part that no voice can speak becomes the attention tone: the worst error is silence, and the page shows the words.
"""

from __future__ import annotations

import asyncio
import logging

from voice_app.audio import Sound, silence
from voice_app.dialogue.messages import Earcon, ItemWords, Part, Pause, Phrase, Say
from voice_app.errors import SpeechError
from voice_app.ports import Channel, Earcons, Synthesizer
from voice_app.wording import Wording

log = logging.getLogger(__name__)


class Speaker:
    """The mouth of one conversation. `turn` is the turn whose prompt is under way, None in silence."""

    def __init__(
        self, channel: Channel, synthesizer: Synthesizer, earcons: Earcons, wording: Wording, limit_s: float
    ) -> None:
        self._channel = channel
        self._synthesizer = synthesizer
        self._earcons = earcons
        self._wording = wording
        self._limit_s = limit_s
        self._task: asyncio.Task[None] | None = None
        self._bargein_after_ms: int | None = None
        self._played_ms = 0
        self.gain_db = 0.0
        self.turn: int | None = None

    @property
    def interruptible(self) -> bool:
        """Whether the voice may interrupt at this moment of the prompt."""
        return self._bargein_after_ms is not None and self._played_ms >= self._bargein_after_ms

    def count(self, length_ms: int) -> None:
        """Take note of audio time that has passed."""
        if self.turn is not None:
            self._played_ms += length_ms

    async def say(self, say: Say, work: asyncio.TaskGroup) -> None:
        """Begin a prompt; what was playing stops. Returns at once, the parts follow as they are spoken."""
        await self.hush()
        self.turn = say.turn
        self._bargein_after_ms = None
        self._played_ms = 0
        await self._channel.begin_prompt(say.turn, self.gain_db)
        self._task = work.create_task(self._speak(say))

    async def hush(self) -> None:
        """Silence the prompt that is under way, if any."""
        self.cancel()
        turn, self.turn = self.turn, None
        if turn is not None:
            await self._channel.stop_prompt(turn)

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
        return True

    async def sound_of(self, part: Part, locale: str, rate: float) -> Sound:
        """Give the sound of one part; the attention tone when it cannot be spoken."""
        match part:
            case Pause(length_ms):
                return silence(length_ms)
            case Earcon(name):
                return self._earcons(name)
            case Phrase() | ItemWords():
                tongue = (part.locale if isinstance(part, Phrase) else None) or locale
                try:
                    async with asyncio.timeout(self._limit_s):
                        return await self._synthesizer.speak(self._wording.spoken(part, locale), tongue, rate)
                except (SpeechError, TimeoutError) as fault:
                    log.error("a part could not be spoken: %s", fault)
                    return self._earcons("attention")

    async def _speak(self, say: Say) -> None:
        length_ms = 0
        place: int | None = None
        for number, part in enumerate(say.parts):
            if number == say.voice_bargein_from:
                self._bargein_after_ms = length_ms
            sound = await self.sound_of(part, say.locale, say.rate)
            length_ms += sound.duration_ms
            place = _place_of(part) or place
            await self._channel.enqueue(say.turn, sound, place=place)
        await self._channel.end_prompt(say.turn)


def _place_of(part: Part) -> int | None:
    """The answer that a place earcon announces."""
    if isinstance(part, Earcon) and part.name.startswith("place."):
        return int(part.name.removeprefix("place."))
    return None
