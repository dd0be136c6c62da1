"""The page of a campaign's communication kit: poster, flyer, cards and wordings, each a PDF filled with its code.

Papers are made when they are asked for and kept nowhere. The form is read by address (GET): nothing is written, and a
paper that was found right can be fetched again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Protocol

from quart import Response, request

from audio_content.model import LOCALES, Content
from engine.organization.roles import Permission
from voice_app.documents.kit import PAPERS, InvalidKit, KitFacts, kit_paper
from voice_app.documents.rules import DocumentRules
from voice_app.documents.typesetting import NotTypeset
from voice_app.errors import StoreError
from voice_app.organizations import Campaign, Organizations
from voice_app.store.rules import StoreRules
from voice_app.web.organization.forms import Fault, in_threes
from voice_app.web.organization.gate import Refused, Route, Visit
from voice_app.web.organization.results_pages import found_campaign
from voice_app.web.organization.sheets import asked_locale, show
from voice_app.web.page_words import book_of_words

BOOK = "kit"
LONGEST_NUMBER = 30
"""Characters of a telephone number as people write it."""


class KitSettings(Protocol):
    """What is printed besides the campaign."""

    @property
    def data_folder(self) -> Path: ...

    @property
    def documents(self) -> DocumentRules: ...

    @property
    def store(self) -> StoreRules: ...


class KitDesk(Protocol):
    """What these pages need of the opened service."""

    @property
    def organizations(self) -> Organizations: ...

    @property
    def content(self) -> Content: ...

    @property
    def settings(self) -> KitSettings: ...


class KitPages:
    """The page and its papers. `public_address`: where learners reach the kiosk; empty: as this page was."""

    def __init__(self, desk: Callable[[], KitDesk], public_address: str) -> None:
        self._desk = desk
        self._public_address = public_address.rstrip("/")
        kit = "/<organization>/campaigns/<campaign>/kit"
        self.routes = (
            Route(f"{kit}/", "GET", Permission.SEE, self._kit),
            Route(f"{kit}/<paper>.pdf", "GET", Permission.SEE, self._paper),
        )

    async def _kit(self, visit: Visit, organization: str, campaign: str) -> Response:
        del organization
        found = await found_campaign(self._desk(), visit, campaign)
        return self._page(visit, found, {"phone": self._desk().settings.documents.phone, "paper_lang": asked_locale()})

    async def _paper(self, visit: Visit, organization: str, campaign: str, paper: str) -> Response:
        del organization
        found = await found_campaign(self._desk(), visit, campaign)
        if paper not in PAPERS:
            raise Refused(404)
        typed = {name: request.args.get(name, "") for name in ("phone", "paper_lang")}
        asked = typed["paper_lang"]
        locale = asked if asked in LOCALES else asked_locale()
        address = self._public_address or request.host_url.rstrip("/")
        try:
            body = await kit_body(self._desk(), found, paper, typed["phone"], locale, address)
        except InvalidKit:
            return self._page(visit, found, typed, Fault("phone", "phone"))
        name = f"{paper}-{locale}.pdf"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(body, content_type="application/pdf", headers=headers)

    def _page(self, visit: Visit, found: Campaign, typed: Mapping[str, str], fault: Fault | None = None) -> Response:
        return show(
            "kit",
            visit,
            200 if fault is None else 400,
            says=book_of_words(BOOK, asked_locale()),
            campaign=found,
            code=in_threes(found.code),
            base=f"/org/{found.organization.id}/campaigns/{found.id}",
            papers=PAPERS,
            typed=typed,
            fault=fault,
            most=LONGEST_NUMBER,
        )


async def kit_body(desk: KitDesk, campaign: Campaign, paper: str, phone: str, locale: str, address: str) -> bytes:
    """Give the PDF of one of `PAPERS` for a campaign; `address`: where learners reach the kiosk.

    Raises KeyError for a paper that there is not, InvalidKit without a telephone number, StoreError.
    """
    settings = desk.settings
    facts = KitFacts(
        name=campaign.organization.name,
        phone=phone.strip()[:LONGEST_NUMBER],
        code=campaign.code,
        address=address,
        locale=locale,
        kept_days=settings.store.code_valid_days,
    )
    try:
        return await asyncio.to_thread(
            kit_paper, paper, facts, desk.content, date.today(), settings.data_folder / "fonts"
        )
    except NotTypeset as fault:
        raise StoreError(str(fault)) from fault
