from __future__ import annotations

import pytest

from engine.adaptive import compile_framework
from engine.errors import InvalidFramework
from engine.model import (
    Area,
    AreaId,
    Competence,
    CompetenceId,
    FrameworkSpec,
    Prerequisite,
    Skill,
    SkillId,
    Tube,
    TubeId,
)


def tube(name: str, *levels: int) -> Tube:
    return Tube(TubeId(name), tuple(Skill(SkillId(f"{name}.{level}"), level) for level in levels))


def framework_of(*tubes: Tube, needs: tuple[tuple[str, str], ...] = ()) -> FrameworkSpec:
    competence = Competence(CompetenceId("1.1"), tubes)
    edges = tuple(Prerequisite(SkillId(skill), SkillId(required)) for skill, required in needs)
    return FrameworkSpec((Area(AreaId("1"), (competence,)),), edges)


def test_every_skill_knows_its_tube_competence_and_area(spec: FrameworkSpec) -> None:
    framework = compile_framework(spec)

    skill = SkillId("4.2.t.3")

    assert framework.tube_of[skill] == "4.2.t"
    assert framework.competences[framework.competence_of[skill]] == "4.2"
    assert framework.area_of(skill) == "4"
    assert framework.level_of[skill] == 3
    assert framework.skills[framework.position[skill]] == skill


def test_ladder_and_prerequisites_are_parents() -> None:
    framework = compile_framework(framework_of(tube("mail", 1, 3), tube("file", 2), needs=(("mail.3", "file.2"),)))

    assert framework.parents[SkillId("mail.3")] == ("mail.1", "file.2")
    assert framework.required == {"mail.3": ("file.2",)}


def test_ancestors_reach_through_other_tubes() -> None:
    framework = compile_framework(framework_of(tube("mail", 1, 2), tube("file", 3, 4), needs=(("file.3", "mail.2"),)))

    assert framework.ancestors[SkillId("file.4")] == {"file.3", "mail.2", "mail.1"}


def test_order_puts_parents_first() -> None:
    framework = compile_framework(framework_of(tube("mail", 1, 2), tube("file", 3), needs=(("mail.1", "file.3"),)))

    assert framework.order == ("file.3", "mail.1", "mail.2")


def test_skills_of_one_level_stand_on_the_same_ones() -> None:
    twins = Tube(TubeId("t"), tuple(Skill(SkillId(name), level) for name, level in (("a", 0), ("b", 1), ("c", 1))))

    framework = compile_framework(framework_of(twins))

    assert framework.parents[SkillId("b")] == framework.parents[SkillId("c")] == ("a",)


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        (FrameworkSpec(()), "no area"),
        (FrameworkSpec((Area(AreaId("1"), ()),)), "no competence"),
        (framework_of(), "no tube"),
        (framework_of(tube("mail")), "no skill"),
        (framework_of(tube("mail", 1), tube("mail", 2)), "tube mail is there twice"),
        (framework_of(tube("mail", 1, 1)), "skill mail.1 is there twice"),
        (framework_of(tube("mail", 2, 1)), "from easy to hard"),
        (framework_of(tube("mail", 9)), "outside 0 to 8"),
        (framework_of(tube("mail", -1)), "outside 0 to 8"),
        (framework_of(tube("mail", 1), needs=(("mail.1", "file.1"),)), "unknown skill: file.1"),
        (framework_of(tube("mail", 1), needs=(("file.1", "mail.1"),)), "unknown skill: file.1"),
        (framework_of(tube("mail", 1, 2), needs=(("mail.1", "mail.2"),)), "in a circle: mail"),
    ],
)
def test_contradictory_framework_is_refused(spec: FrameworkSpec, complaint: str) -> None:
    with pytest.raises(InvalidFramework, match=complaint):
        compile_framework(spec)


def test_duplicate_area_and_competence_are_refused() -> None:
    competence = Competence(CompetenceId("1.1"), (tube("mail", 1),))
    area = Area(AreaId("1"), (competence,))

    with pytest.raises(InvalidFramework, match="area 1 is there twice"):
        compile_framework(FrameworkSpec((area, area)))
    with pytest.raises(InvalidFramework, match=r"competence 1\.1 is there twice"):
        compile_framework(FrameworkSpec((area, Area(AreaId("2"), (competence,)))))
