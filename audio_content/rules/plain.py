"""Plain words: is a text made of words that everybody hears every day, in sentences that are easy to follow?

A word is plain when it is an everyday word, or an inflected form of one; when authors have listed it as one
(`framework/style.yaml`, `plain`); or when the glossary explains it (`framework/glossary.yaml`), because a question may
be about it. Names begin with a capital and are not judged; figures and acronyms have rules of their own.

Everyday words: `framework/everyday.<locale>.txt`, made by `scripts/make_everyday_words` from word frequencies in
subtitles, news, books and web pages; a word stands there when it comes at least about three times in a million.

Readability: Kandel and Moles (1958) for French, Flesch (1948) for English, higher is easier:

    fr  207 - 1.015 (words / sentences) - 73.6 (syllables / words)
    en  206.835 - 1.015 (words / sentences) - 84.6 (syllables / words)

Syllables are counted as groups of vowels without the mute e at the end, which is what the ear gets. On texts of twenty
words the figure is coarse: it is judged over a bank, and for one text only far below.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files

from audio_content.forms import sentences, words

_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = re.compile(r"[aeiouyàâäéèêëîïôöùûüœæ]+")
_MUTE = {"fr": re.compile(r"(?<=[^\W\d_])(?:es?|ent)$"), "en": re.compile(r"(?<=[^\W\d_aeiouy])e[sd]?$")}
_FORMULA = {"fr": (207.0, 1.015, 73.6), "en": (206.835, 1.015, 84.6)}
_ENDINGS = {
    "fr": (
        *("ements", "ement", "aient", "erait", "ions", "eront", "era", "ait", "ant", "ent", "ons", "ées", "ée", "és"),
        *("é", "ez", "er", "es", "e", "s", "x", "nt", "t", "r", "ir", "it", "is", "re"),
    ),
    "en": ("ings", "ing", "ers", "er", "ies", "ied", "es", "ed", "ly", "s", "d", "y"),
}
_RESTORED = {
    "fr": ("", "e", "er", "é", "ée", "ent", "ez", "ant", "s", "r", "ir", "re", "ait", "ement"),
    "en": ("", "e", "y", "s", "ed", "ing"),
}
_SHORTEST_STEM = 4


@functools.cache
def everyday(locale: str) -> frozenset[str]:
    """Give the everyday words of a language, lower case."""
    text = files("audio_content").joinpath("framework", f"everyday.{locale}.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split("\n") if line and not line.startswith("#"))


def rare_words(text: str, locale: str, known: Iterable[str] = ()) -> Iterator[str]:
    """Give the words of a text that are not plain, once each, in order. `known`: further plain words, lower case."""
    known = frozenset(known)
    told: set[str] = set()
    for word in _WORD.findall(text.replace("’", "'")):
        low = word.lower()
        if len(word) > 1 and not word[0].isupper() and low not in told and not (low in known or _is_plain(low, locale)):
            told.add(low)
            yield low


@functools.cache
def _is_plain(word: str, locale: str) -> bool:
    listed = everyday(locale)
    if word in listed:
        return True
    stems = {word[: -len(ending)] for ending in _ENDINGS[locale] if word.endswith(ending)} | {word}
    if locale == "en":
        stems |= {stem[:-1] for stem in stems if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2]}
    return any(
        f"{stem}{ending}" in listed for stem in stems if len(stem) >= _SHORTEST_STEM for ending in _RESTORED[locale]
    )


def readability(texts: Iterable[str], locale: str) -> float:
    """Give the reading ease of texts taken together; 0.0 when there is no word."""
    said = sentence_count = syllable_count = 0
    for text in texts:
        listed = words(text)
        said += len(listed)
        sentence_count += max(1, len(sentences(text)))
        syllable_count += sum(syllables(word, locale) for word in listed)
    if not said:
        return 0.0
    base, per_sentence, per_word = _FORMULA[locale]
    return base - per_sentence * said / sentence_count - per_word * syllable_count / said


def syllables(word: str, locale: str) -> int:
    """Give the number of syllables heard in a word, at least one; written figures count as one."""
    return max(1, sum(len(_VOWELS.findall(_MUTE[locale].sub("", part.lower()))) or 1 for part in _WORD.findall(word)))
