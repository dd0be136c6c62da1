"""Who has the floor: the prompt under way, or the person who speaks. Ear and mouth of one conversation, put together.

It knows neither the channel's keys nor what the dialogue decides: it gives the dialogue utterances (`Heard`, `Reheard`)
and silences, holds a prompt that a voice interrupts and lets it go on when nothing comes of that. Audio time is the
only clock: patience counts frames of the microphone, or the beats of a channel without one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress

from voice_app.audio import Sound
from voice_app.dialogue.messages import Event, Heard, Listen, Reheard, SilenceKept
from voice_app.errors import SpeechError
from voice_app.hearing import Grammar, HearingOutcome
from voice_app.listening import Decision, Ear
from voice_app.ports import (
    Channel,
    Recognizer,
    SpeechEvent,
    SpeechPaused,
    SpeechStarted,
    SpeechWentOn,
    UtteranceEnded,
)
from voice_app.speaking import Speaker


class Floor:
    """`feed` gives an event to the dialogue; `run_aside` runs something beside the conversation's events."""

    def __init__(
        self,
        channel: Channel,
        recognizer: Recognizer,
        ear: Ear,
        speaker: Speaker,
        work: asyncio.TaskGroup,
        run_aside: Callable[[Coroutine[None, None, None]], object],
        feed: Callable[[Event], Awaitable[object]],
    ) -> None:
        self._channel = channel
        self._recognizer = recognizer
        self._ear = ear
        self._speaker = speaker
        self._work = work
        self._run_aside = run_aside
        self._feed = feed
        self.hearing = True
        """Whether the recogniser answers."""

    async def frame(self, sound: Sound) -> None:
        """Take a piece of the microphone's stream."""
        ear, speaker = self._ear, self._speaker
        if ear.keep_talk(sound):
            return
        speaker.count(sound.duration_ms)
        playing = speaker.turn is not None
        for event in ear.hear(sound, while_prompt_plays=playing, prompt_db=speaker.level_db):
            await self._on_speech(event)
        await self.act_on(ear.act_early())
        if not ear.speaking:
            await self.beat(sound.duration_ms)

    async def _on_speech(self, event: SpeechEvent) -> None:
        ear, speaker = self._ear, self._speaker
        match event:
            case UtteranceEnded(said):
                await self.act_on(ear.end(said))
            case SpeechPaused(so_far):
                ear.pause(so_far)
            case SpeechWentOn():
                ear.went_on()
            case SpeechStarted(goes_on):
                if ear.deciding and not goes_on:
                    return
                if speaker.turn is None:
                    ear.start(goes_on=goes_on)
                elif goes_on or speaker.interruptible:
                    ear.start(goes_on=goes_on)
                    await speaker.hold()
                    await self.tell_listening()
                else:
                    ear.refuse()

    async def beat(self, length_ms: int) -> None:
        """Count silence; the dialogue hears when its patience has ended."""
        if self._speaker.turn is not None:
            return
        waited_for = self._ear.wait(length_ms)
        if waited_for is not None:
            await self._feed(SilenceKept(waited_for.turn))

    async def talk(self, held: bool) -> None:
        """Take note that the talk button is held or released."""
        if held:
            await self._speaker.hush()
            self._ear.hold_talk()
        else:
            self._ear.release_talk()

    async def act_on(self, decision: Decision | None) -> None:
        """Do what an utterance amounts to. A prompt that it interrupted for nothing goes on where it stopped."""
        if decision is None:
            return
        heard = decision.recognition
        if decision.kind == "reheard":
            await self._feed(Reheard(decision.turn, heard))
            if self._speaker.holds_rest:  # nothing came of it
                await self._speaker.go_on(self._work)
        elif heard is None:
            await self._speaker.go_on(self._work)
        elif heard.outcome is not HearingOutcome.NO_INPUT or self._speaker.holds_rest:
            await self._feed(Heard(decision.turn, heard, over_prompt=self._speaker.holds_rest))

    async def begin_turn(self, listen: Listen) -> None:
        """Listen for what may be said in this turn, as soon as its prompt allows."""
        self._ear.begin_turn(listen)
        if listen.grammar is not None:
            self._run_aside(self._prepare(listen.grammar))
        if self._speaker.turn is None:
            self._ear.refuse()
        await self.tell_listening()

    async def _prepare(self, grammar: Grammar) -> None:
        with suppress(SpeechError):
            await self._recognizer.prepare(grammar)

    async def tell_listening(self) -> None:
        """Tell the person whether the ear is open."""
        listen = self._ear.listen
        if listen is not None:
            is_open = listen.grammar is not None and self._speaker.turn is None and self.hearing
            await self._channel.listening(listen.turn, is_open)
