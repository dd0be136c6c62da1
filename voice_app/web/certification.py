"""Am I ready for the certification? Said and explained, with the nearest accredited centre and what to ask it for.

This service certifies nothing: it says what an oral estimation lets expect. The adjustments that a person needs stand
on the sheet that they take to the centre, in words that can be read out on the telephone; nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from quart import Blueprint, Response, request

from audio_content.model import LOCALES
from engine.organization.accreditation import ADJUSTMENTS
from voice_app.errors import TooManyAttempts, VoiceAppError
from voice_app.web.guard import HEADERS, may_connect
from voice_app.web.rendering import render_document

BOOK = "certification"
PATH = "/certification"


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What a session shows: `shown` competences by name at the level that is asked for, of `needed`.

    `certain`: the estimation leaves little doubt that there are enough.
    """

    shown: tuple[str, ...]
    needed: int
    certain: bool

    @property
    def reached(self) -> bool:
        return len(self.shown) >= self.needed


Ready = Callable[[str, str, str], Awaitable[Eligibility]]
"""Gives the readiness of the session of a code, for an asker, in a locale. Raises VoiceAppError."""
Centres = Callable[[str, str], Sequence[str]]
"""Gives the accredited centres near a postal code, each in words, in a locale; none: nothing is known there."""


def certification_blueprint(ready: Ready, centres: Centres) -> Blueprint:
    """Give the page on certification."""
    blueprint = Blueprint(BOOK, __name__)

    async def asked() -> Response:
        locale = _locale()
        form: Mapping[str, str] = {}
        if request.method == "POST":
            if not may_connect(request.headers.get("Origin"), request.host):
                return _page(locale, 403, fault="origin")
            form = {name: str(value) for name, value in (await request.form).items()}
        code, postal = _digits(form.get("code", "")), _digits(form.get("postal_code", ""))
        readiness, fault = None, None
        if code:
            try:
                readiness = await ready(code, request.remote_addr or "", locale)
            except TooManyAttempts:
                fault = "too_many"
            except VoiceAppError as refused:
                fault = "no_result" if refused.code == "documents.no_result_yet" else "unknown"
        wanted = tuple(name for name in ADJUSTMENTS if form.get(f"adjustment_{name}") == "yes")
        near = centres(postal, locale) if postal else ()
        fields = {"readiness": readiness, "centres": near, "wanted": wanted, "postal": postal}
        return _page(locale, 200 if fault is None else 400, fault=fault, answered=bool(form), **fields)

    for method in ("GET", "POST"):
        blueprint.add_url_rule(PATH, f"asked_{method.lower()}", asked, methods=[method])
    blueprint.after_request(_add_headers)
    return blueprint


def _page(locale: str, status: int = 200, /, **fields: object) -> Response:
    usual = {"readiness": None, "centres": (), "wanted": (), "postal": "", "answered": False, "fault": None}
    body = render_document(f"{BOOK}/certification.html", BOOK, locale, adjustments=ADJUSTMENTS, **{**usual, **fields})
    return Response(body, status, content_type="text/html; charset=utf-8")


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and letter.isdigit())


def _locale() -> str:
    asked = request.args.get("lang")
    return asked if asked in LOCALES else request.accept_languages.best_match(LOCALES, LOCALES[0])


async def _add_headers(response: Response) -> Response:
    response.headers.update({**HEADERS, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"})
    return response
