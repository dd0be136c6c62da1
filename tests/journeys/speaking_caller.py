"""A person on the telephone who really speaks: what the service says decides what they answer, their voice is made
answer by answer and goes through baresip. Only when it is their turn is looked up beside the line, in the channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from engine.model import Channel as ChannelKind
from tests.journeys.baresip_peer import Baresip
from voice_app.audio import Sound
from voice_app.channels.learner import Person, Presses, Says
from voice_app.channels.phone import for_line
from voice_app.ports import Channel, ChannelEvent, KeyPressed, PromptEnded, ShownView
from voice_app.speech.synthesizer import LearnerVoice

BEFORE_SPEECH_S = 0.3


@dataclass
class ChannelTap:
    """The phone's channel with somebody who looks on: the view of each turn, when it is the caller's."""

    channel: Channel
    turns: asyncio.Queue[ShownView] = field(default_factory=asyncio.Queue)
    keys: int = 0
    _view: ShownView | None = None
    _told: bool = False
    _playing: bool = False

    @property
    def kind(self) -> ChannelKind:
        return self.channel.kind

    @property
    def microphone(self) -> bool:
        return self.channel.microphone

    async def events(self) -> AsyncIterator[ChannelEvent]:
        async for event in self.channel.events():
            self.keys += isinstance(event, KeyPressed)
            self._playing = self._playing and not isinstance(event, PromptEnded)
            yield event

    async def begin_prompt(self, turn: int, gain_db: float) -> None:
        self._told, self._playing = False, True
        await self.channel.begin_prompt(turn, gain_db)

    async def enqueue(self, turn: int, sound: Sound, *, place: int | None = None) -> None:
        await self.channel.enqueue(turn, sound, place=place)

    async def end_prompt(self, turn: int) -> None:
        await self.channel.end_prompt(turn)

    async def stop_prompt(self, turn: int) -> None:
        await self.channel.stop_prompt(turn)

    async def show(self, view: ShownView) -> None:
        self._view = view
        await self.channel.show(view)

    async def listening(self, turn: int, is_open: bool) -> None:
        may_answer = is_open or not (self.channel.microphone or self._playing)
        if may_answer and not self._told and self._view is not None:
            self._told = True
            self.turns.put_nowait(self._view)
        await self.channel.listening(turn, is_open)

    async def remember(self, code: str, sounds: Sequence[Sound], text: str) -> None:
        await self.channel.remember(code, sounds, text)

    async def close(self) -> None:
        await self.channel.close()


async def speak_through(caller: Baresip, tap: ChannelTap, person: Person, voice: LearnerVoice, *, pitch: float) -> int:
    """Answer turn by turn until the call ends; give how many turns were spoken."""
    spoken = 0
    closed = asyncio.create_task(caller.wait_for("CALL_CLOSED", 1200))
    try:
        while not closed.done():
            turn = asyncio.create_task(tap.turns.get())
            await asyncio.wait((turn, closed), return_when=asyncio.FIRST_COMPLETED)
            if not turn.done():
                turn.cancel()
                break
            view = turn.result()
            match person.reply(view):
                case Says(words):
                    sound = await voice.say(words, view.locale, pitch=pitch, rate=0.9, formant=0.92)
                    await asyncio.sleep(BEFORE_SPEECH_S)
                    await caller.say(for_line(sound))
                    spoken += 1
                case Presses(key):
                    await caller.press(key)
                case _:
                    pass
    finally:
        closed.cancel()
    return spoken
