"""One lesson read from the files of lessons (`lessons/**/*.yaml`).

Fields: `id` (le.<skill>), `skill`, and in each language `idea`, `example` (of daily life) and `try` (one thing to do
with a helper).
"""

from __future__ import annotations

from audio_content.model import LOCALES, Lesson, LessonId, LessonText, SkillMap
from audio_content.sources import Node
from engine.model import SkillId


def read_lesson(node: Node, skill_map: SkillMap) -> Lesson:
    """Give one lesson. Raises ContentError when a field is missing or unknown, or the skill is not on the map."""
    lesson, skill = LessonId(node.text("id")), SkillId(node.text("skill"))
    node = node.named(lesson)
    node.only("id", "skill", *LOCALES)
    if lesson != f"le.{skill}":
        raise node.fault("the id is not `le.<skill>`", f"Write le.{skill}")
    if skill not in skill_map.levels:
        raise node.fault(f"{skill!r} is not a skill of the map", "Correct the id, or add the skill to the map first")
    return Lesson(lesson, skill, {locale: _lesson_text(node.node(locale)) for locale in LOCALES})


def _lesson_text(node: Node) -> LessonText:
    node.only("idea", "example", "try")
    return LessonText(node.text("idea"), node.text("example"), node.text("try"))
