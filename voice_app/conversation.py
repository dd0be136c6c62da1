"""Runs one dialogue over one channel: channel events go in, effects are carried out in order.

It decides nothing about the person: that is the dialogue's. It keeps these promises:

- *Save before Say.* All records of a step are written in one transaction first. If that fails, it has not happened:
  the old state stays and the dialogue hears `Failed`.
- *A key silences the prompt at once*, the voice from the part on that the prompt allows.
- *Audio time is the only clock.* Patience counts frames of the microphone (or the beats of a channel without one), from
  the end of the prompt, and stands still while a prompt plays, while somebody speaks and while the ear decides.
- *A dead ear is told.* The recogniser's availability is looked at with every frame; a change becomes an event.
- *The worst error is silence.* A part that no voice can speak becomes the attention tone, and the page shows the words.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from audio_content.model import PromptId
from voice_app.audio import Sound
from voice_app.conversation_rules import ConversationRules
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.machine import start, step
from voice_app.dialogue.messages import (
    CodeIssued,
    Earcon,
    Effect,
    EndConversation,
    Event,
    Failed,
    FindSession,
    Heard,
    IssueCode,
    ItemWords,
    Left,
    Listen,
    MicrophoneChanged,
    Opened,
    Part,
    Pause,
    Phrase,
    Pressed,
    RecognizerBack,
    RecognizerLost,
    Save,
    Say,
    SessionFound,
    SessionNotFound,
    SetLoudness,
    Show,
    SilenceKept,
    Spelled,
)
from voice_app.dialogue.records import from_payload, to_payload
from voice_app.errors import RecognizerDown, SpeechError, StoreError
from voice_app.hearing import Grammar, HearingOutcome, Recognition
from voice_app.ports import (
    Channel,
    Earcons,
    Elapsed,
    Endpointer,
    FrameHeard,
    Hungup,
    KeyPressed,
    MicrophoneChange,
    NewRecord,
    PromptEnded,
    Recognizer,
    SessionId,
    SpeechStarted,
    Store,
    Synthesizer,
    TalkPressed,
    UtteranceEnded,
)
from voice_app.wording import Wording

log = logging.getLogger(__name__)

LINE_CUT = PromptId("connection.lost")
"""What the person's side says by itself when the line is cut; it has the gap {code}."""


