"""The positions of outlets behind `voice_app.outlets.ports.Outlets`.

An outlet reads the log by site and number. Numbers have no gap, and those of one site are committed in their order (the
site's row is locked), so nothing can appear behind a position.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.sync.events import Envelope
from engine.sync.xapi import ANSWERED, SHARED, STARTED, WITHDRAWN, SessionFacts
from voice_app.outlets.ports import OutletState, Pending
from voice_app.ports import Backlog
from voice_app.store.envelopes import aware, envelope_of
from voice_app.store.organization_tables import ParticipationRow
from voice_app.store.outlet_tables import OutletPositionRow, OutletRow, OutletTroubleRow
from voice_app.store.rules import StoreRules
from voice_app.store.tables import EventRow, SiteRow
from voice_app.store.transactions import reading, transaction, wall_clock

SECRET_BYTES = 32
LONGEST_FAULT = 200


class SqlOutlets:
    """Outlets over an opened database."""

    def __init__(self, engine: AsyncEngine, rules: StoreRules) -> None:
        self._rules = rules
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with transaction(self._sessions, self._rules.statement_limit_s) as database:
            yield database

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncSession]:
        async with reading(self._sessions, self._rules.statement_limit_s) as database:
            yield database

    async def open_outlet(self, name: str, *, from_now: bool) -> bytes:
        """Make the outlet if there is none, at the beginning or at the end of the log; give its secret."""
        async with self._transaction() as database:
            known = await database.get(OutletRow, name)
            if known is not None:
                return bytes.fromhex(known.secret)
            secret = secrets.token_bytes(SECRET_BYTES)
            database.add(OutletRow(name=name, secret=secret.hex(), next_at=wall_clock()))
            if from_now:
                for site, last in (await _last_numbers(database)).items():
                    database.add(OutletPositionRow(outlet=name, site_id=site, sequence=last))
        return secret

    async def close_outlet(self, name: str) -> None:
        """Forget an outlet, its position and what was set aside."""
        async with self._transaction() as database:
            for rows in (
                await database.exec(select(OutletPositionRow).where(OutletPositionRow.outlet == name)),
                await database.exec(select(OutletTroubleRow).where(OutletTroubleRow.outlet == name)),
                await database.exec(select(OutletRow).where(OutletRow.name == name)),
            ):
                for row in rows:
                    await database.delete(row)

    @asynccontextmanager
    async def taken(self, name: str, limit_s: float) -> AsyncIterator[bool]:
        """Have the outlet for oneself for the length of a `with`. A process that dies loses it after `limit_s`."""
        now = wall_clock()
        until = now + timedelta(seconds=limit_s)
        async with self._transaction() as database:
            taken = await database.exec(
                update(OutletRow)
                .where(
                    col(OutletRow.name) == name,
                    col(OutletRow.next_at) <= now,
                    (col(OutletRow.taken_until).is_(None)) | (col(OutletRow.taken_until) < now),
                )
                .values(taken_until=until)
                .returning(col(OutletRow.name))
            )
            ours = taken.first() is not None
        try:
            yield ours
        finally:
            if ours:
                async with self._transaction() as database:
                    await database.exec(
                        update(OutletRow)
                        .where(col(OutletRow.name) == name, col(OutletRow.taken_until) == until)
                        .values(taken_until=None)
                    )

    async def pending(
        self, name: str, limit: int, kinds: Collection[str] | None = None, after: Mapping[str, int] | None = None
    ) -> Pending:
        """Give what comes next, at most `limit` events, of these kinds only; after these numbers where given."""
        events: list[Envelope] = []
        reached: dict[str, int] = {}
        async with self._reading() as database:
            last = await _last_numbers(database)
            positions = await _positions(database, name) | dict(after or {})
            for site, number in last.items():
                begin = positions.get(site, 0)
                if begin >= number or len(events) >= limit:
                    continue
                query = (
                    select(EventRow)
                    .where(EventRow.site_id == site, col(EventRow.sequence) > begin, col(EventRow.sequence) <= number)
                    .order_by(col(EventRow.sequence))
                    .limit(limit - len(events))
                )
                if kinds is not None:
                    query = query.where(col(EventRow.kind).in_(kinds))
                rows = (await database.exec(query)).all()
                is_cut = len(rows) == limit - len(events)
                events += [envelope_of(row) for row in rows]
                reached[site] = rows[-1].sequence if is_cut and rows else number
        return Pending(tuple(events), reached)

    async def told(self, name: str, reached: Mapping[str, int]) -> None:
        """Move the outlet on, and forget its failures."""
        now = wall_clock()
        async with self._transaction() as database:
            for site, sequence in reached.items():
                await database.merge(OutletPositionRow(outlet=name, site_id=site, sequence=sequence))
            await database.exec(
                update(OutletRow)
                .where(col(OutletRow.name) == name)
                .values(tries=0, next_at=now, told_at=now, last_fault="")
            )

    async def postpone(self, name: str, wait_s: float, fault: str) -> None:
        """Note a failure, and not to try before so long."""
        async with self._transaction() as database:
            await database.exec(
                update(OutletRow)
                .where(col(OutletRow.name) == name)
                .values(
                    tries=col(OutletRow.tries) + 1,
                    next_at=wall_clock() + timedelta(seconds=wait_s),
                    last_fault=fault[:LONGEST_FAULT],
                )
            )

    async def set_aside(self, name: str, event_id: str, reason: str) -> None:
        """Note that the other side refuses this event."""
        async with self._transaction() as database:
            await database.merge(
                OutletTroubleRow(outlet=name, event_id=event_id, reason=reason[:LONGEST_FAULT], noted_at=wall_clock())
            )

    async def shared_sessions(self, sessions: Collection[str]) -> Mapping[str, str]:
        """Give those of these sessions whose result was shared, each with the event of it."""
        async with self._reading() as database:
            rows = await database.exec(
                select(EventRow.session_id, EventRow.id).where(
                    col(EventRow.session_id).in_(sessions), EventRow.kind == SHARED
                )
            )
            return dict(rows.all())

    async def session_events(self, session: str, kinds: Collection[str], up_to: str) -> Sequence[Envelope]:
        """Give the events of a session, of these kinds, oldest first, up to and with the event `up_to`."""
        async with self._reading() as database:
            rows = await database.exec(
                select(EventRow)
                .where(EventRow.session_id == session, col(EventRow.kind).in_(kinds), col(EventRow.id) <= up_to)
                .order_by(col(EventRow.recorded_at), col(EventRow.sequence))
            )
            return [envelope_of(row) for row in rows]

    async def failures(self, name: str) -> int:
        """Give how often in a row this outlet has failed; 0 for an unknown one."""
        async with self._reading() as database:
            row = await database.get(OutletRow, name)
            return row.tries if row is not None else 0

    async def facts(self, events: Sequence[Envelope]) -> Mapping[str, SessionFacts]:
        """Give by event id what a statement tells of its session."""
        sessions = {event.session_id for event in events}
        async with self._reading() as database:
            started = await database.exec(
                select(EventRow.session_id, EventRow.payload).where(
                    col(EventRow.session_id).in_(sessions), EventRow.kind == STARTED
                )
            )
            begun = dict(started.all())
            shared = {event.session_id for event in events if event.kind == SHARED}
            rows = await database.exec(
                select(ParticipationRow.session_id, ParticipationRow.id).where(
                    col(ParticipationRow.session_id).in_(shared)
                )
            )
            participations = dict(rows.all())
            withdrawn = {event.id: await _withdrawn(database, event) for event in events if event.kind == WITHDRAWN}
        return {
            event.id: SessionFacts(
                path=str(begun.get(event.session_id, {}).get("path", "unknown")),
                locale=str(begun.get(event.session_id, {}).get("locale", "fr")),
                withdrawn=withdrawn.get(event.id),
                participation=participations.get(event.session_id),
            )
            for event in events
        }

    async def backlog(self, name: str) -> Backlog:
        """Give the events that this outlet has not passed, and the age of the oldest."""
        async with self._reading() as database:
            return await _backlog(database, name)

    async def backlog_of_all(self, prefix: str) -> Backlog:
        """Give what waits in all outlets whose name begins so: the longest of them, not the sum."""
        async with self._reading() as database:
            names = (await database.exec(select(OutletRow.name).where(col(OutletRow.name).startswith(prefix)))).all()
            backlogs = [await _backlog(database, name) for name in names]
        return max(backlogs, key=lambda each: each.oldest_s, default=Backlog(0, 0.0))

    async def states(self) -> Sequence[OutletState]:
        """Give all outlets, by name."""
        async with self._reading() as database:
            rows = (await database.exec(select(OutletRow).order_by(col(OutletRow.name)))).all()
            troubles = dict(
                (
                    await database.exec(select(OutletTroubleRow.outlet, func.count()).group_by(OutletTroubleRow.outlet))
                ).all()
            )
            return [
                OutletState(
                    row.name,
                    await _backlog(database, row.name),
                    row.tries,
                    aware(row.next_at),
                    aware(row.told_at) if row.told_at else None,
                    row.last_fault,
                    troubles.get(row.name, 0),
                )
                for row in rows
            ]

    async def troubles(self, name: str) -> Sequence[tuple[str, str]]:
        """Give the events that were set aside, oldest first, each with the reason."""
        async with self._reading() as database:
            rows = await database.exec(
                select(OutletTroubleRow).where(OutletTroubleRow.outlet == name).order_by(col(OutletTroubleRow.noted_at))
            )
            return [(row.event_id, row.reason) for row in rows]


async def _last_numbers(database: AsyncSession) -> dict[str, int]:
    """Give the last event's number of every site that has one."""
    sites = (await database.exec(select(SiteRow.id))).all()
    found = {}
    for site in sites:
        last = (await database.exec(select(func.max(EventRow.sequence)).where(EventRow.site_id == site))).one()
        if last is not None:
            found[site] = int(last)
    return found


