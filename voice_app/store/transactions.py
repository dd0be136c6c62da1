"""A transaction within its time limit, faults of the database told as ours; moments and tokens of the tables."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy.exc import StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.errors import StoreError


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
        async with asyncio.timeout(limit_s), sessions() as database, database.begin():
            yield database
    except (StatementError, PoolTimeout, TimeoutError) as fault:
        raise StoreError(f"the database did not keep this: {fault}") from fault
