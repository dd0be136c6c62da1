"""Fakes behind ports, for the conversation alone: a channel that is a list, an ear that is told, a forgetful memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.model import Channel as ChannelKind
from engine.organization.campaigns import Entry, Offer
from engine.organization.participations import Again
from voice_app.audio import Sound
from voice_app.errors import RecognizerDown, StoreError
from voice_app.hearing import Grammar, HearingOutcome, MeaningId, Recognition, Scored
from voice_app.ports import (
    CallerMark,
    ChannelEvent,
    FrameHeard,
    Hungup,
    NewRecord,
    PromptEnded,
    ResumeCode,
    SessionId,
    ShownView,
    SpeechEvent,
    SpeechStarted,
    StoredRecord,
    UtteranceEnded,
)

SPEECH = Sound(b"\x01\x00" * 320)
"""A frame that the fake endpointer takes for a whole utterance."""
BEGINNING = Sound(b"\x02\x00" * 320)
"""A frame that the fake endpointer takes for the beginning of an utterance."""
QUIET = Sound(bytes(640))


@dataclass
class FakeChannel:
    """Prompts end at once unless `holds_prompts`; everything that was asked of the channel is in `log`."""

    kind: ChannelKind = ChannelKind.KIOSK
    microphone: bool = True
    holds_prompts: bool = False
    log: list[tuple[Any, ...]] = field(default_factory=list)
    views: list[ShownView] = field(default_factory=list)
    queue: asyncio.Queue[ChannelEvent] = field(default_factory=asyncio.Queue)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def events(self) -> AsyncIterator[ChannelEvent]:
        while True:
            event = await self.queue.get()
            yield event
            if isinstance(event, Hungup):
                return

    def send(self, event: ChannelEvent) -> None:
        self.queue.put_nowait(event)

    def frames(self, count: int) -> None:
        for _ in range(count):
            self.send(FrameHeard(QUIET))

    async def begin_prompt(self, turn: int, gain_db: float) -> None:
        self.log.append(("begin", turn, gain_db))

    async def enqueue(self, turn: int, sound: Sound, *, place: int | None = None) -> None:
        self.log.append(("sound", turn, sound.duration_ms, place))

    async def end_prompt(self, turn: int) -> None:
        self.log.append(("end", turn))
        if not self.holds_prompts:
            self.send(PromptEnded(turn))

    async def stop_prompt(self, turn: int) -> None:
        self.log.append(("stop", turn))

    async def show(self, view: ShownView) -> None:
        self.views.append(view)
        self.log.append(("show", view.turn))

    async def listening(self, turn: int, is_open: bool) -> None:
        self.log.append(("listening", turn, is_open))

    async def remember(self, code: str, sounds: Sequence[Sound], text: str) -> None:
        self.log.append(("remember", code, text))

    async def close(self) -> None:
        self.log.append(("close",))
        self.send(Hungup())


class FakeEndpointer:
    """Each `SPEECH` frame is an utterance, `BEGINNING` the start of one; everything else is silence."""

    def __init__(self) -> None:
        self.hang_ms = 0
        self.silent_ms = 0

    def feed(
        self, sound: Sound, *, while_prompt_plays: bool = False, prompt_db: float | None = None
    ) -> Sequence[SpeechEvent]:
        if sound is BEGINNING:
            return (SpeechStarted(),)
        return (SpeechStarted(), UtteranceEnded(sound)) if sound is SPEECH else ()

    def set_patience(self, hang_ms: int, pause_ms: int | None = None) -> None:
        self.hang_ms = hang_ms

    def settle(self) -> None:
        return None

    def restart(self) -> None:
        return None


@dataclass
class FakeRecognizer:
    """Hears what it is told, in order; None means that it is down."""

    hears: list[tuple[HearingOutcome, str] | None] = field(default_factory=list)
    available: bool = True
    grammars: list[Grammar] = field(default_factory=list)
    utterances: list[Sound] = field(default_factory=list)

    async def prepare(self, grammar: Grammar) -> None:
        self.grammars.append(grammar)

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        self.utterances.append(utterance)
        told = self.hears.pop(0)
        if told is None:
            self.available = False
            raise RecognizerDown("the fake is down")
        outcome, meaning = told
        if outcome is HearingOutcome.NO_INPUT:
            return Recognition(outcome, (), 1.0, "fake")
        others = [each.id for each in grammar.meanings if each.id != meaning]
        rest = 0.04 / max(1, len(others))
        ranked = (Scored(MeaningId(meaning), 0.95), *(Scored(each, rest) for each in others))
        return Recognition(outcome, ranked, 0.01, "fake")

    async def close(self) -> None:
        return None


@dataclass
class FakeStore:
    """Keeps records in a list; `fails` makes the next writes raise StoreError, `is_free` holds them up when cleared."""

    records: list[StoredRecord] = field(default_factory=list)
    fails: int = 0
    lookups_fail: int = 0
    code: str = "12345670"
    callers: dict[CallerMark, SessionId] = field(default_factory=dict)
    campaigns: dict[str, Offer | Entry] = field(default_factory=dict)
    is_free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.is_free.set()

    async def open_session(self, channel: str, bank_version: str) -> SessionId:
        return SessionId("session")

    async def append(
        self, session: SessionId, records: Sequence[NewRecord], *, channel: str, actor: str = "participant"
    ) -> int:
        await self.is_free.wait()
        if self.fails:
            self.fails -= 1
            raise StoreError("the fake disk is full")
        for record in records:
            self.records.append(StoredRecord(record.kind, _copied(record.payload), len(self.records) + 1))
        return len(self.records)

    async def take_up(self, session: SessionId) -> None:
        return None

    async def history(self, session: SessionId) -> Sequence[StoredRecord]:
        return list(self.records)

    async def issue_code(self, session: SessionId) -> ResumeCode:
        return ResumeCode(self.code)

    async def find_session(self, code: str, *, asker: str) -> SessionId | None:
        if self.lookups_fail:
            self.lookups_fail -= 1
            raise StoreError("the fake database does not answer")
        return SessionId("session") if code == self.code else None

    async def erase(self, session: SessionId) -> bool:
        if self.fails:
            self.fails -= 1
            raise StoreError("the fake disk is full")
        self.records.clear()
        return True

    async def recognise_caller(self, caller: CallerMark, session: SessionId) -> None:
        self.callers[caller] = session

    async def forget_caller(self, caller: CallerMark) -> None:
        self.callers.pop(caller, None)

    async def session_of_caller(self, caller: CallerMark) -> SessionId | None:
        return self.callers.get(caller)

    async def find_campaign(self, code: str, *, asker: str) -> Offer | Entry | None:
        return self.campaigns.get(code)

    async def again(self, session: SessionId) -> Offer | Again | None:
        return None

    async def close(self) -> None:
        return None


def _copied(payload: Mapping[str, Any]) -> dict[str, Any]:
    return dict(payload)
