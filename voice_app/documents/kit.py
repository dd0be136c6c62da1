"""The communication kit: what an organisation hangs up, hands out and reads aloud, filled with its own name and number.

| file | for whom |
|---|---|
| poster-a3 | the wall: one sentence, the number, the code, a square |
| flyer-a5 | the pocket: the same, and on the back how it goes, with room for the place's stamp |
| key-card | beside the telephone: the keys, in the order of the keypad; also alone, with a line for the number |
| mediator-script | the person who helps: what to say, what to do, what not to do |
| persona-cards | the team: six invented people, what is in their way, how to help |
| consent | read aloud before the first question |

Letters are large (24 points at least on the poster), black on white, left-aligned. Takes plain values and knows no
organisation's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from audio_content.model import Content, PromptId
from engine.organization.codes import group_by_three, group_by_two, is_campaign_code, is_valid_code
from voice_app.documents.squares import call_of, page_with_code, qr_drawing
from voice_app.documents.typesetting import typeset
from voice_app.documents.words import NO_BREAK, document_words
from voice_app.errors import VoiceAppError
from voice_app.typography import set_spaces

PAPERS = ("poster-a3", "flyer-a5", "key-card", "mediator-script", "persona-cards", "consent")
PERSONAS = 6
KEYPAD = (
    ("1", "card.answer 1"),
    ("2", "card.answer 2"),
    ("3", "card.answer 3"),
    ("4", "card.answer 4"),
    ("5", "command.explain"),
    ("6", "command.pause"),
    ("7", "command.slower"),
    ("8", "command.faster"),
    ("9", "command.back"),
    ("*", "command.repeat"),
    ("0", "card.person"),
    ("#", "command.dont_know"),
)
"""Each key and the prompt that names what it does, row by row as on a telephone (ITU-T E.161)."""
CARD_PROMPTS = ("title", "call", "dot", "time", "code")


class InvalidKit(VoiceAppError):
    """Something that is to be printed is missing or mistyped; the sentence says what."""

    code = "documents.invalid_kit"


@dataclass(frozen=True, slots=True)
class KitFacts:
    """What is printed. `code`: a campaign's, or empty; `address`: the page, or empty; `kept_days`: how long a code to
    come back holds."""

    name: str
    phone: str
    code: str = ""
    address: str = ""
    locale: str = "fr"
    kept_days: int = 90

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InvalidKit("the organisation has no name")
        if not any(sign.isdigit() for sign in self.phone):
            raise InvalidKit(f"{self.phone!r} is no telephone number")
        if self.code and not (is_campaign_code(self.code) or is_valid_code(self.code)):
            raise InvalidKit(f"the code {self.code} is mistyped: its check digit does not fit")

    @property
    def in_square(self) -> str:
        """What the square does: open the page with the code, or dial where there is no page."""
        return page_with_code(self.address, self.code) if self.address else call_of(self.phone)


def kit_papers(facts: KitFacts, content: Content, day: date, fonts: Path) -> Iterator[tuple[str, bytes]]:
    """Give each paper's name and PDF, in the order of `PAPERS`. `fonts`: a folder of the service. Raises NotTypeset."""
    data = kit_data(facts, content, day)
    for paper in PAPERS:
        yield paper, typeset(paper.replace("-", "_"), data, fonts)


def kit_paper(paper: str, facts: KitFacts, content: Content, day: date, fonts: Path) -> bytes:
    """Give the PDF of one of `PAPERS`. Raises NotTypeset; KeyError for a paper that there is not."""
    if paper not in PAPERS:
        raise KeyError(paper)
    return typeset(paper.replace("-", "_"), kit_data(facts, content, day), fonts)


def key_card(content: Content, locale: str, day: date, fonts: Path, *, phone: str = "") -> bytes:
    """Give the PDF of the key card alone; without a number there is a line to write it on. Raises NotTypeset."""
    return typeset("key_card", _card_data(content, locale, day, phone), fonts)


def kit_data(facts: KitFacts, content: Content, day: date) -> dict[str, Any]:
    """Give the JSON data that the templates of all papers share."""
    locale = facts.locale
    code = grouped(facts.code)
    filled = {
        "name": facts.name,
        "phone": facts.phone.replace(" ", NO_BREAK),
        "code": code,
        "days": str(facts.kept_days),
    }
    words = {
        name: set_spaces(text.format(**filled), locale)
        for section in ("kit", "poster", "flyer", "mediator", "personas", "consent")
        for name, text in document_words(locale)[section].items()
    }
    return {
        **_card_data(content, locale, day, facts.phone),
        **filled,
        "address": facts.address,
        "link": page_with_code(facts.address, facts.code) if facts.address else "",
        "qr": qr_drawing(facts.in_square),
        "qr_alt": words["qr_alt_page" if facts.address else "qr_alt_call"],
        "qr_how": words["qr_how_page" if facts.address else "qr_how_call"],
        "words": words,
        "personas": [
            {part: words[f"{number}_{part}"] for part in ("name", "who", "hard", "way", "you")}
            for number in range(1, PERSONAS + 1)
        ],
    }


def _card_data(content: Content, locale: str, day: date, phone: str) -> dict[str, Any]:
    said, service = _said(content, locale), document_words(locale)["kit"]["service"]
    return {
        "locale": locale,
        "made": day.timetuple()[:3],
        "phone": phone.replace(" ", NO_BREAK),
        "words": {"service": service, "by": service},
        "card": {name: said(f"card.{name}") for name in CARD_PROMPTS},
        "keys": [{"key": key, "does": said(prompt)} for key, prompt in KEYPAD],
    }


def grouped(code: str) -> str:
    """Give a code as it is said: a campaign's by three, another one by two."""
    return NO_BREAK.join(group_by_three(code) if is_campaign_code(code) else group_by_two(code))


def _said(content: Content, locale: str) -> Callable[[str], str]:
    def said(prompt: str) -> str:
        name, _, number = prompt.partition(" ")
        return set_spaces(f"{content.prompts[locale][PromptId(name)]} {number}".strip(), locale)

    return said
