"""The addresses of passkeys: a new one for who is signed in, the sign-in by one. The script `passkeys.js` calls them.

A challenge waits in the store until it is answered, once, within ten minutes, so that any process may judge the answer.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from quart import Response, request

from voice_app.access import Rates
from voice_app.own_access import OwnAccess
from voice_app.sso.identity import IdentityRefused
from voice_app.store.rules import OrganizationRules
from voice_app.web.organization import gate
from voice_app.web.organization.devices import device_of
from voice_app.web.organization.gate import Access, Refused, Route, Visit
from voice_app.web.organization.own_pages import SIGN_IN_WINDOW_S, account_of, sign_in_rate
from voice_app.web.organization.sheets import PREFIX, go, typed_form

if TYPE_CHECKING:
    from voice_app.sso.passkeys import Passkeys, Place

log = logging.getLogger(__name__)

NEW, ASKED, MEANS = "passkey_new", "passkey_asked", "passkey"
MOST_PASSKEYS = 20


class PasskeyDesk(Protocol):
    """What these pages need of the opened service. `passkeys`: None where the extra is not installed."""

    @property
    def own_access(self) -> OwnAccess: ...

    @property
    def passkeys(self) -> Passkeys | None: ...

    @property
    def rates(self) -> Rates: ...


class PasskeyPages:
    """The addresses and their routes."""

    def __init__(self, desk: Callable[[], PasskeyDesk], rules: OrganizationRules) -> None:
        self._desk = desk
        self._rules = rules
        self.routes = (
            Route("/passkeys/offer", "POST", Access.SIGNED_IN, self._offer),
            Route("/passkeys/", "POST", Access.SIGNED_IN, self._add),
            Route("/passkeys/remove", "POST", Access.SIGNED_IN, self._remove),
            Route("/passkeys/ask", "POST", Access.OPEN, self._ask),
            Route("/passkeys/sign-in", "POST", Access.OPEN, self._enter),
        )

    async def _offer(self, visit: Visit) -> Response:
        account, own, passkeys = account_of(visit), self._desk().own_access, self._passkeys()
        known = [each.id for each in await own.passkeys(account.id)]
        if len(known) >= MOST_PASSKEYS:
            return _told({"fault": "too_many"}, 400)
        question = passkeys.offer(_place(), account.id, account.email, known)
        await own.leave(NEW, question.challenge, {"account": account.id})
        return _told(json.loads(question.options))

    async def _add(self, visit: Visit) -> Response:
        account, own, passkeys = account_of(visit), self._desk().own_access, self._passkeys()
        answer = (await typed_form()).get("credential", "")
        try:
            challenge = passkeys.challenge_of(answer)
            waiting = await own.find(NEW, challenge)
            if waiting is None or waiting["account"] != account.id:
                raise IdentityRefused("challenge")
            made = passkeys.made(_place(), challenge, answer)
            if await own.passkey(made.passkey) is not None:
                raise IdentityRefused("known_already")
        except IdentityRefused as fault:
            log.warning("a passkey was not kept: %s", fault.reason)
            return _told({"fault": "refused"}, 400)
        device = device_of(request.headers.get("User-Agent", ""))
        await own.add_passkey(account.id, made.passkey, made.public_key, made.sign_count, device)
        return _told({"go": f"{PREFIX}/account/"})

    async def _remove(self, visit: Visit) -> Response:
        passkey = (await typed_form()).get("passkey", "")
        if not await self._desk().own_access.remove_passkey(account_of(visit).id, passkey):
            raise Refused(404)
        return go("/account/")

    async def _ask(self, visit: Visit) -> Response:
        del visit
        wait = await self._desk().rates.take(
            f"passkey-from:{request.remote_addr}", self._rules.sign_ins_per_address, SIGN_IN_WINDOW_S
        )
        if wait:
            return _told({"fault": "too_many"}, 429)
        question = self._passkeys().ask(_place())
        await self._desk().own_access.leave(ASKED, question.challenge, {})
        return _told(json.loads(question.options))

    async def _enter(self, visit: Visit) -> Response:
        del visit
        desk, passkeys = self._desk(), self._passkeys()
        if await sign_in_rate(desk.rates, self._rules):
            return _told({"fault": "too_many"}, 429)
        answer = (await typed_form()).get("credential", "")
        try:
            challenge = passkeys.challenge_of(answer)
            known = await desk.own_access.passkey(passkeys.id_of(answer))
            if await desk.own_access.find(ASKED, challenge) is None or known is None:
                raise IdentityRefused("challenge")
            proof = passkeys.proved(_place(), challenge, answer, known.public_key, known.sign_count)
        except IdentityRefused as fault:
            log.warning("a passkey was not believed: %s", fault.reason)
            return _told({"fault": "refused"}, 400)
        await desk.own_access.use_passkey(known.id, proof.sign_count)
        token = await desk.own_access.begin(known.account, device_of(request.headers.get("User-Agent", "")), MEANS)
        response = _told({"go": f"{PREFIX}/"})
        gate.keep_signed_in(request, response, token, self._rules.sign_in_hours)
        return response

    def _passkeys(self) -> Passkeys:
        passkeys = self._desk().passkeys
        if passkeys is None:
            raise Refused(404)
        return passkeys


def _place() -> Place:
    from voice_app.sso.passkeys import Place  # only where the extra is installed: the caller has its passkeys

    return Place(request.host_url.rstrip("/"), urlsplit(request.host_url).hostname or "")


def _told(value: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
