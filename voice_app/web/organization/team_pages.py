"""The addresses of an organisation's own affairs: team and invitations, programs, what it says of itself, the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from quart import Response, request

from engine.organization.codes import group_by_three
from engine.organization.roles import Permission, Role
from engine.organization.scopes import InvalidScope, Scope, read_scopes
from voice_app.access import Access as ProgramAccess
from voice_app.organizations import InvalidMember, MemberId, OrganizationFacts, Organizations, ShownOrganization
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_facts import SqlFacts
from voice_app.store.sql_invitations import SqlInvitations
from voice_app.web.organization.forms import Fault, read_role
from voice_app.web.organization.gate import Refused, Route, Visit
from voice_app.web.organization.sheets import PREFIX, asked_locale, go, member_of, show, typed_form
from voice_app.web.page_words import PageWords, book_of_words

TEAM_BOOK = "team"
ENTRIES_OF_A_PAGE = 100
DAYS = (30, 90, 365)
"""Lifetimes of a token that the form offers."""


class TeamDesk(Protocol):
    """What these pages need of the opened service."""

    @property
    def organizations(self) -> Organizations: ...

    @property
    def access(self) -> ProgramAccess: ...

    @property
    def facts(self) -> SqlFacts: ...

    @property
    def invitations(self) -> SqlInvitations: ...


class TeamPages:
    """The pages and their routes."""

    def __init__(self, desk: Callable[[], TeamDesk], rules: OrganizationRules) -> None:
        self._desk = desk
        self._rules = rules
        home, needs = "/<organization>", Permission.MANAGE_MEMBERS
        self.routes = (
            Route(f"{home}/members/", "GET", needs, self._members),
            Route(f"{home}/members/", "POST", needs, self._members),
            Route(f"{home}/members/<member>", "POST", needs, self._member),
            Route(f"{home}/invitations/<invitation>", "POST", needs, self._withdraw),
            Route(f"{home}/programs/", "GET", needs, self._programs),
            Route(f"{home}/programs/", "POST", needs, self._programs),
            Route(f"{home}/programs/<program>", "POST", needs, self._revoke),
            Route(f"{home}/settings/", "GET", needs, self._settings),
            Route(f"{home}/settings/", "POST", needs, self._settings),
            Route(f"{home}/log/", "GET", needs, self._log),
        )

    # --- team --------------------------------------------------------------------------------------------------

    async def _members(self, visit: Visit, organization: str) -> Response:
        del organization
        member, desk = member_of(visit), self._desk()
        fault: InvalidMember | None = None
        typed: Mapping[str, str] = {}
        made = {"address": "", "code": ""}
        if request.method == "POST":
            typed = await typed_form()
            try:
                token = await desk.organizations.invite(
                    member.organization.id, typed.get("email", ""), read_role(typed), member
                )
                code = await desk.invitations.give_code(token)
                address = f"{request.host_url.rstrip('/')}{PREFIX}/invitation/{token}"
                made = {"address": address, "code": " ".join(group_by_three(code))}
            except InvalidMember as invalid:
                fault = invalid
        return await self._list_of_members(visit, 200 if fault is None else 400, fault, typed, made)

    async def _member(self, visit: Visit, organization: str, member: str) -> Response:
        del organization
        by = member_of(visit)
        form = await typed_form()
        try:
            changed = await self._desk().organizations.change_member(
                by.organization.id, MemberId(member), role=read_role(form), active=form.get("active") == "yes", by=by
            )
        except InvalidMember as invalid:
            return await self._list_of_members(visit, 400, invalid, {}, {"address": "", "code": ""})
        if not changed:
            raise Refused(404)
        return go(f"/{by.organization.id}/members/")

    async def _withdraw(self, visit: Visit, organization: str, invitation: str) -> Response:
        del organization
        by = member_of(visit)
        if not await self._desk().invitations.withdraw(by.organization.id, invitation, by):
            raise Refused(404)
        return go(f"/{by.organization.id}/members/")

    async def _list_of_members(
        self,
        visit: Visit,
        status: int,
        fault: InvalidMember | None,
        typed: Mapping[str, str],
        made: Mapping[str, str],
    ) -> Response:
        desk, here = self._desk(), member_of(visit).organization.id
        fields = {
            "members": await desk.organizations.members(here),
            "waiting": await desk.invitations.waiting(here),
            "roles": tuple(Role),
            "days": self._rules.invitation_days,
            "says": team_words(),
        }
        return show("members", visit, status, fault=fault, typed=typed, made=made, **fields)

    # --- programs ----------------------------------------------------------------------------------------------

    async def _programs(self, visit: Visit, organization: str) -> Response:
        del organization
        member, access = member_of(visit), self._desk().access
        fault: Fault | None = None
        token, name, chosen = "", "", frozenset[Scope]()
        if request.method == "POST":
            form = await request.form
            name = str(form.get("name", ""))
            try:
                chosen = read_scopes(form.getlist("scope"))
                days = str(form.get("days", ""))
                token, _ = await access.make_token(
                    member.organization.id, name, chosen, member, int(days) if days.isdecimal() else 0
                )
                name, chosen = "", frozenset()
            except InvalidScope:
                fault = Fault("scope", "scope_missing")
            except InvalidMember:
                fault = Fault("name", "token_name")
        fields = {
            "tokens": await access.tokens(member.organization.id),
            "scopes": tuple(Scope),
            "lifetimes": tuple(days for days in DAYS if days <= self._rules.token_days),
            "says": team_words(),
        }
        status = 200 if fault is None else 400
        return show("programs", visit, status, fault=fault, token=token, name=name, chosen=chosen, **fields)

    async def _revoke(self, visit: Visit, organization: str, program: str) -> Response:
        del organization
        by = member_of(visit)
        if not await self._desk().access.revoke_token(by.organization.id, program, by):
            raise Refused(404)
        return go(f"/{by.organization.id}/programs/")

    # --- what the organisation says of itself ------------------------------------------------------------------

    async def _settings(self, visit: Visit, organization: str) -> Response:
        del organization
        member, store = member_of(visit), self._desk().facts
        found = await store.shown(member.organization.id)
        if found is None:
            raise Refused(404)
        fault, done = None, False
        if request.method == "POST":
            form = await typed_form()
            asked = _facts(form)
            try:
                await store.describe(member.organization.id, asked, member, form.get("name", ""))
                done = True
                found = await store.shown(member.organization.id) or found
            except InvalidMember as invalid:
                field = {"name_missing": "name", "legal_id": "legal_id", "too_many_tags": "tags"}
                fault = Fault(field.get(invalid.reason, "kind"), invalid.reason)
                found = ShownOrganization(found.organization, asked, found.created_at)
        status = 200 if fault is None else 400
        return show("settings", visit, status, fault=fault, shown=found, done=done, says=team_words())

    # --- the log -----------------------------------------------------------------------------------------------

    async def _log(self, visit: Visit, organization: str) -> Response:
        del organization
        start = request.args.get("from", "0")
        skipped = int(start) if start.isdecimal() and len(start) < 7 else 0
        entries = await self._desk().organizations.audit(
            member_of(visit).organization.id, skipped + ENTRIES_OF_A_PAGE + 1
        )
        shown, more = entries[skipped : skipped + ENTRIES_OF_A_PAGE], len(entries) > skipped + ENTRIES_OF_A_PAGE
        fields = {"older": skipped + ENTRIES_OF_A_PAGE if more else 0, "newer": skipped, "says": team_words()}
        return show("log", visit, entries=shown, page_size=ENTRIES_OF_A_PAGE, **fields)


def team_words() -> PageWords:
    """Give the words of these pages in the language that was asked for."""
    return book_of_words(TEAM_BOOK, asked_locale())


def _facts(form: Mapping[str, str]) -> OrganizationFacts:
    tags: Sequence[str] = form.get("tags", "").replace("\n", ",").split(",")
    return OrganizationFacts(
        kind=form.get("kind", ""),
        tags=tuple(tags),
        legal_id=form.get("legal_id", ""),
        training=form.get("training") == "yes",
    )
