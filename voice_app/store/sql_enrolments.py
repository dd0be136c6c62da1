"""The hub's sites: who may send for which organisations, with which token.

A token is shown once and kept as a digest. A new one for the same site leaves the old one open until the new one is
used for the first time: whoever loses the answer to a rotation still has a token that opens.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.errors import StoreError
from voice_app.store.chains import note_incident
from voice_app.store.envelopes import aware
from voice_app.store.identifiers import uuid7
from voice_app.store.organization_tables import OrganizationRow
from voice_app.store.sync_tables import EnrolmentRow, SiteCredentialRow
from voice_app.store.tables import SiteRow
from voice_app.store.transactions import digest_of, milliseconds, reading, transaction, wall_clock

LIMIT_S = 8.0
USED_EVERY = timedelta(minutes=1)
"""How often the use of a token is written down."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A site at its hub. `organizations`: ids; `seal_key`: the keys of its bundles, as text."""

    id: str
    name: str
    organizations: tuple[str, ...]
    seal_key: str
    created_at: datetime
    closed: bool
    tokens: int = 0
    """Tokens that open."""


class SqlEnrolments:
    """Enrolments and their tokens on an opened database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    async def enrol(self, name: str, organizations: Sequence[str], seal_key: str = "") -> tuple[Enrolment, str]:
        """Give a new site and its token. Raises StoreError for an organisation that is not here.

        `seal_key`: the hub's half of the keys of its bundles, as text.
        """
        moment = wall_clock()
        async with transaction(self._sessions, LIMIT_S) as database:
            await _require_organizations(database, organizations)
            row = EnrolmentRow(
                id=uuid7(milliseconds(moment)),
                name=name,
                organizations=list(organizations),
                seal_key=seal_key,
                created_at=moment,
            )
            database.add(row)
            await database.flush()
            token = _new_token(database, row.id, moment)
        return _enrolment(row, 1), token

    async def rotate(self, enrolment: str) -> str:
        """Give a new token; the ones before open until it is used. Raises StoreError."""
        async with transaction(self._sessions, LIMIT_S) as database:
            row = await _open(database, enrolment)
            return _new_token(database, row.id, wall_clock())

    async def limit(self, enrolment: str, organizations: Sequence[str]) -> None:
        """Set the organisations that a site serves. Raises StoreError."""
        async with transaction(self._sessions, LIMIT_S) as database:
            row = await _open(database, enrolment)
            await _require_organizations(database, organizations)
            row.organizations = list(organizations)
            database.add(row)

    async def close(self, enrolment: str) -> None:
        """Let a site in no more; what it sent stays. Raises StoreError."""
        moment = wall_clock()
        async with transaction(self._sessions, LIMIT_S) as database:
            row = await _open(database, enrolment)
            row.closed_at = moment
            database.add(row)
            for token in await _tokens(database, row.id):
                token.revoked_at = moment
                database.add(token)

    async def identify(self, token: str) -> Enrolment | None:
        """Give who holds this token; None when it was revoked or never was."""
        moment = wall_clock()
        query = select(SiteCredentialRow).where(SiteCredentialRow.digest == digest_of(token))
        async with transaction(self._sessions, LIMIT_S) as database:
            found = (await database.exec(query)).first()
            if found is None:
                return None
            row = await database.get(EnrolmentRow, found.enrolment_id)
            if row is None:
                return None
            if found.revoked_at is not None or row.closed_at is not None:
                await _note_refusal(database, row)
                return None
            if found.used_at is None:
                for other in await _tokens(database, row.id):
                    if other.id < found.id:
                        other.revoked_at = moment
                        database.add(other)
            if found.used_at is None or aware(found.used_at) < moment - USED_EVERY:
                found.used_at = moment
                database.add(found)
            return _enrolment(row, 1)

    async def listed(self) -> Sequence[Enrolment]:
        """Give all sites by name, those that are closed last."""
        query = select(EnrolmentRow).order_by(col(EnrolmentRow.closed_at).is_not(None), col(EnrolmentRow.name))
        async with reading(self._sessions, LIMIT_S) as database:
            rows = (await database.exec(query)).all()
            return [_enrolment(row, len(await _tokens(database, row.id))) for row in rows]

    async def find(self, name: str) -> Enrolment:
        """Give the site of this id or name. Raises StoreError when there is none, or are several."""
        found = [each for each in await self.listed() if name in (each.id, each.name) and not each.closed]
        if len(found) != 1:
            raise StoreError(f"there is not one site {name!r}; voice-app hub sites tells the ids")
        return found[0]


def _new_token(database: AsyncSession, enrolment: str, moment: datetime) -> str:
    token = f"site_{secrets.token_urlsafe(32)}"
    database.add(
        SiteCredentialRow(
            id=uuid7(milliseconds(moment)), enrolment_id=enrolment, digest=digest_of(token), created_at=moment
        )
    )
    return token


async def _open(database: AsyncSession, enrolment: str) -> EnrolmentRow:
    row = await database.get(EnrolmentRow, enrolment, with_for_update=True)
    if row is None or row.closed_at is not None:
        raise StoreError(f"no site {enrolment} is let in; voice-app hub sites tells the ids")
    return row


async def _tokens(database: AsyncSession, enrolment: str) -> Sequence[SiteCredentialRow]:
    query = select(SiteCredentialRow).where(
        SiteCredentialRow.enrolment_id == enrolment, col(SiteCredentialRow.revoked_at).is_(None)
    )
    return (await database.exec(query)).all()


async def _require_organizations(database: AsyncSession, organizations: Sequence[str]) -> None:
    for organization in organizations:
        if await database.get(OrganizationRow, organization) is None:
            raise StoreError(f"there is no organisation {organization}; voice-app org list tells the ids")


async def _note_refusal(database: AsyncSession, row: EnrolmentRow) -> None:
    query = select(SiteRow.id).where(SiteRow.enrolment_id == row.id).order_by(col(SiteRow.id).desc())
    site = (await database.exec(query)).first() or ""
    await note_incident(database, site, "refused", f"a token of {row.name} that was revoked is still in use")


def _enrolment(row: EnrolmentRow, tokens: int) -> Enrolment:
    return Enrolment(
        row.id,
        row.name,
        tuple(row.organizations),
        row.seal_key,
        aware(row.created_at),
        row.closed_at is not None,
        tokens,
    )
