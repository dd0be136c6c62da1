"""What the addresses of the API do, once the gate has let a request in.

What a program writes goes through the same rules as what a person types: the same store, the same refusals, the same
audit log, in the program's name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from quart import Response, current_app, request

from audio_content.model import Content
from engine.organization.campaigns import CampaignKind, InvalidCampaign
from engine.organization.roles import Role
from voice_app.access import Rates
from voice_app.organizations import (
    Campaign,
    CampaignDraft,
    MemberId,
)
from voice_app.speech.welcome_recordings import WelcomeRefused
from voice_app.web.api import models as shapes
from voice_app.web.api.accreditation_work import AccreditationDesk
from voice_app.web.api.affairs_work import AffairsDesk
from voice_app.web.api.asking import campaign_of, here_of, program_of, since_of
from voice_app.web.api.campaign_files import CampaignFilesDesk
from voice_app.web.api.feed_models import PageQuery, ends
from voice_app.web.api.gate import Call, not_found
from voice_app.web.api.grants import grant
from voice_app.web.api.problems import Problem
from voice_app.web.api.result_work import ResultDesk
from voice_app.web.api.sitting_work import SittingDesk
from voice_app.web.api.token_work import TokenDesk
from voice_app.web.api.webhook_work import WebhookDesk
from voice_app.web.organization.forms import PROFILE_PATH, target_path, templates
from voice_app.web.organization.recording_pages import keep_recording
from voice_app.web.organization.sheets import PREFIX as PAGES


class ApiDesk(
    WebhookDesk, AffairsDesk, ResultDesk, AccreditationDesk, CampaignFilesDesk, SittingDesk, TokenDesk, Protocol
):
    """What the API needs of the opened service."""

    @property
    def rates(self) -> Rates: ...


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
        return shapes.OrganizationAnswer.of(here_of(call))

    async def members(self, call: Call, organization: str, query_args: PageQuery) -> shapes.MemberPage:
        """List the members, as they last changed; those who were put out are not active."""
        del organization
        here = here_of(call).organization.id
        piece = await self._desk().feeds.members(here, since_of(query_args), query_args.limit)
        return shapes.MemberPage(items=[shapes.MemberAnswer.of(each) for each in piece.items], **ends(piece))

    async def change_member(
        self, call: Call, organization: str, member: str, data: shapes.MemberChange
    ) -> shapes.MemberAnswer:
        """Set a member's role, take access away or give it back. An organisation keeps an admin."""
        del organization
        here, organizations = here_of(call).organization.id, self._desk().organizations
        role = Role(data.role)
        if not await organizations.change_member(
            here, MemberId(member), role=role, active=data.active, by=program_of(call)
        ):
            raise not_found()
        changed = next(each for each in await organizations.members(here) if each.id == member)
        return shapes.MemberAnswer.of(changed)

    async def invite(self, call: Call, organization: str, data: shapes.NewInvitation) -> Any:
        """Invite somebody: hand over the address or the code; nothing is sent."""
        del organization
        here, desk = here_of(call).organization.id, self._desk()
        token = await desk.organizations.invite(here, data.email, Role(data.role), program_of(call))
        code = await desk.invitations.give_code(token)
        return shapes.InvitationAnswer(path=f"{PAGES}/invitation/{token}", code=code), 201

    # --- campaigns ---------------------------------------------------------------------------------------------

    async def campaigns(self, call: Call, organization: str, query_args: PageQuery) -> shapes.CampaignPage:
        """List the campaigns, as they were made and archived."""
        del organization
        here = here_of(call).organization.id
        piece = await self._desk().feeds.campaigns(here, since_of(query_args), query_args.limit)
        items = [shapes.CampaignAnswer.of(each) for each in piece.items]
        return shapes.CampaignPage(items=items, **ends(piece))

    async def create_campaign(self, call: Call, organization: str, data: shapes.NewCampaign) -> Any:
        """Create a campaign; its code comes with it."""
        del organization
        desk, here = self._desk(), here_of(call).organization.id
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
        made = await desk.organizations.create_campaign(here, draft, program_of(call))
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
        await self._desk().organizations.change_campaign(found.organization.id, found.id, change, program_of(call))
        return shapes.CampaignAnswer.of(await self._campaign_of(call, campaign))

    async def archive(self, call: Call, organization: str, campaign: str) -> shapes.CampaignAnswer:
        """Archive a campaign: nobody begins or shares any more, what was shared stays."""
        del organization
        if not await self._desk().organizations.archive(here_of(call).organization.id, campaign, program_of(call)):
            raise not_found()
        return shapes.CampaignAnswer.of(await self._campaign_of(call, campaign))

    async def record_welcome(self, call: Call, organization: str, campaign: str, locale: str) -> shapes.CampaignAnswer:
        """Let a recording say the campaign's words of welcome in a language: WAV, MP3, M4A, Ogg; a minute at most."""
        del organization
        found = await self._campaign_of(call, campaign)
        body = bytes(await request.get_data(as_text=False))  # type: ignore[arg-type]  # text only if asked
        try:
            await keep_recording(self._desk().welcomes, found.organization.id, found.id, locale, body, program_of(call))
        except WelcomeRefused as refused:
            errors = [{"field": "body", "reason": refused.reason}]
            raise Problem(400, refused.code, "this recording cannot be played", errors=errors) from refused
        return shapes.CampaignAnswer.of(found)

    async def unrecord_welcome(self, call: Call, organization: str, campaign: str, locale: str) -> Response:
        """Let the voice of the service say the words of welcome again."""
        del organization
        here = here_of(call).organization.id
        if not await self._desk().welcomes.remove(here, campaign, locale, program_of(call)):
            raise not_found()
        return Response("", 204)

    async def _campaign_of(self, call: Call, campaign: str) -> Campaign:
        return await campaign_of(self._desk().organizations, call, campaign)


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
