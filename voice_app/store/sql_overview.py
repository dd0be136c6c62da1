"""What the hub's operator sees: each site's last contact, what it still has, what is in custody, what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.sync.erasure import ERASURE
from voice_app.store.envelopes import aware
from voice_app.store.sync_tables import CustodyRow, EnrolmentRow, IncidentRow, SiteReportRow
from voice_app.store.tables import EventRow, SiteRow
from voice_app.store.transactions import reading, transaction, wall_clock

LIMIT_S = 8.0


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """One chain of a site. `missing`: numbers that the site has and the hub has not, as the site last said."""

    site_id: str
    gathered: int
    missing: int
    contact_at: datetime
    oldest_at: datetime | None
    app_version: str
    bank_version: str
    way: str


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """A site with its chains, the one in use first; none before its first contact."""

    id: str
    name: str
    closed: bool
    chains: tuple[ChainStatus, ...]
    custody: int
    erased: int = 0
    """Erasures that this site announced, carried out in everything that the hub holds."""

    @property
    def contact_at(self) -> datetime | None:
        return max((chain.contact_at for chain in self.chains), default=None)

    @property
    def backlog(self) -> int:
        return self.chains[0].missing if self.chains else 0

    @property
    def oldest_at(self) -> datetime | None:
        return self.chains[0].oldest_at if self.chains else None


@dataclass(frozen=True, slots=True)
class InCustody:
    """An event set aside, nothing of what it says."""

    site_id: str
    sequence: int
    digest: str
    event_id: str
    reason: str
    taken_at: datetime
    seen: bool
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that the operator should know."""

    id: str
    site_id: str
    kind: str
    detail: str
    at: datetime
    seen: bool


class SqlOverview:
    """The operator's view on an opened database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    async def sites(self) -> Sequence[SiteStatus]:
        """Give the sites, those longest without contact first, those that are closed last."""
        async with reading(self._sessions, LIMIT_S) as database:
            enrolments = (await database.exec(select(EnrolmentRow))).all()
            reports = (
                await database.exec(
                    select(SiteRow, SiteReportRow).join(SiteReportRow, col(SiteReportRow.site_id) == col(SiteRow.id))
                )
            ).all()
            counting = select(CustodyRow.site_id, func.count()).where(col(CustodyRow.seen_at).is_(None))
            aside: dict[str, int] = dict((await database.exec(counting.group_by(col(CustodyRow.site_id)))).all())
            announced = select(EventRow.site_id, func.count()).where(EventRow.kind == ERASURE)
            erased: dict[str, int] = dict((await database.exec(announced.group_by(col(EventRow.site_id)))).all())
        told = []
        for row in enrolments:
            mine = [(site, report) for site, report in reports if site.enrolment_id == row.id]
            mine.sort(key=lambda pair: aware(pair[1].contact_at), reverse=True)
            chains = tuple(_chain(site, report) for site, report in mine)
            custody = sum(aside.get(site.id, 0) for site, _ in mine)
            gone = sum(erased.get(site.id, 0) for site, _ in mine)
            told.append(SiteStatus(row.id, row.name, row.closed_at is not None, chains, custody, gone))
        return sorted(told, key=_urgency)

    async def custody(self, *, all_of_them: bool = False) -> Sequence[InCustody]:
        """Give the events set aside that nobody has seen yet, or all."""
        query = select(CustodyRow).order_by(col(CustodyRow.taken_at))
        if not all_of_them:
            query = query.where(col(CustodyRow.seen_at).is_(None))
        async with reading(self._sessions, LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [
            InCustody(
                row.site_id,
                row.sequence,
                row.digest,
                row.event_id,
                row.reason,
                aware(row.taken_at),
                row.seen_at is not None,
                dict(row.event),
            )
            for row in rows
        ]

    async def incidents(self, *, all_of_them: bool = False) -> Sequence[Incident]:
        """Give what happened that nobody has seen yet, or all, newest first."""
        query = select(IncidentRow).order_by(col(IncidentRow.id).desc())
        if not all_of_them:
            query = query.where(col(IncidentRow.seen_at).is_(None))
        async with reading(self._sessions, LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [
            Incident(row.id, row.site_id, row.kind, row.detail, aware(row.at), row.seen_at is not None) for row in rows
        ]

    async def take_note(self) -> int:
        """Mark everything as seen; it stays to be read. Gives how many things that were."""
        moment = wall_clock()
        async with transaction(self._sessions, LIMIT_S) as database:
            seen = 0
            for table in (CustodyRow, IncidentRow):
                done = await database.exec(update(table).where(col(table.seen_at).is_(None)).values(seen_at=moment))
                seen += done.rowcount
        return seen


def _chain(site: SiteRow, report: SiteReportRow) -> ChainStatus:
    return ChainStatus(
        site.id,
        site.last_sequence,
        report.backlog,
        aware(report.contact_at),
        None if report.oldest_at is None else aware(report.oldest_at),
        report.app_version,
        report.bank_version,
        report.way,
    )


def _urgency(status: SiteStatus) -> tuple[bool, bool, float, str]:
    contact = status.contact_at
    return (status.closed, contact is not None, contact.timestamp() if contact else 0.0, status.name)
