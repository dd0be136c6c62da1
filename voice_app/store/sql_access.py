"""Tokens of organisations and clients of partners: `access.Access` in the database.

Secrets have 256 bits, so a plain digest of them is kept: nobody guesses one, and a request costs no argon2. The moment
of the last use is written once a minute at most.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.scopes import PARTNER_SCOPES, InvalidScope, Scope, reaches, read_scopes
from voice_app.access import CLIENT_PREFIX, SECRET_PREFIX, TOKEN_PREFIX, ApiClient, ApiToken, Caller, Granted
from voice_app.organizations import (
    Author,
    InvalidMember,
    Member,
    Organization,
    OrganizationFacts,
    OrganizationId,
    Program,
    ShownOrganization,
)
from voice_app.store.access_tables import ApiAccessRow, ApiClientRow, ApiTokenRow
from voice_app.store.audit import write_audit
from voice_app.store.envelopes import aware
from voice_app.store.identifiers import uuid7
from voice_app.store.organization_tables import AccountRow, OrganizationRow
from voice_app.store.rules import OrganizationRules
from voice_app.store.transactions import digest_of, milliseconds, new_token, reading, transaction, wall_clock

STATEMENT_LIMIT_S = 8.0
LONGEST_NAME = 80
USE_NOTED_EVERY = timedelta(minutes=1)


class SqlAccess:
    """Programs on an opened database; `clock` gives the moment, in UTC."""

    def __init__(
        self, engine: AsyncEngine, rules: OrganizationRules, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._rules = rules
        self._clock = clock

    # --- tokens of an organisation -----------------------------------------------------------------------------

    async def make_token(
        self, organization: OrganizationId, name: str, scopes: Collection[Scope], by: Author, days: int = 0
    ) -> tuple[str, ApiToken]:
        """Give a new token, and what is listed of it. Raises InvalidMember, InvalidScope."""
        name, chosen = _named(name), read_scopes(scopes)
        token, moment = TOKEN_PREFIX + new_token(), self._clock()
        row = ApiTokenRow(
            id=uuid7(milliseconds(moment)),
            organization_id=organization,
            name=name,
            digest=digest_of(token),
            hint=token[-4:],
            scopes=sorted(chosen),
            created_by=by.account if isinstance(by, Member) else None,
            created_at=moment,
            expires_at=moment + self._lifetime(days),
        )
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            if await database.get(OrganizationRow, organization) is None:
                raise InvalidMember("organization_unknown", f"no organisation {organization}")
            if isinstance(by, Program):
                own = await database.get(ApiTokenRow, by.id, with_for_update=True)
                if own is None or not _opens(own, moment) or not chosen <= _scopes(own.scopes):
                    raise InvalidScope("a token makes none that can do more than itself")
                row.expires_at = min(row.expires_at, aware(own.expires_at))
            database.add(row)
            write_audit(database, organization, by, "token_made", f"{name} …{row.hint}", moment)
        return token, _token(row, by.name if isinstance(by, Member) else "")

    async def tokens(self, organization: OrganizationId) -> Sequence[ApiToken]:
        """Give the tokens of an organisation, newest first."""
        query = (
            select(ApiTokenRow, AccountRow)
            .join(AccountRow, col(AccountRow.id) == col(ApiTokenRow.created_by), isouter=True)
            .where(ApiTokenRow.organization_id == organization)
            .order_by(col(ApiTokenRow.id).desc())
        )
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [_token(row, "" if account is None else account.name) for row, account in rows]

    async def revoke_token(self, organization: OrganizationId, token_id: str, by: Author) -> bool:
        """End a token at once. False when this organisation has none of this id."""
        moment = self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(ApiTokenRow, token_id, with_for_update=True)
            if row is None or row.organization_id != organization:
                return False
            if row.revoked_at is None:
                row.revoked_at = moment
                database.add(row)
                write_audit(database, organization, by, "token_revoked", f"{row.name} …{row.hint}", moment)
        return True

    # --- clients of partners -----------------------------------------------------------------------------------

    async def make_client(
        self, name: str, tags: Collection[str], scopes: Collection[Scope], days: int = 0
    ) -> tuple[str, ApiClient]:
        """Give the secret of a new partner's client, and what is listed of it. Raises InvalidMember, InvalidScope."""
        name, chosen = _named(name), read_scopes(scopes, PARTNER_SCOPES)
        secret, moment = SECRET_PREFIX + new_token(), self._clock()
        row = ApiClientRow(
            id=CLIENT_PREFIX + secrets.token_hex(8),
            name=name,
            digest=digest_of(secret),
            hint=secret[-4:],
            tags=sorted({tag.strip() for tag in tags if tag.strip()}),
            scopes=sorted(chosen),
            created_at=moment,
            expires_at=moment + self._lifetime(days),
        )
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            database.add(row)
        return secret, _client(row)

    async def clients(self) -> Sequence[ApiClient]:
        """Give the partners' clients, newest first."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = await database.exec(select(ApiClientRow).order_by(col(ApiClientRow.created_at).desc()))
            return [_client(row) for row in rows]

    async def revoke_client(self, client_id: str) -> bool:
        """End a client and its tokens at once. False when there is none of this id."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(ApiClientRow, client_id, with_for_update=True)
            if row is None:
                return False
            row.revoked_at = row.revoked_at or self._clock()
            database.add(row)
            await database.exec(delete(ApiAccessRow).where(col(ApiAccessRow.client_id) == client_id))
        return True

    async def grant(self, client_id: str, secret: str, scopes: Collection[Scope] | None) -> Granted | None:
        """Give a token of an hour for a client's secret; None when they do not fit. Raises InvalidScope."""
        moment = self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(ApiClientRow, client_id)
            kept = digest_of("") if row is None else row.digest
            fits = hmac.compare_digest(kept, digest_of(secret))
            if row is None or not fits or not _opens(row, moment):
                return None
            held = frozenset(Scope(each) for each in row.scopes)
            chosen = held if scopes is None else read_scopes(scopes, held)
            token, seconds = TOKEN_PREFIX + new_token(), self._rules.client_token_minutes * 60
            await database.exec(delete(ApiAccessRow).where(col(ApiAccessRow.expires_at) <= moment))
            database.add(
                ApiAccessRow(
                    digest=digest_of(token),
                    client_id=row.id,
                    scopes=sorted(chosen),
                    expires_at=min(moment + timedelta(seconds=seconds), aware(row.expires_at)),
                )
            )
            row.used_at = moment
            database.add(row)
        return Granted(token, chosen, seconds)

    # --- who asks ----------------------------------------------------------------------------------------------

    async def identify(self, token: str) -> Caller | None:
        """Give who holds this token, or None."""
        if not token.startswith(TOKEN_PREFIX):
            return None
        digest, moment = digest_of(token), self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = (await database.exec(select(ApiTokenRow).where(ApiTokenRow.digest == digest))).first()
            if row is not None:
                if not _opens(row, moment):
                    return None
                if row.used_at is None or aware(row.used_at) <= moment - USE_NOTED_EVERY:
                    row.used_at = moment
                    database.add(row)
                return Caller(Program(row.id, row.name), _scopes(row.scopes), OrganizationId(row.organization_id))
            access = await database.get(ApiAccessRow, digest)
            if access is None or aware(access.expires_at) <= moment:
                return None
            client = await database.get(ApiClientRow, access.client_id)
            if client is None or not _opens(client, moment):
                return None
            return Caller(Program(client.id, client.name), _scopes(access.scopes), None, frozenset(client.tags))

    async def organizations(self, caller: Caller) -> Sequence[ShownOrganization]:
        """Give the organisations that this caller reaches, by id."""
        query = select(OrganizationRow).order_by(col(OrganizationRow.id))
        if caller.organization is not None:
            query = query.where(OrganizationRow.id == caller.organization)
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [shown(row) for row in rows if _reached(caller, row)]

    async def organization(self, caller: Caller, organization: str) -> ShownOrganization | None:
        """Give one organisation that this caller reaches, or None."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(OrganizationRow, organization)
        return None if row is None or not _reached(caller, row) else shown(row)

    def _lifetime(self, days: int) -> timedelta:
        most = self._rules.token_days
        return timedelta(days=min(days, most) if days > 0 else most)


def shown(row: OrganizationRow) -> ShownOrganization:
    """Give an organisation with what it says of itself."""
    facts = OrganizationFacts(row.kind, tuple(row.tags), row.legal_id, row.training)
    return ShownOrganization(Organization(OrganizationId(row.id), row.name), facts, aware(row.created_at))


def _reached(caller: Caller, row: OrganizationRow) -> bool:
    if caller.organization is not None:
        return bool(row.id == caller.organization)
    return reaches(caller.tags, row.tags)


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidMember("name_missing", f"a name has 1 to {LONGEST_NAME} characters")
    return name


def _opens(row: ApiTokenRow | ApiClientRow, moment: datetime) -> bool:
    return row.revoked_at is None and aware(row.expires_at) > moment


def _scopes(names: Sequence[str]) -> frozenset[Scope]:
    """Give the scopes that this version knows; one of a later version opens nothing here."""
    return frozenset(Scope(name) for name in names if name in set(Scope))


def _moment(moment: datetime | None) -> datetime | None:
    return None if moment is None else aware(moment)


def _token(row: ApiTokenRow, made_by: str) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        hint=row.hint,
        scopes=tuple(sorted(_scopes(row.scopes))),
        created_at=aware(row.created_at),
        expires_at=aware(row.expires_at),
        used_at=_moment(row.used_at),
        revoked_at=_moment(row.revoked_at),
        made_by=made_by,
    )


def _client(row: ApiClientRow) -> ApiClient:
    return ApiClient(
        id=row.id,
        name=row.name,
        hint=row.hint,
        tags=tuple(row.tags),
        scopes=tuple(sorted(_scopes(row.scopes))),
        created_at=aware(row.created_at),
        expires_at=aware(row.expires_at),
        used_at=_moment(row.used_at),
        revoked_at=_moment(row.revoked_at),
    )
