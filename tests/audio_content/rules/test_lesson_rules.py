"""Lessons are as long, plain and kind as they should be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audio_content.model import Content, Lesson, LessonId, LessonText
from audio_content.rules.finding import Severity
from audio_content.rules.lesson_rules import lesson_findings, untaught
from engine.model import SkillId

GOOD = " ".join(["Une voix pose une question, et vous y répondez quand vous voulez."] * 7)


def lessons(content: Content, text: str) -> Content:
    half = LessonText(text, "Un exemple.", "Un essai.")
    lesson = Lesson(LessonId("le.web.search.1"), SkillId("web.search.1"), {"fr": half, "en": half})
    return replace(content, lessons={lesson.id: lesson})


def found(content: Content, locale: str = "fr") -> set[str]:
    return {
        finding.rule
        for finding in lesson_findings(content)
        if finding.severity is Severity.ERROR and finding.where.endswith(locale)
    }


def test_a_good_lesson_breaks_no_rule(bank: Content) -> None:
    assert found(lessons(bank, GOOD)) == set()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Trop court.", "lesson-length"),
        (GOOD + GOOD, "lesson-length"),
        (GOOD + " Regardez la page.", "sight"),
        (GOOD + " Le QZX aide.", "acronym"),
        (GOOD + " Ouvrez Chrome.", "brand-alone"),
        (GOOD + " Une voix " + "très " * 20 + "douce parle.", "sentence-length"),
    ],
)
def test_a_faulty_lesson_is_told(bank: Content, text: str, rule: str) -> None:
    assert rule in found(lessons(bank, text))


def test_a_skill_without_lesson_is_told(bank: Content) -> None:
    lacking = {finding.where for finding in untaught(lessons(bank, GOOD))}

    assert "web.search.2" in lacking
    assert "web.search.1" not in lacking
