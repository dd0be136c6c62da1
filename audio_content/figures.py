"""The figures of the bank: how much there is of what, where, and how it reads. Plain JSON data, the same for the same
content. How long things take to say is measured on rendered sound, by the service (`voice_app.speech.durations`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from audio_content.forms import words
from audio_content.model import LOCALES, Content, ContentItem, ItemKind
from audio_content.rules.bank_rules import key_is_longest
from audio_content.rules.item_rules import vocabulary_wordings
from audio_content.rules.plain import readability

BANDS = {"0": (0, 0), "1-2": (1, 2), "3-4": (3, 4), "5-6": (5, 6), "7-8": (7, 8)}
"""Levels told together."""


def stats(content: Content) -> dict[str, object]:
    """Give the figures of the whole bank and of every path.

    `cells`: competence -> level -> number of items. `key_places`: "place of options" -> number of keys. `paths` and
    `modules`: for each, items, skills and skills that have an item.
    """
    items = list(content.items.values())
    choices = [item for item in items if item.kind is ItemKind.CHOICE]
    levels = content.skill_map.levels
    return {
        "version": content.version,
        "items": len(items),
        "lessons": len(content.lessons),
        "skills": len(levels),
        "skills_covered": len({item.skill for item in items}),
        "kinds": dict(sorted(Counter(item.kind.value for item in items).items())),
        "requires_sight": sum(item.requires_sight for item in items),
        "with_country": sum(item.country is not None for item in items),
        "with_assistant_variant": sum(item.assistant is not None for item in items),
        "by_area": dict(sorted(Counter(content.skill_map.area_of[item.skill] for item in items).items())),
        "by_level": dict(sorted(Counter(str(levels[item.skill]) for item in items).items())),
        "cells": cells(content),
        "key_places": _key_places(choices),
        "paths": {path: path_figures(content, path) for path in sorted(content.skill_map.paths)},
        "modules": {module: path_figures(content, module) for module in sorted(content.skill_map.modules)},
        "languages": {locale: _language(content, choices, locale) for locale in LOCALES},
    }


def cells(content: Content) -> dict[str, dict[str, int]]:
    """Give, for each competence and level, the number of items; what has none is left out."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for item in content.items.values():
        counted[content.skill_map.competence_of[item.skill]][str(content.skill_map.levels[item.skill])] += 1
    return {code: dict(sorted(counts.items())) for code, counts in sorted(counted.items())}


def path_figures(content: Content, path: str) -> dict[str, int]:
    """Give how many items, skills and covered skills a path or a module has. Raises KeyError."""
    items = content.path_items(path)
    skills = content.skill_map.skills_of(path)
    return {"items": len(items), "skills": len(skills), "skills_covered": len({item.skill for item in items})}


def _key_places(choices: Sequence[ContentItem]) -> dict[str, int]:
    places = Counter(f"{item.option_ids.index(item.key) + 1} of {len(item.option_ids)}" for item in choices)
    return dict(sorted(places.items()))


def _language(content: Content, choices: Sequence[ContentItem], locale: str) -> dict[str, object]:
    items = [item for item in content.items.values() if locale in item.texts]
    texts = [item.texts[locale] for item in items]
    options = [option for item in choices for option in item.texts[locale].options]
    vocabulary = content.vocabularies.get(locale)
    return {
        "items": len(items),
        "lessons": sum(locale in lesson.texts for lesson in content.lessons.values()),
        "skills_covered": len({item.skill for item in items}),
        "prompts": len(content.prompts.get(locale, {})),
        "vocabulary_wordings": len(vocabulary_wordings(vocabulary)) if vocabulary else 0,
        "wordings_per_option": _mean(1 + len(option.synonyms) for option in options),
        "stem_words": _mean(len(words(text.stem)) for text in texts),
        "option_words": _mean(len(words(option.text)) for option in options),
        "feedback_words": _mean(len(words(text.feedback)) for text in texts),
        "lesson_words": _mean(len(words(lesson.texts[locale].whole)) for lesson in content.lessons.values()),
        "key_longest_share": _mean(key_is_longest(item, locale) for item in choices),
        "reading_ease": {
            band: round(readability([item.texts[locale].stem for item in _between(content, items, *ends)], locale), 1)
            for band, ends in BANDS.items()
        },
    }


def _between(content: Content, items: Iterable[ContentItem], least: int, most: int) -> list[ContentItem]:
    return [item for item in items if least <= content.skill_map.levels[item.skill] <= most]


def _mean(values: Iterable[int] | Iterable[bool]) -> float:
    listed = [float(value) for value in values]
    return round(fmean(listed), 2) if listed else 0.0
