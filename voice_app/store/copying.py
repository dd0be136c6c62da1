"""Whole databases: copied from one kind to another, proof-read.

A backup is such a copy, into a SQLite file, whatever the service runs on; a restore is one from it. The copy reads one
moment of the source (a snapshot: SQLite's write-ahead log, PostgreSQL's REPEATABLE READ) while the service goes on
writing. It counts only when it has been proof-read: every table of the target is read again and must give the digest
that was reckoned while the source was read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, func, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from voice_app.errors import StoreError
from voice_app.store import sync_tables  # noqa: F401 - their tables are copied too
from voice_app.store.access_tables import ApiAccessRow, RateRow
from voice_app.store.database import open_database, open_snapshot
from voice_app.store.envelopes import as_text
from voice_app.store.learner_tables import LearnerSignInRow
from voice_app.store.organization_tables import SignInRow
from voice_app.store.outlet_tables import WebhookDeliveryRow
from voice_app.store.own_access_tables import FlowRow
from voice_app.store.rules import StoreRules
from voice_app.store.sitting_tables import GlimpseRow, SittingRequestRow
from voice_app.store.tables import WrongCodeRow

ROWS_AT_ONCE = 1_000
LEFT_BEHIND = frozenset(
    {
        WrongCodeRow.__tablename__,
        SignInRow.__tablename__,
        ApiAccessRow.__tablename__,
        RateRow.__tablename__,
        GlimpseRow.__tablename__,
        SittingRequestRow.__tablename__,
        FlowRow.__tablename__,
        LearnerSignInRow.__tablename__,
        WebhookDeliveryRow.__tablename__,
    }
)
"""Attempts and counts, and who is signed in at this moment, person or program: of no use elsewhere.

Claim codes travel: somebody holds them on a piece of paper for a month, and a restored service has to know them. Those
that open nothing any more are forgotten by retention (`sql_privacy`)."""

Progress = Callable[[int, int], None]
"""Called with the rows done and the rows there are."""


@dataclass(frozen=True, slots=True)
class TableProof:
    """How many rows a table has, and the digest of all of them in the order of their keys."""

    rows: int
    digest: str


async def copy_database(
    source: str, target: str, rules: StoreRules, progress: Progress = lambda _done, _all: None
) -> Mapping[str, TableProof]:
    """Copy everything from one database to an empty one and give, for each table, what was copied and proof-read.

    Raises StoreError: the source cannot be read, the target is not empty, or the copy does not read as it was written.
    """
    await (await open_database(source, rules)).dispose()  # today's tables, or a sentence why not
    writing = await open_database(target, rules)
    reading = open_snapshot(source, rules)
    try:
        async with reading.begin() as out, writing.begin() as into:
            await _refuse_if_filled(into)
            total = sum([await _count(out, table) for table in _tables()])
            proofs: dict[str, TableProof] = {}
            for table in _tables():
                proofs[table.name] = await _copy_table(table, out, into)
                progress(sum(proof.rows for proof in proofs.values()), total)
            await _go_on_counting(into)
    except StatementError as fault:
        raise StoreError(f"the copy was given up, nothing of it is kept: {fault}") from fault
    finally:
        await reading.dispose()
        await writing.dispose()
    await proof_read(target, proofs, rules)
    return proofs


async def proof_read(url: str, proofs: Mapping[str, TableProof], rules: StoreRules) -> None:
    """Read a copy and compare it with what was copied. Raises StoreError when a table differs."""
    read_again = await prove(url, rules)
    wrong = sorted(name for name in proofs if proofs[name] != read_again.get(name))
    if wrong:
        raise StoreError(f"the copy does not read as it was written: {', '.join(wrong)}; do not use it")


async def prove(url: str, rules: StoreRules) -> Mapping[str, TableProof]:
    """Give the proof of each table of a database as it stands. Raises StoreError."""
    reading = open_snapshot(url, rules)
    try:
        async with reading.begin() as connection:
            return {table.name: await _prove_table(table, connection) for table in _tables()}
    except StatementError as fault:
        raise StoreError(f"the database cannot be read: {fault}") from fault
    finally:
        await reading.dispose()


# --- tables --------------------------------------------------------------------------------------------------------


def _tables() -> list[Table]:
    """The tables to copy, each after those it refers to."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in LEFT_BEHIND]


async def _count(connection: AsyncConnection, table: Table) -> int:
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def _refuse_if_filled(target: AsyncConnection) -> None:
    for table in _tables():
        if await _count(target, table):
            raise StoreError(f"the target has rows already (in {table.name}): choose an empty database")


async def _pieces(table: Table, connection: AsyncConnection, *order: str) -> AsyncIterator[Sequence[Row[Any]]]:
    """Give the rows of a table in the order of these columns (its key by default), a thousand at a time."""
    columns = [table.c[name] for name in order] or list(table.primary_key)
    result = await connection.stream(select(table).order_by(*columns), execution_options={"yield_per": ROWS_AT_ONCE})
    async for rows in result.partitions():
        yield rows


async def _copy_table(table: Table, out: AsyncConnection, into: AsyncConnection) -> TableProof:
    proof, count = hashlib.sha256(), 0
    async for rows in _pieces(table, out):
        values = [dict(row._mapping) for row in rows]
        for value in values:
            proof.update(_written(value))
        await into.execute(insert(table), values)
        count += len(values)
    return TableProof(count, proof.hexdigest())


async def _go_on_counting(into: AsyncConnection) -> None:
    """Let PostgreSQL's own numbers go on behind those that were copied; SQLite does so by itself."""
    if into.dialect.name != "postgresql":
        return
    for table in _tables():
        (number,) = columns if len(columns := list(table.primary_key)) == 1 else (None,)
        if number is None or number is not table.autoincrement_column:
            continue
        last = (await into.execute(select(func.max(number)))).scalar_one()
        if last is not None:
            counter = select(func.setval(func.pg_get_serial_sequence(table.name, number.name), last))
            await into.execute(counter)


async def _prove_table(table: Table, connection: AsyncConnection) -> TableProof:
    proof, count = hashlib.sha256(), 0
    async for rows in _pieces(table, connection):
        for row in rows:
            proof.update(_written(dict(row._mapping)))
        count += len(rows)
    return TableProof(count, proof.hexdigest())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return as_text(value)
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value


def _written(row: Mapping[str, Any]) -> bytes:
    """Give a row as text that is the same whichever database it was read from."""
    plain = {name: _plain(value) for name, value in row.items()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False).encode() + b"\n"
