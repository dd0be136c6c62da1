"""The memory of one conversation: writes the dialogue's records, finds a session by its code. Knows no channel."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from audio_content.model import PromptId
from voice_app.dialogue.messages import CodeIssued, Event, Failed, FindSession, SessionFound, SessionNotFound
from voice_app.dialogue.records import Record, from_payload, to_payload
from voice_app.errors import StoreError
from voice_app.ports import NewRecord, SessionId, Store

log = logging.getLogger(__name__)


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

    async def keep(self, records: Sequence[Record]) -> None:
        """Write the records of one step, all or none. Raises StoreError."""
        session = await self._opened()
        rows = [NewRecord(record.kind, to_payload(record)) for record in records]
        await self._store.append(session, rows, channel=self._channel)
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

    async def find(self, effect: FindSession) -> SessionFound | SessionNotFound:
        """Look a code up; once found, records go to that session."""
        try:
            session = await self._store.find_session(effect.code, asker=self._asker)
            if session is None:
                return SessionNotFound(PromptId("code.unknown"))
            history = await self._store.history(session)
            records = tuple(from_payload(stored.kind, stored.payload) for stored in history)
        except StoreError as fault:
            log.warning("no session could be looked up: %s", fault)
            return SessionNotFound(PromptId(fault.prompt_id))
        except ValueError as fault:
            log.error("a session cannot be read: %s", fault)
            return SessionNotFound(PromptId("fault.general"))
        self._session = session
        return SessionFound(records)

    async def _opened(self) -> SessionId:
        return self._session or await self._store.open_session(self._channel, self._bank_version)
