"""The addresses of a person's own access: where they are signed in, their password, an invitation by its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from quart import Response, request

from voice_app.access import Rates
from voice_app.organizations import Account, Accounts, InvalidMember, OrganizationError, SignInRefused
from voice_app.own_access import OwnAccess
from voice_app.sso.identity import IdentityProvider
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_invitations import SqlInvitations
from voice_app.web.organization import gate
from voice_app.web.organization.forms import Fault
from voice_app.web.organization.gate import Access, Refused, Route, Visit
from voice_app.web.organization.sheets import go, show, typed_form
from voice_app.web.organization.team_pages import team_words

if TYPE_CHECKING:
    from voice_app.sso.passkeys import Passkeys

WINDOW_S = SIGN_IN_WINDOW_S = 900
CODES_PER_ADDRESS, CODES_PER_SITE = 10, 200
"""Codes of invitations that are tried within a quarter of an hour: a guess is one in a hundred thousand millions."""


class OwnDesk(Protocol):
    """What these pages need of the opened service."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def own_access(self) -> OwnAccess: ...

    @property
    def invitations(self) -> SqlInvitations: ...

    @property
    def passkeys(self) -> Passkeys | None: ...

    @property
    def provider(self) -> IdentityProvider | None: ...

    @property
    def rates(self) -> Rates: ...


class OwnPages:
    """The pages and their routes."""

    def __init__(self, desk: Callable[[], OwnDesk], rules: OrganizationRules) -> None:
        self._desk = desk
        self._rules = rules
        self.routes = (
            Route("/join", "GET", Access.OPEN, self._join),
            Route("/join", "POST", Access.OPEN, self._join),
            Route("/account/", "GET", Access.SIGNED_IN, self._account),
            Route("/account/password", "POST", Access.SIGNED_IN, self._password),
            Route("/account/sign-ins/<sign_in>", "POST", Access.SIGNED_IN, self._end),
        )

    async def _join(self, visit: Visit) -> Response:
        if request.method == "GET":
            return show("join", visit, fault=None, says=team_words())
        desk, address = self._desk(), request.remote_addr or ""
        wait = await desk.rates.take(f"join-from:{address}", CODES_PER_ADDRESS, WINDOW_S)
        wait = wait or await desk.rates.take("join", CODES_PER_SITE, WINDOW_S)
        if wait:
            return show("join", visit, 429, fault=Fault("code", "too_many_codes"), says=team_words())
        token = await desk.invitations.exchange((await typed_form()).get("code", ""))
        if token is None:
            return show("join", visit, 400, fault=Fault("code", "code_unknown"), says=team_words())
        return go(f"/invitation/{token}")

    async def _account(self, visit: Visit) -> Response:
        return await self._shown(visit, 200, None, done=request.args.get("done") == "password")

    async def _password(self, visit: Visit) -> Response:
        account, form = account_of(visit), await typed_form()
        try:
            await self._desk().accounts.change_password(
                account.id, form.get("old", ""), form.get("new", ""), own_token()
            )
        except (SignInRefused, InvalidMember) as refused:
            return await self._shown(visit, 400, refused)
        return go("/account/?done=password")

    async def _end(self, visit: Visit, sign_in: str) -> Response:
        account, own = account_of(visit), self._desk().own_access
        if sign_in == "others":
            await own.end_other_sign_ins(account.id, own_token())
        elif not await own.end_sign_in(account.id, sign_in):
            raise Refused(404)
        return go("/account/")

    async def _shown(
        self, visit: Visit, status: int, fault: OrganizationError | None, *, done: bool = False
    ) -> Response:
        account = account_of(visit)
        fields: Mapping[str, object] = {
            "sign_ins": await self._desk().own_access.sign_ins(account.id, own_token()),
            "characters": self._rules.password_characters,
            "identities": await self._desk().own_access.identities(account.id),
            "provider": provider_label(self._desk().provider),
            "keys": await self._desk().own_access.passkeys(account.id),
            "passkeys": self._desk().passkeys is not None,
            "says": team_words(),
        }
        return show("account", visit, status, fault=fault, done=done, **fields)


async def sign_in_rate(rates: Rates, rules: OrganizationRules) -> int:
    """Count a sign-in from this address. Gives the seconds to wait, 0 when there are attempts left."""
    return await rates.take(f"sign-in-from:{request.remote_addr}", rules.sign_ins_per_address, SIGN_IN_WINDOW_S)


def provider_label(provider: IdentityProvider | None) -> str:
    """Give what people call the provider by which they may sign in; empty when there is none."""
    return "" if provider is None else provider.label


def account_of(visit: Visit) -> Account:
    """Give who is signed in."""
    if visit.account is None:
        raise Refused(303)
    return visit.account


def own_token() -> str:
    """Give the token that this browser is signed in with."""
    return request.cookies.get(gate.cookie_name(request), "")
