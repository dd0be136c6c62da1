"""A campaign's counts, kept in the transaction that changes a participation: figures never read people again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.participations import State
from engine.organization.snapshot import Snapshot
from engine.organization.tallies import Kind, Tally, of_result, of_state
from voice_app.store.envelopes import aware
from voice_app.store.organization_tables import ParticipationRow
from voice_app.store.result_tables import ALL_DAYS, NumberingRow, TallyRow


def day_of(moment: datetime) -> str:
    """Give the day of a moment as it is counted: ISO, in UTC."""
    return aware(moment).astimezone(UTC).date().isoformat()


async def count(
    database: AsyncSession, row: ParticipationRow, tallies: Collection[Tally], day: str, people: int = 1
) -> None:
    """Add people (-1: take them back) to these tallies, on their day and over all days."""
    if not tallies:
        return
    values = [
        {
            "campaign_id": row.campaign_id,
            "day": each,
            "channel": row.channel,
            "cohort": row.cohort,
            "kind": tally.kind.value,
            "name": tally.name,
            "people": people,
        }
        for tally in sorted(tallies)  # always in one order: two writers never wait for each other in a circle
        for each in (ALL_DAYS, day)
    ]
    connection = await database.connection()
    statement = _insert(connection, TallyRow).values(values)
    keys = ["campaign_id", "day", "channel", "cohort", "kind", "name"]
    added = {"people": TallyRow.__table__.c.people + statement.excluded.people}  # type: ignore[attr-defined]
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=added))


async def recount(database: AsyncSession, row: ParticipationRow, people: int) -> None:
    """Count all of a participation (people 1), or take all of it back (-1)."""
    for tally in sorted(of_state(State(row.state))):
        moment = row.begun_at if tally.kind is Kind.BEGUN else row.completed_at or row.begun_at
        await count(database, row, {tally}, day_of(moment), people)
    if row.snapshot is not None and row.shared_at is not None:
        await count(database, row, of_result(Snapshot.from_data(row.snapshot)), day_of(row.shared_at), people)


async def next_number(database: AsyncSession, campaign: str) -> int:
    """Give the number of the next shared result of a campaign, from 1."""
    connection = await database.connection()
    statement = _insert(connection, NumberingRow).values(campaign_id=campaign, last=1)
    raised = {"last": NumberingRow.__table__.c.last + 1}  # type: ignore[attr-defined]
    upsert = statement.on_conflict_do_update(index_elements=["campaign_id"], set_=raised)
    given = await connection.execute(upsert.returning(NumberingRow.__table__.c.last))  # type: ignore[attr-defined]
    return int(given.scalar_one())


def _insert(connection: AsyncConnection, row: type[SQLModel]) -> Any:
    """Give an insert that may say what happens on conflict, in the words of this database."""
    words = postgresql if connection.dialect.name == "postgresql" else sqlite
    return words.insert(row)
