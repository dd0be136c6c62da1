"""Learning resources by skill: links and our own spoken descriptions, those that can be used by ear alone first.

Read from `resources/resources.yaml`. The fields follow schema.org's LearningResource (teaches, accessModeSufficient,
audience, isAccessibleForFree); contents are never copied.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from audio_content.errors import ContentError
from audio_content.model import LOCALES, Content, Lesson
from audio_content.sources import Node, read
from engine.model import SkillId

FILE = "resources/resources.yaml"


class AccessMode(StrEnum):
    AUDITORY = "auditory"
    TEXTUAL = "textual"
    VISUAL = "visual"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. `teaches`: skills or tubes; `access`: what one needs to use all of it; `checked`: ISO date, None
    while nobody has opened the link since it was written down."""

    id: str
    url: str
    provider: str
    teaches: tuple[str, ...]
    access: tuple[AccessMode, ...]
    audience: str
    free: bool
    descriptions: Mapping[str, str]
    checked: str | None = None

    @property
    def by_ear(self) -> bool:
        """Whether it can be used by ear alone."""
        return AccessMode.AUDITORY in self.access

    def fits(self, skill: SkillId) -> bool:
        """Tell whether it teaches the skill, or its tube."""
        return skill in self.teaches or skill.rpartition(".")[0] in self.teaches


@dataclass(frozen=True, slots=True)
class Learning:
    """What can be learned with, for one skill: our own lesson first, which is spoken, then resources."""

    lesson: Lesson | None
    resources: tuple[Resource, ...]


@functools.cache
def resources() -> tuple[Resource, ...]:
    """Give all resources. Raises ContentError when the file cannot be read or contradicts itself."""
    root = Node.of(read(files("audio_content").joinpath(*FILE.split("/")), FILE), FILE, "")
    root.only("resources")
    made = tuple(_resource(node) for node in root.nodes("resources"))
    ids = [each.id for each in made]
    if len(ids) != len(set(ids)):
        raise ContentError.of(FILE, "", "a resource is written twice", "Give each its own id")
    return made


def learning(content: Content, skill: SkillId, listed: tuple[Resource, ...] | None = None) -> Learning:
    """Give what teaches a skill: by ear first, then for learners before helpers, then in the order of the register."""
    fitting = [each for each in (resources() if listed is None else listed) if each.fits(skill)]
    ranked = sorted(fitting, key=lambda each: (not each.by_ear, each.audience != "apprenant"))
    lesson = next((lesson for lesson in content.lessons.values() if lesson.skill == skill), None)
    return Learning(lesson, tuple(ranked))


def _resource(node: Node) -> Resource:
    name = node.text("id")
    node = node.named(name)
    node.only("id", "url", "provider", "teaches", "access", "audience", "free", "checked", *LOCALES)
    access = node.texts("access")
    if not access or not set(access) <= set(AccessMode):
        raise node.fault("access is not known", f"Use some of {', '.join(AccessMode)}")
    if not node.text("url").startswith("https://"):
        raise node.fault("the address is not https", "Give its https address")
    return Resource(
        id=name,
        url=node.text("url"),
        provider=node.text("provider"),
        teaches=node.texts("teaches"),
        access=tuple(AccessMode(each) for each in access),
        audience=node.text("audience"),
        free=node.truth("free"),
        descriptions={locale: node.text(locale) for locale in LOCALES},
        checked=node.text_or_none("checked"),
    )
