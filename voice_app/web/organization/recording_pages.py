"""The addresses of a campaign's recorded welcome: a member's own voice instead of the service's, the words beside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from quart import Response, request

from audio_content.model import LOCALES, Content
from engine.organization.campaigns import InvalidCampaign
from engine.organization.roles import Permission
from voice_app.audio import wav_bytes
from voice_app.organizations import Author, Organizations
from voice_app.results import Results
from voice_app.speech.welcome_recordings import WelcomeRefused, finished
from voice_app.store.sql_welcomes import SqlWelcomes
from voice_app.web.organization.forms import Fault
from voice_app.web.organization.gate import Refused, Route, Visit
from voice_app.web.organization.results_pages import found_campaign
from voice_app.web.organization.sheets import go, member_of, show

READING_LIMIT_S = 30.0


class RecordingDesk(Protocol):
    """What these pages need of the opened service."""

    @property
    def organizations(self) -> Organizations: ...

    @property
    def results(self) -> Results: ...

    @property
    def content(self) -> Content: ...

    @property
    def welcomes(self) -> SqlWelcomes: ...


class RecordingPages:
    """The page and its routes."""

    def __init__(self, desk: Callable[[], RecordingDesk]) -> None:
        self._desk = desk
        here, needs = "/<organization>/campaigns/<campaign>/recording", Permission.RUN_CAMPAIGNS
        self.routes = (
            Route(f"{here}/", "GET", needs, self._recording),
            Route(f"{here}/", "POST", needs, self._recording),
            Route(f"{here}/<locale>.wav", "GET", needs, self._heard),
            Route(f"{here}/remove", "POST", needs, self._unrecorded),
        )

    async def _recording(self, visit: Visit, organization: str, campaign: str) -> Response:
        found = await found_campaign(self._desk(), visit, campaign)
        fault: Fault | None = None
        if request.method == "POST":
            locale = str((await request.form).get("locale", ""))
            upload = (await request.files).get("sound")
            body = b"" if upload is None else upload.read()
            try:
                await keep_recording(
                    self._desk().welcomes, found.organization.id, found.id, locale, body, member_of(visit)
                )
                return go(f"/{organization}/campaigns/{campaign}/recording/")
            except WelcomeRefused as refused:
                fault = Fault("sound", f"sound_{refused.reason}")
            except InvalidCampaign as invalid:
                fault = Fault("sound", invalid.reason)
        lengths = await self._desk().welcomes.listed(found.organization.id, found.id)
        status = 200 if fault is None else 400
        return show("recording", visit, status, campaign=found, lengths=lengths, fault=fault)

    async def _heard(self, visit: Visit, organization: str, campaign: str, locale: str) -> Response:
        del organization
        body = await self._desk().welcomes.body(member_of(visit).organization.id, campaign, locale)
        if body is None:
            raise Refused(404)
        return Response(body, content_type="audio/wav")

    async def _unrecorded(self, visit: Visit, organization: str, campaign: str) -> Response:
        member, locale = member_of(visit), str((await request.form).get("locale", ""))
        if not await self._desk().welcomes.remove(member.organization.id, campaign, locale, member):
            raise Refused(404)
        return go(f"/{organization}/campaigns/{campaign}/recording/")


async def keep_recording(
    welcomes: SqlWelcomes, organization: str, campaign: str, locale: str, body: bytes, by: Author
) -> bool:
    """Decode, check, finish and keep an upload; False for no such campaign. Raises WelcomeRefused, InvalidCampaign."""
    if locale not in LOCALES:
        raise InvalidCampaign("recording", "no_words")
    try:
        async with asyncio.timeout(READING_LIMIT_S):
            sound = await asyncio.to_thread(finished, body)
    except TimeoutError as fault:
        raise WelcomeRefused("unreadable") from fault
    return await welcomes.keep(organization, campaign, locale, wav_bytes(sound), sound.duration_ms, by)
