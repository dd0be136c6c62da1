"""What is typed into the forms, as our own values; a fault names its field and a reason that the page has words for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from audio_content.model import LOCALES, Content, chosen_path
from engine.model import MAX_LEVEL
from engine.organization.campaigns import InvalidCampaign
from engine.organization.codes import group_by_three
from engine.organization.roles import Role
from voice_app.organizations import CampaignDraft, InvalidMember

OWN_CHOICE = "chosen"
"""The choice of competences one by one, where a template does not fit."""
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
    path = form.get("path", "")
    if path not in offered:
        raise InvalidCampaign("path", "missing")
    if path == OWN_CHOICE:
        path = _chosen(form, content)
    closes = _day(form, "closes")
    return CampaignDraft(
        title=form.get("title", ""),
        path=path,
        welcome={locale: form.get(f"welcome_{locale}", "") for locale in LOCALES},
        opens=_midnight(_day(form, "opens")),
        closes=None if closes is None else _midnight(closes + timedelta(days=1)),
        tags=tuple(form.get("tags", "").split(",")),
    )


def competences(content: Content) -> tuple[str, ...]:
    """Give the competences that may be chosen, in the order of the framework."""
    return tuple(dict.fromkeys(map(str, content.skill_map.competence_of.values())))


def _chosen(form: Mapping[str, str], content: Content) -> str:
    """Give the path of the competences that were ticked. Raises InvalidCampaign when it would say nothing."""
    ticked = [each for each in competences(content) if form.get(f"competence_{each}") == "yes"]
    level = form.get("level", "")
    if not ticked or level not in LEVELS:
        raise InvalidCampaign("competences", "missing")
    path = chosen_path(ticked, int(level))
    if len(content.engine_items(path)) < FEWEST_QUESTIONS:
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
