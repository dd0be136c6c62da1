"""The addresses below /org: sign-in and invitations, the organisation's home, campaigns, shared results, members.

Each is one line of `routes`; what a person may reach is decided by the gate before a page runs. Pages are whole
documents and work without JavaScript; a write answers with a redirection (303), a fault with the form again (400).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from quart import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from audio_content.model import Content
from engine.organization.campaigns import Entry
from engine.organization.roles import Permission
from voice_app.access import Access as ProgramAccess
from voice_app.access import Rates
from voice_app.errors import StoreError
from voice_app.organizations import (
    Accounts,
    InvalidMember,
    OrganizationError,
    Organizations,
    SignInRefused,
)
from voice_app.own_access import OwnAccess
from voice_app.privacy import Privacy
from voice_app.results import Results
from voice_app.settings import Settings
from voice_app.sso.identity import IdentityProvider
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_accreditation import SqlAccreditation
from voice_app.store.sql_facts import SqlFacts
from voice_app.store.sql_invitations import SqlInvitations
from voice_app.store.sql_webhooks import SqlWebhooks
from voice_app.store.sql_welcomes import SqlWelcomes
from voice_app.web.guard import HEADERS
from voice_app.web.organization import gate
from voice_app.web.organization.accreditation_page import AccreditationPage
from voice_app.web.organization.campaign_pages import CampaignPages
from voice_app.web.organization.devices import device_of
from voice_app.web.organization.first_steps import FirstSteps
from voice_app.web.organization.forms import (
    in_threes,
)
from voice_app.web.organization.gate import Access, Refused, Route, Visit
from voice_app.web.organization.kit_pages import KitDesk, KitPages
from voice_app.web.organization.own_pages import OwnPages, provider_label, sign_in_rate
from voice_app.web.organization.passkey_pages import PasskeyPages
from voice_app.web.organization.phone_pages import Contacts, PhonePages
from voice_app.web.organization.privacy_page import RetentionPage
from voice_app.web.organization.recording_pages import RecordingPages
from voice_app.web.organization.results_pages import ResultsPages, results_words
from voice_app.web.organization.sheets import (
    BOOK,
    PREFIX,
    go,
    member_of,
    refusal,
    show,
    typed_form,
)
from voice_app.web.organization.sittings import SittingDesk, SittingPages
from voice_app.web.organization.sso_pages import SsoPages
from voice_app.web.organization.team_pages import TeamPages, team_words
from voice_app.web.organization.webhook_pages import WebhookPages

if TYPE_CHECKING:
    from voice_app.sso.passkeys import Passkeys

log = logging.getLogger(__name__)


class Desk(SittingDesk, KitDesk, Protocol):
    """What the pages need of the opened service."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def organizations(self) -> Organizations: ...

    @property
    def results(self) -> Results: ...

    @property
    def access(self) -> ProgramAccess: ...

    @property
    def own_access(self) -> OwnAccess: ...

    @property
    def provider(self) -> IdentityProvider | None: ...

    @property
    def passkeys(self) -> Passkeys | None: ...

    @property
    def facts(self) -> SqlFacts: ...

    @property
    def invitations(self) -> SqlInvitations: ...

    @property
    def rates(self) -> Rates: ...

    @property
    def privacy(self) -> Privacy: ...

    @property
    def accreditation(self) -> SqlAccreditation: ...

    @property
    def contacts(self) -> Contacts: ...

    @property
    def webhooks(self) -> SqlWebhooks: ...

    @property
    def welcomes(self) -> SqlWelcomes: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def content(self) -> Content: ...


def organization_blueprint(desk: Callable[[], Desk], rules: OrganizationRules, public_address: str = "") -> Blueprint:
    """Give the pages of organisations. `public_address`: where learners reach the kiosk; empty: as this page was."""
    pages = _Pages(desk, rules, public_address)
    blueprint = Blueprint(BOOK, __name__, url_prefix=PREFIX)
    for route in pages.routes:
        blueprint.add_url_rule(route.path, route.endpoint, pages.guarded(route), methods=[route.method])
    blueprint.after_request(_add_headers)
    return blueprint


