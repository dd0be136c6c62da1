"""The skill map, compiled: who belongs to whom, and what must come before what.

Two kinds of "before": inside a tube the ladder itself (a skill stands on the nearest lower level), and the explicit
prerequisites between tubes. Together they are a directed graph without cycle; read downwards it is the knowledge
structure of Doignon and Falmagne ("Knowledge Spaces", 1999): a state is plausible when all that stands below is
mastered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType

from engine.errors import InvalidFramework
from engine.model import MAX_LEVEL, AreaId, CompetenceId, FrameworkSpec, Skill, SkillId, Tube, TubeId


@dataclass(frozen=True, slots=True)
class Framework:
    """Lookups over one skill map. Areas, competences and skills keep the order of the spec.

    `position`, `competence_of` and `area_of_competence` hold positions in `skills`, `competences` and `areas`.
    `required` are the explicit prerequisites only (skills without any are absent), `parents` the ladder's too,
    `ancestors` everything below, at any depth. `order` lists every skill after its parents.
    """

    areas: tuple[AreaId, ...]
    competences: tuple[CompetenceId, ...]
    skills: tuple[SkillId, ...]
    position: Mapping[SkillId, int]
    area_of_competence: tuple[int, ...]
    tube_of: Mapping[SkillId, TubeId]
    competence_of: Mapping[SkillId, int]
    level_of: Mapping[SkillId, int]
    required: Mapping[SkillId, tuple[SkillId, ...]]
    parents: Mapping[SkillId, tuple[SkillId, ...]]
    ancestors: Mapping[SkillId, frozenset[SkillId]]
    order: tuple[SkillId, ...]

    def area_of(self, skill: SkillId) -> AreaId:
        """Give the area of a skill."""
        return self.areas[self.area_of_competence[self.competence_of[skill]]]


def compile_framework(spec: FrameworkSpec) -> Framework:
    """Give the lookups of a skill map.

    Raises InvalidFramework for a duplicate id, an empty area, competence or tube, a level outside 0-8, a tube that
    steps down, a prerequisite on an unknown skill, or a cycle.
    """
    competences = [
        (position, competence) for position, area in enumerate(spec.areas) for competence in area.competences
    ]
    tubes = [(position, tube) for position, (_, competence) in enumerate(competences) for tube in competence.tubes]
    skills = [(position, tube, skill) for position, tube in tubes for skill in tube.skills]
    _refuse_empty(spec)
    _refuse_duplicates("area", (area.id for area in spec.areas))
    _refuse_duplicates("competence", (competence.id for _, competence in competences))
    _refuse_duplicates("tube", (tube.id for _, tube in tubes))
    _refuse_duplicates("skill", (skill.id for _, _, skill in skills))
    for _, tube in tubes:
        _check_ladder(tube)
    required = _required(spec, {skill.id for _, _, skill in skills})
    parents = {
        skill.id: tuple(dict.fromkeys((*_ladder_parents(tube, skill), *required.get(skill.id, ()))))
        for _, tube, skill in skills
    }
    order = _order(parents)
    return Framework(
        areas=tuple(area.id for area in spec.areas),
        competences=tuple(competence.id for _, competence in competences),
        skills=tuple(skill.id for _, _, skill in skills),
        position=MappingProxyType({skill.id: row for row, (_, _, skill) in enumerate(skills)}),
        area_of_competence=tuple(position for position, _ in competences),
        tube_of=MappingProxyType({skill.id: tube.id for _, tube, skill in skills}),
        competence_of=MappingProxyType({skill.id: position for position, _, skill in skills}),
        level_of=MappingProxyType({skill.id: skill.level for _, _, skill in skills}),
        required=MappingProxyType(required),
        parents=MappingProxyType(parents),
        ancestors=MappingProxyType(_ancestors(order, parents)),
        order=order,
    )


def _refuse_empty(spec: FrameworkSpec) -> None:
    if not spec.areas:
        raise InvalidFramework("the framework has no area")
    for area in spec.areas:
        if not area.competences:
            raise InvalidFramework(f"area {area.id} has no competence")
        for competence in area.competences:
            if not competence.tubes:
                raise InvalidFramework(f"competence {competence.id} has no tube")
            for tube in competence.tubes:
                if not tube.skills:
                    raise InvalidFramework(f"tube {tube.id} has no skill")


def _refuse_duplicates(kind: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for identifier in ids:
        if identifier in seen:
            raise InvalidFramework(f"{kind} {identifier} is there twice")
        seen.add(identifier)


def _check_ladder(tube: Tube) -> None:
    levels = [skill.level for skill in tube.skills]
    if not all(0 <= level <= MAX_LEVEL for level in levels):
        raise InvalidFramework(f"tube {tube.id} has a level outside 0 to {MAX_LEVEL}: {levels}")
    if levels != sorted(levels):
        raise InvalidFramework(f"tube {tube.id} must go from easy to hard: {levels}")


def _required(spec: FrameworkSpec, known: set[SkillId]) -> dict[SkillId, tuple[SkillId, ...]]:
    required: dict[SkillId, tuple[SkillId, ...]] = {}
    for edge in spec.prerequisites:
        for skill in (edge.skill, edge.requires):
            if skill not in known:
                raise InvalidFramework(
                    f"the prerequisite {edge.skill} <- {edge.requires} names an unknown skill: {skill}"
                )
        required[edge.skill] = (*required.get(edge.skill, ()), edge.requires)
    return required


def _ladder_parents(tube: Tube, skill: Skill) -> tuple[SkillId, ...]:
    """Give the skills of the nearest lower level of the tube."""
    below = max((other.level for other in tube.skills if other.level < skill.level), default=None)
    return tuple(other.id for other in tube.skills if other.level == below)


def _order(parents: Mapping[SkillId, tuple[SkillId, ...]]) -> tuple[SkillId, ...]:
    try:
        return tuple(TopologicalSorter(parents).static_order())
    except CycleError as error:
        cycle = " <- ".join(str(skill) for skill in error.args[1])
        raise InvalidFramework(f"the prerequisites run in a circle: {cycle}") from error


def _ancestors(
    order: tuple[SkillId, ...], parents: Mapping[SkillId, tuple[SkillId, ...]]
) -> dict[SkillId, frozenset[SkillId]]:
    found: dict[SkillId, frozenset[SkillId]] = {}
    for skill in order:
        found[skill] = frozenset(parents[skill]).union(*(found[parent] for parent in parents[skill]))
    return found
