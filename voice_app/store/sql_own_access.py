"""`own_access.OwnAccess` in the database. Tokens and the secrets of flows are kept as digests only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.organizations import AccountId
from voice_app.own_access import Identity, Passkey, SignIn
from voice_app.store.envelopes import aware
from voice_app.store.organization_tables import SignInRow
from voice_app.store.own_access_tables import FlowRow, IdentityRow, PasskeyRow
from voice_app.store.rules import OrganizationRules
from voice_app.store.transactions import digest_of, new_token, reading, transaction, wall_clock

STATEMENT_LIMIT_S = 8.0
ID_CHARACTERS = 16
"""Of the digest of a sign-in's token: enough to tell sign-ins apart, and it opens nothing."""
FLOW_VALID = timedelta(minutes=10)
_ID = re.compile(r"[0-9a-f]{16}")


class SqlOwnAccess:
    """Own access on an opened database; `clock` gives the moment, in UTC."""

    def __init__(
        self, engine: AsyncEngine, rules: OrganizationRules, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._rules = rules
        self._clock = clock

    # --- sign-ins ----------------------------------------------------------------------------------------------

    async def sign_ins(self, account: AccountId, token: str) -> Sequence[SignIn]:
        """Give where this account is signed in, newest first."""
        here = digest_of(token)
        query = (
            select(SignInRow)
            .where(SignInRow.account_id == account, col(SignInRow.expires_at) > self._clock())
            .order_by(col(SignInRow.expires_at).desc())
        )
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [
            SignIn(
                row.digest[:ID_CHARACTERS],
                row.device,
                row.means,
                _moment(row.begun_at),
                _moment(row.seen_at),
                aware(row.expires_at),
                row.digest == here,
            )
            for row in rows
        ]

    async def end_sign_in(self, account: AccountId, sign_in: str) -> bool:
        """End one sign-in of this account. False when it has none of this id."""
        if not _ID.fullmatch(sign_in):
            return False
        ending = delete(SignInRow).where(
            col(SignInRow.account_id) == account, col(SignInRow.digest).startswith(sign_in, autoescape=True)
        )
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            return bool((await database.exec(ending)).rowcount)

    async def end_other_sign_ins(self, account: AccountId, token: str) -> None:
        """End all sign-ins of this account but this one."""
        ending = delete(SignInRow).where(
            col(SignInRow.account_id) == account, col(SignInRow.digest) != digest_of(token)
        )
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await database.exec(ending)

    async def begin(self, account: AccountId, device: str, means: str) -> str:
        """Give the token of a new sign-in."""
        token, moment = new_token(), self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            database.add(
                SignInRow(
                    digest=digest_of(token),
                    account_id=account,
                    expires_at=moment + timedelta(hours=self._rules.sign_in_hours),
                    begun_at=moment,
                    seen_at=moment,
                    device=device,
                    means=means,
                )
            )
        return token

    # --- between two requests ----------------------------------------------------------------------------------

    async def leave(self, kind: str, secret: str, data: Mapping[str, Any]) -> None:
        """Leave something for the next request."""
        moment = self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await database.exec(delete(FlowRow).where(col(FlowRow.expires_at) <= moment))
            database.add(FlowRow(digest=digest_of(secret), kind=kind, data=dict(data), expires_at=moment + FLOW_VALID))

    async def find(self, kind: str, secret: str) -> Mapping[str, Any] | None:
        """Give what was left for this secret, once."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(FlowRow, digest_of(secret), with_for_update=True)
            if row is None or row.kind != kind:
                return None
            data = dict(row.data)
            await database.delete(row)
        return data if aware(row.expires_at) > self._clock() else None

    # --- passkeys ----------------------------------------------------------------------------------------------

    async def passkeys(self, account: AccountId) -> Sequence[Passkey]:
        """Give the passkeys of an account, oldest first."""
        query = select(PasskeyRow).where(PasskeyRow.account_id == account).order_by(col(PasskeyRow.created_at))
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            return [_passkey(row) for row in (await database.exec(query)).all()]

    async def passkey(self, passkey: str) -> Passkey | None:
        """Give a passkey by its credential id, or None."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(PasskeyRow, passkey)
        return None if row is None else _passkey(row)

    async def add_passkey(self, account: AccountId, passkey: str, public_key: str, count: int, name: str) -> None:
        """Keep a new passkey."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            database.add(
                PasskeyRow(
                    id=passkey,
                    account_id=account,
                    public_key=public_key,
                    sign_count=count,
                    name=name,
                    created_at=self._clock(),
                )
            )

    async def use_passkey(self, passkey: str, count: int) -> None:
        """Note that a passkey was used, and the count that it told."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get_one(PasskeyRow, passkey, with_for_update=True)
            row.sign_count, row.used_at = count, self._clock()
            database.add(row)

    async def remove_passkey(self, account: AccountId, passkey: str) -> bool:
        """Forget a passkey. False when this account has none of this id."""
        removing = delete(PasskeyRow).where(col(PasskeyRow.account_id) == account, col(PasskeyRow.id) == passkey)
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            return bool((await database.exec(removing)).rowcount)

    # --- identities of a provider ------------------------------------------------------------------------------

    async def identities(self, account: AccountId) -> Sequence[Identity]:
        """Give who this account is at which provider."""
        query = select(IdentityRow).where(IdentityRow.account_id == account).order_by(col(IdentityRow.created_at))
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [
            Identity(row.issuer, row.subject, row.label, aware(row.created_at), _moment(row.used_at)) for row in rows
        ]

    async def account_of(self, issuer: str, subject: str) -> AccountId | None:
        """Give the account of somebody at a provider, and note that they came."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(IdentityRow, (issuer, subject), with_for_update=True)
            if row is None:
                return None
            row.used_at = self._clock()
            database.add(row)
            return AccountId(row.account_id)

    async def link(self, account: AccountId, issuer: str, subject: str, label: str) -> bool:
        """Join somebody at a provider to an account. False when they belong to another one."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(IdentityRow, (issuer, subject), with_for_update=True)
            if row is not None:
                return row.account_id == account
            database.add(
                IdentityRow(issuer=issuer, subject=subject, account_id=account, label=label, created_at=self._clock())
            )
        return True

    async def unlink(self, account: AccountId, issuer: str, subject: str) -> bool:
        """Take them apart. False when they were not together."""
        removing = delete(IdentityRow).where(
            col(IdentityRow.account_id) == account,
            col(IdentityRow.issuer) == issuer,
            col(IdentityRow.subject) == subject,
        )
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            return bool((await database.exec(removing)).rowcount)


def _moment(moment: datetime | None) -> datetime | None:
    return None if moment is None else aware(moment)


def _passkey(row: PasskeyRow) -> Passkey:
    return Passkey(
        row.id,
        AccountId(row.account_id),
        row.public_key,
        row.sign_count,
        row.name,
        aware(row.created_at),
        _moment(row.used_at),
    )