class _Pages:
    """The pages and what they share."""

    def __init__(self, desk: Callable[[], Desk], rules: OrganizationRules, public_address: str) -> None:
        self._desk = desk
        self._rules = rules
        home = "/<organization>"
        self.routes = (
            Route("/", "GET", Access.SIGNED_IN, self._entrance),
            Route("/sign-in", "GET", Access.OPEN, self._sign_in),
            Route("/sign-in", "POST", Access.OPEN, self._sign_in),
            Route("/sign-out", "POST", Access.SIGNED_IN, self._sign_out),
            Route("/invitation/<token>", "GET", Access.OPEN, self._invitation),
            Route("/invitation/<token>", "POST", Access.OPEN, self._invitation),
            Route(f"{home}/", "GET", Permission.SEE, self._home),
            *CampaignPages(desk, public_address).routes,
            *ResultsPages(desk, rules).routes,
            *KitPages(desk, public_address).routes,
            *RecordingPages(desk).routes,
            *SittingPages(desk, public_address).routes,
            *TeamPages(desk, rules).routes,
            *FirstSteps(desk, public_address).routes,
            *OwnPages(desk, rules).routes,
            *RetentionPage(desk, rules).routes,
            *AccreditationPage(desk).routes,
            *PhonePages(desk).routes,
            *WebhookPages(desk).routes,
            *SsoPages(desk, rules).routes,
            *PasskeyPages(desk, rules).routes,
        )

    def guarded(self, route: Route) -> gate.Page:
        """Give the page behind its gate."""

        async def guarded(**parts: str) -> Response:
            try:
                visit = await gate.enter(request, route.needs, self._desk().accounts)
                return await route.page(visit, **parts)
            except Refused as refused:
                return refusal(refused.status)
            except RequestEntityTooLarge:
                return refusal(413)
            except StoreError as fault:
                log.error("a page of an organisation failed: %s", fault)
                return refusal(503)

        return guarded

    # --- coming in and going out -------------------------------------------------------------------------------

    async def _entrance(self, visit: Visit) -> Response:
        members = () if visit.account is None else visit.account.members
        if len(members) == 1:
            return go(f"/{members[0].organization.id}/")
        return show("entrance", visit, members=members)

    async def _sign_in(self, visit: Visit) -> Response:
        if request.method == "GET":
            return self._sign_in_page(visit, 200, None, "")
        form = await typed_form()
        wait = await sign_in_rate(self._desk().rates, self._rules)
        if wait:
            refused = SignInRefused("locked", -(-wait // 60))
            return self._sign_in_page(visit, 429, refused, form.get("email", ""))
        try:
            token = await self._desk().accounts.sign_in(form.get("email", ""), form.get("password", ""), _device())
        except SignInRefused as refused:
            return self._sign_in_page(visit, 400, refused, form.get("email", ""))
        return self._signed_in(token)

    def _sign_in_page(self, visit: Visit, status: int, fault: SignInRefused | None, email: str) -> Response:
        provider = provider_label(self._desk().provider)
        fields = {"passkeys": self._desk().passkeys is not None, "says": team_words()}
        return show("sign_in", visit, status, fault=fault, email=email, provider=provider, **fields)

    async def _sign_out(self, visit: Visit) -> Response:
        del visit
        await self._desk().accounts.sign_out(request.cookies.get(gate.cookie_name(request), ""))
        response = go("/sign-in")
        gate.forget(request, response)
        return response

    async def _invitation(self, visit: Visit, token: str) -> Response:
        accounts = self._desk().accounts
        invitation = await accounts.invitation(token)
        if invitation is None:
            return show("invitation_over", visit, 404)
        fault: OrganizationError | None = None
        name = ""
        if request.method == "POST":
            form = await typed_form()
            name = form.get("name", "")
            try:
                return self._signed_in(await accounts.accept(token, name, form.get("password", ""), _device()))
            except (InvalidMember, SignInRefused) as refused:
                fault = refused
        characters = self._rules.password_characters
        status = 200 if fault is None else 400
        fields = {"token": token, "provider": provider_label(self._desk().provider), "says": team_words()}
        return show(
            "invitation", visit, status, invitation=invitation, fault=fault, name=name, characters=characters, **fields
        )

    def _signed_in(self, token: str) -> Response:
        response = go("/")
        gate.keep_signed_in(request, response, token, self._rules.sign_in_hours)
        return response

    # --- campaigns ---------------------------------------------------------------------------------------------

    async def _home(self, visit: Visit, organization: str) -> Response:
        del organization
        member = member_of(visit)
        every = await self._desk().organizations.campaigns(member.organization.id)
        state, tag = request.args.get("state", ""), request.args.get("tag", "")
        wanted = [each for each in every if state in ("", each.entry) and (not tag or tag in each.tags)]
        fields = {"states": tuple(Entry), "tags": sorted({tag for each in every for tag in each.tags})}
        asked = {"state": state, "tag": tag}
        return show(
            "home",
            visit,
            campaigns=wanted,
            any_campaign=bool(every),
            in_threes=in_threes,
            asked=asked,
            says=results_words(),
            **fields,
        )


def _device() -> str:
    return device_of(request.headers.get("User-Agent", ""))


async def _add_headers(response: Response) -> Response:
    """No copy of these pages is kept; forms tell their origin, which `no-referrer` would hide."""
    response.headers.update({**HEADERS, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"})
    return response
