"""The hub's side in the database: batches gathered, chains and shared sessions given back, sites reported on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.codes import is_valid_code
from engine.organization.participations import JOINED
from engine.sync.batches import MOST_EVENTS, Batch, Sealed, cut
from engine.sync.sending import Answer, answer_of
from engine.sync.sessions import Place
from voice_app.errors import StoreError, TooManyAttempts
from voice_app.store.chains import head_at, places_of, take
from voice_app.store.envelopes import aware, envelope_of
from voice_app.store.erasures import obey
from voice_app.store.event_keeping import ORDER, moment_of, place_of
from voice_app.store.organization_tables import CampaignRow
from voice_app.store.sql_enrolments import Enrolment
from voice_app.store.sync_tables import DeliveryRow, EnrolmentRow, SiteReportRow
from voice_app.store.tables import EventRow, ResumeCodeRow, SessionRow, SiteRow, Standing, WrongCodeRow
from voice_app.store.transactions import reading, transaction, wall_clock
from voice_app.sync.messages import Feed, Report

LIMIT_S = 60.0
"""A batch of 500 events on a slow disk; past it the site sends it again."""
WRONG_CODES_A_SITE = 60
"""Within an hour."""
CODE_VALID = timedelta(days=90)


class NotItsChain(StoreError):
    """A site sends for a chain that another site has sent."""

    code = "sync.not_its_chain"
    retryable = False


@dataclass(frozen=True, slots=True)
class Placed:
    """What a claim gives: the events of one session."""

    session_id: str
    events: tuple[tuple[Sealed, Place], ...]


class SqlHub:
    """Gathers on an opened database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    async def site_id(self) -> str:
        """Give the hub's own site id; another one after it was restored."""
        async with reading(self._sessions, LIMIT_S) as database:
            return (await database.exec(select(SiteRow.id).where(SiteRow.standing == Standing.OWN))).one()

    async def gather(self, enrolment: Enrolment, batch: Batch, report: Report, way: str = "line") -> Answer:
        """Take a batch in, in one transaction, and give the answer. Raises StoreError, NotItsChain."""
        async with transaction(self._sessions, LIMIT_S) as database:
            chain = await self._chain(database, enrolment, batch.site_id)
            refused = await _out_of_scope(database, enrolment, batch)
            receipt = await take(database, batch, chain, refused)
            await _note_report(database, chain, report, way)
            await obey(database, [sealed.envelope for sealed in receipt.kept])
        return answer_of(receipt)

    async def _chain(self, database: AsyncSession, enrolment: Enrolment, site: str) -> SiteRow:
        """Give the row of a chain, locked; a chain that is not known becomes this site's."""
        insert = insert_postgresql if self._engine.dialect.name == "postgresql" else insert_sqlite
        fresh = SiteRow(id=site, standing=Standing.WHOLE, enrolment_id=enrolment.id)
        await database.exec(insert(SiteRow).values(**fresh.model_dump()).on_conflict_do_nothing())
        row = (await database.exec(select(SiteRow).where(SiteRow.id == site).with_for_update())).one()
        await database.refresh(row)
        if row.enrolment_id != enrolment.id:
            before = None if row.enrolment_id is None else await database.get(EnrolmentRow, row.enrolment_id)
            if row.standing != Standing.WHOLE or (before is not None and before.closed_at is None):
                raise NotItsChain(f"the events of site {site} are sent by another site")
            row.enrolment_id = enrolment.id
            database.add(row)
        return row

    async def tail(self, enrolment: Enrolment, site: str, after: int) -> Batch | None:
        """Give the next events of a chain that this site sent, for a copy that lacks them; None when it is not its."""
        async with reading(self._sessions, LIMIT_S) as database:
            row = await database.get(SiteRow, site)
            head = await head_at(database, site, after)
            if row is None or row.enrolment_id != enrolment.id or head is None:
                return None
            return cut(site, head, await places_of(database, site, after, after + MOST_EVENTS))

    async def feed(self, enrolment: Enrolment, site: str, hub_site: str, since: int, limit: int = 200) -> Feed:
        """Give what others wrote in the sessions of a site, behind a cursor (0 where the hub is another one now)."""
        here = await self.site_id()
        since = since if hub_site == here else 0
        query = (
            select(DeliveryRow.number, EventRow)
            .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
            .join(SiteRow, col(SiteRow.id) == col(DeliveryRow.site_id))
            .where(DeliveryRow.site_id == site, SiteRow.enrolment_id == enrolment.id)
            .where(col(DeliveryRow.number) > since)
            .order_by(col(DeliveryRow.number))
            .limit(limit + 1)
        )
        async with reading(self._sessions, LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        more, rows = len(rows) > limit, rows[:limit]
        events = tuple((Sealed(envelope_of(row), row.digest), place_of(row)) for _, row in rows)
        return Feed(here, int(rows[-1][0] or 0) if rows else since, more, events)

    async def claim(self, enrolment: Enrolment, code: str, asker: str) -> Placed | None:
        """Give the session of a code that its person gave at this site, or None.

        Raises TooManyAttempts. Unknown codes are counted by the place that asks and by the site.
        """
        moment = wall_clock()
        place = f"{enrolment.id}/{asker}"
        async with transaction(self._sessions, LIMIT_S) as database:
            await _refuse_guessing(database, enrolment.id, moment)
            if not is_valid_code(code):
                return None
            found = await _session_of_code(database, enrolment, code, moment)
            if found is None:
                database.add(WrongCodeRow(asker=place, tried_at=moment))
                return None
            query = select(EventRow).where(EventRow.session_id == found).order_by(*ORDER)
            rows = (await database.exec(query)).all()
        return Placed(found, tuple((Sealed(envelope_of(row), row.digest), place_of(row)) for row in rows))


async def _out_of_scope(database: AsyncSession, enrolment: Enrolment, batch: Batch) -> set[str]:
    """Give the ids of events that would join a campaign of an organisation that the site does not serve."""
    joining = {
        e.envelope.id: str(e.envelope.payload.get("campaign")) for e in batch.events if e.envelope.kind == JOINED
    }
    if not joining:
        return set()
    query = select(CampaignRow.id, CampaignRow.organization_id).where(col(CampaignRow.id).in_(set(joining.values())))
    owners: dict[str, str] = dict((await database.exec(query)).all())
    return {
        event
        for event, campaign in joining.items()
        if campaign in owners and owners[campaign] not in enrolment.organizations
    }


async def _note_report(database: AsyncSession, chain: SiteRow, report: Report, way: str) -> None:
    row = await database.get(SiteReportRow, chain.id)
    if row is None:
        row = SiteReportRow(
            site_id=chain.id,
            contact_at=wall_clock(),
            last_sequence=0,
            backlog=0,
            app_version="",
            bank_version="",
            way=way,
        )
    row.contact_at, row.way = wall_clock(), way
    row.last_sequence, row.backlog = report.last_sequence, report.backlog
    row.oldest_at = _moment(report.oldest_at)
    row.app_version, row.bank_version = report.app_version, report.bank_version
    database.add(row)


def _moment(text: str) -> datetime | None:
    try:
        return moment_of(text) if text else None
    except ValueError:
        return None


async def _refuse_guessing(database: AsyncSession, enrolment: str, moment: datetime) -> None:
    query = select(func.count()).where(
        col(WrongCodeRow.asker).startswith(f"{enrolment}/", autoescape=True),
        col(WrongCodeRow.tried_at) >= moment - timedelta(hours=1),
    )
    if (await database.exec(query)).one() >= WRONG_CODES_A_SITE:
        raise TooManyAttempts("too many wrong codes from this site; an hour later they are looked up again")


async def _session_of_code(database: AsyncSession, enrolment: Enrolment, code: str, moment: datetime) -> str | None:
    """Give the session of a code that this site may take up: of no campaign, or of one of its organisations."""
    query = (
        select(SessionRow.id, ResumeCodeRow.issued_at)
        .join(ResumeCodeRow, col(ResumeCodeRow.session_id) == col(SessionRow.id))
        .where(ResumeCodeRow.code == code)
    )
    found = [session for session, issued in (await database.exec(query)).all() if aware(issued) >= moment - CODE_VALID]
    if len(found) != 1:
        return None  # drawn by two sites: the person goes on where they began
    joined = select(EventRow).where(EventRow.session_id == found[0], EventRow.kind == JOINED)
    for row in (await database.exec(joined)).all():
        campaign = await database.get(CampaignRow, str(row.payload.get("campaign")))
        if campaign is not None and campaign.organization_id not in enrolment.organizations:
            return None
    return found[0]
