"""Help: what mediators and learners ask, answered in the very words that are spoken (`topic.*` of the content).

One source for the ear and the eye: the page is made of prompts, so that what is read on it is what the telephone says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from quart import Blueprint, Response, request

from audio_content.model import LOCALES, Content, PromptId
from voice_app.web.guard import HEADERS
from voice_app.web.rendering import render_document

BOOK = "help"
PATH = "/help"
TOPICS = (
    ("cost", ("topic.cost",)),
    ("account", ("topic.account", "topic.time")),
    ("data", ("topic.data", "topic.voice", "topic.sharing")),
    ("worth", ("topic.worth", "topic.eligible", "topic.accreditation", "topic.adjustments")),
    ("languages", ("topic.languages",)),
    ("software", ("topic.software",)),
)
"""Questions, in the order of the page, with the prompts that answer them."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One question: `id` names it in the address; `answer` sentences as they are spoken."""

    id: str
    answer: tuple[str, ...]


class HelpDesk(Protocol):
    """What this page needs of the opened service."""

    @property
    def content(self) -> Content: ...


def help_blueprint(desk: Callable[[], HelpDesk]) -> Blueprint:
    """Give the page of questions and answers."""
    blueprint = Blueprint(BOOK, __name__)

    async def told() -> Response:
        asked = request.args.get("lang")
        locale = asked if asked in LOCALES else request.accept_languages.best_match(LOCALES, LOCALES[0])
        body = render_document(f"{BOOK}/questions.html", BOOK, locale, topics=topics(desk().content, locale))
        return Response(body, content_type="text/html; charset=utf-8")

    blueprint.add_url_rule(PATH, "told", told, methods=["GET"])
    blueprint.after_request(_add_headers)
    return blueprint


def topics(content: Content, locale: str) -> tuple[Topic, ...]:
    """Give the questions with their answers in a language."""
    prompts = content.prompts[locale]
    return tuple(Topic(name, tuple(prompts[PromptId(prompt)] for prompt in answer)) for name, answer in TOPICS)


async def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response
