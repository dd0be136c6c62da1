"""Who may see which page: the sign-in cookie, the rule of each route, the check of each write.

Every route of this blueprint is one line of a table with its rule (`Access`), and every request goes through
`Gate.enter` before its page runs: a page cannot forget to ask. A person who is no member of an organisation gets "not
found" for whatever is below its address, so that ids tell nothing; a member whose role does not allow it gets 403.

A write needs two things: it comes from this origin (`Origin`, or `Sec-Fetch-Site` where the browser hides it), and it
brings the form token of the sign-in. Before the sign-in there is no token, and the origin must be told.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from quart import Request, Response

from engine.organization.roles import Permission, allows
from voice_app.organizations import Account, Accounts, Member
from voice_app.web.guard import may_connect

FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field
_PURPOSE = b"voice-app form"


class Access(Enum):
    """Routes outside any organisation."""

    OPEN = "open"
    """Anybody."""
    SIGNED_IN = "signed_in"
    """Whoever is signed in; the page is about themselves only."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in. `member`: below an organisation's address; `account`: where somebody is signed in."""

    account: Account | None
    member: Member | None
    form_token: str


Page = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the blueprint, with what it asks of who comes."""

    path: str
    method: str
    needs: Access | Permission
    page: Page

    @property
    def endpoint(self) -> str:
        return f"{self.page.__name__.strip('_')}_{self.method.lower()}"


class Refused(Exception):
    """The request is not let in: 303 (sign in first), 403 or 404."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def enter(request: Request, needs: Access | Permission, accounts: Accounts) -> Visit:
    """Let a request in. Raises Refused."""
    token = request.cookies.get(cookie_name(request), "")
    account = await accounts.identify(token) if token else None
    form_token = token_for_forms(token) if account is not None else ""
    if request.method == "POST":
        await _check_write(request, form_token)
    if needs is Access.OPEN:
        return Visit(account, None, form_token)
    if account is None:
        raise Refused(303)
    if isinstance(needs, Access):
        return Visit(account, None, form_token)
    member = account.member_of(str((request.view_args or {}).get("organization", "")))
    if member is None:
        raise Refused(404)
    if not allows(member.role, needs):
        raise Refused(403)
    return Visit(account, member, form_token)


def looking_on(
    request: Request, needs: Permission, accounts: Accounts, organization: str
) -> Callable[[], Awaitable[bool]]:
    """Give what tells, for an answer that goes on for minutes, whether who was let in still would be."""
    token = request.cookies.get(cookie_name(request), "")

    async def may_look() -> bool:
        account = await accounts.identify(token)
        member = None if account is None else account.member_of(organization)
        return member is not None and allows(member.role, needs)

    return may_look


def token_for_forms(token: str) -> str:
    """Give what a form of this sign-in carries; it opens nothing by itself."""
    return hmac.new(token.encode(), _PURPOSE, hashlib.sha256).hexdigest()


def cookie_name(request: Request) -> str:
    """Give the name of the sign-in's cookie; over TLS browsers guard the prefix."""
    return "__Host-voice_app" if request.scheme == "https" else "voice_app"


def keep_signed_in(request: Request, response: Response, token: str, hours: int) -> None:
    """Hand the browser the token of a sign-in."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=hours * 3600,
        secure=request.scheme == "https",
        httponly=True,
        samesite="Lax",
        path="/",
    )


def forget(request: Request, response: Response) -> None:
    """Take the token back."""
    response.delete_cookie(
        cookie_name(request), secure=request.scheme == "https", httponly=True, samesite="Lax", path="/"
    )


async def _check_write(request: Request, form_token: str) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null":
        ours = may_connect(origin, request.host)
    else:
        site = request.headers.get("Sec-Fetch-Site")
        ours = site == "same-origin" or (site is None and bool(form_token))
    if not ours:
        raise Refused(403)
    if form_token:
        told = str((await request.form).get(FORM_TOKEN, ""))
        if not hmac.compare_digest(told.encode(), form_token.encode()):
            raise Refused(403)
