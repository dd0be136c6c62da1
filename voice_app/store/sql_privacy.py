"""What is kept of a person, in the database: `privacy.Privacy`.

An erasure is announced in the chain of events and carried out in one transaction (`erasures`, `erasing`). Retention is
nothing else than an erasure that nobody had to ask for, with one exception: a result that its person keeps in an
account leaves the organisation when its time there is over, as an erased one does, and stays the person's own. It is
kept as long as the account is used; an account that was not used for the service's own time goes with all its results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel import col
from sqlmodel import select as entities
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.participations import RELEASED
from engine.sync.erasure import ERASED, ERASURE
from engine.sync.sessions import STORE_KINDS
from voice_app.organizations import Author, OrganizationId
from voice_app.ports import NewRecord, SessionId
from voice_app.privacy import KeptData, KeptEvent, KeptParticipation
from voice_app.store.appending import SERVICE, append_records, begin
from voice_app.store.audit import write_audit
from voice_app.store.chains import own_chain
from voice_app.store.envelopes import aware
from voice_app.store.event_keeping import ORDER
from voice_app.store.learner_tables import ClaimRow, LearnerRow, LearnerSessionRow, LearnerSignInRow
from voice_app.store.organization_tables import CampaignRow, OrganizationRow, ParticipationRow
from voice_app.store.privacy_tables import RetentionRow
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_store import SqlStore
from voice_app.store.tables import CallerRow, EventRow, ResumeCodeRow, SessionRow
from voice_app.store.transactions import reading, transaction, wall_clock

STATEMENT_LIMIT_S = 8.0
AT_ONCE = 100
MONTHS_IN_YEAR = 12
NOT_PERSONAL = (ERASED, ERASURE)


class SqlPrivacy:
    """Privacy on an opened store; `clock` gives the moment, in UTC."""

    def __init__(self, store: SqlStore, rules: OrganizationRules, clock: Callable[[], datetime] = wall_clock) -> None:
        self._store = store
        self._sessions = async_sessionmaker(store.engine, class_=AsyncSession, expire_on_commit=False)
        self._rules = rules
        self._clock = clock

    async def kept(self, session: SessionId) -> KeptData | None:
        """Give everything that is kept of a session."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(SessionRow, session)
            if row is None:
                return None
            events = await database.exec(
                entities(EventRow)
                .where(EventRow.session_id == session, col(EventRow.kind).not_in(STORE_KINDS))  # codes are told beside
                .order_by(*ORDER)
            )
            code = await database.exec(
                entities(func.count()).select_from(ResumeCodeRow).where(ResumeCodeRow.session_id == session)
            )
            callers = await database.exec(
                entities(func.count()).select_from(CallerRow).where(CallerRow.session_id == session)
            )
            taken_part = await database.exec(
                entities(ParticipationRow, CampaignRow, OrganizationRow)
                .join(CampaignRow, col(CampaignRow.id) == col(ParticipationRow.campaign_id))
                .join(OrganizationRow, col(OrganizationRow.id) == col(CampaignRow.organization_id))
                .where(ParticipationRow.session_id == session)
            )
            return KeptData(
                opened_at=aware(row.opened_at),
                channel=row.channel,
                has_code=code.one() > 0,
                remembered_callers=callers.one(),
                events=[
                    KeptEvent(aware(each.recorded_at), each.kind, each.channel, each.actor, each.payload)
                    for each in events.all()
                ],
                participations=[
                    KeptParticipation(
                        organization.name,
                        campaign.title,
                        part.state,
                        None if part.shared_at is None else aware(part.shared_at),
                        part.person_number,
                    )
                    for part, campaign, organization in taken_part.all()
                ],
            )

    async def erase(self, session: SessionId) -> bool:
        """Erase what is kept of a session, at once."""
        return await self._store.erase(session)

    async def retention(self, organization: OrganizationId) -> int:
        """Give how many months this organisation keeps what people sent."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(RetentionRow, organization)
        return self._rules.retention_months if row is None else row.months

    async def keep_for(self, organization: OrganizationId, months: int, by: Author) -> bool:
        """Set how many months an organisation keeps."""
        if not 1 <= months <= self._rules.longest_retention_months:
            return False
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            if await database.get(OrganizationRow, organization) is None:
                return False
            await database.merge(RetentionRow(organization_id=organization, months=months))
            write_audit(database, organization, by, "retention_set", str(months), self._clock())
        return True

    async def erase_some(self) -> bool:
        """Erase some sessions whose time is over: those of campaigns, then those that took part in none."""
        return await self._erase_some() > 0

    async def erase_what_is_past(self) -> int:
        """Erase all sessions whose time is over, and give how many."""
        erased = 0
        while some := await self._erase_some():
            erased += some
        return erased

    async def _erase_some(self) -> int:
        await self._forget_what_opens_nothing()
        done = 0
        for session in await self._past():
            done += await self._release(session) or await self.erase(SessionId(session))
        return done

    async def _release(self, session: str) -> bool:
        """End the participation of a session that is in an account: the organisation's time is over, not the person's.

        False for a session outside any account, or outside any campaign.
        """
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await own_chain(database)
            part = (
                await database.exec(entities(ParticipationRow).where(ParticipationRow.session_id == session))
            ).first()
            if part is None or await database.get(LearnerSessionRow, session) is None:
                return False
            writing = await begin(database, session, "", self._clock())
            ended = NewRecord(RELEASED, {"v": 1, "campaign": part.campaign_id})
            await append_records(database, writing, [ended], SERVICE, take_lead=True)
        return True

    async def _forget_what_opens_nothing(self) -> None:
        """Delete claim codes and sign-ins of learners that open nothing any more, and accounts long left empty."""
        moment = self._clock()
        cutoff = months_before(moment, self._rules.retention_months)
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            used = col(ClaimRow.used_at).is_not(None)
            await database.exec(delete(ClaimRow).where(used | (col(ClaimRow.expires_at) <= moment)))
            await database.exec(delete(LearnerSignInRow).where(col(LearnerSignInRow.expires_at) <= moment))
            linked = select(col(LearnerSessionRow.learner_id))
            signed_in = select(col(LearnerSignInRow.learner_id))
            empty = col(LearnerRow.id).not_in(linked) & col(LearnerRow.id).not_in(signed_in)
            await database.exec(delete(LearnerRow).where(_last_used() < cutoff, empty))

    async def _past(self) -> Sequence[str]:
        """Give some sessions whose time is over."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            months = {row.organization_id: row.months for row in await database.exec(entities(RetentionRow))}
            for owner in (await database.exec(entities(OrganizationRow.id))).all():
                cutoff = months_before(self._clock(), months.get(owner, self._rules.retention_months))
                query = (
                    select(col(ParticipationRow.session_id))
                    .join(CampaignRow, col(CampaignRow.id) == col(ParticipationRow.campaign_id))
                    .where(col(CampaignRow.organization_id) == owner, col(ParticipationRow.erased).is_(False))
                    .where(col(ParticipationRow.begun_at) < cutoff)
                    .where(~_event_since(col(ParticipationRow.session_id), cutoff))
                    .limit(AT_ONCE)
                )
                found = await (await database.connection()).execute(query)
                if past := list(found.scalars()):
                    return past
            cutoff = months_before(self._clock(), self._rules.retention_months)
            session = col(SessionRow.id)
            personal = select(col(EventRow.id)).where(
                col(EventRow.session_id) == session, col(EventRow.kind).not_in(NOT_PERSONAL)
            )
            part = select(col(ParticipationRow.id)).where(col(ParticipationRow.session_id) == session)
            owned = (
                select(col(LearnerSessionRow.session_id))
                .join(LearnerRow, col(LearnerRow.id) == col(LearnerSessionRow.learner_id))
                .where(col(LearnerSessionRow.session_id) == session, _last_used() >= cutoff)
            )
            alone = (
                select(session)
                .where(col(SessionRow.opened_at) < cutoff, personal.exists(), ~part.exists(), ~owned.exists())
                .where(~_event_since(session, cutoff))
                .limit(AT_ONCE)
            )
            found = await (await database.connection()).execute(alone)
            return list(found.scalars())


def _event_since(session: Any, cutoff: datetime) -> Any:
    return (
        select(col(EventRow.id))
        .where(col(EventRow.session_id) == session, col(EventRow.recorded_at) >= cutoff)
        .where(col(EventRow.kind) != RELEASED)  # nobody's act: it keeps nothing alive
        .exists()
    )


def _last_used() -> Any:
    """Give when the person of an account came last; accounts made before that was noted: when they were made."""
    return func.coalesce(col(LearnerRow.used_at), col(LearnerRow.created_at))


def months_before(moment: datetime, months: int) -> datetime:
    """Give the first of the month so many months before: whatever is older has been kept long enough."""
    count = moment.year * MONTHS_IN_YEAR + moment.month - 1 - months
    return datetime(count // MONTHS_IN_YEAR, count % MONTHS_IN_YEAR + 1, 1, tzinfo=UTC)
