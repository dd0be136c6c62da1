"""A transaction within its time limit, faults of the database told as ours; moments and tokens of the tables.

`transaction` is for who writes, `reading` for who does not. SQLite has one writer at a time: who writes takes that
place at the beginning (BEGIN IMMEDIATE), so that nothing that was read is old when it is written upon; who only reads
sees one moment of the database and waits for nobody. Writers of one process stand in line for it, first come first
served: the library's own waiting is a series of naps, in which whoever comes at the right moment passes all others.
Between processes it is those naps.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.errors import StoreError
from voice_app.store.database import READS_ONLY

_lines: WeakKeyDictionary[Engine, asyncio.Lock] = WeakKeyDictionary()
"""Where the writers of a SQLite database stand in line."""


def wall_clock() -> datetime:
    """Give this moment, in UTC."""
    return datetime.now(UTC)


def milliseconds(moment: datetime) -> int:
    """Give a moment as Unix milliseconds."""
    return int(moment.timestamp() * 1000)


def new_token() -> str:
    """Give a secret of 256 bits for an address or a cookie."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Give what is kept of a token. A plain digest is enough: nobody guesses 256 bits."""
    return hashlib.sha256(token.encode()).hexdigest()


@asynccontextmanager
async def transaction(sessions: async_sessionmaker[AsyncSession], limit_s: float) -> AsyncIterator[AsyncSession]:
    """Run the block in one transaction, all or nothing. Raises StoreError."""
    try:
        async with asyncio.timeout(limit_s), _in_line(sessions), sessions() as database, database.begin():
            yield database
    except (StatementError, PoolTimeout, TimeoutError) as fault:
        raise StoreError(f"the database did not keep this: {fault}") from fault


@asynccontextmanager
async def reading(sessions: async_sessionmaker[AsyncSession], limit_s: float) -> AsyncIterator[AsyncSession]:
    """Run the block in one transaction that only reads; a statement that would change something is refused.

    Raises StoreError.
    """
    try:
        async with asyncio.timeout(limit_s), sessions() as database, database.begin():
            await database.connection(execution_options={READS_ONLY: True})
            yield database
    except (StatementError, PoolTimeout, TimeoutError) as fault:
        raise StoreError(f"the database did not answer: {fault}") from fault


def _in_line(sessions: async_sessionmaker[AsyncSession]) -> AbstractAsyncContextManager[object]:
    """Give the place in the line of writers; PostgreSQL needs none."""
    engine: AsyncEngine = sessions.kw["bind"]
    if engine.dialect.name != "sqlite":
        return nullcontext()
    return _lines.setdefault(engine.sync_engine, asyncio.Lock())
