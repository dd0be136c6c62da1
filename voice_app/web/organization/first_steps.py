"""The page that leads an organisation from nothing to its first result: what is done, what comes next.

Each step is judged by what there is, so that the page is right whoever did it, and on whichever channel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from quart import Response, request

from engine.organization.campaigns import Entry
from engine.organization.roles import Permission, allows
from voice_app.documents.squares import page_with_code
from voice_app.organizations import Organizations
from voice_app.store.sql_facts import SqlFacts
from voice_app.store.sql_invitations import SqlInvitations
from voice_app.web.organization.gate import Route, Visit
from voice_app.web.organization.sheets import PREFIX, member_of, show
from voice_app.web.organization.team_pages import team_words


class FirstStepsDesk(Protocol):
    """What this page needs of the opened service."""

    @property
    def organizations(self) -> Organizations: ...

    @property
    def facts(self) -> SqlFacts: ...

    @property
    def invitations(self) -> SqlInvitations: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name in the words, where it is done (empty: not by this person, or not yet), and whether it is."""

    name: str
    address: str
    done: bool


class FirstSteps:
    """The page and its route. `public_address`: where learners reach the kiosk; empty: as this page was."""

    def __init__(self, desk: Callable[[], FirstStepsDesk], public_address: str) -> None:
        self._desk = desk
        self._public_address = public_address
        self.routes = (Route("/<organization>/first-steps/", "GET", Permission.SEE, self._first_steps),)

    async def _first_steps(self, visit: Visit, organization: str) -> Response:
        del organization
        desk, member = self._desk(), member_of(visit)
        here = member.organization.id
        shown = await desk.facts.shown(here)
        team = [each for each in await desk.organizations.members(here) if each.active]
        campaigns = await desk.organizations.campaigns(here)
        open_now = next((each for each in campaigns if each.entry is Entry.OPEN), None)
        manages, runs = (allows(member.role, each) for each in (Permission.MANAGE_MEMBERS, Permission.RUN_CAMPAIGNS))
        kiosk = "" if open_now is None else page_with_code(self._public_address or request.host_url, open_now.code)
        campaign = "" if open_now is None else f"{PREFIX}/{here}/campaigns/{open_now.id}/"
        described = shown is not None and bool(shown.facts.kind or shown.facts.legal_id or shown.facts.tags)
        steps = (
            Step("describe", f"{PREFIX}/{here}/settings/" if manages else "", described),
            Step("campaign", f"{PREFIX}/{here}/campaigns/new" if runs else "", bool(campaigns)),
            Step("try", kiosk, any(each.counts.begun for each in campaigns)),
            Step("give", campaign, any(each.counts.begun > 1 for each in campaigns)),
            Step("result", campaign, any(each.counts.shared for each in campaigns)),
            Step(
                "team",
                f"{PREFIX}/{here}/members/" if manages else "",
                len(team) > 1 or bool(await desk.invitations.waiting(here)),
            ),
        )
        following = next((step for step in steps if not step.done and step.address), None)
        return show("first_steps", visit, steps=steps, following=following, says=team_words())
