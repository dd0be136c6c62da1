"""An organisation's file for accreditation: the way that is open to it, what is in the file, what it still lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from quart import Response

from engine.organization.accreditation import ADJUSTMENTS, AccreditationFile, Partner, lacking
from engine.organization.roles import Permission
from voice_app.store.sql_accreditation import SqlAccreditation
from voice_app.web.organization.gate import Route, Visit
from voice_app.web.organization.results_pages import results_words
from voice_app.web.organization.sheets import asked_locale, go, member_of, show, typed_form
from voice_app.web.page_words import book_of_words

EMPTY_LINES = 3
"""Lines for further partners."""


class AccreditationDesk(Protocol):
    """What this page needs of the opened service."""

    @property
    def accreditation(self) -> SqlAccreditation: ...


class AccreditationPage:
    """The page and its routes."""

    def __init__(self, desk: Callable[[], AccreditationDesk]) -> None:
        self._desk = desk
        path = "/<organization>/accreditation/"
        self.routes = (
            Route(path, "GET", Permission.SEE, self._accreditation),
            Route(path, "POST", Permission.MANAGE_MEMBERS, self._accreditation_kept),
        )

    async def _accreditation(self, visit: Visit, organization: str) -> Response:
        del organization
        file, way = await self._desk().accreditation.file(member_of(visit).organization.id)
        fields = {"file": file, "way": way.value, "lacking": lacking(file, way), "adjustments": ADJUSTMENTS}
        lines = (*file.partners, *(Partner("") for _ in range(EMPTY_LINES)))
        asked = book_of_words("certification", asked_locale())["adjustment"]
        return show("accreditation", visit, says=results_words(), lines=lines, asked=asked, **fields)

    async def _accreditation_kept(self, visit: Visit, organization: str) -> Response:
        del organization
        member, form = member_of(visit), await typed_form()
        await self._desk().accreditation.keep(member.organization.id, _read(form), member)
        return go(f"/{member.organization.id}/accreditation/")


def _read(form: Mapping[str, str]) -> AccreditationFile:
    partners = [
        Partner(name, form.get(field.replace("partner_", "training_")) == "yes")
        for field, name in form.items()
        if field.startswith("partner_")
    ]
    return AccreditationFile(
        referent=form.get("referent", ""),
        access_contact=form.get("access_contact", ""),
        places=form.get("places", ""),
        adjustments=tuple(name for name in ADJUSTMENTS if form.get(f"adjustment_{name}") == "yes"),
        partners=tuple(partners),
    )
