"""A small bank of five areas, one of them almost empty, and ways to answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from engine.adaptive import ABC_DIAG, Assessment, Bank, Choice, compile_bank
from engine.model import (
    Area,
    AreaId,
    Competence,
    CompetenceId,
    Evidence,
    FrameworkSpec,
    Item,
    ItemId,
    Observation,
    Outcome,
    Prerequisite,
    Skill,
    SkillId,
    Tube,
    TubeId,
)


def competence(name: str, levels: Iterable[int]) -> Competence:
    skills = tuple(Skill(SkillId(f"{name}.t.{level}"), level) for level in levels)
    return Competence(CompetenceId(name), (Tube(TubeId(f"{name}.t"), skills),))


def two_items(skill: Skill) -> list[Item]:
    return [Item(ItemId(f"{skill.id}/{letter}"), skill.id, options=3) for letter in "ab"]


@pytest.fixture(scope="session")
def spec() -> FrameworkSpec:
    """Areas 1, 2, 4, 5 of two competences with levels 0 to 4; area 3 has only the levels 0 and 2."""
    full = {area: tuple(competence(f"{area}.{number}", range(5)) for number in (1, 2)) for area in ("1", "2", "4", "5")}
    areas = {**full, "3": (competence("3.1", (0, 2)),)}
    return FrameworkSpec(
        tuple(Area(AreaId(area), areas[area]) for area in sorted(areas)),
        (Prerequisite(SkillId("2.1.t.3"), SkillId("1.1.t.1")),),
    )


@pytest.fixture(scope="session")
def items(spec: FrameworkSpec) -> tuple[Item, ...]:
    return tuple(
        item
        for area in spec.areas
        for comp in area.competences
        for tube in comp.tubes
        for skill in tube.skills
        for item in two_items(skill)
    )


@pytest.fixture(scope="session")
def bank(spec: FrameworkSpec, items: tuple[Item, ...]) -> Bank:
    return compile_bank(spec, items)


@pytest.fixture(scope="session")
def fresh(bank: Bank) -> Assessment:
    return Assessment.start(bank, ABC_DIAG, 1)


@pytest.fixture(scope="session")
def play() -> Callable[[Assessment, Iterable[Outcome]], Assessment]:
    """Answer the proposed items with these outcomes, for certain, until they or the session end."""

    def answer_all(assessment: Assessment, outcomes: Iterable[Outcome]) -> Assessment:
        for outcome in outcomes:
            choice = assessment.propose()
            if not isinstance(choice, Choice):
                break
            assessment = assessment.record(Observation(choice.item, Evidence.certain(outcome)))
        return assessment

    return answer_all
