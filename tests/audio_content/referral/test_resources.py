"""Learning resources: every skill they name exists, and what can be heard comes first."""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import Content, Lesson, LessonId, LessonText
from audio_content.referral.resources import AccessMode, Resource, learning, resources
from engine.model import SkillId

SKILL = SkillId("web.search.1")


def resource(name: str, access: AccessMode, teaches: str = "web.search", audience: str = "apprenant") -> Resource:
    return Resource(name, "https://a.example", "A", (teaches,), (access,), audience, True, {"fr": "A", "en": "A"})


def test_every_resource_teaches_something_that_exists(bank: Content) -> None:
    known = {*bank.skill_map.levels, *(skill.rpartition(".")[0] for skill in bank.skill_map.levels)}

    assert {(each.id, name) for each in resources() for name in each.teaches if name not in known} == set()


def test_descriptions_are_short_enough_to_hear() -> None:
    assert [each.id for each in resources() for text in each.descriptions.values() if len(text.split()) > 25] == []


def test_by_ear_first_then_learners_then_helpers(bank: Content) -> None:
    listed = (
        resource("helper", AccessMode.TEXTUAL, audience="aidant"),
        resource("read", AccessMode.TEXTUAL),
        resource("other", AccessMode.AUDITORY, teaches="safe.scam"),
        resource("heard", AccessMode.AUDITORY, teaches=SKILL),
    )

    found = learning(replace(bank, lessons={}), SKILL, listed)

    assert [each.id for each in found.resources] == ["heard", "read", "helper"]
    assert found.lesson is None


def test_our_own_lesson_is_there_when_there_is_one(bank: Content) -> None:
    text = LessonText("Une idée.", "Un exemple.", "Un essai.")
    lesson = Lesson(LessonId(f"le.{SKILL}"), SKILL, {"fr": text, "en": text})

    assert learning(replace(bank, lessons={lesson.id: lesson}), SKILL).lesson == lesson