@dataclass(slots=True)
class _Ear:
    """How the ear stands in the present turn."""

    listen: Listen | None = None
    prompt_turn: int | None = None
    """The turn whose prompt is playing, if any."""
    bargein_after_ms: int | None = None
    played_ms: int = 0
    silent_ms: int = 0
    speaking: bool = False
    deciding: bool = False
    talk_buffer: bytearray | None = None
    """What was said since the talk button was pressed; None when it is not held."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """The recogniser's answer to an utterance of a turn; None when it could not answer."""

    turn: int
    recognition: Recognition | None


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
    ) -> None:
        self._channel = channel
        self._context = context
        self._outside = outside
        self._wording = Wording(context.content)
        self._seed = seed
        self._asker = asker
        self._rules = rules
        self._resume_code = resume_code
        self._state = start(context)
        self._session: SessionId | None = None
        self._ear = _Ear()
        self._gain_db = 0.0
        self._hearing = True
        self._ending = False
        self._over = False
        self._inbox: asyncio.Queue[object] = asyncio.Queue()
        self._speaking: asyncio.Task[None] | None = None
        self._work: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Talk until the person leaves or the dialogue ends. Faults of adapters become turns of the conversation."""
        async with asyncio.TaskGroup() as work:
            self._work = work
            pump = work.create_task(self._pump())
            await self._begin()
            while not self._over:
                await self._handle(await self._inbox.get())
            pump.cancel()
            if self._speaking is not None:
                self._speaking.cancel()

    async def _pump(self) -> None:
        async for event in self._channel.events():
            self._inbox.put_nowait(event)
        self._inbox.put_nowait(Hungup())

    async def _begin(self) -> None:
        opened = Opened(self._channel.kind, self._seed, self._channel.microphone)
        if self._resume_code is None:
            await self._feed(opened)
            return
        found = await self._find(FindSession(self._resume_code))
        if isinstance(found, SessionFound):
            await self._feed(opened, silently=True)
            await self._feed(found)
        else:
            await self._feed(opened)

    # --- channel events -> dialogue events --------------------------------------------------------------------

    async def _handle(self, event: object) -> None:
        await self._watch_the_ear()
        match event:
            case FrameHeard(sound):
                await self._on_frame(sound)
            case Elapsed(length_ms):
                await self._on_beat(length_ms)
            case KeyPressed(turn, key, input_mode):
                await self._hush()
                await self._feed(Pressed(turn, key, input_mode))
            case PromptEnded(turn):
                await self._on_prompt_ended(turn)
            case _Decided():
                await self._on_decided(event)
            case TalkPressed(held):
                await self._on_talk(held)
            case MicrophoneChange(available):
                await self._feed(MicrophoneChanged(available))
            case Hungup():
                await self._feed(Left())
                self._over = True

    async def _watch_the_ear(self) -> None:
        available = self._outside.recognizer.available
        if available != self._hearing:
            self._hearing = available
            await self._feed(RecognizerBack() if available else RecognizerLost())

    async def _on_frame(self, sound: Sound) -> None:
        ear = self._ear
        if ear.talk_buffer is not None:
            ear.talk_buffer.extend(sound.pcm)
            return
        playing = ear.prompt_turn is not None
        if playing:
            ear.played_ms += sound.duration_ms
        events = self._outside.endpointer.feed(sound, while_prompt_plays=playing)
        if ear.listen is None or ear.listen.grammar is None or ear.deciding:
            return
        for event in events:
            await self._on_speech(event, playing)
        if not ear.speaking:
            await self._on_beat(sound.duration_ms)

    async def _on_speech(self, event: SpeechStarted | UtteranceEnded, playing: bool) -> None:
        ear = self._ear
        if isinstance(event, SpeechStarted):
            if playing and (ear.bargein_after_ms is None or ear.played_ms < ear.bargein_after_ms):
                self._outside.endpointer.restart()
                return
            ear.speaking = True
            if playing:
                await self._hush()
                await self._tell_listening()
        elif ear.speaking:
            ear.speaking = False
            self._decide(event.sound)

    async def _on_beat(self, length_ms: int) -> None:
        ear = self._ear
        listen = ear.listen
        if listen is None or listen.patience_ms is None or ear.prompt_turn is not None or ear.deciding:
            return
        ear.silent_ms += length_ms
        if ear.silent_ms >= listen.patience_ms:
            ear.silent_ms = 0
            await self._feed(SilenceKept(listen.turn))

    async def _on_prompt_ended(self, turn: int) -> None:
        ear = self._ear
        if ear.prompt_turn != turn:
            return
        ear.prompt_turn = None
        if self._ending:
            await self._channel.close()
            self._over = True
            return
        if not ear.speaking:
            ear.silent_ms = 0
            self._outside.endpointer.restart()
        await self._tell_listening()

    async def _on_talk(self, held: bool) -> None:
        ear = self._ear
        if held:
            await self._hush()
            ear.talk_buffer = bytearray()
            return
        said, ear.talk_buffer = ear.talk_buffer, None
        if said and ear.listen is not None and ear.listen.grammar is not None and not ear.deciding:
            self._decide(Sound(bytes(said)))

    def _decide(self, utterance: Sound) -> None:
        """Hand an utterance to the recogniser; its answer comes back through the inbox."""
        listen = self._ear.listen
        if listen is None or listen.grammar is None or self._work is None:
            return
        self._ear.deciding = True
        self._work.create_task(self._recognize(listen.turn, utterance, listen.grammar))

    async def _recognize(self, turn: int, utterance: Sound, grammar: Grammar) -> None:
        recognition: Recognition | None = None
        try:
            async with asyncio.timeout(self._rules.decision_limit_ms / 1000):
                recognition = await self._outside.recognizer.recognize(utterance, grammar)
        except (RecognizerDown, TimeoutError) as fault:
            log.warning("the ear did not answer: %s", fault)
        except SpeechError as fault:
            log.error("the ear refused an utterance: %s", fault)
        self._inbox.put_nowait(_Decided(turn, recognition))

    async def _on_decided(self, decided: _Decided) -> None:
        ear = self._ear
        if ear.listen is None or decided.turn != ear.listen.turn:
            return
        ear.deciding = False
        ear.silent_ms = 0
        self._outside.endpointer.restart()
        recognition = decided.recognition
        if recognition is None:
            await self._watch_the_ear()
        elif recognition.outcome is not HearingOutcome.NO_INPUT:
            log.info("turn %d: %s %s by %s", decided.turn, recognition.outcome, recognition.best, recognition.engine)
            await self._feed(Heard(decided.turn, recognition))

    # --- the dialogue, and its effects ------------------------------------------------------------------------

    async def _feed(self, first: Event, *, silently: bool = False) -> None:
        """Take a step, and the steps that its effects bring about. `silently` drops what would be said and shown."""
        events: deque[Event] = deque([first])
        while events:
            event = events.popleft()
            state, effects = step(self._context, self._state, event)
            fault = await self._save(effects)
            if fault is not None:
                log.error("a step was not kept: %s", fault)
                if isinstance(event, Failed):
                    return
                events = deque([Failed(PromptId(fault.prompt_id))])
                continue
            self._state = state
            if silently:
                continue
            for effect in effects:
                follow_up = await self._carry_out(effect)
                if follow_up is not None:
                    events.append(follow_up)

    async def _save(self, effects: Iterable[Effect]) -> StoreError | None:
        records = [effect.record for effect in effects if isinstance(effect, Save)]
        if not records:
            return None
        store, channel = self._outside.store, self._channel.kind.value
        try:
            session = self._session
            if session is None:
                session = await store.open_session(channel, self._context.content.version)
            rows = [NewRecord(record.kind, to_payload(record)) for record in records]
            await store.append(session, rows, channel=channel)
        except StoreError as fault:
            return fault
        if self._session is None:
            self._session = session
            await self._remember_code()
        return None

    async def _remember_code(self) -> None:
        """Give the person's side the code and its sentence ahead, for the moment when the line is cut."""
        if self._session is None:
            return
        try:
            code = await self._outside.store.issue_code(self._session)
        except StoreError as fault:
            log.error("no code for a cut line: %s", fault)
            return
        locale = self._state.locale
        phrase = Phrase(LINE_CUT, {"code": Spelled(code)})
        sound = await self._sound_of(phrase, locale, self._state.rate)
        await self._channel.remember(code, [sound], self._wording.written(phrase, locale))

    async def _carry_out(self, effect: Effect) -> Event | None:
        match effect:
            case Say():
                await self._say(effect)
            case Listen():
                await self._listen(effect)
            case Show():
                await self._channel.show(self._wording.shown(effect))
            case SetLoudness(gain_db):
                self._gain_db = gain_db
            case IssueCode():
                return await self._issue_code()
            case FindSession():
                return await self._find(effect)
            case EndConversation():
                await self._end()
            case Save():
                pass
        return None

    async def _issue_code(self) -> Event:
        try:
            if self._session is None:
                self._session = await self._outside.store.open_session(
                    self._channel.kind.value, self._context.content.version
                )
            return CodeIssued(await self._outside.store.issue_code(self._session))
        except StoreError as fault:
            return Failed(PromptId(fault.prompt_id))

    async def _find(self, effect: FindSession) -> Event:
        try:
            session = await self._outside.store.find_session(effect.code, asker=self._asker)
            if session is None:
                return SessionNotFound(PromptId("code.unknown"))
            history = await self._outside.store.history(session)
            records = tuple(from_payload(stored.kind, stored.payload) for stored in history)
        except StoreError as fault:
            return SessionNotFound(PromptId(fault.prompt_id))
        except ValueError as fault:
            log.error("a session cannot be read: %s", fault)
            return SessionNotFound(PromptId("fault.general"))
        self._session = session
        await self._remember_code()
        return SessionFound(records)

    async def _end(self) -> None:
        self._ending = True
        if self._ear.prompt_turn is None:
            await self._channel.close()
            self._over = True

    # --- voice ------------------------------------------------------------------------------------------------

    async def _hush(self) -> None:
        """Silence the prompt that is playing."""
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None
        turn = self._ear.prompt_turn
        if turn is not None:
            self._ear.prompt_turn = None
            await self._channel.stop_prompt(turn)

    async def _say(self, say: Say) -> None:
        await self._hush()
        self._ear.prompt_turn = say.turn
        self._ear.bargein_after_ms = None
        self._ear.played_ms = 0
        self._ear.speaking = False
        await self._channel.begin_prompt(say.turn, self._gain_db)
        if self._work is not None:
            self._speaking = self._work.create_task(self._speak(say))

    async def _speak(self, say: Say) -> None:
        length_ms = 0
        place: int | None = None
        for number, part in enumerate(say.parts):
            if number == say.voice_bargein_from:
                self._ear.bargein_after_ms = length_ms
            sound = await self._sound_of(part, say.locale, say.rate)
            length_ms += sound.duration_ms
            place = _place_of(part) or place
            await self._channel.enqueue(say.turn, sound, place=place)
        await self._channel.end_prompt(say.turn)

    async def _sound_of(self, part: Part, locale: str, rate: float) -> Sound:
        match part:
            case Pause(length_ms):
                return _silence(length_ms)
            case Earcon(name):
                return self._outside.earcons(name)
            case Phrase() | ItemWords():
                tongue = (part.locale if isinstance(part, Phrase) else None) or locale
                text = self._wording.spoken(part, locale)
                try:
                    async with asyncio.timeout(self._rules.speech_limit_ms / 1000):
                        return await self._outside.synthesizer.speak(text, tongue, rate)
                except (SpeechError, TimeoutError) as fault:
                    log.error("a part could not be spoken: %s", fault)
                    return self._outside.earcons("attention")

    # --- ear --------------------------------------------------------------------------------------------------

    async def _listen(self, listen: Listen) -> None:
        ear = self._ear
        ear.listen = listen
        ear.silent_ms = 0
        ear.deciding = False
        ear.speaking = False
        self._outside.endpointer.set_hang(listen.hang_ms)
        if listen.grammar is not None and self._work is not None:
            self._work.create_task(self._prepare(listen.grammar))
        if ear.prompt_turn is None:
            self._outside.endpointer.restart()
        await self._tell_listening()

    async def _prepare(self, grammar: Grammar) -> None:
        with suppress(SpeechError):
            await self._outside.recognizer.prepare(grammar)

    async def _tell_listening(self) -> None:
        listen = self._ear.listen
        if listen is not None:
            is_open = listen.grammar is not None and self._ear.prompt_turn is None and self._hearing
            await self._channel.listening(listen.turn, is_open)


def _place_of(part: Part) -> int | None:
    """The answer that a place earcon announces."""
    if isinstance(part, Earcon) and part.name.startswith("place."):
        return int(part.name.removeprefix("place."))
    return None


def _silence(length_ms: int, rate_hz: int = 16_000) -> Sound:
    return Sound(bytes(2 * (length_ms * rate_hz // 1000)), rate_hz)
