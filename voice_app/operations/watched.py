"""Times the turns of a conversation from outside: wrappers around its ports that pass everything on.

A turn begins where the answer is complete: a key, the end of an utterance, the moment a sure guess is acted on, the
talk button released. Its stages, in seconds:

    hear     utterance -> recognition (0 when it was guessed during the pause: then there is no such stage)
    save     one transaction with the records of a step
    decide   answer known -> the reply begins; the save is in it
    speak    the reply begins -> its first sound is handed to the channel
    reply    answer complete -> first sound

Prompts that answer nobody (patience that ended, a lost ear) are not turns: a prompt counts as a reply within
`REPLY_WITHIN_S` of the answer only. The wall clock here measures the machine, never the person.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from voice_app.audio import Sound
from voice_app.errors import SpeechError, StoreError
from voice_app.hearing import Grammar, Recognition
from voice_app.operations.metrics import Metrics
from voice_app.ports import (
    Channel,
    ChannelEvent,
    Endpointer,
    KeyPressed,
    NewRecord,
    Recognizer,
    SessionId,
    SpeechEvent,
    Store,
    Synthesizer,
    TalkPressed,
    UtteranceEnded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voice_app.conversation import Voices

REPLY_WITHIN_S = 7.0
"""An engine may take six seconds for an utterance on a loaded machine."""


@dataclass(slots=True)
class TurnWatch:
    """Where one conversation stands. `watch` gives its channel and ports with this watch around them."""

    metrics: Metrics
    channel_name: str
    on_end: Callable[[], None]
    """Called when the conversation asks for no more events."""
    _complete: float | None = None
    _known: float = 0.0
    _begun: float | None = None

    def watch(self, channel: Channel, voices: Voices) -> tuple[Channel, Voices]:
        """Give what the conversation runs on."""
        ports = replace(
            voices,
            recognizer=cast(Recognizer, _Ear(voices.recognizer, self)),
            endpointer=cast(Endpointer, _Cutter(voices.endpointer, self)),
            store=cast(Store, _Memory(voices.store, self)),
        )
        return cast(Channel, _Channel(channel, self)), ports

    def answered(self) -> None:
        """Somebody's answer is complete."""
        self._complete = self._known = time.perf_counter()
        self._begun = None

    def heard(self) -> None:
        """The recogniser knows what was said."""
        self._known = time.perf_counter()

    def replying(self) -> None:
        """A prompt begins."""
        moment = time.perf_counter()
        if self._complete is None or moment - self._complete > REPLY_WITHIN_S:
            self._complete = None
            return
        self.note("decide", moment - self._known)
        self._begun = moment

    def sounded(self) -> None:
        """A sound goes out."""
        if self._complete is None or self._begun is None:
            return
        moment = time.perf_counter()
        self.note("speak", moment - self._begun)
        self.note("reply", moment - self._complete)
        self._complete = self._begun = None

    def note(self, stage: str, seconds: float) -> None:
        """Count one stage of a turn."""
        self.metrics.turn.labels(self.channel_name, stage).observe(max(0.0, seconds))


class _Channel:
    """A channel that tells its watch of keys, prompts and sounds."""

    def __init__(self, channel: Channel, watch: TurnWatch) -> None:
        self._inner = channel
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def events(self) -> AsyncIterator[ChannelEvent]:
        """Give the channel's events. As long as they are asked for, there is a conversation."""
        name, metrics = self._watch.channel_name, self._watch.metrics
        metrics.begun.labels(name).inc()
        with metrics.conversations.labels(name).track_inprogress():
            try:
                async for event in self._inner.events():
                    if isinstance(event, KeyPressed) or (isinstance(event, TalkPressed) and not event.held):
                        self._watch.answered()
                    yield event
            finally:
                self._watch.on_end()

    async def begin_prompt(self, turn: int, gain_db: float) -> None:
        self._watch.replying()
        await self._inner.begin_prompt(turn, gain_db)

    async def enqueue(self, turn: int, sound: Sound, *, place: int | None = None) -> None:
        await self._inner.enqueue(turn, sound, place=place)
        self._watch.sounded()


class _Cutter:
    """An endpointer that tells its watch when an utterance is complete."""

    def __init__(self, endpointer: Endpointer, watch: TurnWatch) -> None:
        self._inner = endpointer
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def feed(
        self, sound: Sound, *, while_prompt_plays: bool = False, prompt_db: float | None = None
    ) -> Sequence[SpeechEvent]:
        events = self._inner.feed(sound, while_prompt_plays=while_prompt_plays, prompt_db=prompt_db)
        if any(isinstance(event, UtteranceEnded) for event in events):
            self._watch.answered()
        return events

    def settle(self) -> None:
        self._watch.answered()
        self._inner.settle()


class _Ear:
    """A recogniser whose times are counted."""

    def __init__(self, recognizer: Recognizer, watch: TurnWatch) -> None:
        self._inner = recognizer
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        metrics = self._watch.metrics
        began = time.perf_counter()
        with metrics.ear_waiting.track_inprogress():
            try:
                heard = await self._inner.recognize(utterance, grammar)
            except SpeechError:
                metrics.ear_failures.inc()
                raise
        took = time.perf_counter() - began
        metrics.ear.labels(heard.engine, heard.outcome.value).observe(took)
        if utterance.duration_ms > 0:
            metrics.ear_factor.labels(heard.engine).observe(took * 1000 / utterance.duration_ms)
        self._watch.note("hear", took)
        self._watch.heard()
        return heard


class _Memory:
    """A store whose writes are counted as a stage of the turn."""

    def __init__(self, store: Store, watch: TurnWatch) -> None:
        self._inner = store
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def append(
        self, session: SessionId, records: Sequence[NewRecord], *, channel: str, actor: str = "participant"
    ) -> int:
        began = time.perf_counter()
        with stored(self._watch.metrics, "append"):
            last = await self._inner.append(session, records, channel=channel, actor=actor)
        self._watch.note("save", time.perf_counter() - began)
        return last

    async def history(self, session: SessionId) -> Any:
        with stored(self._watch.metrics, "history"):
            return await self._inner.history(session)


@contextmanager
def stored(metrics: Metrics, operation: str) -> Iterator[None]:
    """Count a call to the store, and its failure."""
    began = time.perf_counter()
    try:
        yield
    except StoreError:
        metrics.store_failures.labels(operation).inc()
        raise
    metrics.store.labels(operation).observe(time.perf_counter() - began)


class _Voice:
    """A voice whose times are counted."""

    def __init__(self, synthesizer: Synthesizer, metrics: Metrics) -> None:
        self._inner = synthesizer
        self._metrics = metrics

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        began = time.perf_counter()
        try:
            sound = await self._inner.speak(text, locale, rate)
        except SpeechError:
            self._metrics.voice_failures.inc()
            raise
        self._metrics.voice.observe(time.perf_counter() - began)
        return sound


def watched_voice(synthesizer: Synthesizer, metrics: Metrics) -> Synthesizer:
    """Give this voice with its times counted."""
    return cast(Synthesizer, _Voice(synthesizer, metrics))
