"""Seats follow the events of their session, in the very transaction that writes the events; and what a code opens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.campaigns import Entry, entry
from engine.organization.sittings import BEGUN, ENDED, Seat
from engine.sync.events import Envelope
from voice_app.errors import StoreError
from voice_app.ports import NewRecord
from voice_app.store.envelopes import as_text, aware
from voice_app.store.identifiers import uuid7
from voice_app.store.offers import offer_of
from voice_app.store.organization_tables import CampaignRow, OrganizationRow
from voice_app.store.sitting_tables import GlimpseRow, SeatRow, SittingRow
from voice_app.store.sql_organizations import span_of
from voice_app.store.transactions import milliseconds

OPEN_FOR_HOURS = 12
"""A sitting that nobody closed ends by itself."""


async def follow_seats(database: AsyncSession, session: str, records: Sequence[NewRecord], moment: datetime) -> None:
    """Bring the session's seat to where these events lead. Raises StoreError for a sitting that there is not."""
    for record in records:
        if record.kind == BEGUN:
            await _sit_down(database, session, str(record.payload["sitting"]), moment)
        elif record.kind == ENDED:
            await _leave(database, session, str(record.payload["sitting"]), moment)
            glimpse = await database.get(GlimpseRow, session)
            if glimpse is not None:
                await database.delete(glimpse)


async def _sit_down(database: AsyncSession, session: str, sitting: str, moment: datetime) -> None:
    if await database.get(SittingRow, sitting, with_for_update=True) is None:
        raise StoreError(f"no sitting {sitting}")
    query = select(SeatRow).where(SeatRow.sitting_id == sitting, SeatRow.session_id == session)
    known = (await database.exec(query)).first()
    if known is not None:
        known.left_at = None
        database.add(known)
        return
    taken = (await database.exec(select(func.count()).where(col(SeatRow.sitting_id) == sitting))).one()
    database.add(
        SeatRow(
            id=uuid7(milliseconds(moment)),
            sitting_id=sitting,
            session_id=session,
            number=int(taken) + 1,
            joined_at=moment,
        )
    )


async def leave_seats(database: AsyncSession, events: Iterable[Envelope]) -> None:
    """End the seats of sittings of ours that somebody left at another site."""
    for event in events:
        if event.kind == ENDED:
            await _leave(
                database, event.session_id, str(event.payload["sitting"]), datetime.fromisoformat(event.recorded_at)
            )


async def _leave(database: AsyncSession, session: str, sitting: str, moment: datetime) -> None:
    await database.exec(
        update(SeatRow)
        .where(col(SeatRow.session_id) == session, col(SeatRow.sitting_id) == sitting)
        .where(col(SeatRow.left_at).is_(None))
        .values(left_at=moment)
    )


def goes_on(row: SittingRow, moment: datetime) -> bool:
    """Tell whether a sitting is open at this moment."""
    return row.closed_at is None and moment < ends_at(row)


def ends_at(row: SittingRow) -> datetime:
    """Give when a sitting was closed, or when it ends by itself."""
    return aware(row.opened_at) + timedelta(hours=OPEN_FOR_HOURS) if row.closed_at is None else aware(row.closed_at)


async def seat_of_code(database: AsyncSession, code: str, moment: datetime) -> Seat | Entry | None:
    """Give what the code of a sitting opens; CLOSED when it is over; None when there is none of this code."""
    query = (
        select(SittingRow, OrganizationRow)
        .join(OrganizationRow, col(OrganizationRow.id) == col(SittingRow.organization_id))
        .where(SittingRow.code == code)
    )
    found = (await database.exec(query)).first()
    if found is None:
        return None
    row, organization = found
    if not goes_on(row, moment):
        return Entry.CLOSED
    return await seat_in(database, row, organization, moment)


async def seat_in(database: AsyncSession, row: SittingRow, organization: OrganizationRow, moment: datetime) -> Seat:
    """Give what somebody is offered who joins a sitting; its campaign only while that lets people in."""
    campaign = None if row.campaign_id is None else await database.get(CampaignRow, row.campaign_id)
    if campaign is None or entry(span_of(campaign), as_text(moment)) is not Entry.OPEN:
        return Seat(row.id, organization.name)
    return Seat(row.id, organization.name, await offer_of(database, campaign, organization.name))
