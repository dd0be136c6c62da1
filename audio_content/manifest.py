"""The list of every whole text that the service may speak: what can be rendered ahead or recorded by a person.

Prompts with gaps are not whole texts (their sentences depend on the moment), but what fills the gaps is mostly here:
option texts and names of skills. Ids are stable, so that a list of yesterday can be compared with one of today.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audio_content.model import Content, ContentItem, PromptId

GAP = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""A gap of a prompt, filled by the dialogue."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One text and its id: "prompt.<id>", "it.<...>.stem", "it.<...>.option.<id>", "le.<...>.idea", "name.<node>"."""

    id: str
    text: str


def utterances(content: Content, locale: str) -> Iterator[Utterance]:
    """Give every whole text of a locale, each text once: prompts, items, lessons, names, in the order of ids."""
    seen: set[str] = set()
    for utterance in _all(content, locale):
        if utterance.text not in seen:
            seen.add(utterance.text)
            yield utterance


def _all(content: Content, locale: str) -> Iterator[Utterance]:
    yield from _prompts(content.prompts.get(locale, {}))
    for _, item in sorted(content.items.items()):
        yield from _item(item, locale)
    for lesson, taught in sorted(content.lessons.items()):
        text = taught.texts[locale]
        for part, said in (("idea", text.idea), ("example", text.example), ("try", text.attempt)):
            yield Utterance(f"{lesson}.{part}", said)
    yield from _names(content, locale)


def _prompts(prompts: Mapping[PromptId, str]) -> Iterator[Utterance]:
    for prompt, text in sorted(prompts.items()):
        if not GAP.search(text):
            yield Utterance(f"prompt.{prompt}", text)


def _item(item: ContentItem, locale: str) -> Iterator[Utterance]:
    text = item.texts[locale]
    yield Utterance(f"{item.id}.stem", text.stem)
    yield Utterance(f"{item.id}.simpler", text.simpler)
    for option in text.options:
        yield Utterance(f"{item.id}.option.{option.id}", option.text)
    yield Utterance(f"{item.id}.feedback", text.feedback)


def _names(content: Content, locale: str) -> Iterator[Utterance]:
    """Give what may be named in a result: the areas, and the skills on which there is an item."""
    skill_map = content.skill_map
    asked = {item.skill for item in content.items.values()}
    for node in (*(area.id for area in skill_map.spec.areas), *sorted(asked)):
        yield Utterance(f"name.{node}", skill_map.names[node].by_locale[locale])
