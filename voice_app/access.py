"""Programs that come in by the API: tokens of an organisation, clients of partners, and the port that keeps them.

A token is shown once, when it is made; only its digest is kept. A partner's client has a secret, which it exchanges for
tokens of an hour (RFC 6749, section 4.4). Both end by themselves, and at once when they are revoked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.organization.scopes import Scope
from voice_app.organizations import Author, OrganizationId, Program, ShownOrganization

TOKEN_PREFIX = "vapp_"  # noqa: S105 - by which people, and programs that look for leaked secrets, know a token
SECRET_PREFIX = "vapps_"  # noqa: S105
CLIENT_PREFIX = "client_"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a token that opens. `organization`: the one that it belongs to; None: a partner, limited by `tags`."""

    program: Program
    scopes: frozenset[Scope]
    organization: OrganizationId | None
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is listed, without itself; `hint` is its last four characters."""

    id: str
    name: str
    hint: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A partner's client as it is listed, without its secret."""

    id: str
    name: str
    hint: str
    tags: tuple[str, ...]
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Granted:
    """A token of a client: for so many seconds, with these scopes."""

    token: str
    scopes: frozenset[Scope]
    seconds: int


class Access(Protocol):
    """Who may come in by the API. Every method raises StoreError when the database does not answer."""

    async def make_token(
        self, organization: OrganizationId, name: str, scopes: Collection[Scope], by: Author, days: int = 0
    ) -> tuple[str, ApiToken]:
        """Give a new token, and what is listed of it; `days` 0: as many as the rules say, and never more.

        One that a program makes has no scope that the program's own token has not, and ends with it at the latest.
        Raises InvalidMember (`name_missing`, `organization_unknown`) and InvalidScope.
        """

    async def tokens(self, organization: OrganizationId) -> Sequence[ApiToken]:
        """Give the tokens of an organisation, newest first, those that no longer open included."""

    async def revoke_token(self, organization: OrganizationId, token_id: str, by: Author) -> bool:
        """End a token at once. False when this organisation has none of this id."""

    async def make_client(
        self, name: str, tags: Collection[str], scopes: Collection[Scope], days: int = 0
    ) -> tuple[str, ApiClient]:
        """Give the secret of a new partner's client, and what is listed of it. Raises InvalidMember, InvalidScope."""

    async def clients(self) -> Sequence[ApiClient]:
        """Give the partners' clients, newest first."""

    async def revoke_client(self, client_id: str) -> bool:
        """End a client and its tokens at once. False when there is none of this id."""

    async def grant(self, client_id: str, secret: str, scopes: Collection[Scope] | None) -> Granted | None:
        """Give a token of an hour for a client's secret; None when they do not fit or no longer open.

        `scopes` None: all that the client has. Raises InvalidScope for one that it has not.
        """

    async def identify(self, token: str) -> Caller | None:
        """Give who holds this token, or None when it was revoked, has expired, or never was."""

    async def organizations(self, caller: Caller) -> Sequence[ShownOrganization]:
        """Give the organisations that this caller reaches, by id."""

    async def organization(self, caller: Caller, organization: str) -> ShownOrganization | None:
        """Give one organisation that this caller reaches, or None."""


class Rates(Protocol):
    """Limits that hold for all processes together."""

    async def take(self, key: str, limit: int, window_s: int) -> int:
        """Count one more of `key`. Gives 0 while it is within the limit, else the seconds until the window ends."""
