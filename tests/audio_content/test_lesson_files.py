"""Lessons: one a skill, three parts in each language."""

from __future__ import annotations

import pytest

from audio_content.errors import ContentError
from audio_content.model import LessonId
from tests.audio_content.conftest import Folder

LESSON = """
lessons:
- id: le.web.search.1
  skill: web.search.1
  fr: {idea: "Une idée.", example: "Un exemple.", try: "Un essai."}
  en: {idea: "An idea.", example: "An example.", try: "A try."}
"""


def test_a_lesson_has_an_idea_an_example_and_a_try(folder: Folder) -> None:
    folder.write("lessons/web.yaml", LESSON)

    lesson = folder.load().lessons[LessonId("le.web.search.1")]

    assert lesson.skill == "web.search.1"
    assert (lesson.texts["fr"].idea, lesson.texts["en"].attempt) == ("Une idée.", "A try.")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("le.web.search.1", "le.web.search.2", "the id is not"),
        ("web.search.1", "web.search.9", "not a skill of the map"),
        ("try:", "task:", "unknown field"),
    ],
)
def test_a_faulty_lesson_is_told(folder: Folder, old: str, new: str, problem: str) -> None:
    folder.write("lessons/web.yaml", LESSON.replace(old, new))

    with pytest.raises(ContentError, match=problem):
        folder.load()


def test_a_lesson_written_twice_is_told(folder: Folder) -> None:
    folder.write("lessons/web.yaml", LESSON)
    folder.write("lessons/more.yaml", LESSON)

    with pytest.raises(ContentError, match="written twice"):
        folder.load()


def test_a_lesson_is_part_of_the_version(folder: Folder) -> None:
    before = folder.load().version
    folder.write("lessons/web.yaml", LESSON)

    after = folder.load().version

    assert after != before
