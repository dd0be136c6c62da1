"""The addresses of a campaign's results: figures with filters, participants, exports, figures that anybody may see."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from quart import Response, request

from audio_content.model import Content
from engine.model import Channel
from engine.organization.roles import Permission
from voice_app.organizations import Campaign, Organizations
from voice_app.results import Results
from voice_app.store.rules import OrganizationRules
from voice_app.web.organization.charts import area_chart, channel_lines, competence_chart, profile_chart
from voice_app.web.organization.exports import as_csv, as_json
from voice_app.web.organization.figures import name_of, path_name, shown_areas, skill_lines
from voice_app.web.organization.filters import read_filter
from voice_app.web.organization.gate import Access, Refused, Route, Visit
from voice_app.web.organization.sheets import BOOK, asked_locale, go, member_of, show, streamed, typed_form
from voice_app.web.page_words import PageWords, book_of_words

RESULTS_BOOK = "results"


class ResultsDesk(Protocol):
    """What these pages need of the opened service."""

    @property
    def organizations(self) -> Organizations: ...

    @property
    def results(self) -> Results: ...

    @property
    def content(self) -> Content: ...


class ResultsPages:
    """The pages of results and their routes."""

    def __init__(self, desk: Callable[[], ResultsDesk], rules: OrganizationRules) -> None:
        self._desk = desk
        self._rules = rules
        campaign = "/<organization>/campaigns/<campaign>"
        self.routes = (
            Route(f"{campaign}/results/", "GET", Permission.SEE, self._results),
            Route(f"{campaign}/participants/", "GET", Permission.SEE, self._participants),
            Route(f"{campaign}/participants/<participant>", "GET", Permission.SEE, self._participant),
            Route(f"{campaign}/participants/<participant>", "POST", Permission.RUN_CAMPAIGNS, self._cohort),
            Route(f"{campaign}/results.csv", "GET", Permission.EXPORT, self._results_csv),
            Route(f"{campaign}/results.json", "GET", Permission.EXPORT, self._results_json),
            Route(f"{campaign}/publish", "POST", Permission.RUN_CAMPAIGNS, self._publish),
            Route("/figures/<code>", "GET", Access.OPEN, self._public_figures),
        )

    async def _results(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        found, asked = await found_campaign(self._desk(), visit, campaign), read_filter(request.args)
        desk, locale = self._desk(), asked_locale()
        words, names = results_words(), book_of_words(BOOK, locale)["export"]
        figures = await desk.results.figures(found.organization.id, found.id, asked.chosen)
        charts = (
            profile_chart(figures, words, names),
            area_chart(figures, desk.content, words, locale),
            competence_chart(figures, desk.content, words, locale),
        )
        return show(
            "results",
            visit,
            campaign=found,
            says=words,
            asked=asked,
            counts=figures.counts,
            charts=charts,
            skills=skill_lines(figures, desk.content, locale),
            channels=channel_lines(figures, names),
            effect=await desk.results.mode_effect(found.organization.id, found.id),
            **await self._choices(found),
        )

    async def _participants(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        found, asked = await found_campaign(self._desk(), visit, campaign), read_filter(request.args)
        page = await self._desk().results.participants(
            found.organization.id, found.id, asked.chosen, before=_number("before"), after=_number("after")
        )
        return show(
            "participants",
            visit,
            campaign=found,
            says=results_words(),
            asked=asked,
            page_of=page,
            **await self._choices(found),
        )

    async def _participant(self, visit: Visit, organization: str, campaign: str, participant: str) -> Response:
        del organization
        found, desk = await found_campaign(self._desk(), visit, campaign), self._desk()
        shown = await desk.results.participant(found.organization.id, found.id, participant)
        if shown is None:
            raise Refused(404)
        areas = shown_areas(shown.snapshot, desk.content, asked_locale())
        words = {"says": results_words(), "name_of": _named(desk.content)}
        return show("participant", visit, campaign=found, shown=shown, areas=areas, **words)

    async def _choices(self, campaign: Campaign) -> dict[str, tuple[str, ...]]:
        cohorts = await self._desk().results.cohorts(campaign.organization.id, campaign.id)
        return {"cohorts": tuple(cohorts), "all_channels": tuple(channel.value for channel in Channel)}

    async def _cohort(self, visit: Visit, organization: str, campaign: str, participant: str) -> Response:
        del organization
        member, form = member_of(visit), await typed_form()
        here = member.organization.id
        done = await self._desk().results.put_in_cohort(here, campaign, participant, form.get("cohort", ""), member)
        if not done:
            raise Refused(404)
        return go(f"/{here}/campaigns/{campaign}/participants/")

    async def _publish(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        member, form = member_of(visit), await typed_form()
        here = member.organization.id
        if not await self._desk().results.publish(here, campaign, form.get("published") == "yes", member):
            raise Refused(404)
        return go(f"/{here}/campaigns/{campaign}/")

    async def _public_figures(self, visit: Visit, code: str) -> Response:
        published = await self._desk().results.published(code)
        if published is None:
            raise Refused(404)
        content = self._desk().content
        path = named_path(content, published.path)
        return show("figures", visit, told=published, says=results_words(), name_of=_named(content), path_name=path)

    async def _results_csv(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        found, asked = await self._exported(visit, campaign), read_filter(request.args)
        desk, locale = self._desk(), asked_locale()
        lines = as_csv(
            found,
            desk.results.stream(found.organization.id, found.id, asked.chosen),
            desk.content,
            book_of_words(BOOK, locale)["export"],
            locale,
        )
        return streamed(lines, "text/csv; charset=utf-8", f"{found.code}.csv")

    async def _results_json(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        found, asked = await self._exported(visit, campaign), read_filter(request.args)
        results = self._desk().results.stream(found.organization.id, found.id, asked.chosen)
        return streamed(as_json(found, results), "application/json", f"{found.code}.json")

    async def _exported(self, visit: Visit, campaign: str) -> Campaign:
        """Give the campaign whose results leave the house; it is noted who took them."""
        found = await found_campaign(self._desk(), visit, campaign)
        await self._desk().organizations.note(found.organization.id, member_of(visit), "results_exported", found.title)
        return found


class HasCampaigns(Protocol):
    """Where campaigns are found."""

    @property
    def organizations(self) -> Organizations: ...


async def found_campaign(desk: HasCampaigns, visit: Visit, campaign: str) -> Campaign:
    """Give a campaign of the member's organisation. Raises Refused."""
    found = await desk.organizations.campaign(member_of(visit).organization.id, campaign)
    if found is None:
        raise Refused(404)
    return found


def results_words() -> PageWords:
    """Give the words of these pages in the language that was asked for."""
    return book_of_words(RESULTS_BOOK, asked_locale())


def named_path(content: Content, path: str) -> str:
    """Give what a path is called on this page."""
    words = book_of_words(BOOK, asked_locale())
    return path_name(content, path, words["path"], asked_locale(), words["new"]["chosen_name"])


def _named(content: Content) -> Callable[[str], str]:
    """Give what a node of the framework is called on this page."""
    return partial(name_of, content, locale=asked_locale())


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
