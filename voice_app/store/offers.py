"""What the code of a campaign offers, and whether somebody who took part may do so again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.campaigns import CampaignKind, Entry, Offer, entry
from engine.organization.participations import Again, State, may_repeat
from engine.organization.snapshot import Snapshot
from voice_app.store.envelopes import as_text, aware
from voice_app.store.organization_tables import CampaignRow, CampaignSoundRow, OrganizationRow, ParticipationRow
from voice_app.store.rules import StoreRules
from voice_app.store.sql_organizations import span_of


async def offer_of(database: AsyncSession, row: CampaignRow, organization: str, again: str | None = None) -> Offer:
    """Give what a campaign offers. `organization`: the name that is said; `again`: the participation it repeats."""
    query = select(CampaignSoundRow.locale, CampaignSoundRow.digest).where(CampaignSoundRow.campaign_id == row.id)
    return Offer(
        row.id,
        organization,
        row.title,
        row.path,
        dict(row.welcome),
        CampaignKind(row.kind),
        tuple(filter(None, row.locales.split(","))),
        dict(row.number_label),
        dict((await database.exec(query)).all()),
        again,
    )


async def again_after(
    database: AsyncSession, session: str, rules: StoreRules, moment: datetime
) -> Offer | Again | None:
    """Give the campaign of a session once more, or why not; None for a session of no campaign that lets people in."""
    query = select(ParticipationRow).where(ParticipationRow.session_id == session)
    part = (await database.exec(query)).first()
    campaign = None if part is None else await database.get(CampaignRow, part.campaign_id)
    if part is None or campaign is None or entry(span_of(campaign), as_text(moment)) is not Entry.OPEN:
        return None
    rested = part.shared_at is not None and aware(part.shared_at) <= moment - timedelta(days=rules.repeat_after_days)
    shown = None if part.snapshot is None else Snapshot.from_data(part.snapshot)
    answer = may_repeat(
        State(part.state),
        repeated=campaign.repeated,
        rested=rested,
        left_to_learn=shown is None or not shown.is_all_shown,
    )
    if answer is not Again.YES:
        return answer
    organization = await database.get_one(OrganizationRow, campaign.organization_id)
    return await offer_of(database, campaign, organization.name, part.id)
