"""Who may ask what of the API: the bearer token, the limit, the scope, the organisation, in this order.

Every route is a line of a table with its scope, and goes through `enter`. An organisation that the token does not reach
is "not found", so that ids tell nothing. Cookies open nothing here, so no page elsewhere can write in a member's name.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel
from quart import Request

from engine.organization.scopes import Scope
from voice_app.access import Access, Caller, Rates
from voice_app.organizations import ShownOrganization
from voice_app.web.api.problems import Problem

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
WINDOW_S = 60
NO_CONTENT = 204


class Open(Enum):
    """Routes without a scope."""

    TO_ALL = "to_all"
    """Anybody: the description of the API, the exchange of a client's secret."""
    TO_TOKENS = "to_tokens"
    """Whoever holds a token; the answer is about the token itself."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in. `organization`: below an organisation's address."""

    caller: Caller | None
    organization: ShownOrganization | None


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One address of the API: what it asks of who comes, what it takes and what it gives.

    `form`: the body is a form, not JSON; `media`: the answer is a file of this kind, not JSON;
    `upload`: the body is a file.
    """

    path: str
    method: str
    needs: Scope | Open
    work: Callable[..., Awaitable[Any]]
    answer: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    status: int = 200
    form: bool = False
    media: str = ""
    upload: bool = False

    @property
    def is_described(self) -> bool:
        """Tell whether the description of the API has this address."""
        return self.answer is not None or self.media != "" or self.status == NO_CONTENT

    @property
    def name(self) -> str:
        return self.work.__name__.strip("_")


async def enter(request: Request, needs: Scope | Open, access: Access, rates: Rates, per_minute: int) -> Call:
    """Let a request in. Raises Problem."""
    parts = request.view_args or {}
    if not all(_ID.fullmatch(str(part)) for part in parts.values()):
        raise not_found()
    if needs is Open.TO_ALL:
        return Call(None, None)
    caller = await _caller(request, access)
    wait = await rates.take(f"api:{caller.program.id}", per_minute, WINDOW_S)
    if wait:
        raise too_many(wait)
    if isinstance(needs, Open):
        return Call(caller, None)
    if needs not in caller.scopes:
        raise Problem(
            403,
            "api.scope_missing",
            f"the token lacks the scope {needs.value}",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needs.value}"'},
        )
    if "organization" not in parts:
        return Call(caller, None)
    organization = await access.organization(caller, str(parts["organization"]))
    if organization is None:
        raise not_found()
    return Call(caller, organization)


async def _caller(request: Request, access: Access) -> Caller:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(
            401, "api.token_missing", "send a token: Authorization: Bearer ...", headers={"WWW-Authenticate": "Bearer"}
        )
    caller = await access.identify(token.strip())
    if caller is None:
        raise Problem(
            401,
            "api.token_refused",
            "this token was revoked, has expired, or never was",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return caller


def not_found() -> Problem:
    """Give the problem of what is not there, or not reached."""
    return Problem(404, "api.not_found", "it is not there, or this token does not reach it")


def too_many(wait_s: int) -> Problem:
    """Give the problem of who asks too often."""
    return Problem(429, "api.too_many_requests", f"come back in {wait_s} s", headers={"Retry-After": str(wait_s)})
