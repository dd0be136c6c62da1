"""The memory of one conversation: writes the dialogue's records, finds a session by its code. Knows no channel."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from audio_content.model import PromptId
from engine.organization.campaigns import Entry, Offer
from engine.organization.claims import AccountNumber, Claim
from engine.organization.codes import is_campaign_code
from engine.organization.sittings import Seat
from voice_app.dialogue.assist_messages import MediatorAsks
from voice_app.dialogue.claim_messages import ClaimFound, NumberFound
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import (
    CampaignFound,
    CodeIssued,
    Event,
    Failed,
    FindSession,
    PathTaken,
    SessionErased,
    SessionFound,
    SessionNotFound,
)
from voice_app.dialogue.records import (
    PreferencesSet,
    Record,
    SessionFinished,
    SessionStarted,
    from_payload,
    to_payload,
)
from voice_app.errors import StoreError
from voice_app.ports import CallerMark, NewRecord, SessionId, Store

log = logging.getLogger(__name__)

PARTICIPANT, MEDIATOR = "participant", "mediator"
"""Who acts, in the events."""

CodeOpened = CampaignFound | MediatorAsks | ClaimFound | NumberFound
"""What a code other than a session's amounts to."""

ContextOf = Callable[[str], DialogueContext | None]
"""Gives the context of a path of the content; None when the content has no such path (any more)."""


def context_after(event: Event, context: DialogueContext, context_of: ContextOf | None) -> DialogueContext:
    """Give the context to go on with: that of the path that was chosen, or that a campaign or a found session takes."""
    match event:
        case CampaignFound(offer):
            path = offer.path
        case PathTaken(path):
            pass
        case MediatorAsks(Seat(offer=Offer(path=path))):
            pass
        case SessionFound(records):
            started = (record for record in records if isinstance(record, SessionStarted))
            path = next((record.path for record in started), context.rules.path)
        case _:
            return context
    if context_of is None or path == context.rules.path:
        return context
    return context_of(path) or context


class SessionMemory:
    """Keeps the records of one session, which is opened with the first of them. `asker` counts wrong codes."""

    def __init__(self, store: Store, channel: str, bank_version: str, asker: str) -> None:
        self._store = store
        self._channel = channel
        self._bank_version = bank_version
        self._asker = asker
        self._session: SessionId | None = None

    @property
    def session(self) -> SessionId | None:
        """The session that records go to; None before the first one."""
        return self._session

    async def keep(self, records: Sequence[Record], actor: str = PARTICIPANT) -> None:
        """Write the records of one step, all or none. Raises StoreError."""
        session = await self._opened()
        rows = [NewRecord(record.kind, to_payload(record)) for record in records]
        await self._store.append(session, rows, channel=self._channel, actor=actor)
        self._session = session

    async def code(self) -> str:
        """Give the session's resume code. Raises StoreError."""
        self._session = await self._opened()
        return await self._store.issue_code(self._session)

    async def issue_code(self) -> Event:
        """Give the code as the dialogue hears of it."""
        try:
            return CodeIssued(await self.code())
        except StoreError as fault:
            log.error("no code could be given: %s", fault)
            return Failed(PromptId(fault.prompt_id))

    async def erase(self) -> Event:
        """Erase everything that is kept of the session, and tell when it is done."""
        try:
            if self._session is not None:
                await self._store.erase(self._session)
            self._session = None
            return SessionErased()
        except StoreError as fault:
            log.error("a session could not be erased: %s", fault)
            return Failed(PromptId("erasure.failed"))

    def forget(self) -> None:
        """Let the records that come go to a new session."""
        self._session = None

    async def find(self, effect: FindSession) -> SessionFound | CodeOpened | SessionNotFound:
        """Look a code up. Once a session is found, records go to it."""
        if is_campaign_code(effect.code):
            return await self._campaign(effect.code)
        return await self._take_up(self._store.find_session(effect.code, asker=self._asker))

    async def find_caller(self, caller: CallerMark) -> SessionFound | SessionNotFound:
        """Look a caller up; once found, records go to their session."""
        return await self._take_up(self._store.session_of_caller(caller))

    async def waiting_locale(self, caller: CallerMark) -> str | None:
        """Give the language of a session of this caller that was begun and not finished; None for no such session."""
        found = await self._take_up(self._store.session_of_caller(caller), here=False)
        self._session = None  # it is only offered; the caller decides
        if isinstance(found, SessionNotFound) or any(isinstance(each, SessionFinished) for each in found.records):
            return None
        spoken = [each.locale for each in found.records if isinstance(each, SessionStarted | PreferencesSet)]
        return spoken[-1] if spoken else None

    async def recognise(self, caller: CallerMark, *, wished: bool) -> None:
        """Remember this caller for the present session, or forget them. A fault is logged: the code still works."""
        try:
            if wished:
                self._session = await self._opened()
                await self._store.recognise_caller(caller, self._session)
            else:
                await self._store.forget_caller(caller)
        except StoreError as fault:
            log.error("a caller's wish to be recognised was not kept: %s", fault)

    async def _take_up(
        self, looking_up: Awaitable[SessionId | None], *, here: bool = True
    ) -> SessionFound | SessionNotFound:
        """Give a session that was looked up. `here`: its person goes on here, at this site."""
        try:
            session = await looking_up
            if session is None:
                return SessionNotFound(PromptId("code.unknown"))
            if here:
                await self._store.take_up(session)
            history = await self._store.history(session)
            records = tuple(from_payload(stored.kind, stored.payload) for stored in history)
            again = await self._store.again(session) if here else None
        except StoreError as fault:
            log.warning("no session could be looked up: %s", fault)
            return SessionNotFound(PromptId(fault.prompt_id))
        except ValueError as fault:
            log.error("a session cannot be read: %s", fault)
            return SessionNotFound(PromptId("fault.general"))
        self._session = session
        return SessionFound(records, again=again)

    async def _campaign(self, code: str) -> CodeOpened | SessionNotFound:
        try:
            found = await self._store.find_campaign(code, asker=self._asker)
        except StoreError as fault:
            log.warning("no campaign could be looked up: %s", fault)
            return SessionNotFound(PromptId(fault.prompt_id))
        match found:
            case Offer() as offer:
                return CampaignFound(offer)
            case Seat() as seat:
                return MediatorAsks(seat)
            case Claim(claim):
                return ClaimFound(claim)
            case AccountNumber(number):
                return NumberFound(number)
            case Entry.NOT_YET:
                return SessionNotFound(PromptId("campaign.not_yet"))
            case Entry():
                return SessionNotFound(PromptId("campaign.closed"))
            case None:
                return SessionNotFound(PromptId("code.unknown"))

    async def _opened(self) -> SessionId:
        return self._session or await self._store.open_session(self._channel, self._bank_version)
