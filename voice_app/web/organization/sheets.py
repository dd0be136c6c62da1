"""What all pages of organisations share: the page itself, its language, going on to the next, a file that streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from quart import Response, request

from audio_content.model import LOCALES
from engine.organization.roles import Permission, allows
from voice_app.organizations import Member
from voice_app.web.organization.gate import Refused, Visit
from voice_app.web.rendering import render_document

BOOK = "organization"
LANGUAGE_COOKIE = "voice_app_language"
PREFIX = "/org"


def member_of(visit: Visit) -> Member:
    """Give the member that the gate has let in below an organisation's address."""
    if visit.member is None:
        raise Refused(404)
    return visit.member


async def typed_form() -> Mapping[str, str]:
    """Give what was typed, by field."""
    return {name: str(value) for name, value in (await request.form).items()}


def asked_locale() -> str:
    """Give the language that was chosen on a page, or else the first of ours that the browser asks for."""
    for asked in (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if asked in LOCALES:
            return asked
    return request.accept_languages.best_match(LOCALES, LOCALES[0])


def show(name: str, visit: Visit | None, status: int = 200, /, **fields: Any) -> Response:
    """Give a page of this family, with what is common to all of them."""
    account, member = (None, None) if visit is None else (visit.account, visit.member)
    body = render_document(
        f"{BOOK}/{name}.html",
        BOOK,
        asked_locale(),
        account=account,
        member=member,
        may={permission.value for permission in Permission if member and allows(member.role, permission)},
        form_token="" if visit is None else visit.form_token,
        here="" if member is None else f"{PREFIX}/{member.organization.id}",
        **fields,
    )
    response = Response(body, status, content_type="text/html; charset=utf-8")
    if request.args.get("lang") in LOCALES:
        response.set_cookie(LANGUAGE_COOKIE, asked_locale(), max_age=31_536_000, samesite="Lax", path=PREFIX)
    return response


def refusal(status: int) -> Response:
    """Give the page that says why somebody was not let in; the sign-in when that is what lacks."""
    if status == 303:
        return go("/sign-in")
    return show("refused", None, status, reason={403: "forbidden", 404: "not_found"}.get(status, "fault"))


def go(path: str) -> Response:
    """Send the browser on to another page below our address."""
    return Response("", 303, headers={"Location": f"{PREFIX}{path}"}, content_type="text/plain; charset=utf-8")


def streamed(lines: AsyncIterator[str], content_type: str, file_name: str) -> Response:
    """Give a file that is written while it is sent."""
    response = Response(
        lines, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{file_name}"'}
    )
    response.timeout = None  # as long as the reader takes
    return response
