"""What an organisation's pages tell of shared results, reckoned while they pass by: memory does not grow with them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from audio_content.model import Content
from voice_app.organizations import SharedResult

SHOWN = 100
"""Newest results in the table; all of them are in the export."""


@dataclass(frozen=True, slots=True)
class SkillLine:
    """One skill: how many people showed it, how many have it still to learn."""

    area: str
    name: str
    mastered: int
    to_learn: int


@dataclass(frozen=True, slots=True)
class AreaLine:
    name: str
    mastered: int
    to_learn: int


@dataclass(slots=True)
class Overview:
    """The figures of a campaign. `newest` first; `skills` in the order of the framework."""

    shared: int = 0
    profiles: Counter[str] = field(default_factory=Counter)
    newest: Sequence[SharedResult] = ()
    areas: Sequence[AreaLine] = ()
    skills: Sequence[SkillLine] = ()


async def overview(results: AsyncIterator[SharedResult], content: Content, locale: str) -> Overview:
    """Give the figures of these results."""
    told = Overview()
    newest: deque[SharedResult] = deque(maxlen=SHOWN)
    mastered: Counter[str] = Counter()
    to_learn: Counter[str] = Counter()
    async for result in results:
        told.shared += 1
        told.profiles[result.snapshot.profile] += 1
        newest.appendleft(result)
        mastered.update(result.snapshot.mastered)
        to_learn.update(result.snapshot.to_learn)
    told.newest = tuple(newest)
    area_of = content.skill_map.area_of
    known = [skill for skill in area_of if mastered[skill] or to_learn[skill]]
    told.skills = [
        SkillLine(
            name_of(content, area_of[skill], locale), name_of(content, skill, locale), mastered[skill], to_learn[skill]
        )
        for skill in known
    ]
    areas = list(dict.fromkeys(area_of[skill] for skill in known))
    told.areas = [
        AreaLine(
            name_of(content, area, locale),
            sum(mastered[skill] for skill in known if area_of[skill] == area),
            sum(to_learn[skill] for skill in known if area_of[skill] == area),
        )
        for area in areas
    ]
    return told


def name_of(content: Content, node: str, locale: str) -> str:
    """Give the plain name of a node; its id when the content knows it no longer."""
    names = content.skill_map.names.get(node)
    return node if names is None else names.by_locale[locale]
