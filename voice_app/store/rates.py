"""How often something may be done in a while, counted in the database: the limit holds for all processes together.

Fixed windows: the first of a key opens its window, and the count begins anew when the window is over. Simple, one row a
key, and at worst twice the limit around the end of a window.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import case, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.store.access_tables import RateRow
from voice_app.store.envelopes import aware
from voice_app.store.transactions import transaction, wall_clock

STATEMENT_LIMIT_S = 8.0
KEPT = timedelta(days=1)
"""Older windows are forgotten: no window is longer."""


class SqlRates:
    """Counts on an opened database; `clock` gives the moment, in UTC."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = wall_clock) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert
        self._clock = clock

    async def take(self, key: str, limit: int, window_s: int) -> int:
        """Count one more of `key`. Gives 0 while it is within the limit, else the seconds until the window ends."""
        moment = self._clock()
        over = col(RateRow.since) <= moment - timedelta(seconds=window_s)
        inserting = self._insert(RateRow).values(key=key, since=moment, count=1)
        counting = inserting.on_conflict_do_update(
            index_elements=[col(RateRow.key)],
            set_={
                "count": case((over, 1), else_=col(RateRow.count) + 1),
                "since": case((over, moment), else_=col(RateRow.since)),
            },
        ).returning(col(RateRow.count), col(RateRow.since))
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            connection = await database.connection()
            count, since = (await connection.execute(counting)).one()
            if count == 1:
                await connection.execute(delete(RateRow).where(col(RateRow.since) < moment - KEPT))
        if count <= limit:
            return 0
        return max(1, window_s - int((moment - aware(since)).total_seconds()))
