"""Accounts, invitations used, sign-ins: `organizations.Accounts` in the database.

A sign-in attempt is counted before the password is looked at, in a transaction of its own: guesses side by side, in one
process or in several, cannot outrun the limit. A success sets the count back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.roles import Role
from voice_app.organizations import (
    Account,
    AccountId,
    InvalidMember,
    Invitation,
    Member,
    MemberId,
    Organization,
    OrganizationId,
    SignInRefused,
)
from voice_app.store.envelopes import aware
from voice_app.store.identifiers import uuid7
from voice_app.store.lock_out import take_attempt
from voice_app.store.organization_tables import (
    AccountRow,
    AuditRow,
    InvitationRow,
    MemberRow,
    OrganizationRow,
    SignInRow,
)
from voice_app.store.passwords import Passwords
from voice_app.store.rules import OrganizationRules
from voice_app.store.transactions import digest_of, milliseconds, new_token, transaction, wall_clock

STATEMENT_LIMIT_S = 8.0
LONGEST_PASSWORD = 1_000
LONGEST_PERSON = 80
SEEN_NOTED_EVERY = timedelta(minutes=5)


class SqlAccounts:
    """Accounts on an opened database; `clock` gives the moment, in UTC."""

    def __init__(
        self, engine: AsyncEngine, rules: OrganizationRules, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._rules = rules
        self._clock = clock
        self._passwords = Passwords(rules.argon2_memory_kib, rules.argon2_passes)

    async def sign_in(self, email: str, password: str, device: str = "") -> str:
        """Give the token of a new sign-in. Raises SignInRefused."""
        account = await self._proved(email, password)
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            return self._signed_in(database, account, device)

    async def identify(self, token: str) -> Account | None:
        """Give who holds this token, or None."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(SignInRow, digest_of(token))
            if row is None or aware(row.expires_at) <= self._clock():
                return None
            account = await database.get(AccountRow, row.account_id)
            if account is None:
                return None
            if row.seen_at is None or aware(row.seen_at) <= self._clock() - SEEN_NOTED_EVERY:
                row.seen_at = self._clock()
                database.add(row)
            return Account(AccountId(account.id), account.name, account.email, await _members(database, account))

    async def sign_out(self, token: str) -> None:
        """Revoke one sign-in."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await database.exec(delete(SignInRow).where(col(SignInRow.digest) == digest_of(token)))

    async def invitation(self, token: str) -> Invitation | None:
        """Give what an invitation's token opens, or None."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await self._open_invitation(database, token)
            if row is None:
                return None
            organization = await database.get_one(OrganizationRow, row.organization_id)
            known = await _account_of(database, row.email)
            return Invitation(
                Organization(OrganizationId(organization.id), organization.name),
                row.email,
                Role(row.role),
                known is not None,
            )

    async def accept(self, token: str, name: str, password: str, device: str = "") -> str:
        """Use an invitation, once, and give the token of a sign-in. Raises InvalidMember, SignInRefused."""
        invited = await self.invitation(token)
        if invited is None:
            raise InvalidMember("invitation_over")
        known: str | None = None
        hashed = ""
        if invited.has_account:
            known = await self._proved(invited.email, password)
        else:
            name = " ".join(name.split())
            if not 0 < len(name) <= LONGEST_PERSON:
                raise InvalidMember("name_missing")
            self._check_password(password)
            hashed = await self._passwords.hashed(password)
        moment = self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await self._open_invitation(database, token)
            if row is None:
                raise InvalidMember("invitation_over")
            row.closed_at = moment
            database.add(row)
            if known is None:
                if await _account_of(database, row.email) is not None:
                    raise InvalidMember("invitation_over")
                known = uuid7(milliseconds(moment))
                database.add(AccountRow(id=known, email=row.email, name=name, password=hashed, created_at=moment))
                await database.flush()
            await self._join(database, known, row, moment)
            return self._signed_in(database, known, device)

    async def accept_as(self, token: str, account: AccountId | None, name: str) -> AccountId:
        """Use an invitation, once, for somebody who is known by other means. Raises InvalidMember."""
        name, moment = " ".join(name.split())[:LONGEST_PERSON], self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await self._open_invitation(database, token)
            if row is None:
                raise InvalidMember("invitation_over")
            if account is None:
                if await _account_of(database, row.email) is not None:
                    raise InvalidMember("account_known")
                account = AccountId(uuid7(milliseconds(moment)))
                database.add(
                    AccountRow(id=account, email=row.email, name=name or row.email, password="", created_at=moment)
                )
                await database.flush()
            row.closed_at = moment
            database.add(row)
            await self._join(database, account, row, moment)
        return account

    async def change_password(self, account: AccountId, old: str, new: str, token: str) -> None:
        """Set another password; all other sign-ins of the account end. Raises SignInRefused, InvalidMember."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            email = (await database.get_one(AccountRow, account)).email
        await self._proved(email, old)
        self._check_password(new)
        hashed = await self._passwords.hashed(new)
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get_one(AccountRow, account, with_for_update=True)
            row.password = hashed
            database.add(row)
            others = delete(SignInRow).where(
                col(SignInRow.account_id) == account, col(SignInRow.digest) != digest_of(token)
            )
            await database.exec(others)

    async def unlock(self, email: str) -> bool:
        """Forget the failed sign-ins of an account; False when there is none of this address."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            account = await _account_of(database, plain_email(email))
            if account is None:
                return False
            account.failures, account.locked_until = 0, None
            database.add(account)
        return True

    async def set_password(self, email: str, password: str) -> bool:
        """Give an account a new password; its sign-ins end. False when there is none. Raises InvalidMember."""
        self._check_password(password)
        hashed = await self._passwords.hashed(password)
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            account = await _account_of(database, plain_email(email))
            if account is None:
                return False
            account.password, account.failures, account.locked_until = hashed, 0, None
            database.add(account)
            await database.exec(delete(SignInRow).where(col(SignInRow.account_id) == account.id))
        return True

    # --- within ------------------------------------------------------------------------------------------------

    async def _proved(self, email: str, password: str) -> str:
        """Give the account whose password this is. Raises SignInRefused."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            account = await _account_of(database, plain_email(email), lock=True)
            if account is not None:
                take_attempt(account, self._rules, self._clock(), SignInRefused)
                database.add(account)
        hashed = None if account is None else account.password or None  # without a password none fits
        if not await self._passwords.fits(hashed, password[:LONGEST_PASSWORD]) or account is None:
            raise SignInRefused("wrong")
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            proved = await database.get_one(AccountRow, account.id, with_for_update=True)
            proved.failures, proved.locked_until = 0, None
            database.add(proved)
        return account.id

    def _check_password(self, password: str) -> None:
        if not self._rules.password_characters <= len(password) <= LONGEST_PASSWORD:
            raise InvalidMember(
                "password_short", f"a password has {self._rules.password_characters} characters or more"
            )

    def _signed_in(self, database: AsyncSession, account: str, device: str) -> str:
        token, moment = new_token(), self._clock()
        database.add(
            SignInRow(
                digest=digest_of(token),
                account_id=account,
                expires_at=moment + timedelta(hours=self._rules.sign_in_hours),
                begun_at=moment,
                seen_at=moment,
                device=device,
            )
        )
        return token

    async def _open_invitation(self, database: AsyncSession, token: str) -> InvitationRow | None:
        row = await database.get(InvitationRow, digest_of(token), with_for_update=True)
        if row is None or row.closed_at is not None or aware(row.expires_at) <= self._clock():
            return None
        return row

    async def _join(self, database: AsyncSession, account: str, row: InvitationRow, moment: datetime) -> None:
        query = select(MemberRow).where(
            MemberRow.organization_id == row.organization_id, MemberRow.account_id == account
        )
        member = (await database.exec(query)).first() or MemberRow(
            id=uuid7(milliseconds(moment)),
            organization_id=row.organization_id,
            account_id=account,
            role=row.role,
            created_at=moment,
        )
        member.role, member.active = row.role, True
        database.add(member)
        database.add(
            AuditRow(
                id=uuid7(milliseconds(moment)),
                organization_id=row.organization_id,
                account_id=account,
                action="member_joined",
                subject=row.email,
                at=moment,
            )
        )


def plain_email(email: str) -> str:
    """Give an address as it is compared: no blanks around, small letters."""
    return email.strip().lower()


async def _account_of(database: AsyncSession, email: str, *, lock: bool = False) -> AccountRow | None:
    query = select(AccountRow).where(AccountRow.email == email)
    return (await database.exec(query.with_for_update() if lock else query)).first()


async def _members(database: AsyncSession, account: AccountRow) -> tuple[Member, ...]:
    query = (
        select(MemberRow, OrganizationRow)
        .join(OrganizationRow, col(OrganizationRow.id) == col(MemberRow.organization_id))
        .where(MemberRow.account_id == account.id, col(MemberRow.active).is_(True))
        .order_by(col(OrganizationRow.name))
    )
    return tuple(
        Member(
            MemberId(member.id),
            Organization(OrganizationId(organization.id), organization.name),
            AccountId(account.id),
            account.name,
            account.email,
            Role(member.role),
        )
        for member, organization in (await database.exec(query)).all()
    )
