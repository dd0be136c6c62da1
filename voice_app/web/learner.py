"""A learner's account on a page: open it with a claim code, come in with number and PIN, see, take out, erase.

Plain pages that work without a script. A sign-in ends after an hour, at the button, and with the account. Every write
comes from this origin, and after the sign-in brings its form token (`organization.gate` says why).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from quart import Blueprint, Response, request

from audio_content.model import LOCALES
from engine.organization.claims import PIN_DIGITS
from engine.organization.codes import group_by_three
from voice_app.dialogue.context import DialogueContext
from voice_app.errors import StoreError, TooManyAttempts
from voice_app.learner_account import account_of
from voice_app.learners import Learner, LearnerRefused, Learners
from voice_app.ports import Store
from voice_app.session_memory import ContextOf
from voice_app.typography import set_spaces
from voice_app.web.guard import HEADERS, may_connect
from voice_app.web.rendering import render_document

BOOK = "learner"
PREFIX = "/compte"
SKILLS_SHOWN = 12
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field
_PURPOSE = b"voice-app learner form"
CHANNEL = "kiosk"
"""A page is the kiosk's, whoever's device it is on."""


class LearnerDesk(Protocol):
    """What these pages need of the opened service."""

    @property
    def learners(self) -> Learners: ...

    @property
    def store(self) -> Store: ...

    @property
    def context(self) -> DialogueContext: ...

    @property
    def context_of(self) -> ContextOf: ...


def learner_blueprint(desk: Callable[[], LearnerDesk]) -> Blueprint:
    """Give the pages of learners' accounts."""
    pages = _Pages(desk)
    blueprint = Blueprint(BOOK, __name__, url_prefix=PREFIX)
    for path, method, page in (
        ("/", "GET", pages.account),
        ("/open", "POST", pages.open_account),
        ("/enter", "POST", pages.enter),
        ("/add", "POST", pages.add),
        ("/take-out", "POST", pages.take_out),
        ("/erase", "POST", pages.erase),
        ("/take", "POST", pages.take),
        ("/leave", "POST", pages.leave),
    ):
        blueprint.add_url_rule(path, page.__name__, page, methods=[method])
    blueprint.after_request(_add_headers)
    return blueprint


