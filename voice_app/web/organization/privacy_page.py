"""An organisation's page on what it keeps: what it sees of people, for how long, and how it sets that time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from quart import Response, request

from engine.organization.roles import Permission
from voice_app.privacy import Privacy
from voice_app.store.rules import OrganizationRules
from voice_app.web.organization.gate import Route, Visit
from voice_app.web.organization.results_pages import results_words
from voice_app.web.organization.sheets import go, member_of, show, typed_form


class RetentionDesk(Protocol):
    """What this page needs of the opened service."""

    @property
    def privacy(self) -> Privacy: ...


class RetentionPage:
    """The page and its routes."""

    def __init__(self, desk: Callable[[], RetentionDesk], rules: OrganizationRules) -> None:
        self._desk = desk
        self._longest = rules.longest_retention_months
        path = "/<organization>/retention/"
        self.routes = (
            Route(path, "GET", Permission.MANAGE_MEMBERS, self._retention),
            Route(path, "POST", Permission.MANAGE_MEMBERS, self._retention_set),
        )

    async def _retention(self, visit: Visit, organization: str) -> Response:
        del organization
        months = await self._desk().privacy.retention(member_of(visit).organization.id)
        return self._page(visit, months=str(months))

    async def _retention_set(self, visit: Visit, organization: str) -> Response:
        del organization
        member, typed = member_of(visit), (await typed_form()).get("months", "").strip()
        months = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
        if not await self._desk().privacy.keep_for(member.organization.id, months, member):
            return self._page(visit, 400, months=typed, wrong=True)
        return go(f"/{member.organization.id}/retention/?done=yes")

    def _page(self, visit: Visit, status: int = 200, /, *, months: str, wrong: bool = False) -> Response:
        done = not wrong and request.args.get("done") == "yes"
        fields = {"says": results_words(), "months": months, "wrong": wrong, "done": done, "longest": self._longest}
        return show("retention", visit, status, **fields)
