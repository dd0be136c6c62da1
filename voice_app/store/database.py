"""Opens a database, SQLite or PostgreSQL, durable and with today's tables.

SQLite: WAL mode with `synchronous=FULL`, so a committed event survives a power cut. PostgreSQL does so by itself; what
several processes must not do at once (migrations, the first naming of the site) is put in line by an advisory lock.
"""

from __future__ import annotations

from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from voice_app.errors import StoreError
from voice_app.store.migrate import upgrade
from voice_app.store.rules import StoreRules

DRIVERS = ("sqlite+aiosqlite", "postgresql+psycopg")
SETTLING_LOCK = 0x766F6963
"""Any number, as long as it is always the same and nobody else's in this database."""
READS_ONLY = "voice_app_reads_only"
"""Execution option of a connection whose next transaction writes nothing; see `transactions`."""
_READING = ("SELECT", "WITH", "PRAGMA", "BEGIN", "EXPLAIN")


async def open_database(url: str, rules: StoreRules) -> AsyncEngine:
    """Give an engine on this database, its tables brought up to date. Raises StoreError, with the remedy."""
    engine = _engine(url, rules, "BEGIN IMMEDIATE")
    try:
        async with engine.begin() as connection:
            await one_at_a_time(connection)
            await upgrade(connection)
    except (DBAPIError, CommandError) as fault:
        await engine.dispose()
        reason = fault.orig if isinstance(fault, DBAPIError) else fault
        raise StoreError(
            f"the database {engine.url.database} does not open: {reason};"
            " bring back a copy, or move it away to begin anew"
        ) from fault
    return engine


def open_snapshot(url: str, rules: StoreRules) -> AsyncEngine:
    """Give an engine whose transactions only read, all of one moment, while others go on writing."""
    engine = _engine(url, rules, "BEGIN")
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="REPEATABLE READ")


def _engine(url: str, rules: StoreRules, begin: str) -> AsyncEngine:
    try:
        known = make_url(url).drivername in DRIVERS
    except ArgumentError:
        known = False
    if not known:
        raise StoreError(
            "this is no address of a database; write sqlite+aiosqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        )
    engine = create_async_engine(
        url,
        hide_parameters=True,  # faults are logged; what was answered is not
        pool_pre_ping=not url.startswith("sqlite"),  # a server may have been restarted meanwhile
    )
    event.listen(engine.sync_engine, "before_cursor_execute", _refuse_to_write)
    if engine.dialect.name == "sqlite":
        _make_durable(engine, rules.busy_ms, begin)
    return engine


def _refuse_to_write(
    connection: Connection, _cursor: object, statement: str, _parameters: object, _context: object, _many: bool
) -> None:
    """Stop a statement that changes or locks something in a transaction that said it only reads."""
    if not connection.get_execution_options().get(READS_ONLY):
        return
    if not statement.lstrip().upper().startswith(_READING) or "FOR UPDATE" in statement:
        raise AssertionError(f"a transaction that only reads would write: {statement.split(maxsplit=2)[:2]}")


async def one_at_a_time(database: AsyncConnection | AsyncSession) -> None:
    """Be the only process that settles this database until the transaction ends. (SQLite: its writer's lock.)"""
    connection = database if isinstance(database, AsyncConnection) else await database.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(SETTLING_LOCK)))


def _make_durable(engine: AsyncEngine, busy_ms: int, begin: str) -> None:
    """Set SQLite to write-ahead log and full synchronisation; `begin` opens a transaction.

    The driver's own transaction handling is switched off, as the SQLAlchemy manual advises for SQLite. BEGIN IMMEDIATE
    takes the writer's lock at once, so that a transaction that will write never has to upgrade a read lock. One that
    only reads (`READS_ONLY`) takes no lock, and sees the last state that was committed before its first look.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={busy_ms}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(READS_ONLY) else begin)
