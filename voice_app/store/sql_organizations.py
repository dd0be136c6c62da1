"""Organisations, members, campaigns and shared results: `organizations.Organizations` in the database.

Each query names the organisation, so that nothing of another one can be read or changed by its id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, tuple_, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.campaigns import (
    LONGEST_NAME,
    CampaignKind,
    InvalidCampaign,
    Span,
    checked,
    checked_labels,
    checked_tags,
    entry,
)
from engine.organization.roles import Role, leaves_an_admin
from engine.organization.snapshot import Snapshot
from engine.organization.tallies import Kind
from voice_app.organizations import (
    AccountId,
    AuditEntry,
    Author,
    Campaign,
    CampaignChange,
    CampaignDraft,
    CampaignId,
    Counts,
    InvalidMember,
    Member,
    MemberId,
    Organization,
    OrganizationId,
    SharedResult,
)
from voice_app.store.audit import entry_of, write_audit
from voice_app.store.envelopes import as_text, aware
from voice_app.store.identifiers import uuid7
from voice_app.store.organization_tables import (
    AccountRow,
    AuditRow,
    CampaignRow,
    CampaignSoundRow,
    InvitationRow,
    MemberRow,
    OrganizationRow,
    ParticipationRow,
    SignInRow,
)
from voice_app.store.result_tables import ALL_DAYS, TallyRow
from voice_app.store.rules import OrganizationRules
from voice_app.store.spoken_codes import draw_spoken_code
from voice_app.store.sql_accounts import STATEMENT_LIMIT_S, plain_email
from voice_app.store.transactions import digest_of, milliseconds, new_token, reading, transaction, wall_clock

RESULTS_AT_ONCE = 200
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


class SqlOrganizations:
    """Organisations on an opened database; `clock` gives the moment, in UTC."""

    def __init__(
        self, engine: AsyncEngine, rules: OrganizationRules, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._rules = rules
        self._clock = clock

    # --- organisations and members -----------------------------------------------------------------------------

    async def create(self, name: str) -> Organization:
        """Give a new organisation. Raises InvalidMember for a name that cannot be spoken."""
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise InvalidMember("name_missing", f"a name has 1 to {LONGEST_NAME} characters")
        moment = self._clock()
        row = OrganizationRow(id=uuid7(milliseconds(moment)), name=name, created_at=moment)
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            database.add(row)
            await database.flush()
            self._note(database, row.id, None, "organization_created", name)
        return Organization(OrganizationId(row.id), name)

    async def listed(self) -> Sequence[Organization]:
        """Give all organisations by name."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = await database.exec(select(OrganizationRow).order_by(col(OrganizationRow.name)))
            return [Organization(OrganizationId(row.id), row.name) for row in rows]

    async def invite(self, organization: OrganizationId, email: str, role: Role, by: Author) -> str:
        """Give the token of a new invitation. Raises InvalidMember."""
        email = plain_email(email)
        if not _EMAIL.fullmatch(email):
            raise InvalidMember("email")
        token, moment = new_token(), self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            if await database.get(OrganizationRow, organization) is None:
                raise InvalidMember("organization_unknown", f"no organisation {organization}")
            if any(member.email == email and member.active for member in await _members(database, organization)):
                raise InvalidMember("member_already")
            await database.exec(
                update(InvitationRow)
                .where(col(InvitationRow.organization_id) == organization, col(InvitationRow.email) == email)
                .where(col(InvitationRow.closed_at).is_(None))
                .values(closed_at=moment)
            )
            expires_at = moment + timedelta(days=self._rules.invitation_days)
            database.add(
                InvitationRow(
                    digest=digest_of(token), organization_id=organization, email=email, role=role, expires_at=expires_at
                )
            )
            self._note(database, organization, by, "member_invited", email)
        return token

    async def members(self, organization: OrganizationId) -> Sequence[Member]:
        """Give the members by name, those who were put out last."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            return await _members(database, organization)

    async def change_member(
        self, organization: OrganizationId, member: MemberId, *, role: Role, active: bool, by: Author
    ) -> bool:
        """Set role and activity. False for a member of another organisation. Raises InvalidMember."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            # the organisation's row is locked, so that two admins cannot put each other out at once
            await database.get(OrganizationRow, organization, with_for_update=True)
            members = await _members(database, organization)
            changed = next((each for each in members if each.id == member), None)
            if changed is None:
                return False
            remaining = [each.role for each in members if each.active and each.id != member]
            if not leaves_an_admin([*remaining, role] if active else remaining):
                raise InvalidMember("last_admin")
            row = await database.get_one(MemberRow, member)
            row.role, row.active = role.value, active
            database.add(row)
            if not active:
                await database.exec(delete(SignInRow).where(col(SignInRow.account_id) == changed.account))
            action = f"member_{role.value}" if active else "member_put_out"
            self._note(database, organization, by, action, changed.email)
        return True

    # --- campaigns ---------------------------------------------------------------------------------------------

    async def create_campaign(self, organization: OrganizationId, draft: CampaignDraft, by: Author) -> Campaign:
        """Give a new campaign with its code. Raises InvalidCampaign."""
        title, spoken = _checked(draft)
        if not draft.path:
            raise InvalidCampaign("path", "missing")
        moment = self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = CampaignRow(
                id=uuid7(milliseconds(moment)),
                organization_id=organization,
                code=await draw_spoken_code(database),
                title=title,
                path=draft.path,
                welcome=spoken,
                opens_at=draft.opens,
                closes_at=draft.closes,
                tags=",".join(checked_tags(draft.tags)),
                kind=draft.kind.value,
                locales=",".join(dict.fromkeys(draft.locales)),
                number_label=checked_labels(draft.number_label) if draft.kind is not CampaignKind.DIAGNOSTIC else {},
                repeated=draft.repeated,
                created_at=moment,
            )
            database.add(row)
            self._note(database, organization, by, "campaign_created", title)
            (made,) = await self._campaigns(database, organization, row.id)
        return made

    async def campaigns(self, organization: OrganizationId) -> Sequence[Campaign]:
        """Give the campaigns, newest first, archived ones last."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            return await self._campaigns(database, organization)

    async def campaign(self, organization: OrganizationId, campaign: str) -> Campaign | None:
        """Give one campaign of this organisation, or None."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            found = await self._campaigns(database, organization, campaign)
            return found[0] if found else None

    async def change_campaign(
        self, organization: OrganizationId, campaign: str, change: CampaignChange, by: Author
    ) -> bool:
        """Set what may change; a recording of words that are others now goes. Raises InvalidCampaign."""
        title, spoken = _checked(change)
        tags = ",".join(checked_tags(change.tags))
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(CampaignRow, campaign, with_for_update=True)
            if row is None or row.organization_id != organization:
                return False
            others = [locale for locale, words in row.welcome.items() if spoken.get(locale) != words]
            recorded = col(CampaignSoundRow.campaign_id) == campaign, col(CampaignSoundRow.locale).in_(others)
            await database.exec(delete(CampaignSoundRow).where(*recorded))
            row.title, row.welcome, row.tags = title, spoken, tags
            row.opens_at, row.closes_at = change.opens, change.closes
            database.add(row)
            self._note(database, organization, by, "campaign_changed", title)
        return True

    async def archive(self, organization: OrganizationId, campaign: str, by: Author) -> bool:
        """Archive a campaign. False when this organisation has none of this id."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(CampaignRow, campaign, with_for_update=True)
            if row is None or row.organization_id != organization:
                return False
            if row.archived_at is None:
                row.archived_at = self._clock()
                database.add(row)
                self._note(database, organization, by, "campaign_archived", row.title)
        return True

    async def _campaigns(
        self, database: AsyncSession, organization: str, only: str | None = None
    ) -> Sequence[Campaign]:
        """Give campaigns of an organisation with their counts."""
        owner = await database.get(OrganizationRow, organization)
        query = (
            select(CampaignRow)
            .where(CampaignRow.organization_id == organization)
            .order_by(col(CampaignRow.archived_at).is_not(None), col(CampaignRow.id).desc())
        )
        counting = (
            select(TallyRow.campaign_id, TallyRow.kind, func.sum(TallyRow.people))
            .join(CampaignRow, col(CampaignRow.id) == col(TallyRow.campaign_id))
            .where(CampaignRow.organization_id == organization, TallyRow.day == ALL_DAYS)
            .where(col(TallyRow.kind).in_([Kind.BEGUN, Kind.COMPLETED, Kind.SHARED]))
            .group_by(col(TallyRow.campaign_id), col(TallyRow.kind))
        )
        if only is not None:
            query, counting = query.where(CampaignRow.id == only), counting.where(CampaignRow.id == only)
        rows = (await database.exec(query)).all()
        counts: dict[str, Counter[str]] = {row.id: Counter() for row in rows}
        for campaign, kind, people in (await database.exec(counting)).all():
            counts[campaign][kind] += int(people)
        name = "" if owner is None else owner.name
        return [self._made(row, name, _counts(counts[row.id])) for row in rows]

    def _made(self, row: CampaignRow, name: str, counts: Counts) -> Campaign:
        return Campaign(
            id=CampaignId(row.id),
            organization=Organization(OrganizationId(row.organization_id), name),
            code=row.code,
            title=row.title,
            path=row.path,
            welcome=dict(row.welcome),
            opens=None if row.opens_at is None else aware(row.opens_at),
            closes=None if row.closes_at is None else aware(row.closes_at),
            entry=entry(span_of(row), as_text(self._clock())),
            created_at=aware(row.created_at),
            counts=counts,
            tags=tuple(filter(None, row.tags.split(","))),
            published=row.published,
            kind=CampaignKind(row.kind),
            locales=tuple(filter(None, row.locales.split(","))),
            number_label=dict(row.number_label),
            repeated=row.repeated,
        )

    # --- results -----------------------------------------------------------------------------------------------

    async def results(self, organization: OrganizationId, campaign: str) -> AsyncIterator[SharedResult]:
        """Give the shared results, first shared first, a piece a transaction."""
        last: tuple[datetime, str] | None = None
        number = 0
        while True:
            query = (
                select(ParticipationRow)
                .join(CampaignRow, col(CampaignRow.id) == col(ParticipationRow.campaign_id))
                .where(CampaignRow.organization_id == organization, ParticipationRow.campaign_id == campaign)
                .where(col(ParticipationRow.shared_at).is_not(None))
                .order_by(col(ParticipationRow.shared_at), col(ParticipationRow.id))
                .limit(RESULTS_AT_ONCE)
            )
            if last is not None:
                query = query.where(tuple_(col(ParticipationRow.shared_at), col(ParticipationRow.id)) > last)
            async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
                rows = (await database.exec(query)).all()
            for row in rows:
                if row.shared_at is None or row.snapshot is None:
                    continue
                number += 1
                last = (aware(row.shared_at), row.id)
                snapshot = Snapshot.from_data(row.snapshot)
                yield SharedResult(number, row.id, last[0], snapshot, row.person_number, row.again_of)
            if len(rows) < RESULTS_AT_ONCE:
                return

    # --- audit -------------------------------------------------------------------------------------------------

    async def note(self, organization: OrganizationId, by: Author, action: str, subject: str) -> None:
        """Write an entry of the audit log."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            self._note(database, organization, by, action, subject)

    async def audit(self, organization: OrganizationId, limit: int = 100) -> Sequence[AuditEntry]:
        """Give the newest entries of the audit log."""
        query = (
            select(AuditRow, AccountRow)
            .join(AccountRow, col(AccountRow.id) == col(AuditRow.account_id), isouter=True)
            .where(AuditRow.organization_id == organization)
            .order_by(col(AuditRow.id).desc())
            .limit(limit)
        )
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [entry_of(row, account) for row, account in rows]

    def _note(self, database: AsyncSession, organization: str, by: Author, action: str, subject: str) -> None:
        write_audit(database, organization, by, action, subject, self._clock())


