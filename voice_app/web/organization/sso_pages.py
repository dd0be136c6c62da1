"""The addresses of the sign-in by a provider: to it, back from it, joining it to an account and taking it apart.

Who comes back is let in when they were joined to an account before, or when they hold an invitation. An address of the
provider's never opens an account by itself: whoever may give out addresses there could take over an account here.

What a sign-in is tied to (nonce, verifier) waits in the store by its `state`, and its answer is taken only from the
browser that began it: a cookie holds a secret whose digest waits with them.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from quart import Response, request

from voice_app.errors import VoiceAppError
from voice_app.organizations import AccountId, Accounts, InvalidMember
from voice_app.own_access import OwnAccess
from voice_app.sso.identity import IdentityProvider, IdentityRefused, Person, Secrets
from voice_app.store.rules import OrganizationRules
from voice_app.store.transactions import digest_of
from voice_app.web.organization import gate
from voice_app.web.organization.devices import device_of
from voice_app.web.organization.gate import Access, Refused, Route, Visit
from voice_app.web.organization.own_pages import account_of
from voice_app.web.organization.sheets import PREFIX, go, show, typed_form
from voice_app.web.organization.team_pages import team_words

log = logging.getLogger(__name__)

CALLBACK = f"{PREFIX}/sso/callback"
FLOW, LINK, MEANS = "sso", "sso_link", "provider"
COOKIE_S = 600


class SsoDesk(Protocol):
    """What these pages need of the opened service."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def own_access(self) -> OwnAccess: ...

    @property
    def provider(self) -> IdentityProvider | None: ...


class SsoPages:
    """The pages and their routes."""

    def __init__(self, desk: Callable[[], SsoDesk], rules: OrganizationRules) -> None:
        self._desk = desk
        self._rules = rules
        self.routes = (
            Route("/sso/start", "GET", Access.OPEN, self._start),
            Route("/sso/callback", "GET", Access.OPEN, self._callback),
            Route("/sso/link", "POST", Access.SIGNED_IN, self._link),
            Route("/sso/unlink", "POST", Access.SIGNED_IN, self._unlink),
        )

    async def _start(self, visit: Visit) -> Response:
        provider, chosen, browser = self._provider(), Secrets.new(), secrets.token_urlsafe(32)
        purpose = "link" if visit.account is not None and request.args.get("for") == "link" else "sign_in"
        try:
            address = await provider.address(chosen, _back())
        except VoiceAppError as fault:
            log.warning("a provider cannot be asked: %s", fault)
            return self._told(visit, 503, "provider_away")
        waiting = {"nonce": chosen.nonce, "verifier": chosen.verifier, "browser": digest_of(browser), "for": purpose}
        await self._desk().own_access.leave(FLOW, chosen.state, waiting)
        response = Response("", 303, headers={"Location": address}, content_type="text/plain; charset=utf-8")
        _remember(response, "flow", browser)
        _remember(response, "invitation", request.args.get("invitation", "")[:100])
        return response

    async def _callback(self, visit: Visit) -> Response:
        provider, own = self._provider(), self._desk().own_access
        state, code = request.args.get("state", ""), request.args.get("code", "")
        waiting = await own.find(FLOW, state) if state else None
        if waiting is None or not hmac.compare_digest(str(waiting["browser"]), digest_of(_remembered("flow"))):
            return self._told(visit, 400, "sso_again")
        if not code:
            return self._told(visit, 400, "sso_not_wanted")
        chosen = Secrets(state, str(waiting["nonce"]), str(waiting["verifier"]))
        try:
            person = await provider.person(code, chosen, _back())
        except IdentityRefused as fault:
            log.warning("%s", fault)
            return self._told(visit, 400, "sso_refused")
        except VoiceAppError as fault:
            log.warning("a provider cannot be asked: %s", fault)
            return self._told(visit, 503, "provider_away")
        if waiting["for"] == "link" and visit.account is not None:
            return await self._offered(visit, person)
        return await self._came(visit, person, _remembered("invitation"))

    async def _came(self, visit: Visit, person: Person, invitation: str) -> Response:
        desk = self._desk()
        account = await desk.own_access.account_of(person.issuer, person.subject)
        if account is None and not invitation:
            return self._told(visit, 400, "sso_unknown")
        if invitation:
            try:
                account = await self._joined(account, person, invitation)
            except InvalidMember as refused:
                return self._told(visit, 400, "account_known" if refused.reason == "account_known" else "sso_over")
        if account is None:
            return self._told(visit, 400, "sso_unknown")
        token = await desk.own_access.begin(account, device_of(request.headers.get("User-Agent", "")), MEANS)
        response = go("/")
        gate.keep_signed_in(request, response, token, self._rules.sign_in_hours)
        _forget(response)
        return response

    async def _joined(self, account: AccountId | None, person: Person, invitation: str) -> AccountId:
        desk = self._desk()
        joined = await desk.accounts.accept_as(invitation, account, person.name)
        await desk.own_access.link(joined, person.issuer, person.subject, person.email or person.name)
        return joined

    async def _offered(self, visit: Visit, person: Person) -> Response:
        """Ask once more before joining: a link on another page may have begun this."""
        secret, label = secrets.token_urlsafe(32), person.email or person.name or person.subject
        told = {"issuer": person.issuer, "subject": person.subject, "label": label}
        await self._desk().own_access.leave(LINK, secret, {**told, "account": account_of(visit).id})
        response = show(
            "sso_link", visit, secret=secret, label=label, provider=self._provider().label, says=team_words()
        )
        _forget(response)
        return response

    async def _link(self, visit: Visit) -> Response:
        account, own = account_of(visit), self._desk().own_access
        waiting: Mapping[str, Any] | None = await own.find(LINK, (await typed_form()).get("secret", ""))
        if waiting is None or waiting["account"] != account.id:
            return self._told(visit, 400, "sso_again")
        if not await own.link(account.id, waiting["issuer"], waiting["subject"], waiting["label"]):
            return self._told(visit, 400, "sso_taken")
        return go("/account/")

    async def _unlink(self, visit: Visit) -> Response:
        account, form = account_of(visit), await typed_form()
        if not await self._desk().own_access.unlink(account.id, form.get("issuer", ""), form.get("subject", "")):
            raise Refused(404)
        return go("/account/")

    def _provider(self) -> IdentityProvider:
        provider = self._desk().provider
        if provider is None:
            raise Refused(404)
        return provider

    def _told(self, visit: Visit, status: int, reason: str) -> Response:
        response = show("sso", visit, status, reason=reason, provider=self._provider().label, says=team_words())
        _forget(response)
        return response


def _back() -> str:
    return f"{request.host_url.rstrip('/')}{CALLBACK}"


def _name(kind: str) -> str:
    return f"{gate.cookie_name(request)}_{kind}"


def _remember(response: Response, kind: str, value: str) -> None:
    secure = request.scheme == "https"
    response.set_cookie(_name(kind), value, max_age=COOKIE_S, secure=secure, httponly=True, samesite="Lax", path="/")


def _remembered(kind: str) -> str:
    return request.cookies.get(_name(kind), "")


def _forget(response: Response) -> None:
    for kind in ("flow", "invitation"):
        response.delete_cookie(_name(kind), secure=request.scheme == "https", httponly=True, samesite="Lax", path="/")
