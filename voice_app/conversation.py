"""Runs one dialogue over one channel: channel events go in, effects are carried out in order.

It decides nothing about the person: that is the dialogue's. It keeps these promises:

- *Save before Say.* All records of a step are written in one transaction first. If that fails, it has not happened:
  the old state stays and the dialogue hears `Failed`.
- *A key silences the prompt at once*, the voice from the part on that the prompt allows. After a
  cough or a neighbour the prompt goes on where it stopped.
- *Audio time is the only clock.* Patience counts frames of the microphone (or the beats of a channel without one), from
  the end of the prompt, and stands still while a prompt plays, while somebody speaks and while the ear decides.
- *A dead ear is told.* The recogniser's availability is looked at with every event; a change becomes an event.
- *Bounded.* A conversation that is busy lets its channel wait; what waits there is the channel's to limit.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass

from audio_content.model import PromptId
from voice_app.audio import Sound
from voice_app.caller_side import CallerSide
from voice_app.conversation_rules import ConversationRules
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import resume
from voice_app.dialogue.machine import start, step
from voice_app.dialogue.messages import (
    AskCallback,
    CampaignFound,
    Effect,
    EndConversation,
    Event,
    Failed,
    FindCaller,
    FindSession,
    GoOnSaying,
    HandOver,
    Heard,
    IssueCode,
    Left,
    Listen,
    MicrophoneChanged,
    Phrase,
    Pressed,
    RecogniseCaller,
    RecognizerBack,
    RecognizerLost,
    RefuseCalls,
    Reheard,
    Save,
    Say,
    SessionFound,
    SessionNotFound,
    SetLoudness,
    Show,
    SilenceKept,
    Spelled,
)
from voice_app.errors import SpeechError, StoreError
from voice_app.hearing import Grammar, HearingOutcome
from voice_app.listening import Decision, Ear, Recognized
from voice_app.ports import (
    CallerLine,
    Channel,
    ChannelEvent,
    Earcons,
    Elapsed,
    Endpointer,
    FrameHeard,
    Hungup,
    KeyPressed,
    MicrophoneChange,
    PromptEnded,
    Recognizer,
    SpeechEvent,
    SpeechPaused,
    SpeechStarted,
    SpeechWentOn,
    Store,
    Synthesizer,
    TalkPressed,
    UtteranceEnded,
)
from voice_app.session_memory import ContextOf, SessionMemory, context_after
from voice_app.speaking import Speaker
from voice_app.wording import Wording

log = logging.getLogger(__name__)

LINE_CUT = PromptId("connection.lost")
"""What the person's side says by itself when the line is cut; it has the gap {code}."""
WAITING_EVENTS = 50
"""A second of frames: what waits beyond that waits in the channel."""


@dataclass(frozen=True, slots=True)
class Voices:
    """The outside of a conversation: ear, voice, memory, and what cuts speech out of the stream."""

    recognizer: Recognizer
    synthesizer: Synthesizer
    endpointer: Endpointer
    earcons: Earcons
    store: Store


