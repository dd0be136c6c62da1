"""Skills of a campaign, one by one and added up, in the plain names of the content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audio_content.model import CHOSEN, Content, chosen_of
from engine.model import SkillId
from engine.organization.snapshot import Snapshot
from engine.organization.tallies import Kind
from voice_app.results import Figures


@dataclass(frozen=True, slots=True)
class SkillLine:
    """One skill: how many people showed it, how many have it still to learn."""

    area: str
    name: str
    mastered: int
    to_learn: int


def skill_lines(figures: Figures, content: Content, locale: str) -> Sequence[SkillLine]:
    """Give the skills that anybody met, in the order of the framework; those that left the content come last."""
    area_of = {str(skill): area for skill, area in content.skill_map.area_of.items()}
    return [
        SkillLine(
            area=name_of(content, area_of[skill], locale) if skill in area_of else "",
            name=name_of(content, skill, locale),
            mastered=mastered,
            to_learn=to_learn,
        )
        for skill, (mastered, to_learn) in skill_counts(figures, content).items()
    ]


def skill_counts(figures: Figures, content: Content) -> Mapping[str, tuple[int, int]]:
    """Give for each skill that anybody met how many people showed it, and how many have it still to learn.

    In the order of the framework; skills that left the content come last.
    """
    mastered, to_learn = figures.of(Kind.MASTERED), figures.of(Kind.TO_LEARN)
    known = [str(skill) for skill in content.skill_map.area_of]
    met = {*mastered, *to_learn}
    ordered = [skill for skill in known if skill in met] + sorted(met - set(known))
    return {skill: (mastered.get(skill, 0), to_learn.get(skill, 0)) for skill in ordered}


def area_counts(figures: Figures, content: Content) -> Mapping[str, tuple[int, int]]:
    """Give the same added up by area, those that nobody met left out."""
    return _added_up(figures, content, content.skill_map.area_of)


def competence_counts(figures: Figures, content: Content) -> Mapping[str, tuple[int, int]]:
    """Give the same added up by competence, those that nobody met left out."""
    return _added_up(figures, content, content.skill_map.competence_of)


def _added_up(figures: Figures, content: Content, node_of: Mapping[SkillId, str]) -> Mapping[str, tuple[int, int]]:
    nodes = {str(skill): str(node) for skill, node in node_of.items()}
    counts = dict.fromkeys(nodes.values(), (0, 0))
    for skill, (mastered, to_learn) in skill_counts(figures, content).items():
        if skill in nodes:
            before = counts[nodes[skill]]
            counts[nodes[skill]] = before[0] + mastered, before[1] + to_learn
    return {node: pair for node, pair in counts.items() if any(pair)}


@dataclass(frozen=True, slots=True)
class ShownArea:
    """One area of one person's result, in plain names."""

    name: str
    mastered: tuple[str, ...]
    to_learn: tuple[str, ...]


def shown_areas(snapshot: Snapshot, content: Content, locale: str) -> Sequence[ShownArea]:
    """Give the areas in which questions were answered."""

    def named(skills: Sequence[str]) -> tuple[str, ...]:
        return tuple(name_of(content, skill, locale) for skill in skills)

    return [
        ShownArea(stated(content, area, locale), named(result.mastered), named(result.to_learn))
        for area, result in snapshot.areas.items()
        if result.questions
    ]


def path_name(content: Content, path: str, names: Mapping[str, str], locale: str, chosen: str) -> str:
    """Give what a path is called. `names`: of the templates; `chosen`: the words around competences and level.

    A path that came with the content alone is called by its id, in words.
    """
    if path in names or not path.startswith(CHOSEN):
        return names.get(path) or path.replace("-", " ").replace("_", " ").capitalize()
    competences, level = chosen_of(path)
    told = ", ".join(stated(content, each, locale) for each in competences)
    return chosen.format(competences=told, level=level)


def name_of(content: Content, node: str, locale: str) -> str:
    """Give the plain name of a node; its id when the content knows it no longer."""
    names = content.skill_map.names.get(node)
    return node if names is None else names.by_locale[locale]


def stated(content: Content, node: str, locale: str) -> str:
    """Give the framework's own name of an area or a competence, as professionals know it; else its plain name."""
    names = content.skill_map.statements.get(node)
    return name_of(content, node, locale) if names is None else names.by_locale[locale]
