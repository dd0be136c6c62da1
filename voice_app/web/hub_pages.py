"""The operator's page below /hub: how the sites stand, in sentences and as a table; nothing of any person.

It opens with the operator's key, a setting of the machine; without one there is no page. The browser gets a value made
from the key, not the key. The page works without JavaScript and is its own spoken form: the sentences come first.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

from quart import Blueprint, Response, request

from audio_content.model import LOCALES
from voice_app.store.transactions import wall_clock
from voice_app.sync.hub_desk import HubDesk
from voice_app.sync.operator_view import operator_sentences, view_words
from voice_app.web.guard import HEADERS, may_connect
from voice_app.web.rendering import render_template

PREFIX = "/hub"
COOKIE = "voice_app_operator"
COOKIE_S = 12 * 3600
LONGEST_KEY = 400
_PURPOSE = b"voice-app operator"


def hub_blueprint(desk: Callable[[], HubDesk], operator_key: str) -> Blueprint:
    """Give the operator's pages. `operator_key`: what opens them; empty: nothing does."""
    blueprint = Blueprint("hub", __name__, url_prefix=PREFIX)
    opens = hmac.new(operator_key.encode(), _PURPOSE, hashlib.sha256).hexdigest() if operator_key else ""

    def signed_in() -> bool:
        return bool(opens) and hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), opens.encode())

    async def sites() -> Response:
        if not operator_key:
            return Response("", 404)
        if not signed_in():
            return _page("key", wrong=False)
        view = desk().overview
        told = await view.sites(), await view.custody(), await view.incidents()
        sentences = operator_sentences(*told, wall_clock(), _locale())
        return _page("sites", sites=told[0], custody=told[1], incidents=told[2], sentences=sentences, moment=_moment)

    async def key() -> Response:
        told = str((await request.form).get("key", ""))[:LONGEST_KEY]
        if not operator_key or not _from_here():
            return Response("", 404)
        if not hmac.compare_digest(told.encode(), operator_key.encode()):
            return _page("key", 403, wrong=True)
        response = _back()
        response.set_cookie(
            COOKIE,
            opens,
            max_age=COOKIE_S,
            secure=request.scheme == "https",
            httponly=True,
            samesite="Strict",
            path=PREFIX,
        )
        return response

    async def seen() -> Response:
        if not signed_in() or not _from_here():
            return Response("", 404)
        await desk().overview.take_note()
        return _back()

    blueprint.add_url_rule("/", "sites", sites, methods=["GET"])
    blueprint.add_url_rule("/key", "key", key, methods=["POST"])
    blueprint.add_url_rule("/seen", "seen", seen, methods=["POST"])
    blueprint.after_request(_add_headers)
    return blueprint


def _page(name: str, status: int = 200, **fields: object) -> Response:
    locale = _locale()
    body = render_template(f"hub/{name}.html", locale, words=view_words(locale), **fields)
    return Response(body, status, content_type="text/html; charset=utf-8")


def _locale() -> str:
    asked = request.args.get("lang", "")
    return asked if asked in LOCALES else request.accept_languages.best_match(LOCALES) or LOCALES[0]


def _from_here() -> bool:
    return may_connect(request.headers.get("Origin"), request.host)


def _back() -> Response:
    return Response("", 303, {"Location": f"{PREFIX}/"})


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(sep=" ", timespec="minutes")[:16]


async def _add_headers(response: Response) -> Response:
    """No copy of these pages is kept; forms tell their origin, which `no-referrer` would hide."""
    response.headers.update({**HEADERS, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"})
    return response
