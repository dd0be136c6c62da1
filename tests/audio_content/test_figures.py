"""The figures of the bank and their picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from audio_content.figures import path_figures, stats
from audio_content.heat_map import heat_map
from audio_content.model import Content, Lesson, LessonId, LessonText
from engine.model import SkillId
from tests.audio_content.conftest import Folder

SVG = "{http://www.w3.org/2000/svg}"
TEXT = LessonText("Une idée.", "Un exemple.", "Un essai.")
LESSON = Lesson(LessonId("le.web.search.1"), SkillId("web.search.1"), {"fr": TEXT, "en": TEXT})


def taught(content: Content) -> Content:
    return replace(content, lessons={LESSON.id: LESSON})


def test_stats_count_the_bank(folder: Folder) -> None:
    figures = stats(taught(folder.load()))

    assert (figures["items"], figures["lessons"], figures["skills"], figures["skills_covered"]) == (2, 1, 3, 2)
    assert figures["kinds"] == {"choice": 1, "yes_no": 1}
    assert figures["key_places"] == {"2 of 2": 1}
    assert figures["cells"] == {"1.1": {"0": 1, "1": 1}}
    assert figures["by_level"] == {"0": 1, "1": 1}
    assert figures["paths"] == {
        "abc_diag": {"items": 2, "skills": 2, "skills_covered": 2},
        "positionnement": {"items": 1, "skills": 2, "skills_covered": 1},
        "repetition": {"items": 1, "skills": 2, "skills_covered": 1},
    }


def test_stats_tell_each_language(folder: Folder) -> None:
    languages = stats(taught(folder.load()))["languages"]

    assert isinstance(languages, dict)
    assert list(languages) == ["fr", "en"]
    french = languages["fr"]
    assert (french["items"], french["lessons"], french["skills_covered"]) == (2, 1, 2)
    assert (french["stem_words"], french["option_words"], french["feedback_words"]) == (4.0, 2.0, 5.0)
    assert (french["wordings_per_option"], french["key_longest_share"], french["lesson_words"]) == (2.0, 1.0, 6.0)
    assert french["reading_ease"]["0"] > 60 > french["reading_ease"]["7-8"] == 0.0


def test_stats_of_an_empty_bank_are_zero(folder: Folder) -> None:
    (folder.root / "items/a.yaml").unlink()

    figures = stats(folder.load())

    assert (figures["items"], figures["lessons"], figures["skills_covered"]) == (0, 0, 0)


def test_a_module_is_counted_like_a_path(bank: Content) -> None:
    figures = path_figures(bank, "courriel")

    assert figures["skills"] == 6
    assert 0 < figures["skills_covered"] <= 6


def test_the_heat_map_tells_every_skill_in_every_language(folder: Folder) -> None:
    root = ET.fromstring(heat_map(taught(folder.load())))  # noqa: S314 - made a line above

    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert titles == [
        "2 items, 1 lessons, 2 of 3 skills",
        "web.search.0: fr 1, en 1",
        "web.search.1: fr 1, en 1, lesson",
        "web.trust.1: fr 0, en 0",
    ]
    assert root.find(f"{SVG}desc").text == "1.1: 2 items, 2 of 3 skills."
    assert len(list(root.iter(f"{SVG}circle"))) == 1


def test_the_heat_map_of_the_service_has_a_cell_for_every_skill(bank: Content) -> None:
    root = ET.fromstring(heat_map(bank))  # noqa: S314 - made a line above

    assert len(list(root.iter(f"{SVG}g"))) == len(bank.skill_map.levels)
