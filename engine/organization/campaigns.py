"""A campaign: what an organisation asks of people, and whether one may enter it. Knows neither code nor person.

Moments are opaque texts that sort in the order in which they come (the store writes RFC 3339 in UTC); this room only
compares them. Closing stops new participations; whoever is in may finish and share. Archiving stops both, and nothing
that was shared is lost: a campaign with participations is archived, never deleted.

| kind | asks | the organisation gets |
|---|---|---|
| assessment | the questions of a path, or of skills that it chose | the results that people send |
| profile collection | a result that the person has, or the questions of all areas | the profiles that people send |
| diagnostic | the questions of a path | counts; nothing is sent, the result is the person's alone |

None needs an account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.errors import EngineError

LONGEST_TITLE = 120
LONGEST_WELCOME = 400
"""About half a minute of speech: more is not listened to."""
MOST_TAGS = 10
LONGEST_TAG = 40
LONGEST_NAME = 80
"""An organisation's name is spoken inside a sentence."""
LONGEST_LABEL = 60
"""So is what it calls its own number of a person ("numéro d'allocataire")."""


class InvalidCampaign(EngineError, ValueError):
    """What was asked for is no campaign. `field` names the part, `reason` is a stable word for the page."""

    code = "organization.invalid_campaign"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class CampaignKind(StrEnum):
    """What a campaign asks of people."""

    ASSESSMENT = "assessment"
    PROFILE = "profile_collection"
    DIAGNOSTIC = "diagnostic"


class Entry(StrEnum):
    """Whether a campaign lets somebody in at a moment."""

    OPEN = "open"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Span:
    """The span (`opens` to `closes`) in which a campaign lets people in; None: no bound."""

    opens: str | None = None
    closes: str | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What the person who enters a campaign's code is told, and which path it takes.

    `campaign` is its id; `organization` a name that is spoken; `welcome` its own words by locale, each may be missing;
    `recordings`: the names of recordings of these words by locale. `locales`: the campaign's languages, empty: all.
    `number_label`: what the organisation calls its own number of a person, by locale; empty: it asks for none.
    `again`: the participation that the person repeats with this one.
    """

    campaign: str
    organization: str
    title: str
    path: str
    welcome: Mapping[str, str]
    kind: CampaignKind = CampaignKind.ASSESSMENT
    locales: tuple[str, ...] = ()
    number_label: Mapping[str, str] = field(default_factory=dict)
    recordings: Mapping[str, str] = field(default_factory=dict)
    again: str | None = None

    @property
    def shares(self) -> bool:
        """Tell whether the person will be asked if the result goes to the organisation."""
        return self.kind is not CampaignKind.DIAGNOSTIC

    def locale_for(self, locale: str) -> str:
        """Give the language to go on in: this one, unless the campaign is not in it."""
        return locale if not self.locales or locale in self.locales else self.locales[0]


def entry(span: Span, moment: str) -> Entry:
    """Tell whether somebody may begin at this moment."""
    if span.archived:
        return Entry.ARCHIVED
    if span.opens is not None and moment < span.opens:
        return Entry.NOT_YET
    if span.closes is not None and moment >= span.closes:
        return Entry.CLOSED
    return Entry.OPEN


def checked(title: str, welcome: str, span: Span) -> tuple[str, str]:
    """Give title and welcome, blanks trimmed. Raises InvalidCampaign naming the field and the reason."""
    title, welcome = " ".join(title.split()), " ".join(welcome.split())
    if not title:
        raise InvalidCampaign("title", "missing")
    if len(title) > LONGEST_TITLE:
        raise InvalidCampaign("title", "too_long")
    if len(welcome) > LONGEST_WELCOME:
        raise InvalidCampaign("welcome", "too_long")
    if span.opens is not None and span.closes is not None and span.closes <= span.opens:
        raise InvalidCampaign("closes", "before_opening")
    return title, welcome


def checked_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Give the labels of the organisation's own number, blanks trimmed, empty ones left out. Raises InvalidCampaign."""
    told = {locale: " ".join(words.split()) for locale, words in labels.items()}
    if any(len(words) > LONGEST_LABEL for words in told.values()):
        raise InvalidCampaign("number_label", "too_long")
    return {locale: words for locale, words in told.items() if words}


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Give the tags in small letters, blanks trimmed, each once, in their order. Raises InvalidCampaign."""
    told = tuple(dict.fromkeys(tag for each in tags if (tag := " ".join(each.replace(",", " ").lower().split()))))
    if len(told) > MOST_TAGS:
        raise InvalidCampaign("tags", "too_many_tags")
    if any(len(tag) > LONGEST_TAG for tag in told):
        raise InvalidCampaign("tags", "too_long")
    return told
