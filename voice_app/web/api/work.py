"""What the addresses of the API do, once the gate has let a request in.

What a program writes goes through the same rules as what a person types: the same store, the same refusals, the same
audit log, in the program's name.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from quart import Response, current_app, request

from audio_content.model import LOCALES, Content
from engine.organization.campaigns import CampaignKind, InvalidCampaign
from engine.organization.roles import Role
from voice_app.access import Access, Rates
from voice_app.feeds import Cursor, Feeds
from voice_app.organizations import (
    Campaign,
    CampaignDraft,
    MemberId,
    Organizations,
    Program,
    ShownOrganization,
)
from voice_app.results import Participant, ResultFilter, Results
from voice_app.speech.welcome_recordings import WelcomeRefused
from voice_app.store.sql_welcomes import SqlWelcomes
from voice_app.web.api import models as shapes
from voice_app.web.api.gate import Call, not_found
from voice_app.web.api.grants import grant
from voice_app.web.api.problems import Problem
from voice_app.web.api.webhook_work import WebhookDesk
from voice_app.web.organization.exports import as_csv, as_json
from voice_app.web.organization.forms import PROFILE_PATH, target_path, templates
from voice_app.web.organization.recording_pages import keep_recording
from voice_app.web.organization.sheets import BOOK, streamed
from voice_app.web.organization.sheets import PREFIX as PAGES
from voice_app.web.page_words import book_of_words


class ApiDesk(WebhookDesk, Protocol):
    """What the API needs of the opened service."""

    @property
    def access(self) -> Access: ...

    @property
    def rates(self) -> Rates: ...

    @property
    def feeds(self) -> Feeds: ...

    @property
    def organizations(self) -> Organizations: ...

    @property
    def results(self) -> Results: ...

    @property
    def content(self) -> Content: ...

    @property
    def welcomes(self) -> SqlWelcomes: ...


class Work:
    """The work of the addresses, on an opened service."""

    def __init__(self, desk: Callable[[], ApiDesk]) -> None:
        self._desk = desk

    # --- the API itself ----------------------------------------------------------------------------------------

    async def openapi(self, call: Call) -> Response:
        """Describe this API."""
        del call
        described = current_app.extensions["QUART_SCHEMA"].openapi_provider.schema()
        return Response(json.dumps(described), content_type="application/json")

    async def token(self, call: Call, data: shapes.TokenRequest) -> Any:
        """Exchange a client's id and secret for a token of an hour."""
        del call
        desk = self._desk()
        return await grant(request, data, desk.access, desk.rates)

    async def own_token(self, call: Call) -> shapes.CallerAnswer:
        """Tell whose the token is and what it opens."""
        if call.caller is None:
            raise not_found()
        return shapes.CallerAnswer.of(call.caller)

    # --- organisations and members -----------------------------------------------------------------------------

    async def organizations(self, call: Call) -> shapes.OrganizationPage:
        """List the organisations that the token reaches."""
        if call.caller is None:
            raise not_found()
        found = await self._desk().access.organizations(call.caller)
        return shapes.OrganizationPage(items=[shapes.OrganizationAnswer.of(each) for each in found])

    async def organization(self, call: Call, organization: str) -> shapes.OrganizationAnswer:
        """Give one organisation."""
        del organization
        return shapes.OrganizationAnswer.of(_here(call))

    async def members(self, call: Call, organization: str, query_args: shapes.PageQuery) -> shapes.MemberPage:
        """List the members, as they last changed; those who were put out are not active."""
        del organization
        here = _here(call).organization.id
        piece = await self._desk().feeds.members(here, _since(query_args), query_args.limit)
        return shapes.MemberPage(items=[shapes.MemberAnswer.of(each) for each in piece.items], **shapes.ends(piece))

    async def change_member(
        self, call: Call, organization: str, member: str, data: shapes.MemberChange
    ) -> shapes.MemberAnswer:
        """Set a member's role, take access away or give it back. An organisation keeps an admin."""
        del organization
        here, organizations = _here(call).organization.id, self._desk().organizations
        role = Role(data.role)
        if not await organizations.change_member(
            here, MemberId(member), role=role, active=data.active, by=_program(call)
        ):
            raise not_found()
        changed = next(each for each in await organizations.members(here) if each.id == member)
        return shapes.MemberAnswer.of(changed)

    async def invite(self, call: Call, organization: str, data: shapes.NewInvitation) -> Any:
        """Invite somebody: hand over the address; nothing is sent."""
        del organization
        here = _here(call).organization.id
        token = await self._desk().organizations.invite(here, data.email, Role(data.role), _program(call))
        return shapes.InvitationAnswer(path=f"{PAGES}/invitation/{token}"), 201

    # --- campaigns ---------------------------------------------------------------------------------------------

    async def campaigns(self, call: Call, organization: str, query_args: shapes.PageQuery) -> shapes.CampaignPage:
        """List the campaigns, as they were made and archived."""
        del organization
        here = _here(call).organization.id
        piece = await self._desk().feeds.campaigns(here, _since(query_args), query_args.limit)
        items = [shapes.CampaignAnswer.of(each) for each in piece.items]
        return shapes.CampaignPage(items=items, **shapes.ends(piece))

    async def create_campaign(self, call: Call, organization: str, data: shapes.NewCampaign) -> Any:
        """Create a campaign; its code comes with it."""
        del organization
        desk, here = self._desk(), _here(call).organization.id
        draft = CampaignDraft(
            data.title,
            _path(data, desk.content),
            data.welcome,
            data.opens,
            data.closes,
            tuple(data.tags),
            CampaignKind(data.kind),
            tuple(data.locales),
            data.number_label,
            data.repeated,
        )
        made = await desk.organizations.create_campaign(here, draft, _program(call))
        return shapes.CampaignAnswer.of(made), 201

    async def campaign(self, call: Call, organization: str, campaign: str) -> shapes.CampaignAnswer:
        """Give one campaign with its counts."""
        del organization
        return shapes.CampaignAnswer.of(await self._campaign_of(call, campaign))

    async def change_campaign(
        self, call: Call, organization: str, campaign: str, data: shapes.ChangedCampaign
    ) -> shapes.CampaignAnswer:
        """Change a campaign's name, words of welcome, dates or tags; its code and its questions stay."""
        del organization
        found = await self._campaign_of(call, campaign)
        change = data.of(found)
        await self._desk().organizations.change_campaign(found.organization.id, found.id, change, _program(call))
        return shapes.CampaignAnswer.of(await self._campaign_of(call, campaign))

    async def archive(self, call: Call, organization: str, campaign: str) -> shapes.CampaignAnswer:
        """Archive a campaign: nobody begins or shares any more, what was shared stays."""
        del organization
        if not await self._desk().organizations.archive(_here(call).organization.id, campaign, _program(call)):
            raise not_found()
        return shapes.CampaignAnswer.of(await self._campaign_of(call, campaign))

    async def record_welcome(self, call: Call, organization: str, campaign: str, locale: str) -> shapes.CampaignAnswer:
        """Let a recording say the campaign's words of welcome in a language: WAV, MP3, M4A, Ogg; a minute at most."""
        del organization
        found = await self._campaign_of(call, campaign)
        body = bytes(await request.get_data(as_text=False))  # type: ignore[arg-type]  # text only if asked
        try:
            await keep_recording(self._desk().welcomes, found.organization.id, found.id, locale, body, _program(call))
        except WelcomeRefused as refused:
            errors = [{"field": "body", "reason": refused.reason}]
            raise Problem(400, refused.code, "this recording cannot be played", errors=errors) from refused
        return shapes.CampaignAnswer.of(found)

    async def unrecord_welcome(self, call: Call, organization: str, campaign: str, locale: str) -> Response:
        """Let the voice of the service say the words of welcome again."""
        del organization
        here = _here(call).organization.id
        if not await self._desk().welcomes.remove(here, campaign, locale, _program(call)):
            raise not_found()
        return Response("", 204)

    # --- results -----------------------------------------------------------------------------------------------

    async def participations(
        self, call: Call, organization: str, campaign: str, query_args: shapes.PageQuery
    ) -> shapes.ParticipationPage:
        """List the shared participations, as they last changed; of the others there are counts only."""
        del organization
        found = await self._campaign_of(call, campaign)
        feeds, here = self._desk().feeds, found.organization.id
        piece = await feeds.results(here, campaign, _since(query_args), query_args.limit)
        return shapes.ParticipationPage(
            items=[shapes.ParticipationAnswer.of(each.participation) for each in piece.items],
            counts=shapes.CampaignAnswer.of(found).counts,
            **shapes.ends(piece),
        )

    async def results(
        self, call: Call, organization: str, campaign: str, query_args: shapes.PageQuery
    ) -> shapes.ResultPage:
        """List the results that their persons shared, as they last changed."""
        del organization
        found = await self._campaign_of(call, campaign)
        feeds, here = self._desk().feeds, found.organization.id
        piece = await feeds.results(here, campaign, _since(query_args), query_args.limit)
        return shapes.ResultPage(items=[shapes.ResultAnswer.of(each) for each in piece.items], **shapes.ends(piece))

    async def results_csv(self, call: Call, organization: str, campaign: str) -> Response:
        """Give all shared results for spreadsheets: UTF-8 with a byte order mark, semicolons, no formulas."""
        del organization
        found, results = await self._exported(call, campaign)
        locale = request.accept_languages.best_match(LOCALES, LOCALES[0])
        words = book_of_words(BOOK, locale)["export"]
        lines = as_csv(found, results, self._desk().content, words, locale)
        return streamed(lines, "text/csv; charset=utf-8", f"{found.code}.csv")

    async def results_json(self, call: Call, organization: str, campaign: str) -> Response:
        """Give all shared results as one JSON object, written piece by piece."""
        del organization
        found, results = await self._exported(call, campaign)
        return streamed(as_json(found, results), "application/json", f"{found.code}.json")

    async def _exported(self, call: Call, campaign: str) -> tuple[Campaign, AsyncIterator[Participant]]:
        found, desk = await self._campaign_of(call, campaign), self._desk()
        await desk.organizations.note(found.organization.id, _program(call), "results_exported", found.title)
        return found, desk.results.stream(found.organization.id, found.id, ResultFilter())

    async def _campaign_of(self, call: Call, campaign: str) -> Campaign:
        found = await self._desk().organizations.campaign(_here(call).organization.id, campaign)
        if found is None:
            raise not_found()
        return found


def _here(call: Call) -> ShownOrganization:
    """Give the organisation that the gate has let in."""
    if call.organization is None:
        raise not_found()
    return call.organization


def _path(data: shapes.NewCampaign, content: Content) -> str:
    """Give the path of a campaign to create. Raises InvalidCampaign."""
    if CampaignKind(data.kind) is CampaignKind.PROFILE:
        if data.path not in (None, PROFILE_PATH) or data.targets:
            raise InvalidCampaign("path", "a profile has no path of its own")
        return PROFILE_PATH
    if data.targets:
        if data.path is not None:
            raise InvalidCampaign("path", "a path or targets, not both")
        return target_path(content, data.targets, data.level)
    if data.path is None or data.path not in templates(content):
        raise InvalidCampaign("path", "missing")
    return data.path


def _program(call: Call) -> Program:
    if call.caller is None:
        raise not_found()
    return call.caller.program


def _since(query: shapes.PageQuery) -> Cursor | None:
    if query.since is None:
        return None
    try:
        return Cursor.read(query.since)
    except ValueError as fault:
        raise Problem(
            400, "api.invalid", "the request is not as described", errors=[{"field": "since", "reason": str(fault)}]
        ) from fault
