"""What is kept and why, in plain words, and a person's hold on it: see it, take it along, have it erased.

Works without an account and without script. The code of the session is the key: it comes in a form, never in an
address, and wrong ones are counted as at the kiosk. Erasing is asked about once more on a page of its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from quart import Blueprint, Response, request

from audio_content.model import LOCALES
from voice_app.errors import StoreError, TooManyAttempts
from voice_app.ports import SessionId, Store
from voice_app.privacy import KeptData, Privacy
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.web.guard import HEADERS, may_connect
from voice_app.web.rendering import render_document

BOOK = "privacy"
PATH = "/privacy"
ANSWERED = "item_answered"


class PrivacyDesk(Protocol):
    """What these pages need of the opened service."""

    @property
    def store(self) -> Store: ...

    @property
    def privacy(self) -> Privacy: ...


def privacy_blueprint(desk: Callable[[], PrivacyDesk], rules: OrganizationRules, store_rules: StoreRules) -> Blueprint:
    """Give the pages on what is kept."""
    pages = _PrivacyPages(desk, rules, store_rules)
    blueprint = Blueprint(BOOK, __name__)
    blueprint.add_url_rule(PATH, "told", pages.told, methods=["GET"])
    blueprint.add_url_rule(PATH, "asked", pages.asked, methods=["POST"])
    blueprint.after_request(_add_headers)
    return blueprint


class _PrivacyPages:
    def __init__(self, desk: Callable[[], PrivacyDesk], rules: OrganizationRules, store_rules: StoreRules) -> None:
        self._desk = desk
        self._facts = {"months": rules.retention_months, "days": store_rules.code_valid_days}

    async def told(self) -> Response:
        """What is kept and why; below it the form for one's own code."""
        return self._page("told", fault=None)

    async def asked(self) -> Response:
        """Look a code up, and do what was asked for: show, take along, erase after a second yes."""
        if not may_connect(request.headers.get("Origin"), request.host):
            return self._page("told", 403, fault="origin")
        form = await request.form
        code = "".join(digit for digit in str(form.get("code", "")) if digit.isascii() and digit.isdigit())
        try:
            session, fault = await self._found(code)
            if session is None:
                return self._page("told", 400, fault=fault)
            return await self._done(str(form.get("do", "")), session, code)
        except StoreError:
            return self._page("told", 503, fault="store")

    async def _found(self, code: str) -> tuple[SessionId | None, str]:
        try:
            found = await self._desk().store.find_session(code, asker=request.remote_addr or "")
        except TooManyAttempts:
            return None, "too_many"
        return found, "unknown"

    async def _done(self, wish: str, session: SessionId, code: str) -> Response:
        privacy = self._desk().privacy
        if wish == "erase_surely":
            await privacy.erase(session)
            return self._page("erased")
        kept = await privacy.kept(session)
        if kept is None:
            return self._page("told", 400, fault="unknown")
        if wish == "take":
            return _file(kept)
        page = "erase" if wish == "erase" else "kept"
        return self._page(page, kept=kept, code=code, answers=_answers(kept))

    def _page(self, name: str, status: int = 200, /, **fields: object) -> Response:
        body = render_document(f"{BOOK}/{name}.html", BOOK, _locale(), **self._facts, **fields)
        return Response(body, status, content_type="text/html; charset=utf-8")


def _answers(kept: KeptData) -> int:
    """Give how many questions have an answer that is kept."""
    kinds: Mapping[str, int] = Counter(each.kind for each in kept.events)
    return kinds.get(ANSWERED, 0)


def _file(kept: KeptData) -> Response:
    body = json.dumps(kept.to_data(), ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": 'attachment; filename="mes-donnees.json"'}
    return Response(body, content_type="application/json", headers=headers)


def _locale() -> str:
    asked = request.args.get("lang")
    return asked if asked in LOCALES else request.accept_languages.best_match(LOCALES, LOCALES[0])


async def _add_headers(response: Response) -> Response:
    """The page tells its own origin in its forms, which `no-referrer` would hide; no copy of it is kept."""
    response.headers.update({**HEADERS, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"})
    return response
