"""What the addresses of a campaign's results do: figures, one participation, one result, groups, files, publication.

Figures of an organisation are whole, as on its pages; what anybody may see has its small counts left out, and is the
same here as on the public page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from quart import Response, request

from audio_content.model import LOCALES, Content
from engine.organization.scopes import Scope
from voice_app.feeds import Feeds, Result
from voice_app.organizations import Campaign, Organizations
from voice_app.results import Participant, Results
from voice_app.web.api import result_models as shapes
from voice_app.web.api.asking import campaign_of, here_of, program_of, since_of
from voice_app.web.api.feed_models import PageQuery, ends
from voice_app.web.api.gate import NO_CONTENT, ApiRoute, Call, not_found
from voice_app.web.api.models import (
    CampaignAnswer,
    ParticipationAnswer,
    ParticipationPage,
    ResultAnswer,
    ResultPage,
)
from voice_app.web.organization.exports import as_csv, as_json
from voice_app.web.organization.figures import area_counts, competence_counts, skill_counts
from voice_app.web.organization.sheets import BOOK, streamed
from voice_app.web.page_words import book_of_words


class ResultDesk(Protocol):
    """What these addresses need of the opened service."""

    @property
    def organizations(self) -> Organizations: ...

    @property
    def results(self) -> Results: ...

    @property
    def feeds(self) -> Feeds: ...

    @property
    def content(self) -> Content: ...


def result_routes(desk: Callable[[], ResultDesk], campaign: str) -> tuple[ApiRoute, ...]:
    """Give the addresses, each with its scope. `campaign`: the address of a campaign."""
    work = ResultWork(desk)
    participations, results = f"{campaign}/participations", f"{campaign}/results"
    whole, writes = shapes.ResultQuery, Scope.CAMPAIGNS_WRITE
    return (
        ApiRoute(
            participations,
            "GET",
            Scope.PARTICIPATIONS_READ,
            work.participations,
            answer=ParticipationPage,
            query=PageQuery,
        ),
        ApiRoute(
            f"{participations}/<participation>",
            "GET",
            Scope.PARTICIPATIONS_READ,
            work.participation,
            answer=ParticipationAnswer,
        ),
        ApiRoute(results, "GET", Scope.RESULTS_READ, work.results, answer=ResultPage, query=PageQuery),
        ApiRoute(f"{results}/<participation>", "GET", Scope.RESULTS_READ, work.result, answer=ResultAnswer),
        ApiRoute(
            f"{results}/<participation>/group",
            "PUT",
            writes,
            work.put_in_group,
            body=shapes.NewGroup,
            status=NO_CONTENT,
        ),
        ApiRoute(f"{campaign}/results.csv", "GET", Scope.EXPORTS_READ, work.results_csv, query=whole, media="text/csv"),
        ApiRoute(
            f"{campaign}/results.json",
            "GET",
            Scope.EXPORTS_READ,
            work.results_json,
            query=whole,
            media="application/json",
        ),
        ApiRoute(
            f"{campaign}/figures", "GET", Scope.FIGURES_READ, work.figures, answer=shapes.FiguresAnswer, query=whole
        ),
        ApiRoute(f"{campaign}/publish", "POST", writes, work.publish, answer=CampaignAnswer),
        ApiRoute(f"{campaign}/withdraw", "POST", writes, work.withdraw, answer=CampaignAnswer),
        ApiRoute(
            f"{campaign}/published-figures",
            "GET",
            Scope.CAMPAIGNS_READ,
            work.published_figures,
            answer=shapes.PublishedAnswer,
        ),
    )


class ResultWork:
    """The work of the addresses, on an opened service."""

    def __init__(self, desk: Callable[[], ResultDesk]) -> None:
        self._desk = desk

    async def participations(
        self, call: Call, organization: str, campaign: str, query_args: PageQuery
    ) -> ParticipationPage:
        """List the shared participations, as they last changed; of the others there are counts only."""
        del organization
        found = await self._campaign(call, campaign)
        feeds, here = self._desk().feeds, found.organization.id
        piece = await feeds.results(here, campaign, since_of(query_args), query_args.limit)
        return ParticipationPage(
            items=[ParticipationAnswer.of(each.participation) for each in piece.items],
            counts=CampaignAnswer.of(found).counts,
            **ends(piece),
        )

    async def participation(
        self, call: Call, organization: str, campaign: str, participation: str
    ) -> ParticipationAnswer:
        """Give one shared participation."""
        del organization
        return ParticipationAnswer.of((await self._shared(call, campaign, participation)).participation)

    async def results(self, call: Call, organization: str, campaign: str, query_args: PageQuery) -> ResultPage:
        """List the results that their persons shared, as they last changed."""
        del organization
        found = await self._campaign(call, campaign)
        feeds, here = self._desk().feeds, found.organization.id
        piece = await feeds.results(here, campaign, since_of(query_args), query_args.limit)
        return ResultPage(items=[ResultAnswer.of(each) for each in piece.items], **ends(piece))

    async def result(self, call: Call, organization: str, campaign: str, participation: str) -> ResultAnswer:
        """Give one result that its person shared."""
        del organization
        return ResultAnswer.of(await self._shared(call, campaign, participation))

    async def put_in_group(
        self, call: Call, organization: str, campaign: str, participation: str, data: shapes.NewGroup
    ) -> Response:
        """Put a shared result in a group of yours, or in none; its counts move with it."""
        del organization
        here, results = here_of(call).organization.id, self._desk().results
        if not await results.put_in_cohort(here, campaign, participation, data.group, program_of(call)):
            raise not_found()
        return Response("", NO_CONTENT)

    async def results_csv(
        self, call: Call, organization: str, campaign: str, query_args: shapes.ResultQuery
    ) -> Response:
        """Give the shared results for spreadsheets: UTF-8 with a byte order mark, semicolons, no formulas."""
        del organization
        found, results = await self._exported(call, campaign, query_args)
        locale = request.accept_languages.best_match(LOCALES, LOCALES[0])
        words = book_of_words(BOOK, locale)["export"]
        lines = as_csv(found, results, self._desk().content, words, locale)
        return streamed(lines, "text/csv; charset=utf-8", f"{found.code}.csv")

    async def results_json(
        self, call: Call, organization: str, campaign: str, query_args: shapes.ResultQuery
    ) -> Response:
        """Give the shared results as one JSON object, written piece by piece."""
        del organization
        found, results = await self._exported(call, campaign, query_args)
        return streamed(as_json(found, results), "application/json", f"{found.code}.json")

    async def figures(
        self, call: Call, organization: str, campaign: str, query_args: shapes.ResultQuery
    ) -> shapes.FiguresAnswer:
        """Add up a campaign's shared results: profiles, channels, areas, competences, skills."""
        del organization
        found, desk = await self._campaign(call, campaign), self._desk()
        here = found.organization.id
        figures = await desk.results.figures(here, found.id, query_args.chosen())
        return shapes.FiguresAnswer.of(
            figures,
            area_counts(figures, desk.content),
            competence_counts(figures, desk.content),
            skill_counts(figures, desk.content),
            await desk.results.cohorts(here, found.id),
            await desk.results.mode_effect(here, found.id),
        )

    async def publish(self, call: Call, organization: str, campaign: str) -> CampaignAnswer:
        """Let anybody see the campaign's figures, small counts left out."""
        del organization
        return await self._published(call, campaign, published=True)

    async def withdraw(self, call: Call, organization: str, campaign: str) -> CampaignAnswer:
        """Let nobody see the campaign's figures any more."""
        del organization
        return await self._published(call, campaign, published=False)

    async def published_figures(self, call: Call, organization: str, campaign: str) -> shapes.PublishedAnswer:
        """Give what anybody may see of a campaign that is published."""
        del organization
        found = await self._campaign(call, campaign)
        published = await self._desk().results.published(found.code)
        if published is None:
            raise not_found()
        return shapes.PublishedAnswer.of(published)

    async def _published(self, call: Call, campaign: str, *, published: bool) -> CampaignAnswer:
        here = here_of(call).organization.id
        if not await self._desk().results.publish(here, campaign, published, program_of(call)):
            raise not_found()
        return CampaignAnswer.of(await self._campaign(call, campaign))

    async def _shared(self, call: Call, campaign: str, participation: str) -> Result:
        found = await self._desk().feeds.result(here_of(call).organization.id, campaign, participation)
        if found is None:
            raise not_found()
        return found

    async def _exported(
        self, call: Call, campaign: str, asked: shapes.ResultQuery
    ) -> tuple[Campaign, AsyncIterator[Participant]]:
        found, desk = await self._campaign(call, campaign), self._desk()
        await desk.organizations.note(found.organization.id, program_of(call), "results_exported", found.title)
        return found, desk.results.stream(found.organization.id, found.id, asked.chosen())

    async def _campaign(self, call: Call, campaign: str) -> Campaign:
        return await campaign_of(self._desk().organizations, call, campaign)
