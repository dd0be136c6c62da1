"""The rules of items that are answered by a number or by a word: nothing is listed, so nothing may give the answer
away, and what people will say must be listened for on equal terms.

Why equal terms: an ear that compares what it hears with what it expects leans to the answer that has more wordings. If
only the right number may be said with its unit ("onze heures"), "neuf heures" is drawn to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from audio_content.forms import said_form, tokens
from audio_content.model import ItemKind
from audio_content.rules.finding import Severity
from audio_content.rules.item_rules import Reading, Rule

MOST_NUMBERS = 32
"""As many as the days of a month and one: more are hard to tell apart by ear."""
FEWEST_OTHER_WORDS = 2
"""Who asks for possible answers hears at least three."""
TELLING_LETTERS = 4
"""Shorter words ("un", "the") stand in every question."""


def number_range(reading: Reading) -> Iterator[str]:
    if reading.item.kind is not ItemKind.NUMBER:
        return
    numbers = [int(option) for option in reading.item.option_ids]
    if len(numbers) > MOST_NUMBERS:
        yield f"{len(numbers)} numbers are listened for; at most {MOST_NUMBERS}"
    if int(reading.item.key) >= numbers[-1]:
        yield "the range ends at the key: who says more is never heard; widen it"


def number_accept(reading: Reading) -> Iterator[str]:
    if reading.item.kind is not ItemKind.NUMBER:
        return
    key = next(option for option in reading.text.options if option.id == reading.item.key)
    figures = {said_form(option.text) for option in reading.text.options}
    for form in key.synonyms[len(reading.text.also) :]:
        said = said_form(form)
        if any(f" {figure} " in f" {said} " for figure in figures):
            yield f"{form!r} is accepted for the right number alone; write it under `also`, for every number"


def word_others(reading: Reading) -> Iterator[str]:
    others = len(reading.text.options) - 1
    if reading.item.kind is ItemKind.WORD and others < FEWEST_OTHER_WORDS:
        yield f"{others} other words; at least {FEWEST_OTHER_WORDS}, for who wants to choose from a list"


def word_given(reading: Reading) -> Iterator[str]:
    if reading.item.kind is not ItemKind.WORD:
        return
    key = next(option for option in reading.text.options if option.id == reading.item.key)
    for name in ("stem", "simpler"):
        asked = _telling(getattr(reading.text, name))
        for form in (key.text, *key.synonyms):
            if (wanted := _telling(form)) and wanted <= asked:
                yield f"the {name} says {form!r}, which is the answer"
                break


def _telling(text: str) -> set[str]:
    """Give the words of a text that mean something."""
    return {word for word in tokens(text) if len(word.rstrip("'")) >= TELLING_LETTERS}


OPEN_RULES: tuple[tuple[str, Severity, Rule], ...] = (
    ("number-range", Severity.ERROR, number_range),
    ("number-accept", Severity.ERROR, number_accept),
    ("word-others", Severity.ERROR, word_others),
    ("word-given", Severity.ERROR, word_given),
)
