"""An attestation of path for its person: from the code of a finished session, a sheet and a badge that programs read.

What was shown stands on it only when the person ticks it, and so does their name, which is kept nowhere. It says that
somebody followed a path; it is no certificate, and says so.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from quart import Blueprint, Response, request

from audio_content.model import LOCALES
from voice_app.errors import TooManyAttempts, VoiceAppError
from voice_app.web.guard import HEADERS, may_connect
from voice_app.web.rendering import render_document

log = logging.getLogger(__name__)

BOOK = "attestation"
PATH = "/attestation"
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `badge`: the file for programs instead of the sheet."""

    code: str
    locale: str
    holder: str = field(default="", repr=False)
    with_skills: bool = False
    badge: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A file to take along."""

    body: bytes
    media: str
    name: str


Attest = Callable[[Wanted, str], Awaitable[Paper]]
"""Gives the paper that is wanted, for an asker. Raises VoiceAppError."""
_FAULTS = {"documents.no_result_yet": "no_result", "documents.unknown_code": "unknown"}


def attestation_blueprint(attest: Attest) -> Blueprint:
    """Give the page of the attestation."""
    blueprint = Blueprint(BOOK, __name__)

    async def told() -> Response:
        return _page(200)

    async def asked() -> Response:
        if not may_connect(request.headers.get("Origin"), request.host):
            return _page(403, fault="origin")
        form = {name: str(value) for name, value in (await request.form).items()}
        try:
            paper = await attest(_wanted(form), request.remote_addr or "")
        except TooManyAttempts:
            return _page(400, form, fault="too_many")
        except VoiceAppError as refused:
            fault = _FAULTS.get(refused.code, "not_made")
            if fault == "not_made":
                log.error("an attestation could not be made: %s", refused)
            return _page(503 if fault == "not_made" else 400, form, fault=fault)
        disposition = f'attachment; filename="{paper.name}"'
        return Response(paper.body, content_type=paper.media, headers={"Content-Disposition": disposition})

    blueprint.add_url_rule(PATH, "told", told, methods=["GET"])
    blueprint.add_url_rule(PATH, "asked", asked, methods=["POST"])
    blueprint.after_request(_add_headers)
    return blueprint


def _wanted(form: Mapping[str, str]) -> Wanted:
    return Wanted(
        code="".join(sign for sign in form.get("code", "") if sign.isascii() and sign.isdigit()),
        locale=_locale(),
        holder=" ".join(form.get("holder", "").split())[:LONGEST_NAME],
        with_skills=form.get("with_skills") == "yes",
        badge=form.get("do") == "badge",
    )


def _page(status: int, form: Mapping[str, str] | None = None, fault: str = "") -> Response:
    body = render_document(
        f"{BOOK}/attestation.html", BOOK, _locale(), typed=form or {}, fault=fault, longest=LONGEST_NAME
    )
    return Response(body, status, content_type="text/html; charset=utf-8")


def _locale() -> str:
    asked = request.args.get("lang")
    return asked if asked in LOCALES else request.accept_languages.best_match(LOCALES, LOCALES[0])


async def _add_headers(response: Response) -> Response:
    response.headers.update({**HEADERS, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"})
    return response