def _checked(words: CampaignDraft | CampaignChange) -> tuple[str, dict[str, str]]:
    """Give title and words of welcome as they are kept. Raises InvalidCampaign."""
    span = Span(_text(words.opens), _text(words.closes))
    title, _ = checked(words.title, "", span)
    spoken = {locale: checked(title, told, span)[1] for locale, told in words.welcome.items()}
    return title, {locale: told for locale, told in spoken.items() if told}


def span_of(row: CampaignRow) -> Span:
    """Give from when to when a campaign lets people in."""
    return Span(_text(row.opens_at), _text(row.closes_at), row.archived_at is not None)


def _counts(kinds: Counter[str]) -> Counts:
    return Counts(kinds[Kind.BEGUN], kinds[Kind.COMPLETED], kinds[Kind.SHARED])


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else as_text(moment)


async def _members(database: AsyncSession, organization: str) -> Sequence[Member]:
    query = (
        select(MemberRow, AccountRow, OrganizationRow)
        .join(AccountRow, col(AccountRow.id) == col(MemberRow.account_id))
        .join(OrganizationRow, col(OrganizationRow.id) == col(MemberRow.organization_id))
        .where(MemberRow.organization_id == organization)
        .order_by(col(MemberRow.active).desc(), col(AccountRow.name), col(MemberRow.id))
    )
    return [
        Member(
            MemberId(member.id),
            Organization(OrganizationId(owner.id), owner.name),
            AccountId(account.id),
            account.name,
            account.email,
            Role(member.role),
            member.active,
        )
        for member, account, owner in (await database.exec(query)).all()
    ]
