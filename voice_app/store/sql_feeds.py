"""`feeds.Feeds` in the database: keyset pages by the moment of the last writing, no page dearer than the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import tuple_
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.roles import Role
from engine.organization.snapshot import Snapshot
from voice_app.feeds import LOG_SETTLED_S, Cursor, Participation, Piece, Result
from voice_app.organizations import (
    AccountId,
    AuditEntry,
    Campaign,
    Member,
    MemberId,
    Organization,
    OrganizationId,
    Organizations,
)
from voice_app.sittings import Sitting
from voice_app.store.audit import entry_of
from voice_app.store.envelopes import aware
from voice_app.store.organization_tables import (
    AccountRow,
    AuditRow,
    CampaignRow,
    MemberRow,
    OrganizationRow,
    ParticipationRow,
)
from voice_app.store.sitting_lists import as_sitting, last_changes, listed_sittings
from voice_app.store.sitting_tables import SittingRow
from voice_app.store.transactions import reading, wall_clock

STATEMENT_LIMIT_S = 8.0
Item = TypeVar("Item")
Row = MemberRow | CampaignRow | ParticipationRow | AuditRow


class SqlFeeds:
    """Feeds on an opened database; `organizations` gives campaigns with their counts, `clock` the moment, in UTC."""

    def __init__(
        self, engine: AsyncEngine, organizations: Organizations, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._organizations = organizations
        self._clock = clock

    async def members(self, organization: OrganizationId, after: Cursor | None, limit: int) -> Piece[Member]:
        """Give members, those who were put out included."""
        query: Any = (
            select(MemberRow, AccountRow, OrganizationRow)
            .join(AccountRow, col(AccountRow.id) == col(MemberRow.account_id))
            .join(OrganizationRow, col(OrganizationRow.id) == col(MemberRow.organization_id))
            .where(MemberRow.organization_id == organization)
        )
        rows = await self._page(query, MemberRow, after, limit)
        members = [
            Member(
                MemberId(row.id),
                Organization(OrganizationId(owner.id), owner.name),
                AccountId(account.id),
                account.name,
                account.email,
                Role(row.role),
                row.active,
            )
            for row, account, owner in rows
        ]
        return _piece(members, [row for row, _, _ in rows], after, limit)

    async def campaigns(self, organization: OrganizationId, after: Cursor | None, limit: int) -> Piece[Campaign]:
        """Give campaigns as they were made and archived."""
        query: Any = select(CampaignRow).where(CampaignRow.organization_id == organization)
        rows = await self._page(query, CampaignRow, after, limit)
        known = {each.id: each for each in await self._organizations.campaigns(organization)} if rows else {}
        return _piece([known[row.id] for row in rows if row.id in known], rows, after, limit)

    async def results(
        self, organization: OrganizationId, campaign: str, after: Cursor | None, limit: int
    ) -> Piece[Result]:
        """Give shared results; empty for a campaign of another organisation."""
        rows = await self._page(_shared(organization, campaign), ParticipationRow, after, limit)
        return _piece([_result(row) for row in rows], rows, after, limit)

    async def result(self, organization: OrganizationId, campaign: str, participation: str) -> Result | None:
        """Give one shared result, or None."""
        query = _shared(organization, campaign).where(col(ParticipationRow.id) == participation)
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = (await database.exec(query)).first()
        return None if row is None else _result(row)

    async def log(self, organization: OrganizationId, after: Cursor | None, limit: int) -> Piece[AuditEntry]:
        """Give the entries of the audit log, oldest first, those of the last moments left out."""
        query: Any = (
            select(AuditRow, AccountRow)
            .join(AccountRow, col(AccountRow.id) == col(AuditRow.account_id), isouter=True)
            .where(AuditRow.organization_id == organization)
            .where(col(AuditRow.at) <= self._clock() - timedelta(seconds=LOG_SETTLED_S))
        )
        rows = await self._page(query, AuditRow, after, limit)
        return _piece([entry_of(row, account) for row, account in rows], [row for row, _ in rows], after, limit)

    async def sittings(self, organization: OrganizationId, after: Cursor | None, limit: int) -> Piece[Sitting]:
        """Give sittings as they were opened and closed and as people sat down."""
        changes = last_changes()
        query = (
            listed_sittings(organization)
            .add_columns(changes.c.at)
            .join(changes, changes.c.sitting_id == col(SittingRow.id))
            .order_by(changes.c.at, col(SittingRow.id))
            .limit(limit + 1)
        )
        if after is not None:
            query = query.where(tuple_(changes.c.at, col(SittingRow.id)) > (after.moment, after.id))
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        moment, kept = self._clock(), rows[:limit]
        last = Cursor(aware(kept[-1][-1]), kept[-1][0].id) if kept else after
        items = [as_sitting(row, account, taken, seats, moment) for row, account, taken, seats, _ in kept]
        return Piece(items, last, len(rows) > limit)

    async def _page(self, query: Any, table: type[Row], after: Cursor | None, limit: int) -> Sequence[Any]:
        """Give one row more than the page has, so that it can be told whether there is more."""
        written = col(table.at if issubclass(table, AuditRow) else table.changed_at)
        query = query.order_by(written, col(table.id)).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(written, col(table.id)) > (after.moment, after.id))
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows: Sequence[Any] = (await database.exec(query)).all()
        return rows


def _shared(organization: str, campaign: str) -> Any:
    """Give the query of a campaign's shared results."""
    return (
        select(ParticipationRow)
        .join(CampaignRow, col(CampaignRow.id) == col(ParticipationRow.campaign_id))
        .where(CampaignRow.organization_id == organization, ParticipationRow.campaign_id == campaign)
        .where(col(ParticipationRow.shared_at).is_not(None), col(ParticipationRow.snapshot).is_not(None))
    )


def _piece(items: Sequence[Item], rows: Sequence[Row], after: Cursor | None, limit: int) -> Piece[Item]:
    kept = rows[:limit]
    last = Cursor(_written(kept[-1]), kept[-1].id) if kept else after
    return Piece(items[:limit], last, len(rows) > limit)


def _written(row: Row) -> datetime:
    if isinstance(row, AuditRow):
        return aware(row.at)
    return aware(row.changed_at or (row.begun_at if isinstance(row, ParticipationRow) else row.created_at))


def _result(row: ParticipationRow) -> Result:
    shared = aware(row.shared_at or row.begun_at)
    return Result(
        Participation(
            id=row.id,
            campaign=row.campaign_id,
            begun_at=aware(row.begun_at),
            completed_at=aware(row.completed_at or row.begun_at),
            shared_at=shared,
            changed_at=_written(row),
            again_of=row.again_of,
        ),
        Snapshot.from_data(row.snapshot or {}),
        row.person_number,
        row.number,
        row.cohort,
    )
