"""Sittings as they are listed: the page's list and the feed of programs ask the same question."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, union_all
from sqlmodel import col
from sqlmodel import select as entities

from voice_app.organizations import CampaignId, OrganizationId
from voice_app.sittings import Sitting
from voice_app.store.envelopes import aware
from voice_app.store.organization_tables import AccountRow, CampaignRow
from voice_app.store.seats import ends_at, goes_on
from voice_app.store.sitting_tables import SeatRow, SittingRow


def listed_sittings(organization: str) -> Any:
    """Give the query of an organisation's sittings: row, account of the mediator, campaign or None, seats or None."""
    taken = (
        entities(SeatRow.sitting_id, func.count().label("seats")).group_by(col(SeatRow.sitting_id)).subquery("taken")
    )
    return (
        entities(SittingRow, AccountRow, CampaignRow, taken.c.seats)
        .join(AccountRow, col(AccountRow.id) == col(SittingRow.account_id))
        .outerjoin(CampaignRow, col(CampaignRow.id) == col(SittingRow.campaign_id))
        .outerjoin(taken, taken.c.sitting_id == col(SittingRow.id))
        .where(SittingRow.organization_id == organization)
    )


def last_changes() -> Any:
    """Give for each sitting (`sitting_id`) the moment (`at`) of its last change: opened, closed, somebody sat down."""
    moments = union_all(
        select(col(SittingRow.id).label("sitting_id"), col(SittingRow.opened_at).label("at")),
        select(col(SittingRow.id), col(SittingRow.closed_at)).where(col(SittingRow.closed_at).is_not(None)),
        select(col(SeatRow.sitting_id), col(SeatRow.joined_at)),
    ).subquery("moments")
    return (
        select(moments.c.sitting_id, func.max(moments.c.at).label("at"))
        .group_by(moments.c.sitting_id)
        .subquery("changes")
    )


def as_sitting(
    row: SittingRow, account: AccountRow, campaign: CampaignRow | None, seats: int | None, moment: datetime
) -> Sitting:
    """Give a sitting as it is at this moment."""
    return Sitting(
        id=row.id,
        organization=OrganizationId(row.organization_id),
        mediator=account.name,
        title=row.title,
        code=row.code,
        campaign=None if campaign is None else CampaignId(campaign.id),
        campaign_title="" if campaign is None else campaign.title,
        opened_at=aware(row.opened_at),
        is_open=goes_on(row, moment),
        seats=int(seats or 0),
        ends_at=ends_at(row),
    )
