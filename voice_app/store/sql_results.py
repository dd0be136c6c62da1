"""The results of campaigns in the database: `results.Results`. Each query names the organisation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel import select as entities
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization import suppression
from engine.organization.snapshot import Snapshot
from engine.organization.tallies import Kind, Tally
from voice_app.organizations import Author, OrganizationId
from voice_app.results import Figures, ModeEffect, Participant, ParticipantPage, Published, ResultFilter
from voice_app.store.audit import write_audit
from voice_app.store.envelopes import aware
from voice_app.store.organization_tables import CampaignRow, OrganizationRow, ParticipationRow
from voice_app.store.publications import figures_of, shown
from voice_app.store.result_tables import ALL_DAYS, ModeEffectRow, PublicationRow, TallyRow
from voice_app.store.tallies import recount
from voice_app.store.transactions import reading, transaction, wall_clock

STATEMENT_LIMIT_S = 8.0
RESULTS_AT_ONCE = 200
PAGE = 50
"""Results on one page of participants."""
LONGEST_COHORT = 60
Query = Select[*tuple[Any, ...]]


class SqlResults:
    """Results on an opened database; `clock` gives the moment, in UTC."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = wall_clock) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._clock = clock

    async def figures(self, organization: OrganizationId, campaign: str, chosen: ResultFilter) -> Figures:
        """Give the counts of a campaign."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            return await _figures(database, _tallies(organization, campaign, chosen))

    async def cohorts(self, organization: OrganizationId, campaign: str) -> Sequence[str]:
        """Give the names of the groups of a campaign, sorted."""
        query = (
            select(col(TallyRow.cohort))
            .join(CampaignRow, col(CampaignRow.id) == col(TallyRow.campaign_id))
            .where(col(CampaignRow.organization_id) == organization, col(TallyRow.campaign_id) == campaign)
            .where(col(TallyRow.day) == ALL_DAYS, col(TallyRow.kind) == Kind.SHARED.value)
            .where(col(TallyRow.cohort) != "", col(TallyRow.people) > 0)
            .distinct()
            .order_by(col(TallyRow.cohort))
        )
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            return list((await (await database.connection()).execute(query)).scalars())

    async def participants(
        self,
        organization: OrganizationId,
        campaign: str,
        chosen: ResultFilter,
        *,
        before: int | None = None,
        after: int | None = None,
    ) -> ParticipantPage:
        """Give a page of shared results, newest first."""
        number = col(ParticipationRow.number)
        query = _shared(organization, campaign, chosen).limit(PAGE + 1)
        if after is not None:
            query = query.where(number > after).order_by(number)
        else:
            query = query.order_by(number.desc())
            query = query if before is None else query.where(number < before)
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = list((await (await database.connection()).execute(query)).all())
        more, rows = len(rows) > PAGE, rows[:PAGE]
        found = [_participant(row) for row in (reversed(rows) if after is not None else rows)]
        if not found:
            return ParticipantPage()
        goes_back = more if after is not None else before is not None
        goes_on = True if after is not None else more
        return ParticipantPage(found, found[-1].number if goes_on else None, found[0].number if goes_back else None)

    async def participant(self, organization: OrganizationId, campaign: str, participant: str) -> Participant | None:
        """Give one shared result, or None."""
        query = _shared(organization, campaign, ResultFilter()).where(col(ParticipationRow.id) == participant)
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = (await (await database.connection()).execute(query)).one_or_none()
        return None if row is None else _participant(row)

    async def stream(
        self, organization: OrganizationId, campaign: str, chosen: ResultFilter
    ) -> AsyncIterator[Participant]:
        """Give the shared results, first shared first, a piece a transaction."""
        number, last = col(ParticipationRow.number), 0
        while True:
            query = _shared(organization, campaign, chosen).where(number > last).order_by(number)
            async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
                rows = (await (await database.connection()).execute(query.limit(RESULTS_AT_ONCE))).all()
            for row in rows:
                yield _participant(row)
            if len(rows) < RESULTS_AT_ONCE:
                return
            last = rows[-1].number

    async def put_in_cohort(
        self, organization: OrganizationId, campaign: str, participant: str, cohort: str, by: Author
    ) -> bool:
        """Put a shared result in a group; its counts move with it."""
        cohort = " ".join(cohort.split())[:LONGEST_COHORT]
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(ParticipationRow, participant, with_for_update=True)
            owner = await database.get(CampaignRow, campaign)
            if row is None or row.campaign_id != campaign or row.snapshot is None:
                return False
            if owner is None or owner.organization_id != organization:
                return False
            if row.cohort != cohort:
                await recount(database, row, -1)
                row.cohort = cohort
                await recount(database, row, 1)
                database.add(row)
                write_audit(
                    database, organization, by, "participant_grouped", f"{row.number} – {cohort}", self._clock()
                )
        return True

    async def publish(self, organization: OrganizationId, campaign: str, published: bool, by: Author) -> bool:
        """Let anybody see the figures of a campaign, or nobody any more."""
        changed = (
            update(CampaignRow)
            .where(col(CampaignRow.id) == campaign, col(CampaignRow.organization_id) == organization)
            .values(published=published)
            .returning(col(CampaignRow.title))
        )
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            title = (await (await database.connection()).execute(changed)).scalar_one_or_none()
            if title is None:
                return False
            action = "figures_published" if published else "figures_withdrawn"
            write_audit(database, organization, by, action, title, self._clock())
        return True

    async def published(self, code: str) -> Published | None:
        """Give what anybody may see; renewed when enough people came since the last time."""
        query = (
            entities(CampaignRow, OrganizationRow)
            .join(OrganizationRow, col(OrganizationRow.id) == col(CampaignRow.organization_id))
            .where(col(CampaignRow.code) == code, col(CampaignRow.published).is_(True))
        )
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            found = (await database.exec(query)).first()
            if found is None:
                return None
            campaign, owner = found
            kept = await database.get(PublicationRow, campaign.id)
            everything = _tallies(campaign.organization_id, campaign.id, ResultFilter())
            figures = await _figures(database, everything)
            if suppression.is_due(figures.counts.shared, kept.people if kept else None):
                renewed = PublicationRow(
                    campaign_id=campaign.id,
                    people=figures.counts.shared,
                    figures=figures_of(figures),
                    published_at=self._clock(),
                )
                kept = await database.merge(renewed)
        return shown(campaign.title, owner.name, campaign.path, kept)

    async def mode_effect(self, organization: OrganizationId, campaign: str) -> ModeEffect | None:
        """Give the last comparison between channels."""
        query = (
            entities(ModeEffectRow)
            .join(CampaignRow, col(CampaignRow.id) == col(ModeEffectRow.campaign_id))
            .where(col(CampaignRow.organization_id) == organization, col(ModeEffectRow.campaign_id) == campaign)
        )
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = (await database.exec(query)).first()
        return None if row is None else ModeEffect(aware(row.compared_at), row.found)


def _tallies(organization: str, campaign: str, chosen: ResultFilter) -> Query:
    """Give the query of a campaign's counts by channel."""
    people = func.sum(col(TallyRow.people))
    query: Query = (
        select(col(TallyRow.channel), col(TallyRow.kind), col(TallyRow.name), people)
        .join(CampaignRow, col(CampaignRow.id) == col(TallyRow.campaign_id))
        .where(col(CampaignRow.organization_id) == organization, col(TallyRow.campaign_id) == campaign)
        .group_by(col(TallyRow.channel), col(TallyRow.kind), col(TallyRow.name))
    )
    day = col(TallyRow.day)
    if chosen.first is None and chosen.last is None:
        query = query.where(day == ALL_DAYS)
    else:
        query = query.where(day != ALL_DAYS)
        query = query if chosen.first is None else query.where(day >= chosen.first.isoformat())
        query = query if chosen.last is None else query.where(day <= chosen.last.isoformat())
    return query.where(*_where(TallyRow, chosen))


