"""Runs one dialogue over one channel: channel events go in, effects are carried out in order.

It decides nothing about the person: that is the dialogue's. It keeps these promises:

- *Save before Say.* All records of a step are written in one transaction first. If that fails, it has not happened:
  the old state stays and the dialogue hears `Failed`.
- *A key silences the prompt at once*, the voice from the part on that the prompt allows. After a
  cough or a neighbour the prompt goes on where it stopped (`floor`).
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
from dataclasses import dataclass, replace

from audio_content.model import PromptId
from engine.organization.campaigns import Offer
from engine.organization.participations import Again
from voice_app.caller_side import CallerSide
from voice_app.conversation_rules import ConversationRules
from voice_app.dialogue.assist_messages import MediatorActs
from voice_app.dialogue.claim_messages import EnterAccount, EraseAccount, IssueClaim, OpenAccount, TakeOut
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import resume
from voice_app.dialogue.machine import start, step
from voice_app.dialogue.messages import (
    AskCallback,
    BeginAnew,
    CampaignFound,
    Effect,
    EndConversation,
    EraseSession,
    Event,
    Failed,
    FindCaller,
    FindSession,
    GoOnSaying,
    HandOver,
    IssueCode,
    Left,
    Listen,
    MicrophoneChanged,
    Opened,
    PathTaken,
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
    Spelled,
    TakePath,
    Written,
)
from voice_app.dialogue.other_paths import CHOOSABLE
from voice_app.errors import StoreError
from voice_app.floor import Floor
from voice_app.learner_side import LearnerSide
from voice_app.learners import Learners
from voice_app.listening import Ear, Recognized
from voice_app.mediation import MediatorSide, event_of
from voice_app.ports import (
    CallerChange,
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
    Store,
    Synthesizer,
    TalkPressed,
    WordWritten,
)
from voice_app.session_memory import MEDIATOR, PARTICIPANT, CodeOpened, ContextOf, SessionMemory, context_after
from voice_app.sittings import LiveDesk, Request
from voice_app.speaking import Recordings, Speaker
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
        desk: LiveDesk | None = None,
        learners: Learners | None = None,
        recordings: Recordings | None = None,
        path: str | None = None,
    ) -> None:
        self._channel = channel
        self._context = context
        self._context_of = context_of
        self._usual_path, self._path = context.rules.path, path if path in CHOOSABLE else None
        self._recognizer = outside.recognizer
        self._wording = Wording(context.content)
        self._speaker = Speaker(
            channel, outside.synthesizer, outside.earcons, self._wording, rules.speech_limit_ms / 1000, recordings
        )
        self._memory = SessionMemory(outside.store, channel.kind.value, context.content.version, asker)
        self._caller = CallerSide(line, self._memory)
        self._seed = seed
        self._resume_code = resume_code
        self._look_up_again_ms = rules.look_up_again_ms
        self._state = start(context)
        self._ending = False
        self._over = False
        self._told_code = False
        self._inbox: asyncio.Queue[ChannelEvent | Recognized | Request | Failed] = asyncio.Queue(WAITING_EVENTS)
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
        self._mediator = MediatorSide(desk, self._memory)
        self._learner = LearnerSide(
            learners, outside.store, self._memory, context, context_of, channel.kind.value, asker
        )
        self._floor = Floor(
            channel, outside.recognizer, self._ear, self._speaker, self._work, self._run_aside, self._feed
        )

    async def run(self) -> None:
        """Talk until the person leaves or the dialogue ends. Faults of adapters become turns of the conversation."""
        async with self._work:
            self._run_aside(self._pump())
            await self._begin()
            self._run_aside(self._mediator.listen(self._inbox.put))
            while not self._over:
                await self._handle(await self._inbox.get())
            self._speaker.cancel()
            for task in self._running:
                task.cancel()

    def _run_aside(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Let something run beside the events; it is cancelled when the conversation is over."""
        task = self._work.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _pump(self) -> None:
        async for event in self._channel.events():
            await self._inbox.put(event)
        await self._inbox.put(Hungup())

    async def _begin(self) -> None:
        found: Event | None = None
        again: Offer | Again | None = None
        if self._resume_code is not None:
            found = await self._caller.found(await self._find_again(self._resume_code))
            if isinstance(found, SessionFound):
                self._context = context_after(found, self._context, self._context_of)
                again = found.again
                offer = again if isinstance(again, Offer) else None
                self._state = replace(resume(self._context, found.records), again=offer)
                await self._tell_code()
        elif self._path is not None:
            self._context = context_after(PathTaken(self._path), self._context, self._context_of)
        opened = await self._caller.opened(self._channel, self._seed)
        await self._feed(replace(opened, again_later=again is Again.TOO_SOON))
        if isinstance(found, CodeOpened):
            await self._feed(found)
        elif isinstance(found, SessionNotFound):
            await self._feed(self._caller.not_found(found.prompt))  # begins anew, and says that something went wrong

    async def _find_again(self, code: str) -> Event:
        """Look up the session of who comes back; while the database does not answer, a few times."""
        found = await self._memory.find(FindSession(code))
        for pause_ms in self._look_up_again_ms:
            if not (isinstance(found, SessionNotFound) and found.prompt == StoreError.prompt_id):
                break
            await asyncio.sleep(pause_ms / 1000)
            found = await self._memory.find(FindSession(code))
        return found

    # --- channel events -> dialogue events --------------------------------------------------------------------

    async def _handle(self, event: ChannelEvent | Recognized | Request | Failed) -> None:
        await self._watch_the_ear()
        match event:
            case FrameHeard(sound):
                await self._floor.frame(sound)
            case Elapsed(length_ms):
                await self._floor.beat(length_ms)
            case KeyPressed(turn, key, input_mode):
                self._caller.handing_over = False
                if turn == self._state.turn:  # a double click must not silence the next question
                    await self._speaker.hush()
                    self._ear.forget()
                await self._feed(Pressed(turn, key, input_mode))
            case WordWritten(turn, text):
                if turn == self._state.turn:
                    await self._speaker.hush()
                    self._ear.forget()
                await self._feed(Written(turn, text))
            case PromptEnded(turn):
                await self._on_prompt_ended(turn)
            case Recognized():
                await self._floor.act_on(self._ear.take(event))
            case TalkPressed(held):
                await self._floor.talk(held)
            case Request():
                asked = event_of(event)
                done = asked is not None and await self._feed(asked)
                await self._mediator.settle(event, done=done)
            case Failed():
                await self._feed(event)
            case MicrophoneChange(available):
                await self._feed(MicrophoneChanged(available))
            case CallerChange(number):
                await self._speaker.hush()
                self._ear.forget()
                helper = self._state.session.helper
                await self._feed(await self._caller.changed(number, recognised=self._state.recognised))
                await self._mediator.ask_again(helper)
            case Hungup():
                await self._feed(Left())
                self._over = True

    async def _watch_the_ear(self) -> None:
        available = self._recognizer.available
        if available != self._floor.hearing:
            self._floor.hearing = available
            unknown = None if available else self._ear.abandon()
            if unknown is not None:
                await self._feed(Reheard(unknown, None))
            await self._feed(RecognizerBack() if available else RecognizerLost())

    async def _on_prompt_ended(self, turn: int) -> None:
        was_playing = self._speaker.ended(turn)
        if self._ending and self._speaker.turn is None:
            await self._end()
        if self._ending or not was_playing:
            return
        if self._caller.handing_over:
            self._run_aside(self._caller.hand_over(self._inbox.put))
        self._ear.quieten()
        await self._floor.tell_listening()

    # --- the dialogue, and its effects ------------------------------------------------------------------------

    async def _feed(self, first: Event) -> bool:
        """Take a step, and the steps that its effects bring about; tell whether the first one did anything."""
        mattered = False
        events: deque[Event] = deque([first])
        pauses_ms = deque(self._look_up_again_ms)
        while events:
            event = events.popleft()
            self._context = context_after(event, self._context, self._context_of)
            state, effects = step(self._context, self._state, event)
            records = [effect.record for effect in effects if isinstance(effect, Save)]
            try:
                if records:
                    await self._memory.keep(records, MEDIATOR if isinstance(event, MediatorActs) else PARTICIPANT)
            except StoreError as fault:
                log.error("a step was not kept: %s", fault)
                if isinstance(event, Failed):
                    return False
                if isinstance(event, Opened) and fault.retryable and pauses_ms:
                    await asyncio.sleep(pauses_ms.popleft() / 1000)
                    events.appendleft(event)  # nobody is sent away because the database was slow for a moment
                    continue
                events = deque([Failed(PromptId(fault.prompt_id))])
                continue
            self._state = state
            mattered = mattered or (event is first and bool(effects))
            if records and not self._told_code:
                await self._tell_code()
            for effect in effects:
                follow_up = await self._carry_out(effect)
                if follow_up is not None:
                    events.append(follow_up)
            await self._mediator.show(state, event)
            if isinstance(event, Opened | SessionFound):
                left_behind = await self._mediator.left_behind(state)
                events.extend(() if left_behind is None else (left_behind,))
        return mattered

    async def _carry_out(self, effect: Effect) -> Event | None:
        match effect:
            case Say():
                self._ear.speaking = False
                await self._speaker.say(effect, self._work)
            case GoOnSaying(_, earcon):
                await self._speaker.go_on(self._work, earcon)
            case Listen():
                await self._floor.begin_turn(effect)
            case Show():
                await self._channel.show(self._wording.shown(effect))
            case SetLoudness(gain_db):
                self._speaker.gain_db = gain_db
            case IssueCode():
                return await self._memory.issue_code()
            case FindSession():
                self._told_code = False
                return await self._caller.found(await self._memory.find(effect))
            case BeginAnew(offer, lead):
                self._told_code = False
                self._memory.forget()
                return await self._caller.found(CampaignFound(offer, lead=lead))
            case TakePath(path):
                return PathTaken(path or self._usual_path)
            case EraseSession():
                return await self._memory.erase()
            case FindCaller():
                self._told_code = False
                return await self._caller.find()
            case RecogniseCaller() | AskCallback() | RefuseCalls() | HandOver():
                return await self._caller.carry_out(effect)
            case IssueClaim() | OpenAccount() | EnterAccount() | TakeOut() | EraseAccount():
                return await self._learner.carry_out(effect)
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