class _Pages:
    """The pages and what they share."""

    def __init__(self, desk: Callable[[], LearnerDesk]) -> None:
        self._desk = desk

    async def account(self) -> Response:
        try:
            learner = await self._learner()
            return _entrance() if learner is None else await self._shown(learner)
        except StoreError:
            return _entrance(503, fault="fault")

    async def open_account(self) -> Response:
        if not _from_here():
            return _entrance(403, fault="fault")
        form = await _form()
        if form.get("pin") != form.get("pin_again"):
            return _entrance(400, fault="pins_differ", place="open")
        try:
            learner = await self._desk().learners.open_account(
                _digits(form, "claim"), form.get("pin", ""), channel=CHANNEL, asker=_asker()
            )
            return await self._signed_in(learner, "opened")
        except (LearnerRefused, TooManyAttempts, StoreError) as fault:
            return _refused(fault, "open")

    async def enter(self) -> Response:
        if not _from_here():
            return _entrance(403, fault="fault")
        form = await _form()
        try:
            learner = await self._desk().learners.prove(
                _digits(form, "number"), form.get("known_pin", ""), asker=_asker()
            )
            return await self._signed_in(learner, "")
        except (LearnerRefused, TooManyAttempts, StoreError) as fault:
            return _refused(fault, "enter")

    async def add(self) -> Response:
        learner = await self._writer()
        if learner is None:
            return _go("/")
        try:
            claim = _digits(await _form(), "claim")
            await self._desk().learners.link(learner.id, claim, channel=CHANNEL, asker=_asker())
        except (LearnerRefused, TooManyAttempts) as fault:
            return await self._shown(learner, 400, fault=_reason(fault))
        return await self._shown(learner, done="added")

    async def take_out(self) -> Response:
        learner = await self._writer()
        if learner is None:
            return _go("/")
        session = (await _form()).get("session", "")
        done = await self._desk().learners.unlink(learner.id, session, channel=CHANNEL)
        return await self._shown(learner, done="taken_out" if done else "")

    async def erase(self) -> Response:
        learner = await self._writer()
        if learner is None:
            return _go("/")
        if (await _form()).get("sure") != "yes":
            return await self._shown(learner, 400, fault="not_sure")
        await self._desk().learners.erase(learner.id)
        return _without_cookie(_entrance(done="erased"))

    async def take(self) -> Response:
        learner = await self._writer()
        if learner is None:
            return _go("/")
        desk = self._desk()
        told = await account_of(desk.learners, desk.store, desk.context, desk.context_of, learner)
        body = json.dumps(told.to_data(), ensure_ascii=False, indent=1)
        headers = {"Content-Disposition": 'attachment; filename="mon-compte.json"'}
        return Response(body, content_type="application/json", headers=headers)

    async def leave(self) -> Response:
        learner = await self._writer()
        if learner is None:
            return _go("/")
        await self._desk().learners.sign_out(_token())
        return _without_cookie(_go("/"))

    # --- within ------------------------------------------------------------------------------------------------

    async def _learner(self) -> Learner | None:
        token = _token()
        return await self._desk().learners.identify(token) if token else None

    async def _writer(self) -> Learner | None:
        """Give who writes; None when it is not they who do."""
        learner = await self._learner()
        told = (await _form()).get(FORM_TOKEN, "")
        ours = _from_here() and hmac.compare_digest(told.encode(), _form_token(_token()).encode())
        return learner if ours else None

    async def _signed_in(self, learner: Learner, done: str) -> Response:
        token = await self._desk().learners.sign_in(learner.id)
        response = await self._shown(learner, done=done, token=token)
        response.set_cookie(
            _cookie(), token, secure=request.scheme == "https", httponly=True, samesite="Lax", path=PREFIX
        )
        return response

    async def _shown(
        self, learner: Learner, status: int = 200, *, done: str = "", fault: str = "", token: str = ""
    ) -> Response:
        desk, locale = self._desk(), _locale()
        told = await account_of(desk.learners, desk.store, desk.context, desk.context_of, learner)
        names = desk.context.content.skill_map.names

        def name(skill: str) -> str:
            known = names.get(skill)
            return skill if known is None else set_spaces(known.by_locale[locale], locale)

        together = told.together
        return _page(
            "account",
            status,
            told=told,
            number=" ".join(group_by_three(told.number)),
            kept=[name(skill) for skill in together.kept[:SKILLS_SHOWN]],
            in_spite=[name(skill) for skill in together.kept_in_spite],
            to_learn=[name(skill) for skill in together.to_learn[:SKILLS_SHOWN]],
            done=done,
            fault=fault,
            form_token=_form_token(token or _token()),
        )


def _entrance(status: int = 200, *, fault: str = "", place: str = "", done: str = "") -> Response:
    return _page("entrance", status, fault=fault, place=place, done=done, pin_digits=PIN_DIGITS)


def _refused(fault: Exception, place: str) -> Response:
    return _entrance(503 if isinstance(fault, StoreError) else 400, fault=_reason(fault), place=place)


def _reason(fault: Exception) -> str:
    if isinstance(fault, LearnerRefused):
        return fault.reason
    return "too_many" if isinstance(fault, TooManyAttempts) else "fault"


def _page(name: str, status: int, /, **fields: Any) -> Response:
    locale = _locale()
    body = render_document(f"{BOOK}/{name}.html", BOOK, locale, **fields)
    return Response(body, status, content_type="text/html; charset=utf-8")


def _locale() -> str:
    asked = request.args.get("lang")
    return asked if asked in LOCALES else request.accept_languages.best_match(LOCALES, LOCALES[0])


async def _form() -> Mapping[str, str]:
    return {name: str(value) for name, value in (await request.form).items()}


def _digits(form: Mapping[str, str], name: str) -> str:
    return "".join(character for character in form.get(name, "") if character.isdigit())


def _asker() -> str:
    return f"page/{request.remote_addr or ''}"


def _from_here() -> bool:
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null":
        return may_connect(origin, request.host)
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _cookie() -> str:
    return "__Secure-voice_app_learner" if request.scheme == "https" else "voice_app_learner"


def _token() -> str:
    return request.cookies.get(_cookie(), "")


def _form_token(token: str) -> str:
    return hmac.new(token.encode(), _PURPOSE, hashlib.sha256).hexdigest()


def _without_cookie(response: Response) -> Response:
    response.delete_cookie(_cookie(), secure=request.scheme == "https", httponly=True, samesite="Lax", path=PREFIX)
    return response


def _go(path: str) -> Response:
    return Response("", 303, headers={"Location": f"{PREFIX}{path}"}, content_type="text/plain; charset=utf-8")


async def _add_headers(response: Response) -> Response:
    response.headers.update({**HEADERS, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"})
    return response