class Conversation:
    """One running dialogue. Make it, `await run()`, forget it."""

    def __init__(
        self,
        channel: Channel,
        context: DialogueContext,
        outside: Voices,
        *,
        seed: int,
        asker: str,
        rules: ConversationRules,
        resume_code: str | None = None,
        line: CallerLine | None = None,
        context_of: ContextOf | None = None,
    ) -> None:
        self._channel = channel
        self._context = context
        self._context_of = context_of
        self._recognizer = outside.recognizer
        self._wording = Wording(context.content)
        self._speaker = Speaker(
            channel, outside.synthesizer, outside.earcons, self._wording, rules.speech_limit_ms / 1000
        )
        self._memory = SessionMemory(outside.store, channel.kind.value, context.content.version, asker)
        self._caller = CallerSide(line, self._memory)
        self._seed = seed
        self._resume_code = resume_code
        self._state = start(context)
        self._hearing = True
        self._ending = False
        self._over = False
        self._told_code = False
        self._inbox: asyncio.Queue[ChannelEvent | Recognized | Failed] = asyncio.Queue(WAITING_EVENTS)
        self._work = asyncio.TaskGroup()
        self._running: set[asyncio.Task[None]] = set()
        self._ear = Ear(
            outside.recognizer,
            outside.endpointer,
            self._run_aside,
            self._inbox.put,
            decision_limit_s=rules.decision_limit_ms / 1000,
            longest_talk_ms=rules.longest_talk_ms,
        )

    async def run(self) -> None:
        """Talk until the person leaves or the dialogue ends. Faults of adapters become turns of the conversation."""
        async with self._work:
            self._run_aside(self._pump())
            await self._begin()
            while not self._over:
                await self._handle(await self._inbox.get())
            self._speaker.cancel()
            for task in self._running:
                task.cancel()

    def _run_aside(self, work: Coroutine[None, None, None]) -> None:
        """Let something run beside the events; it is cancelled when the conversation is over."""
        task = self._work.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _pump(self) -> None:
        async for event in self._channel.events():
            await self._inbox.put(event)
        await self._inbox.put(Hungup())

    async def _begin(self) -> None:
        found: Event | None = None
        if self._resume_code is not None:
            found = await self._memory.find(FindSession(self._resume_code))
            if isinstance(found, SessionFound):
                self._context = context_after(found, self._context, self._context_of)
                self._state = resume(self._context, found.records)
                await self._tell_code()
        await self._feed(await self._caller.opened(self._channel, self._seed))
        if isinstance(found, CampaignFound):
            await self._feed(found)
        elif isinstance(found, SessionNotFound):
            await self._feed(Failed(PromptId("fault.general")))  # begins anew, and says that something went wrong

    # --- channel events -> dialogue events --------------------------------------------------------------------

    async def _handle(self, event: ChannelEvent | Recognized | Failed) -> None:
        await self._watch_the_ear()
        match event:
            case FrameHeard(sound):
                await self._on_frame(sound)
            case Elapsed(length_ms):
                await self._on_beat(length_ms)
            case KeyPressed(turn, key, input_mode):
                self._caller.handing_over = False
                if turn == self._state.turn:  # a double click must not silence the next question
                    await self._speaker.hush()
                    self._ear.forget()
                await self._feed(Pressed(turn, key, input_mode))
            case PromptEnded(turn):
                await self._on_prompt_ended(turn)
            case Recognized():
                await self._act_on(self._ear.take(event))
            case TalkPressed(held):
                await self._on_talk(held)
            case Failed():
                await self._feed(event)
            case MicrophoneChange(available):
                await self._feed(MicrophoneChanged(available))
            case Hungup():
                await self._feed(Left())
                self._over = True

    async def _watch_the_ear(self) -> None:
        available = self._recognizer.available
        if available != self._hearing:
            self._hearing = available
            unknown = None if available else self._ear.abandon()
            if unknown is not None:
                await self._feed(Reheard(unknown, None))
            await self._feed(RecognizerBack() if available else RecognizerLost())

    async def _on_frame(self, sound: Sound) -> None:
        ear, speaker = self._ear, self._speaker
        if ear.keep_talk(sound):
            return
        speaker.count(sound.duration_ms)
        playing = speaker.turn is not None
        for event in ear.hear(sound, while_prompt_plays=playing, prompt_db=speaker.level_db):
            await self._on_speech(event)
        await self._act_on(ear.act_early())
        if not ear.speaking:
            await self._on_beat(sound.duration_ms)

    async def _on_speech(self, event: SpeechEvent) -> None:
        ear, speaker = self._ear, self._speaker
        match event:
            case UtteranceEnded(said):
                await self._act_on(ear.end(said))
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
                    await self._tell_listening()
                else:
                    ear.refuse()

    async def _on_beat(self, length_ms: int) -> None:
        if self._speaker.turn is not None:
            return
        waited_for = self._ear.wait(length_ms)
        if waited_for is not None:
            await self._feed(SilenceKept(waited_for.turn))

    async def _on_prompt_ended(self, turn: int) -> None:
        was_playing = self._speaker.ended(turn)
        if self._ending and self._speaker.turn is None:
            await self._end()
        if self._ending or not was_playing:
            return
        if self._caller.handing_over:
            self._run_aside(self._caller.hand_over(self._inbox.put))
        self._ear.quieten()
        await self._tell_listening()

    async def _on_talk(self, held: bool) -> None:
        if held:
            await self._speaker.hush()
            self._ear.hold_talk()
        else:
            self._ear.release_talk()

    async def _act_on(self, decision: Decision | None) -> None:
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

    # --- the dialogue, and its effects ------------------------------------------------------------------------

    async def _feed(self, first: Event) -> None:
        """Take a step, and the steps that its effects bring about."""
        events: deque[Event] = deque([first])
        while events:
            event = events.popleft()
            self._context = context_after(event, self._context, self._context_of)
            state, effects = step(self._context, self._state, event)
            records = [effect.record for effect in effects if isinstance(effect, Save)]
            try:
                if records:
                    await self._memory.keep(records)
            except StoreError as fault:
                log.error("a step was not kept: %s", fault)
                if isinstance(event, Failed):
                    return
                events = deque([Failed(PromptId(fault.prompt_id))])
                continue
            self._state = state
            if records and not self._told_code:
                await self._tell_code()
            for effect in effects:
                follow_up = await self._carry_out(effect)
                if follow_up is not None:
                    events.append(follow_up)

    async def _carry_out(self, effect: Effect) -> Event | None:
        match effect:
            case Say():
                self._ear.speaking = False
                await self._speaker.say(effect, self._work)
            case GoOnSaying(_, earcon):
                await self._speaker.go_on(self._work, earcon)
            case Listen():
                await self._listen(effect)
            case Show():
                await self._channel.show(self._wording.shown(effect))
            case SetLoudness(gain_db):
                self._speaker.gain_db = gain_db
            case IssueCode():
                return await self._memory.issue_code()
            case FindSession():
                self._told_code = False
                return await self._memory.find(effect)
            case FindCaller():
                self._told_code = False
                return await self._caller.find()
            case RecogniseCaller() | AskCallback() | RefuseCalls() | HandOver():
                return await self._caller.carry_out(effect)
            case EndConversation():
                self._ending = True
                if self._speaker.turn is None:
                    await self._end()
            case Save():
                pass
        return None

    async def _tell_code(self) -> None:
        """Give the person's side the code and its sentence ahead, for the moment when the line is cut."""
        try:
            code = await self._memory.code()
        except StoreError as fault:
            log.error("no code for a cut line: %s", fault)
            return
        self._told_code = True
        phrase = Phrase(LINE_CUT, {"code": Spelled(code)})
        text = self._wording.written(phrase, self._state.locale)
        await self._channel.remember(code, [], text)  # at once; its sound when it has been made
        self._run_aside(self._remember_aloud(code, phrase, text, self._state.locale, self._state.rate))

    async def _remember_aloud(self, code: str, phrase: Phrase, text: str, locale: str, rate: float) -> None:
        sound = await self._speaker.sound_of(phrase, locale, rate)
        await self._channel.remember(code, [sound], text)

    async def _end(self) -> None:
        await self._channel.close()
        self._over = True

    # --- the ear ----------------------------------------------------------------------------------------------

    async def _listen(self, listen: Listen) -> None:
        self._ear.begin_turn(listen)
        if listen.grammar is not None:
            self._run_aside(self._prepare(listen.grammar))
        if self._speaker.turn is None:
            self._ear.refuse()
        await self._tell_listening()

    async def _prepare(self, grammar: Grammar) -> None:
        with suppress(SpeechError):
            await self._recognizer.prepare(grammar)

    async def _tell_listening(self) -> None:
        listen = self._ear.listen
        if listen is not None:
            is_open = listen.grammar is not None and self._speaker.turn is None and self._hearing
            await self._channel.listening(listen.turn, is_open)