async def _positions(database: AsyncSession, name: str) -> dict[str, int]:
    rows = await database.exec(select(OutletPositionRow).where(OutletPositionRow.outlet == name))
    return {row.site_id: row.sequence for row in rows}


async def _backlog(database: AsyncSession, name: str) -> Backlog:
    positions = await _positions(database, name)
    waiting, oldest = 0, None
    for site, last in (await _last_numbers(database)).items():
        begin = positions.get(site, 0)
        waiting += last - begin
        next_event = select(EventRow.recorded_at).where(EventRow.site_id == site, EventRow.sequence == begin + 1)
        moment = (await database.exec(next_event)).first()
        if moment is not None:
            oldest = min(oldest or aware(moment), aware(moment))
    return Backlog(waiting, (datetime.now(UTC) - oldest).total_seconds() if oldest is not None else 0.0)


async def _withdrawn(database: AsyncSession, event: Envelope) -> str | None:
    """Give the event of the answer that this one takes back: the last one to its item before it."""
    rows = await database.exec(
        select(EventRow)
        .where(
            EventRow.session_id == event.session_id,
            EventRow.kind == ANSWERED,
            col(EventRow.id) < event.id,  # in the order of time, whichever site it was
        )
        .order_by(col(EventRow.id).desc())
    )
    return next((row.id for row in rows if row.payload["item"] == event.payload["item"]), None)
