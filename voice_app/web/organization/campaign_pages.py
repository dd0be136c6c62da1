"""The addresses of one campaign: created, shown with its code, changed, archived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from quart import Response, request

from audio_content.model import Content
from engine.organization.campaigns import LONGEST_LABEL, LONGEST_TITLE, LONGEST_WELCOME, CampaignKind, InvalidCampaign
from engine.organization.roles import Permission
from voice_app.documents.squares import page_with_code, qr_drawing
from voice_app.organizations import Campaign, CampaignChange
from voice_app.results import ResultFilter
from voice_app.web.organization.charts import profile_chart
from voice_app.web.organization.figures import name_of, stated
from voice_app.web.organization.forms import (
    LEVELS,
    OWN_CHOICE,
    Fault,
    competences,
    in_threes,
    read_campaign,
    read_change,
    templates,
)
from voice_app.web.organization.gate import Refused, Route, Visit
from voice_app.web.organization.kit_pages import KitDesk
from voice_app.web.organization.results_pages import ResultsDesk, found_campaign, named_path, results_words
from voice_app.web.organization.sheets import BOOK, PREFIX, asked_locale, go, member_of, show, typed_form
from voice_app.web.page_words import book_of_words

QR_SCALE = 8
"""Pixels of a module on the page."""
LIMITS = {"title": LONGEST_TITLE, "welcome": LONGEST_WELCOME, "label": LONGEST_LABEL}


@dataclass(frozen=True, slots=True)
class Topics:
    """A competence in the form, with the topics that can be ticked one by one."""

    name: str
    topics: Sequence[tuple[str, str]]


class CampaignDesk(ResultsDesk, KitDesk, Protocol):
    """What these pages need of the opened service."""


class CampaignPages:
    """The pages and their routes. `public_address`: where learners reach the kiosk; empty: as this page was."""

    def __init__(self, desk: Callable[[], CampaignDesk], public_address: str) -> None:
        self._desk = desk
        self._public_address = public_address.rstrip("/")
        home, campaign = "/<organization>", "/<organization>/campaigns/<campaign>"
        self.routes = (
            Route(f"{home}/campaigns/new", "GET", Permission.RUN_CAMPAIGNS, self._new_campaign),
            Route(f"{home}/campaigns/new", "POST", Permission.RUN_CAMPAIGNS, self._new_campaign),
            Route(f"{campaign}/", "GET", Permission.SEE, self._campaign),
            Route(f"{campaign}/change", "GET", Permission.RUN_CAMPAIGNS, self._change),
            Route(f"{campaign}/change", "POST", Permission.RUN_CAMPAIGNS, self._change),
            Route(f"{campaign}/qr.svg", "GET", Permission.SEE, self._qr),
            Route(f"{campaign}/archive", "POST", Permission.RUN_CAMPAIGNS, self._archive),
        )

    async def _new_campaign(self, visit: Visit, organization: str) -> Response:
        del organization
        member = member_of(visit)
        content = self._desk().content
        offered = (*templates(content), OWN_CHOICE)
        fault, typed = None, {"path": offered[0], "locale_fr": "yes", "locale_en": "yes"}
        if request.method == "POST":
            typed = dict(await typed_form())
            try:
                draft = read_campaign(typed, offered, content)
                made = await self._desk().organizations.create_campaign(member.organization.id, draft, member)
                return go(f"/{member.organization.id}/campaigns/{made.id}/")
            except InvalidCampaign as invalid:
                fault = Fault(invalid.field, invalid.reason)
        return show(
            "new_campaign",
            visit,
            200 if fault is None else 400,
            paths={path: named_path(content, path) for path in offered},
            fault=fault,
            typed=typed,
            limits=LIMITS,
            competences=_choices(content),
            levels=LEVELS,
            kinds=tuple(CampaignKind),
        )

    async def _campaign(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        found = await found_campaign(self._desk(), visit, campaign)
        desk = self._desk()
        figures = await desk.results.figures(found.organization.id, found.id, ResultFilter())
        words = results_words()
        chart = profile_chart(figures, words, book_of_words(BOOK, asked_locale())["export"])
        address = self._address_of(found)
        public = f"{request.host_url.rstrip('/')}{PREFIX}/figures/{found.code}"
        fields = {"code": in_threes(found.code), "address": address, "public": public}
        fields["path_name"] = named_path(desk.content, found.path)
        fields["phone"] = desk.settings.documents.phone
        days = {"opens": day_of(found.opens), "last_day": last_day_of(found.closes)}
        return show("campaign", visit, campaign=found, chart=chart, says=words, **fields, **days)

    async def _qr(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        found = await found_campaign(self._desk(), visit, campaign)
        return Response(qr_drawing(self._address_of(found), QR_SCALE), content_type="image/svg+xml")

    async def _change(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        found, member = await found_campaign(self._desk(), visit, campaign), member_of(visit)
        fault, typed = None, _typed(found)
        if request.method == "POST":
            typed = dict(await typed_form())
            try:
                change = _same_moments(read_change(typed), found)
                await self._desk().organizations.change_campaign(found.organization.id, found.id, change, member)
                return go(f"/{found.organization.id}/campaigns/{found.id}/")
            except InvalidCampaign as invalid:
                fault = Fault(invalid.field, invalid.reason)
        status = 200 if fault is None else 400
        return show("change_campaign", visit, status, campaign=found, fault=fault, typed=typed, limits=LIMITS)

    async def _archive(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        member = member_of(visit)
        if not await self._desk().organizations.archive(member.organization.id, campaign, member):
            raise Refused(404)
        return go(f"/{member.organization.id}/")

    def _address_of(self, campaign: Campaign) -> str:
        return page_with_code(self._public_address or request.host_url, campaign.code)


def day_of(moment: datetime | None) -> date | None:
    """Give the day of a moment where this machine stands; None for none."""
    return None if moment is None else moment.astimezone().date()


def last_day_of(closes: datetime | None) -> date | None:
    """Give the last day on which a campaign lets people in; None where it has no end."""
    return day_of(None if closes is None else closes - timedelta(seconds=1))


def _typed(campaign: Campaign) -> dict[str, str]:
    """Give what the form of a change holds at first."""
    opens, closes = day_of(campaign.opens), last_day_of(campaign.closes)
    return {
        "title": campaign.title,
        "tags": ", ".join(campaign.tags),
        "opens": "" if opens is None else opens.isoformat(),
        "closes": "" if closes is None else closes.isoformat(),
        **{f"welcome_{locale}": words for locale, words in campaign.welcome.items()},
    }


def _same_moments(change: CampaignChange, before: Campaign) -> CampaignChange:
    """Give the change with the moments of before where their days stay: a program may have set an hour."""
    opens = before.opens if day_of(change.opens) == day_of(before.opens) else change.opens
    closes = before.closes if last_day_of(change.closes) == last_day_of(before.closes) else change.closes
    return replace(change, opens=opens, closes=closes)


def _choices(content: Content) -> dict[str, Topics]:
    """Give what can be ticked: competences by their own names, and their topics by plain names."""
    locale = asked_locale()
    return {
        competence: Topics(
            stated(content, competence, locale), [(topic, name_of(content, topic, locale)) for topic in topics]
        )
        for competence, topics in competences(content).items()
    }
