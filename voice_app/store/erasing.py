"""Takes a person out of the tables: contents gone, dates become their year, counts and the chain of events stay.

What stays: the places of the events with their digests (`engine.sync.erasure`), the participation as a count in its
campaign, the tallies. All of it hangs on an empty session. What refers to the session from other tables (codes,
callers, whatever else is tied to one person) is deleted, whichever tables there are: a table that is added later is not
forgotten, because it is found by its foreign key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel, col
from sqlmodel import select as entities
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.sync.erasure import ERASED
from voice_app.store.envelopes import aware
from voice_app.store.identifiers import uuid7
from voice_app.store.organization_tables import ParticipationRow
from voice_app.store.tables import EventRow, SessionRow
from voice_app.store.tallies import recount
from voice_app.store.transactions import milliseconds

_EVENT: Table = SQLModel.metadata.tables[str(EventRow.__tablename__)]
_SESSION: Table = SQLModel.metadata.tables[str(SessionRow.__tablename__)]
STAYS = frozenset({_EVENT.name, str(ParticipationRow.__tablename__)})


def first_of_year(moment: datetime) -> datetime:
    """Give the beginning of a moment's year, in UTC: all that is left of a date."""
    return datetime(aware(moment).astimezone(UTC).year, 1, 1, tzinfo=UTC)


async def empty_session(database: AsyncSession, session: str, empty: str) -> None:
    """Move what stays of a session to an empty one, and delete the rest of it."""
    await anonymise_participations(database, session, empty)
    await database.flush()
    connection = await database.connection()
    await _redact_events(connection, session, empty)
    for column in _references_to(_SESSION):
        if column.table.name not in STAYS:
            await _delete(connection, column, [session])
    row = (await connection.execute(select(_SESSION).where(_SESSION.c.id == session))).one()
    blank = {"opened_at": first_of_year(row.opened_at), "channel": "", "bank_version": ""}
    await connection.execute(update(_SESSION).where(_SESSION.c.id == empty).values(**blank))
    database.expire_all()
    await connection.execute(delete(_SESSION).where(_SESSION.c.id == session))


async def anonymise_participations(database: AsyncSession, session: str, empty: str) -> None:
    """Leave of a session's participations what counts: campaign, state, channel, year."""
    found = await database.exec(
        entities(ParticipationRow).where(ParticipationRow.session_id == session).with_for_update()
    )
    for row in found.all():
        await recount(database, row, -1)
        row.begun_at = first_of_year(row.begun_at)
        row.completed_at = None if row.completed_at is None else first_of_year(row.completed_at)
        row.shared_at = None if row.shared_at is None else first_of_year(row.shared_at)
        row.cohort = ""
        await recount(database, row, 1)
        row.snapshot, row.number, row.erased = None, None, True
        row.person_number, row.again_of = "", None
        row.session_id = empty
        database.add(row)


async def release(database: AsyncSession, session: str, only: Sequence[str] | None = None) -> None:
    """Leave of a session's participation (if it is one of `only`) what counts, on an empty session; the session stays.

    Nothing happens when there is none.
    """
    query = entities(ParticipationRow.id).where(ParticipationRow.session_id == session)
    if only is not None:
        query = query.where(col(ParticipationRow.id).in_(only))
    if (await database.exec(query)).first() is None:
        return
    row = await database.get_one(SessionRow, session)
    year = first_of_year(row.opened_at)
    empty = SessionRow(
        id=uuid7(milliseconds(year)),  # tells the year and not the moment
        site_id=row.site_id,
        channel="",
        bank_version="",
        opened_at=year,
        lead_site=row.site_id,
    )
    database.add(empty)
    await database.flush()
    await anonymise_participations(database, session, empty.id)
    await database.flush()


async def _redact_events(connection: AsyncConnection, session: str, empty: str) -> None:
    """Take the content out of a session's events; their places and digests stay."""
    rows = (await connection.execute(select(_EVENT).where(_EVENT.c.session_id == session))).all()
    references = list(_references_to(_EVENT))
    for row in rows:
        year = first_of_year(row.recorded_at)
        redacted = {
            **row._mapping,
            "id": uuid7(milliseconds(year)),  # the id tells the moment to the millisecond
            "session_id": empty,
            "kind": ERASED,
            "payload": {},
            "channel": "",
            "actor": "",
            "bank_version": "",
            "recorded_at": year,
        }
        # beside its old self for a moment, so that whatever refers to the event can be led to it
        await connection.execute(insert(_EVENT).values({**redacted, "sequence": -row.sequence}))
        for column in references:
            moved = update(column.table).where(column == row.id).values({column.name: redacted["id"]})
            await connection.execute(moved)
        await connection.execute(delete(_EVENT).where(_EVENT.c.id == row.id))
        placed = update(_EVENT).where(_EVENT.c.id == redacted["id"]).values(sequence=row.sequence)
        await connection.execute(placed)


def _references_to(table: Table) -> Iterator[Column[Any]]:
    """Give the columns of other tables that refer to the key of this one."""
    for other in SQLModel.metadata.sorted_tables:
        for column in other.columns:
            if any(key.column.table is table for key in column.foreign_keys):
                yield column


async def _delete(connection: AsyncConnection, column: Column[Any], values: Sequence[Any]) -> None:
    """Delete the rows that refer to these values, and before them the rows that refer to those rows."""
    table = column.table
    keys = list(table.primary_key)
    if len(keys) == 1:
        found = (await connection.execute(select(keys[0]).where(column.in_(values)))).scalars().all()
        for reference in _references_to(table):
            if found and reference.table is not table:
                await _delete(connection, reference, found)
    await connection.execute(delete(table).where(column.in_(values)))


def events_of(session: str) -> Any:
    """Give the query of the places of a session's events."""
    return select(_EVENT.c.site_id, _EVENT.c.sequence).where(col(EventRow.session_id) == session)
