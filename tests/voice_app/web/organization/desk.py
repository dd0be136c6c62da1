"""A served desk for the tests of the organisations' pages: real store, real pages, real content; no kiosk needed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from quart import Quart, Response
from quart.typing import TestClientProtocol

from audio_content.loader import load
from audio_content.model import Content
from engine.organization.consent import Purpose
from engine.organization.roles import Role
from engine.organization.scopes import Scope
from engine.organization.snapshot import AreaResult, Snapshot
from tests.databases import new_file
from voice_app.app import contexts, dialogue_context
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.records import (
    AssistanceBegun,
    ItemAsked,
    PracticeDone,
    Record,
    SessionStarted,
    to_payload,
)
from voice_app.live_feed import LocalFeed
from voice_app.organizations import Campaign, CampaignDraft, Member, Organization
from voice_app.ports import NewRecord
from voice_app.results import ResultFilter
from voice_app.session_memory import ContextOf
from voice_app.settings import Settings
from voice_app.sittings import Sitting
from voice_app.sso.identity import IdentityProvider
from voice_app.sso.passkeys import Passkeys
from voice_app.store.rates import SqlRates
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_access import SqlAccess
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_accreditation import SqlAccreditation
from voice_app.store.sql_contacts import SqlContacts
from voice_app.store.sql_facts import SqlFacts
from voice_app.store.sql_feeds import SqlFeeds
from voice_app.store.sql_invitations import SqlInvitations
from voice_app.store.sql_learners import SqlLearners
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_own_access import SqlOwnAccess
from voice_app.store.sql_privacy import SqlPrivacy
from voice_app.store.sql_results import SqlResults
from voice_app.store.sql_sittings import SqlSittings
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_webhooks import SqlWebhooks
from voice_app.store.sql_welcomes import SqlWelcomes
from voice_app.web.api.routes import add_api
from voice_app.web.bounded import BoundedRequest
from voice_app.web.learner import learner_blueprint
from voice_app.web.organization.pages import organization_blueprint

PASSWORD = "quatre mots faciles ici"
RULES = OrganizationRules(argon2_memory_kib=64, argon2_passes=1, sign_ins_per_address=10_000)
ORIGIN = {"Origin": "http://localhost"}


@cache
def content() -> Content:
    return load()


@cache
def usual_context() -> DialogueContext:
    return dialogue_context(Settings(), content())


@dataclass
class Desk:
    """An organisation "la Maison Bleue" with a member of each role, and another one with its own admin and campaign."""

    store: SqlStore
    app: Quart = field(init=False)
    accounts: SqlAccounts = field(init=False)
    organizations: SqlOrganizations = field(init=False)
    results: SqlResults = field(init=False)
    privacy: SqlPrivacy = field(init=False)
    accreditation: SqlAccreditation = field(init=False)
    access: SqlAccess = field(init=False)
    rates: SqlRates = field(init=False)
    feeds: SqlFeeds = field(init=False)
    facts: SqlFacts = field(init=False)
    sittings: SqlSittings = field(init=False)
    learners: SqlLearners = field(init=False)
    own_access: SqlOwnAccess = field(init=False)
    provider: IdentityProvider | None = None
    passkeys: Passkeys = field(default_factory=Passkeys)
    invitations: SqlInvitations = field(init=False)
    contacts: SqlContacts = field(init=False)
    webhooks: SqlWebhooks = field(init=False)
    welcomes: SqlWelcomes = field(init=False)
    settings: Settings = field(default_factory=Settings)
    members: dict[str, Member] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    async def open(cls, folder: Path) -> Desk:
        desk = cls(await SqlStore.open(await new_file(folder / "events.sqlite")))
        desk.organizations = SqlOrganizations(desk.store.engine, RULES, desk.moment)
        desk.accounts = SqlAccounts(desk.store.engine, RULES, desk.moment)
        desk.results = SqlResults(desk.store.engine, desk.moment)
        desk.accreditation = SqlAccreditation(desk.store.engine, desk.moment)
        desk.privacy = SqlPrivacy(desk.store, RULES, desk.moment)
        desk.access = SqlAccess(desk.store.engine, RULES, desk.moment)
        desk.rates = SqlRates(desk.store.engine, desk.moment)
        desk.feeds = SqlFeeds(desk.store.engine, desk.organizations, desk.moment)
        desk.facts = SqlFacts(desk.store.engine, desk.moment)
        desk.sittings = SqlSittings(desk.store.engine, LocalFeed(), desk.moment)
        desk.learners = SqlLearners(desk.store.engine, RULES, StoreRules(), desk.moment)
        desk.own_access = SqlOwnAccess(desk.store.engine, RULES, desk.moment)
        desk.invitations = SqlInvitations(desk.store.engine, desk.moment)
        desk.welcomes = SqlWelcomes(desk.store.engine, desk.moment)
        desk.webhooks = SqlWebhooks(desk.store.engine, StoreRules())
        desk.contacts = SqlContacts(desk.store.engine, desk.moment)
        desk.app = Quart(__name__, static_folder=None)
        desk.app.request_class = BoundedRequest
        desk.app.register_blueprint(organization_blueprint(lambda: desk, RULES))
        desk.app.register_blueprint(learner_blueprint(lambda: desk))
        add_api(desk.app, lambda: desk, RULES)
        ours = await desk.organizations.create("la Maison Bleue")
        for role in Role:
            desk.members[role.value] = await desk._joined(ours, f"{role.value}@maison.example", role)
        theirs = await desk.organizations.create("le Relais")
        desk.members["stranger"] = await desk._joined(theirs, "eve@relais.example", Role.ADMIN)
        return desk

    @property
    def content(self) -> Content:
        return content()

    @property
    def context(self) -> DialogueContext:
        return usual_context()

    @property
    def context_of(self) -> ContextOf:
        return contexts(Settings(), usual_context())

    @property
    def ours(self) -> str:
        return self.members["admin"].organization.id

    def moment(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    async def _joined(self, organization: Organization, email: str, role: Role) -> Member:
        invitation = await self.organizations.invite(organization.id, email, role, None)
        account = await self.accounts.identify(await self.accounts.accept(invitation, email.split("@")[0], PASSWORD))
        assert account is not None
        member = account.member_of(organization.id)
        assert member is not None
        return member

    async def join_the_strangers(self, who: str) -> None:
        """Make a member of ours a viewer of the other organisation too."""
        theirs, email = self.members["stranger"].organization, self.members[who].email
        invitation = await self.organizations.invite(theirs.id, email, Role.VIEWER, None)
        await self.accounts.accept(invitation, "", PASSWORD)

    async def campaign(self, who: str = "admin", title: str = "Printemps") -> Campaign:
        member = self.members[who]
        return await self.organizations.create_campaign(
            member.organization.id, CampaignDraft(title, "abc_diag"), member
        )

    async def share(
        self,
        campaign: Campaign,
        mastered: tuple[str, ...] = ("web.search.1",),
        channel: str = "kiosk",
        profile: str = "almost",
        number: str = "",
        again: str | None = None,
    ) -> None:
        snapshot = Snapshot(
            "abc_diag", "fr", channel, profile, 1, {"key": 10}, {"1": AreaResult(2, mastered, ("web.search.2",))}
        )
        session = await self.store.open_session("kiosk", "bank-1")
        consent = {"purpose": Purpose.SHARE_RESULT.value, "recipient": campaign.id, "agreed": True}
        records = [
            NewRecord("campaign_joined", {"campaign": campaign.id, "again": again}),
            NewRecord("session_finished", {}),
            NewRecord("consent_answered", consent),
            NewRecord("result_shared", {"campaign": campaign.id, "snapshot": snapshot.to_data(), "number": number}),
        ]
        await self.store.append(session, records, channel="kiosk")

    async def participant(self, campaign: Campaign) -> str:
        """Give the id of the newest shared result of a campaign."""
        page = await self.results.participants(campaign.organization.id, campaign.id, ResultFilter())
        return page.participants[0].id

    async def sit(self, who: str = "mediator", title: str = "Lundi") -> tuple[Sitting, str]:
        """Open a sitting of this member in which somebody has sat down and answered a question; give the session."""
        member = self.members[who]
        sitting = await self.sittings.open(member.organization.id, title, None, member)
        return sitting, await self.sit_down(sitting, member.organization.name)

    async def sit_down(self, sitting: Sitting, organization: str) -> str:
        """Let somebody sit down in a sitting and be asked a question; give the session."""
        session = await self.store.open_session("kiosk", "bank-1")
        context = self.context
        item = next(iter(context.content.path_items("abc_diag")))
        records: list[Record] = [
            AssistanceBegun(sitting.id, organization),
            SessionStarted("abc_diag", context.content.version, 3, "fr", 10),
            PracticeDone(),
            ItemAsked(item.id, item.option_ids),
        ]
        rows = [NewRecord(record.kind, to_payload(record)) for record in records]
        await self.store.append(session, rows, channel="kiosk")
        return session

    async def waiting(self, who: str = "admin") -> str:
        """Give the id of an invitation of this member's organisation that waits."""
        here = self.members[who].organization.id
        await self.organizations.invite(here, "waiting@maison.example", Role.VIEWER, None)
        return (await self.invitations.waiting(here))[-1].id

    async def webhook(self, who: str = "admin") -> str:
        """Give the id of a new webhook of this member's organisation."""
        made = await self.webhooks.add(self.members[who].organization.id, "https://recu.example/webhook")
        assert made is not None
        return made.id

    async def program(self, who: str = "admin") -> str:
        """Give the id of a new token of this member's organisation."""
        _, made = await self.access.make_token(self.members[who].organization.id, "one", tuple(Scope), None)
        return made.id

    async def browser(self, who: str | None = None) -> Browser:
        """Give a browser, signed in as this member (None: as nobody)."""
        browser = Browser(self.app.test_client())
        if who is not None:
            form = {"email": self.members[who].email, "password": PASSWORD}
            assert (await browser.post("/org/sign-in", form)).status_code == 303
        return browser


@dataclass
class Browser:
    """What a browser does: keeps cookies, tells its origin, sends the hidden fields of the page it shows."""

    client: TestClientProtocol
    token: str = ""

    async def get(self, path: str, **headers: str) -> Response:
        response = await self.client.get(path, headers=headers)
        found = re.search(
            r'name="form_token" value="([0-9a-f]+)"', (await response.get_data(as_text=False)).decode(errors="replace")
        )
        self.token = found[1] if found else self.token
        return response

    async def text(self, path: str) -> str:
        response = await self.get(path)
        assert response.status_code == 200, response.status_code
        told: str = await response.get_data(as_text=True)
        return told

    async def post(
        self, path: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        fields = {"form_token": self.token, **(form or {})}
        return await self.client.post(path, form=fields, headers=ORIGIN if headers is None else headers)
