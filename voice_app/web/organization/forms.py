"""What is typed into the forms, as our own values; a fault names its field and a reason that the page has words for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from audio_content.model import LOCALES, Content, chosen_path, tube_of
from engine.model import MAX_LEVEL
from engine.organization.campaigns import CampaignKind, InvalidCampaign
from engine.organization.codes import group_by_three
from engine.organization.roles import Role
from voice_app.organizations import CampaignChange, CampaignDraft, InvalidMember

OWN_CHOICE = "chosen"
"""The choice of competences and topics one by one, where a template does not fit."""
PROFILE_PATH = "positionnement"
"""What somebody is asked whose profile is collected and who has no result yet: all areas, all levels."""
LEVELS = tuple(str(level) for level in range(1, MAX_LEVEL + 1))
FEWEST_QUESTIONS = 8
"""Paths with fewer questions are not offered: a result would say nothing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to correct."""

    field: str
    reason: str


def templates(content: Content) -> tuple[str, ...]:
    """Give the paths and modules that a campaign may take, in the order of the content."""
    named = (*content.skill_map.paths, *content.skill_map.modules)
    return tuple(path for path in named if len(content.engine_items(path)) >= FEWEST_QUESTIONS)


def read_campaign(form: Mapping[str, str], offered: tuple[str, ...], content: Content) -> CampaignDraft:
    """Give the campaign that a form describes. Raises InvalidCampaign."""
    kind = read_kind(form.get("kind", CampaignKind.ASSESSMENT))
    path = PROFILE_PATH if kind is CampaignKind.PROFILE else form.get("path", "")
    if path not in offered:
        raise InvalidCampaign("path", "missing")
    if path == OWN_CHOICE:
        path = _chosen(form, content)
    words = read_change(form)
    spoken = tuple(locale for locale in LOCALES if form.get(f"locale_{locale}") == "yes")
    return CampaignDraft(
        title=words.title,
        path=path,
        welcome=words.welcome,
        opens=words.opens,
        closes=words.closes,
        tags=words.tags,
        kind=kind,
        locales=() if len(spoken) == len(LOCALES) else spoken,
        number_label={locale: form.get(f"number_label_{locale}", "") for locale in LOCALES},
        repeated=form.get("repeated") == "yes",
    )


def read_change(form: Mapping[str, str]) -> CampaignChange:
    """Give the name, words and dates of a campaign that a form has. Raises InvalidCampaign."""
    closes = _day(form, "closes")
    return CampaignChange(
        title=form.get("title", ""),
        welcome={locale: form.get(f"welcome_{locale}", "") for locale in LOCALES},
        opens=_midnight(_day(form, "opens")),
        closes=None if closes is None else _midnight(closes + timedelta(days=1)),
        tags=tuple(form.get("tags", "").split(",")),
    )


def read_kind(name: str) -> CampaignKind:
    """Give the kind of campaign of this name. Raises InvalidCampaign."""
    try:
        return CampaignKind(name)
    except ValueError as fault:
        raise InvalidCampaign("kind", "missing") from fault


def competences(content: Content) -> dict[str, tuple[str, ...]]:
    """Give the competences that may be chosen with their topics (tubes), in the order of the framework."""
    topics: dict[str, dict[str, None]] = {}
    for skill, competence in content.skill_map.competence_of.items():
        topics.setdefault(str(competence), {})[tube_of(skill)] = None
    return {competence: tuple(tubes) for competence, tubes in topics.items()}


def _chosen(form: Mapping[str, str], content: Content) -> str:
    """Give the path of the competences and topics that were ticked. Raises InvalidCampaign."""
    ticked: list[str] = []
    for competence, topics in competences(content).items():
        if form.get(f"competence_{competence}") == "yes":
            ticked.append(competence)
        else:
            ticked += [topic for topic in topics if form.get(f"topic_{topic}") == "yes"]
    level = form.get("level", "")
    return target_path(content, ticked, int(level) if level in LEVELS else 0)


def target_path(content: Content, nodes: Sequence[str], level: int) -> str:
    """Give the path of a target set: competences, topics, skills, up to a level.

    Raises InvalidCampaign when it names what there is not, or when so few questions would say nothing.
    """
    if not nodes or not 1 <= level <= MAX_LEVEL:
        raise InvalidCampaign("competences", "missing")
    path = chosen_path(nodes, level)
    try:
        questions = len(content.engine_items(path))
    except KeyError as fault:
        raise InvalidCampaign("competences", "unknown") from fault
    if questions < FEWEST_QUESTIONS:
        raise InvalidCampaign("competences", "too_few_questions")
    return path


def read_role(form: Mapping[str, str]) -> Role:
    """Give the role chosen. Raises InvalidMember."""
    try:
        return Role(form.get("role", ""))
    except ValueError as fault:
        raise InvalidMember("role") from fault


def in_threes(code: str) -> str:
    """Give a campaign's code as it is read aloud."""
    return " ".join(group_by_three(code))


def _day(form: Mapping[str, str], name: str) -> date | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise InvalidCampaign(name, "no_date") from fault


def _midnight(day: date | None) -> datetime | None:
    """Give the beginning of a day where this machine stands, in UTC."""
    return None if day is None else datetime.combine(day, time()).astimezone().astimezone(UTC)
