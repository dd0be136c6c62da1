"""Invitations that wait: listed, withdrawn, opened by a code that is said instead of an address that is sent.

A code has twelve digits, the last one a check digit. It is exchanged once for a new address, so that the page of an
invitation is found by an address of 256 bits only; guesses are limited by who asks (`access.Rates`). Price: in a stolen
copy of the database a code can be found by trying all of them; it opens for a week, and once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.codes import is_valid_code, with_check_digit
from engine.organization.roles import Role
from voice_app.organizations import Author, OrganizationId
from voice_app.store.audit import write_audit
from voice_app.store.envelopes import aware
from voice_app.store.organization_tables import InvitationRow
from voice_app.store.transactions import digest_of, new_token, reading, transaction, wall_clock

STATEMENT_LIMIT_S = 8.0
CODE_DIGITS = 12
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class WaitingInvitation:
    """An invitation that still opens. `id` tells it from the others and opens nothing."""

    id: str
    email: str
    role: Role
    expires_at: datetime


class SqlInvitations:
    """Invitations on an opened database; `clock` gives the moment, in UTC."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = wall_clock) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._clock = clock

    async def waiting(self, organization: OrganizationId) -> Sequence[WaitingInvitation]:
        """Give the invitations that still open, those that end first first."""
        query = (
            select(InvitationRow)
            .where(InvitationRow.organization_id == organization, col(InvitationRow.closed_at).is_(None))
            .where(col(InvitationRow.expires_at) > self._clock())
            .order_by(col(InvitationRow.expires_at))
        )
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [WaitingInvitation(row.digest[:16], row.email, Role(row.role), aware(row.expires_at)) for row in rows]

    async def withdraw(self, organization: OrganizationId, invitation: str, by: Author) -> bool:
        """Close an invitation. False when this organisation has none of this id that still opens."""
        if not _ID.fullmatch(invitation):
            return False
        query = select(InvitationRow).where(
            InvitationRow.organization_id == organization,
            col(InvitationRow.digest).startswith(invitation, autoescape=True),
            col(InvitationRow.closed_at).is_(None),
        )
        moment = self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = (await database.exec(query)).first()
            if row is None:
                return False
            row.closed_at = moment
            database.add(row)
            write_audit(database, organization, by, "invitation_withdrawn", row.email, moment)
        return True

    async def give_code(self, token: str) -> str:
        """Give a code that opens the invitation of this token, too."""
        code = with_check_digit(f"{secrets.randbelow(10 ** (CODE_DIGITS - 1)):0{CODE_DIGITS - 1}d}")
        noting = (
            update(InvitationRow)
            .where(col(InvitationRow.digest) == digest_of(token))
            .values(code_digest=digest_of(code))
        )
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await database.exec(noting)
        return code

    async def exchange(self, code: str) -> str | None:
        """Give the token of the invitation that a code opens, once; None for a code that opens nothing.

        The address that was given with the code no longer opens: whoever holds the code has taken it over.
        """
        digits = "".join(character for character in code if not character.isspace())
        if len(digits) != CODE_DIGITS or not is_valid_code(digits):
            return None
        query = (
            select(InvitationRow)
            .where(InvitationRow.code_digest == digest_of(digits), col(InvitationRow.closed_at).is_(None))
            .where(col(InvitationRow.expires_at) > self._clock())
            .with_for_update()
        )
        token = new_token()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = (await database.exec(query)).first()
            if row is None:
                return None
            moved = (
                update(InvitationRow)
                .where(col(InvitationRow.digest) == row.digest)
                .values(digest=digest_of(token), code_digest=None)
            )
            await database.exec(moved)
        return token
