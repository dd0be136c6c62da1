from __future__ import annotations

import pytest

from audio_content.errors import ContentError
from audio_content.model import Content
from engine.model import Prerequisite, SkillId

MAP = "framework/skills.yaml"


def test_map_gives_the_framework(folder) -> None:
    skill_map = folder.load().skill_map
    (area,) = skill_map.spec.areas
    (competence,) = area.competences

    assert [tube.id for tube in competence.tubes] == ["web.search", "web.trust"]
    assert [skill.level for skill in competence.tubes[0].skills] == [0, 1]
    assert skill_map.spec.prerequisites == (Prerequisite(SkillId("web.trust.1"), SkillId("web.search.1")),)
    assert skill_map.competence_of[SkillId("web.trust.1")] == "1.1"
    assert skill_map.area_of[SkillId("web.trust.1")] == "1"


def test_paths_keep_the_order_of_the_map(folder) -> None:
    assert folder.load().skill_map.paths == {
        "abc_diag": ("web.search.0", "web.search.1"),
        "positionnement": ("web.search.1", "web.trust.1"),
        "repetition": ("web.search.1", "web.trust.1"),
    }


def test_the_spoken_name_wins_and_a_name_stands_inside_a_sentence(folder) -> None:
    names = folder.load().skill_map.names

    assert names["web.search.0"].by_locale == {"fr": "demander la météo", "en": "ask for the weather"}
    assert names["web.search.1"].by_locale == {"fr": "chercher une chose", "en": "search a thing"}
    assert names["1"].by_locale["fr"] == "la recherche"


def test_extension_is_read_but_left_out(folder) -> None:
    folder.change(
        MAP,
        "prerequisites:",
        '- {code: M, fr: "Aider", en: "Help", extension: "true", competences: []}\nprerequisites:',
    )

    skill_map = folder.load().skill_map

    assert [area.id for area in skill_map.spec.areas] == ["1"]
    assert [area.id for area in skill_map.extension] == ["M"]


def test_faults_of_an_extension_are_told(folder) -> None:
    folder.change(MAP, "prerequisites:", '- {code: M, fr: "Aider", extension: "true"}\nprerequisites:')

    with pytest.raises(ContentError, match="area M: field 'en' is missing"):
        folder.load()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: web.search.1,", "id: web.searches.1,", "the id is not the tube's id and a level"),
        ("id: web.search.1,", "id: web.search.9,", "the id is not the tube's id and a level"),
        ("id: web.search.1,", "id: web.search.0,", "used twice"),
        ("id: web.trust\n", "id: web.search\n", "used twice"),
        ("requires: web.search.1}", "requires: web.search.5}", "'web.search.5' is not a skill"),
        ('en: "Verify", paths', 'en: "Verify", sight: none, paths', "sight is not a known word"),
        ('en: "Verify", paths', 'en: "Verify", sight: adaptable, paths', "'non_visual_fr' is missing"),
        ('en: "Verify", ', "", "field 'en' is missing"),
        ('{id: web.trust.1, fr: "Vérifier"', '{id: web.trust.1, level: "1", fr: "Vérifier"', "unknown field 'level'"),
    ],
)
def test_map_that_contradicts_itself_is_refused(folder, old: str, new: str, message: str) -> None:
    folder.change(MAP, old, new)

    with pytest.raises(ContentError, match=message):
        folder.load()


def test_levels_of_a_tube_go_up(folder) -> None:
    folder.change(MAP, "id: web.search.1,", "id: web.search.2,")
    folder.change(MAP, "id: web.search.0\n", "id: web.search.3\n")

    with pytest.raises(ContentError, match=r"levels \[3, 2\] do not go up"):
        folder.load()


def test_map_without_area_is_refused(folder) -> None:
    folder.write(MAP, 'version: "1"\nareas: []\n')

    with pytest.raises(ContentError, match="no area"):
        folder.load()


def test_service_map_holds_the_sixteen_competences(bank: Content) -> None:
    competences = [competence.id for area in bank.skill_map.spec.areas for competence in area.competences]

    assert len(bank.skill_map.spec.areas) == 5
    assert len(competences) == 16


def test_every_competence_of_the_service_has_all_eight_levels(bank: Content) -> None:
    skill_map = bank.skill_map
    by_competence: dict[str, set[int]] = {}
    extension = {area.id for area in skill_map.extension}
    for skill, level in skill_map.levels.items():
        if skill_map.area_of[skill] not in extension:
            by_competence.setdefault(skill_map.competence_of[skill], set()).add(level)

    assert all(levels >= set(range(1, 9)) for levels in by_competence.values())


def test_quick_diagnostic_has_its_skills(bank: Content) -> None:
    skills = bank.skill_map.paths["abc_diag"]
    levels = [bank.skill_map.levels[skill] for skill in skills]

    assert len(levels) - levels.count(0) == 38
    assert len(skills) == len(set(skills)) >= 54
    assert levels.count(0) >= 16


def test_each_first_gesture_leads_to_level_one(bank: Content) -> None:
    tubes = [tube for area in bank.skill_map.spec.areas for c in area.competences for tube in c.tubes]
    first_levels = [[skill.level for skill in tube.skills[:2]] for tube in tubes if tube.skills[0].level == 0]

    assert len(first_levels) >= 16
    assert all(levels in ([0, 1], [0, 2]) for levels in first_levels)


def test_a_path_that_draws_from_the_extension_is_measured_with_it(bank: Content) -> None:
    skill_map = bank.skill_map

    assert [area.id for area in skill_map.spec_of("mediateur").areas] == ["1", "2", "3", "4", "5", "M"]
    assert skill_map.spec_of("positionnement") == skill_map.spec


def test_a_module_is_a_path_of_its_own(bank: Content) -> None:
    skill_map = bank.skill_map

    assert "talk.mail.1" in skill_map.skills_of("courriel")
    assert set(skill_map.skills_of("courriel")) <= set(skill_map.skills_of("abc_pix"))
