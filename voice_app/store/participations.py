"""Participations follow the events of their session, in the very transaction that writes the events.

An append that would share what may not be shared is refused as a whole: neither consent nor result is kept, and the
person hears why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization import tallies
from engine.organization.campaigns import CampaignKind
from engine.organization.consent import Consent, Purpose, is_given
from engine.organization.participations import (
    CONSENT,
    JOINED,
    RELEASED,
    SHARED,
    SharingRefused,
    State,
    advance,
    joined_state,
    require_sharing,
)
from engine.organization.snapshot import Snapshot
from engine.organization.tallies import Kind, Tally
from voice_app.errors import SharingClosed, StoreError
from voice_app.ports import NewRecord
from voice_app.store.erasing import release
from voice_app.store.organization_tables import CampaignRow, ParticipationRow
from voice_app.store.projections import FOLLOWED
from voice_app.store.tables import SessionRow
from voice_app.store.tallies import count, day_of, next_number


async def follow(
    database: AsyncSession, session: str, records: Sequence[NewRecord], moment: datetime, joined: str
) -> None:
    """Bring the session's participation to where these events lead. Raises SharingClosed, StoreError.

    `joined`: the id of the event by which the session joined a campaign, if that is among them; it names the row.
    """
    if FOLLOWED.isdisjoint(record.kind for record in records):
        return
    found = await database.exec(
        select(ParticipationRow).where(ParticipationRow.session_id == session).with_for_update()
    )
    row = found.first()
    for record in records:
        if record.kind == JOINED and row is None:
            row = await _joined(database, session, record.payload, moment, joined)
        if record.kind == RELEASED:
            await release(database, session)
            row = None
        elif row is not None:
            await _advance(database, row, record, records, moment)
        elif record.kind == SHARED:
            raise SharingClosed("a session outside any campaign has nobody to share with")


async def _joined(
    database: AsyncSession, session: str, payload: Mapping[str, Any], moment: datetime, joined: str
) -> ParticipationRow:
    campaign = str(payload["campaign"])
    if await database.get(CampaignRow, campaign) is None:
        raise StoreError(f"no campaign {campaign}")
    row = ParticipationRow(
        id=joined,
        campaign_id=campaign,
        session_id=session,
        state=joined_state(payload).value,
        begun_at=moment,
        completed_at=moment if joined_state(payload) is State.COMPLETED else None,
        again_of=payload.get("again"),
        channel=(await database.get_one(SessionRow, session)).channel,
    )
    database.add(row)
    await count(database, row, tallies.of_state(joined_state(payload)), day_of(moment))
    return row


async def _advance(
    database: AsyncSession, row: ParticipationRow, record: NewRecord, records: Sequence[NewRecord], moment: datetime
) -> None:
    before = State(row.state)
    if record.kind == SHARED:
        campaign = await database.get(CampaignRow, row.campaign_id)
        agreed = record.payload["campaign"] == row.campaign_id and _agreed(records, row.campaign_id)
        try:
            require_sharing(
                before,
                agreed=agreed,
                archived=campaign is None or campaign.archived_at is not None,
                shares=campaign is None or campaign.kind != CampaignKind.DIAGNOSTIC,
            )
        except SharingRefused as fault:
            raise SharingClosed(str(fault)) from fault
        row.person_number = str(record.payload.get("number", ""))
        await _share(database, row, record.payload["snapshot"], moment)
    after = advance(before, record.kind) or before
    completed = {Tally(Kind.COMPLETED)}
    if after is State.COMPLETED and before is not after:
        row.completed_at = moment
        await count(database, row, completed, day_of(moment))
    elif after is State.STARTED and before is not after:
        await count(database, row, completed, day_of(row.completed_at or moment), -1)
    row.state = after.value
    database.add(row)


async def _share(database: AsyncSession, row: ParticipationRow, data: Mapping[str, Any], moment: datetime) -> None:
    """Freeze the result, give it its number, and count it."""
    snapshot = Snapshot.from_data(data)
    states = tallies.of_state(State.COMPLETED)
    if snapshot.channel != row.channel:  # it went on elsewhere: a person counts where the result was shared
        for tally in states:
            await count(database, row, {tally}, _day_of(row, tally, moment), -1)
        row.channel = snapshot.channel
        for tally in states:
            await count(database, row, {tally}, _day_of(row, tally, moment))
    row.snapshot, row.shared_at = dict(data), moment
    row.number = await next_number(database, row.campaign_id)
    await count(database, row, tallies.of_result(snapshot), day_of(moment))


def _day_of(row: ParticipationRow, tally: Tally, moment: datetime) -> str:
    return day_of(row.begun_at if tally.kind is Kind.BEGUN else row.completed_at or moment)


def _agreed(records: Sequence[NewRecord], campaign: str) -> bool:
    answers = [
        Consent(Purpose(each.payload["purpose"]), each.payload["recipient"], each.payload["agreed"], "")
        for each in records
        if each.kind == CONSENT
    ]
    return is_given(answers, Purpose.SHARE_RESULT, campaign)
