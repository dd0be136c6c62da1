"""The queue of calls that we owe, behind `telephony.dialler.ErrandStore`. Times are local, kept as they are given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.ports import Backlog
from voice_app.store.database import open_database
from voice_app.store.rules import StoreRules
from voice_app.store.tables import ErrandCallRow, ErrandRow, RefusalRow
from voice_app.store.transactions import reading, transaction
from voice_app.telephony.errands import Errand, ErrandKind, ErrandState, Outcome


class SqlErrands:
    """Errands, the calls that were placed, and who wants none."""

    def __init__(self, engine: AsyncEngine, rules: StoreRules) -> None:
        self._engine = engine
        self._rules = rules
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    @classmethod
    async def open(cls, url: str, rules: StoreRules | None = None) -> SqlErrands:
        """Give the queue of this database. Raises StoreError."""
        chosen = rules or StoreRules()
        return cls(await open_database(url, chosen), chosen)

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with transaction(self._sessions, self._rules.statement_limit_s) as database:
            yield database

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncSession]:
        async with reading(self._sessions, self._rules.statement_limit_s) as database:
            yield database

    async def waiting(self, before: datetime, limit: int) -> Sequence[Errand]:
        """Give errands that wait and whose time has come, the longest waiting first."""
        async with self._reading() as database:
            rows = await database.exec(
                select(ErrandRow)
                .where(col(ErrandRow.state) == ErrandState.WAITING, col(ErrandRow.next_at) <= before)
                .order_by(col(ErrandRow.next_at))
                .limit(limit)
            )
            return [_errand(row) for row in rows]

    async def backlog(self) -> Backlog:
        """Give the calls whose time has come, and how long the first of them has waited."""
        now = datetime.now()
        due = (col(ErrandRow.state) == ErrandState.WAITING, col(ErrandRow.next_at) <= now)
        async with self._reading() as database:
            count, oldest = (await database.exec(select(func.count(), func.min(ErrandRow.next_at)).where(*due))).one()
        return Backlog(count, (now - oldest).total_seconds() if oldest is not None else 0.0)

    async def all(self) -> Sequence[Errand]:
        """Give every errand, the next one first."""
        async with self._reading() as database:
            rows = await database.exec(select(ErrandRow).order_by(col(ErrandRow.next_at)))
            return [_errand(row) for row in rows]

    async def keep(self, errand: Errand) -> None:
        """Write an errand, new or changed."""
        async with self._transaction() as database:
            await database.merge(
                ErrandRow(
                    id=errand.id,
                    kind=errand.kind,
                    campaign=errand.campaign,
                    mark=errand.mark,
                    sealed=errand.sealed,
                    hours=errand.window,
                    next_at=errand.next_at,
                    tries=errand.tries,
                    state=errand.state,
                    last_outcome=errand.last_outcome or "",
                )
            )

    async def take(self, errand: Errand, until: datetime) -> bool:
        """Put an errand off until then, if nobody else has: only one node calls."""
        async with self._transaction() as database:
            taken = await database.exec(
                update(ErrandRow)
                .where(
                    col(ErrandRow.id) == errand.id,
                    col(ErrandRow.next_at) == errand.next_at,
                    col(ErrandRow.state) == ErrandState.WAITING,
                )
                .values(next_at=until)
                .returning(col(ErrandRow.id))
            )
            return taken.first() is not None

    async def note_call(self, mark: str, at: datetime) -> None:
        """Write that this person was called."""
        async with self._transaction() as database:
            database.add(ErrandCallRow(mark=mark, placed_at=at))

    async def calls_since(self, mark: str, since: datetime) -> int:
        """Give how often this person was called since then."""
        async with self._reading() as database:
            count = await database.exec(
                select(func.count()).where(col(ErrandCallRow.mark) == mark, col(ErrandCallRow.placed_at) >= since)
            )
            return int(count.one())

    async def refuses(self, mark: str) -> bool:
        """Whether this person said that they want no calls."""
        async with self._reading() as database:
            return await database.get(RefusalRow, mark) is not None

    async def note_refusal(self, mark: str, at: datetime) -> None:
        """Write that this person wants no calls."""
        async with self._transaction() as database:
            await database.merge(RefusalRow(mark=mark, noted_at=at))


def _errand(row: ErrandRow) -> Errand:
    return Errand(
        id=row.id,
        kind=ErrandKind(row.kind),
        mark=row.mark,
        sealed=row.sealed,
        window=row.hours,
        next_at=row.next_at,
        campaign=row.campaign,
        tries=row.tries,
        state=ErrandState(row.state),
        last_outcome=Outcome(row.last_outcome) if row.last_outcome else None,
    )
