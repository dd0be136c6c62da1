"""What belongs to a campaign as a file: papers of the kit (PDF), the square of its code (SVG), its recorded welcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, Field
from quart import Response, request

from engine.organization.scopes import Scope
from voice_app.documents.kit import InvalidKit
from voice_app.documents.squares import page_with_code, qr_drawing
from voice_app.settings import Settings
from voice_app.store.sql_welcomes import SqlWelcomes
from voice_app.web.api.asking import campaign_of, here_of, wrong_field
from voice_app.web.api.feed_models import Asked
from voice_app.web.api.gate import ApiRoute, Call, not_found
from voice_app.web.organization.campaign_pages import QR_SCALE
from voice_app.web.organization.kit_pages import LONGEST_NUMBER, KitDesk, kit_body


class CampaignFilesDesk(KitDesk, Protocol):
    """What these addresses need of the opened service."""

    @property
    def welcomes(self) -> SqlWelcomes: ...

    @property
    def settings(self) -> Settings: ...


class KitQuery(Asked):
    """The language of a paper, and the number to call that is printed on it."""

    locale: Literal["fr", "en"] = "fr"
    phone: Annotated[
        str | None, Field(max_length=LONGEST_NUMBER, description="If not given: the service's own number.")
    ] = None


class RecordingAnswer(BaseModel):
    """A recorded welcome."""

    locale: Literal["fr", "en"]
    duration_ms: int


class RecordingList(BaseModel):
    """The languages in which a recording says the words of welcome."""

    items: list[RecordingAnswer]


def campaign_file_routes(desk: Callable[[], CampaignFilesDesk], campaign: str) -> tuple[ApiRoute, ...]:
    """Give the addresses, each with its scope. `campaign`: the address of a campaign."""
    work, reads = CampaignFiles(desk), Scope.CAMPAIGNS_READ
    return (
        ApiRoute(f"{campaign}/kit/<paper>", "GET", reads, work.kit, query=KitQuery, media="application/pdf"),
        ApiRoute(f"{campaign}/qr.svg", "GET", reads, work.campaign_square, media="image/svg+xml"),
        ApiRoute(f"{campaign}/recording", "GET", reads, work.recordings, answer=RecordingList),
        ApiRoute(f"{campaign}/recording/<locale>", "GET", reads, work.recording, media="audio/wav"),
    )


class CampaignFiles:
    """The work of the addresses, on an opened service."""

    def __init__(self, desk: Callable[[], CampaignFilesDesk]) -> None:
        self._desk = desk

    async def kit(self, call: Call, organization: str, campaign: str, paper: str, query_args: KitQuery) -> Response:
        """Give a paper of the communication kit with the campaign's code, as tagged PDF."""
        del organization
        desk = self._desk()
        found = await campaign_of(desk.organizations, call, campaign)
        phone = desk.settings.documents.phone if query_args.phone is None else query_args.phone
        try:
            body = await kit_body(desk, found, paper, phone, query_args.locale, self._address())
        except KeyError as fault:
            raise not_found() from fault
        except InvalidKit as fault:
            raise wrong_field("phone", "a telephone number is printed on it: name one", fault.code) from fault
        return Response(body, content_type="application/pdf")

    async def campaign_square(self, call: Call, organization: str, campaign: str) -> Response:
        """Give the QR code that opens the kiosk with the campaign's code."""
        del organization
        found = await campaign_of(self._desk().organizations, call, campaign)
        drawn = qr_drawing(page_with_code(self._address(), found.code), QR_SCALE)
        return Response(drawn, content_type="image/svg+xml")

    async def recordings(self, call: Call, organization: str, campaign: str) -> RecordingList:
        """List the recordings of the campaign's words of welcome."""
        del organization
        found = await campaign_of(self._desk().organizations, call, campaign)
        lengths = await self._desk().welcomes.listed(found.organization.id, found.id)
        return RecordingList(
            items=[
                RecordingAnswer(locale=locale, duration_ms=length)  # type: ignore[arg-type]  # kept for ours only
                for locale, length in sorted(lengths.items())
            ]
        )

    async def recording(self, call: Call, organization: str, campaign: str, locale: str) -> Response:
        """Give the recording of the words of welcome in a language."""
        del organization
        body = await self._desk().welcomes.body(here_of(call).organization.id, campaign, locale)
        if body is None:
            raise not_found()
        return Response(body, content_type="audio/wav")

    def _address(self) -> str:
        return self._desk().settings.web.public_address or request.host_url.rstrip("/")