async def _figures(database: AsyncSession, query: Query) -> Figures:
    channels: dict[str, dict[Tally, int]] = {}
    for channel, kind, name, people in (await (await database.connection()).execute(query)).all():
        channels.setdefault(channel, {})[Tally(Kind(kind), name)] = int(people)
    return Figures(channels)


def _shared(organization: str, campaign: str, chosen: ResultFilter) -> Query:
    """Give the query of a campaign's shared results."""
    columns = ("id", "number", "shared_at", "channel", "cohort", "snapshot", "person_number")
    before = aliased(ParticipationRow)
    query = (
        select(
            *(ParticipationRow.__table__.c[name] for name in columns),  # type: ignore[attr-defined]
            col(before.number).label("again_number"),
        )
        .select_from(ParticipationRow)
        .outerjoin(before, col(before.id) == col(ParticipationRow.again_of))
        .join(CampaignRow, col(CampaignRow.id) == col(ParticipationRow.campaign_id))
        .where(col(CampaignRow.organization_id) == organization, col(ParticipationRow.campaign_id) == campaign)
        .where(col(ParticipationRow.number).is_not(None), col(ParticipationRow.snapshot).is_not(None))
        .where(*_where(ParticipationRow, chosen))
    )
    shared_at = col(ParticipationRow.shared_at)
    if chosen.first is not None:
        query = query.where(shared_at >= _midnight(chosen.first))
    if chosen.last is not None and chosen.last < date.max:
        query = query.where(shared_at < _midnight(chosen.last + timedelta(days=1)))
    return query


def _where(table: type[TallyRow] | type[ParticipationRow], chosen: ResultFilter) -> Sequence[ColumnElement[bool]]:
    wanted = ((col(table.channel), chosen.channel), (col(table.cohort), chosen.cohort))
    return [column == value for column, value in wanted if value is not None]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _participant(row: Any) -> Participant:
    return Participant(
        number=row.number,
        id=row.id,
        shared_at=aware(row.shared_at),
        channel=row.channel,
        cohort=row.cohort,
        snapshot=Snapshot.from_data(row.snapshot),
        person_number=row.person_number,
        again_number=row.again_number,
    )
