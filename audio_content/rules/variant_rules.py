"""The rules of whom an item is for: its twin without sight, its country, its assistant variant, plain words."""

from __future__ import annotations

from collections.abc import Iterator

from audio_content.forms import sentences, words
from audio_content.glossary import glossed_words, terms_in
from audio_content.rules.finding import Severity
from audio_content.rules.item_rules import STEM_WORDS, Reading, Rule, unknown_acronyms
from audio_content.rules.plain import rare_words, readability
from audio_content.rules.style import found

PLAIN_LEVELS = range(5)
"""Levels 0 to 4 are asked in plain words; above, a technical subject has its own words."""
READING_EASE = {"fr": 40.0, "en": 50.0}
"""Least reading ease of the stem and simpler wording together: "difficult" on both scales lies below."""


def twin(reading: Reading) -> Iterator[str]:
    if reading.item.requires_sight and reading.item.twin is None:
        yield "this item requires sight and names no twin without sight"


def country(reading: Reading) -> Iterator[str]:
    if reading.item.country is None:
        for name in found(reading.style.french, _whole(reading), exact_case=True):
            yield f"{name!r} exists in France only: write `country: FR`"


def assistant(reading: Reading) -> Iterator[str]:
    if reading.item.assistant is None:
        return
    text = reading.item.assistant.by_locale[reading.locale]
    if len(sentences(text)) > 1 and len(words(text)) > STEM_WORDS:
        yield f"the assistant variant has {len(words(text))} words in several sentences; at most {STEM_WORDS}"
    for acronym in unknown_acronyms(text, reading.lexicon):
        yield f"assistant: {acronym!r} is not in the lexicon; add how it is said"


def plain_words(reading: Reading) -> Iterator[str]:
    if reading.level in PLAIN_LEVELS:
        known = reading.style.plain | glossed_words(reading.locale)
        rare = rare_words(_whole(reading), reading.locale, known)
        listed = ", ".join(rare)
        if listed:
            yield f"not everyday words: {listed}; use plainer ones, or explain them in framework/glossary.yaml"


def reading_ease(reading: Reading) -> Iterator[str]:
    if reading.level in PLAIN_LEVELS:
        ease = readability((reading.text.stem, reading.text.simpler), reading.locale)
        if ease < READING_EASE[reading.locale]:
            yield f"reading ease {ease:.0f}, at least {READING_EASE[reading.locale]:.0f}: shorter words and sentences"


def acronym_gloss(reading: Reading) -> Iterator[str]:
    if reading.level not in PLAIN_LEVELS:
        return
    for acronym in dict.fromkeys(word for word in words(reading.text.stem) if len(word) > 1 and word.isupper()):
        if word_is_letters(acronym) and not terms_in(acronym, reading.locale):
            yield f"the stem says {acronym!r}, which the glossary does not explain"


def word_is_letters(word: str) -> bool:
    """Tell whether a word in capitals is an acronym rather than a figure or a code."""
    return word.replace(".", "").isalpha()


VARIANT_RULES: tuple[tuple[str, Severity, Rule], ...] = (
    ("twin", Severity.ERROR, twin),
    ("country", Severity.ERROR, country),
    ("assistant", Severity.ERROR, assistant),
    ("plain-words", Severity.ERROR, plain_words),
    ("reading-ease", Severity.ERROR, reading_ease),
    ("acronym-gloss", Severity.ERROR, acronym_gloss),
)


def _whole(reading: Reading) -> str:
    options = " . ".join(option.text for option in reading.text.options if option.synonyms or reading.is_choice)
    return " . ".join((reading.text.stem, reading.text.simpler, options, reading.text.feedback))
