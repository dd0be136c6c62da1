"""The store of a site with a hub: a code that is not led here is looked up at the hub first.

Everything else is the site's own store, which needs nobody. When the hub is not reached in time, what is here counts: a
session whose earlier events came here once goes on from those, another one is unknown here for the moment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from engine.organization.campaigns import Offer
from engine.organization.codes import is_valid_code
from engine.organization.participations import Again
from voice_app.ports import CallerMark, NewRecord, Opened, ResumeCode, SessionId, StoredRecord
from voice_app.store.sql_store import SqlStore

Bring = Callable[[str, str], Awaitable[bool]]
"""Fetches the session of a code for the place that asks; False when there is none or the hub is not reached."""


class TravellingStore:
    """`SqlStore` with a hub behind it."""

    def __init__(self, store: SqlStore, bring: Bring) -> None:
        self._store = store
        self._bring = bring

    async def find_session(self, code: str, *, asker: str) -> SessionId | None:
        """Give the session of a code, wherever it was begun. Raises TooManyAttempts, StoreError."""
        if is_valid_code(code) and not await self._store.knows_code(code, asker=asker):
            await self._bring(code, asker)
        return await self._store.find_session(code, asker=asker)

    async def open_session(self, channel: str, bank_version: str) -> SessionId:
        return await self._store.open_session(channel, bank_version)

    async def append(
        self, session: SessionId, records: Sequence[NewRecord], *, channel: str, actor: str = "participant"
    ) -> int:
        return await self._store.append(session, records, channel=channel, actor=actor)

    async def take_up(self, session: SessionId) -> None:
        await self._store.take_up(session)

    async def history(self, session: SessionId) -> Sequence[StoredRecord]:
        return await self._store.history(session)

    async def issue_code(self, session: SessionId) -> ResumeCode:
        return await self._store.issue_code(session)

    async def erase(self, session: SessionId) -> bool:
        return await self._store.erase(session)

    async def recognise_caller(self, caller: CallerMark, session: SessionId) -> None:
        await self._store.recognise_caller(caller, session)

    async def forget_caller(self, caller: CallerMark) -> None:
        await self._store.forget_caller(caller)

    async def session_of_caller(self, caller: CallerMark) -> SessionId | None:
        return await self._store.session_of_caller(caller)

    async def find_campaign(self, code: str, *, asker: str) -> Opened | None:
        return await self._store.find_campaign(code, asker=asker)

    async def again(self, session: SessionId) -> Offer | Again | None:
        return await self._store.again(session)

    async def close(self) -> None:
        await self._store.close()
