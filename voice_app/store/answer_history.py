"""Sessions of a day with the records that answers are made of, for analytics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.participations import FINISHED, WITHDRAWN
from engine.sync.xapi import ANSWERED, STARTED
from voice_app.store.envelopes import aware
from voice_app.store.tables import EventRow, SessionRow
from voice_app.store.transactions import reading

SESSIONS_AT_ONCE = 500
LIMIT_S = 60.0
KINDS = (STARTED, ANSWERED, WITHDRAWN, FINISHED)


@dataclass(frozen=True, slots=True)
class DaySession:
    """A session and its records of `KINDS`, oldest first: kind and payload."""

    id: str
    bank_version: str
    records: Sequence[tuple[str, Mapping[str, Any]]]


class AnswerHistory:
    """Over an opened database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    async def days_of(self, sessions: Collection[str]) -> set[str]:
        """Give the days (UTC, 2026-11-27) on which these sessions began. Raises StoreError."""
        found: set[str] = set()
        wanted = sorted(sessions)
        for begin in range(0, len(wanted), SESSIONS_AT_ONCE):
            some = wanted[begin : begin + SESSIONS_AT_ONCE]
            async with reading(self._sessions, LIMIT_S) as database:
                moments = await database.exec(select(SessionRow.opened_at).where(col(SessionRow.id).in_(some)))
                found |= {aware(moment).date().isoformat() for moment in moments}
        return found

    async def sessions_of(self, day: str) -> AsyncIterator[DaySession]:
        """Give the sessions that began on a day. Raises StoreError."""
        begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
        async with reading(self._sessions, LIMIT_S) as database:
            rows = (
                await database.exec(
                    select(SessionRow.id, SessionRow.bank_version)
                    .where(SessionRow.opened_at >= begin, SessionRow.opened_at < begin + timedelta(days=1))
                    .order_by(col(SessionRow.id))
                )
            ).all()
        for first in range(0, len(rows), SESSIONS_AT_ONCE):
            some = dict(rows[first : first + SESSIONS_AT_ONCE])
            records: dict[str, list[tuple[str, Mapping[str, Any]]]] = {session: [] for session in some}
            async with reading(self._sessions, LIMIT_S) as database:
                events = await database.exec(
                    select(EventRow.session_id, EventRow.kind, EventRow.payload)
                    .where(col(EventRow.session_id).in_(some), col(EventRow.kind).in_(KINDS))
                    .order_by(col(EventRow.recorded_at), col(EventRow.sequence))
                )
                for session, kind, payload in events:
                    records[session].append((kind, payload))
            for session, version in some.items():
                yield DaySession(session, version, records[session])
