"""Options that sound alike: the phonemes of espeak-ng compared two by two.

A weighted edit distance: sounds of one family (p, t, k; f, s; two vowels) are easier to take for each other than a
vowel and a consonant, and a mute e may come and go. Two wordings are confusable when the distance is small both beside
their length and in itself. The thresholds are set by the pairs that speech design names as dangerous (couper / copier /
coller, six / dix), not by measured confusions.
"""

from __future__ import annotations

import functools
import math
import shutil
import subprocess  # espeak-ng is a program; its arguments are fixed and the text goes through stdin
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from audio_content.forms import said_form
from audio_content.model import LOCALES, Content, ContentItem, ItemKind
from audio_content.rules.finding import Finding, Severity

PROGRAM = "espeak-ng"
VOICES = {"fr": "fr-fr", "en": "en-gb"}
LIMIT_S = 60
CLOSE_SHARE = 0.5
"""Distance divided by the length of the longer wording, in phonemes."""
CLOSE_SOUNDS = 2.5
"""Distance itself: long wordings that differ by three sounds are told apart."""
CLOSE_NUMBERS = 1.0
"""The same for two numbers, which are short: one sound of a family apart, as six and dix."""

_SAME_FAMILY = 0.5
_TWO_VOWELS = 0.6
_TWO_CONSONANTS = 0.8
_MUTE = 0.3
_VOWELS = "aeiouyAEIOUYWV@03Q"
_FAMILIES = ("pbtdkgc", "fvszSZTDhxC", "mnN", "lrRL", "jw")


def ear_findings(content: Content, program: str = PROGRAM) -> Iterator[Finding]:
    """Give the wordings of two options that sound alike; a note instead when the program is missing or fails.

    Rule `ear`: the options as they are spoken. Rule `ear-synonym`: any other way to say one of them.
    """
    path = shutil.which(program)
    if path is None:
        yield Finding(Severity.NOTE, "bank", "ear", f"{program} is not installed: sounds were not compared")
        return
    for locale in LOCALES:
        compared = list(_compared(content, locale))
        wordings = sorted({wording for _, options in compared for option in options for wording in option})
        try:
            sounds = phonemes(wordings, locale, path)
        except (OSError, subprocess.SubprocessError) as error:
            yield Finding(Severity.NOTE, f"bank {locale}", "ear", f"sounds were not compared: {error}")
            return
        for where, options in compared:
            yield from _alike(where, options, sounds)
        for item in content.items.values():
            if item.kind is ItemKind.NUMBER:
                yield from _numbers_alike(item, locale, path)


def _compared(content: Content, locale: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Give, for each item whose answers are its own words, the wordings of each option, the spoken one first."""
    for item in content.items.values():
        if item.kind in (ItemKind.CHOICE, ItemKind.WORD):
            yield (
                f"{item.id} {locale}",
                [
                    list(dict.fromkeys(said_form(form) for form in (option.text, *option.synonyms)))
                    for option in item.texts[locale].options
                ],
            )


def _numbers_alike(item: ContentItem, locale: str, program: str) -> Iterator[Finding]:
    """Give the numbers of a range that sound like the key: six for dix. Two of the others may sound alike."""
    said = {option.id: said_form(option.text) for option in item.texts[locale].options}
    sounds = phonemes(sorted(set(said.values())), locale, program)
    key = said[item.key]
    for option, other in said.items():
        if option != item.key and distance(sounds[key], sounds[other]) < CLOSE_NUMBERS:
            yield Finding(Severity.ERROR, f"{item.id} {locale}", "ear", f"{key!r} and {other!r} sound alike")


def _alike(where: str, options: list[list[str]], sounds: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for one, other in combinations(options, 2):
        for mine, theirs in product(one, other):
            if confusable(sounds[mine], sounds[theirs]):
                rule = "ear" if mine == one[0] and theirs == other[0] else "ear-synonym"
                yield Finding(Severity.ERROR, where, rule, f"{mine!r} and {theirs!r} sound alike")


def confusable(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two wordings sound alike."""
    limit = min(CLOSE_SOUNDS, CLOSE_SHARE * max(len(one), len(other), 1))
    return distance(one, other, limit) < limit


def distance(one: Sequence[str], other: Sequence[str], limit: float = math.inf) -> float:
    """Give the least cost of turning one series of phonemes into the other (Levenshtein, weighted).

    A result of `limit` or more only says that the distance is not below it: the search stops there.
    """
    row = [0.0]
    for sound in other:
        row.append(row[-1] + _alone(sound))
    for mine in one:
        previous, row = row, [row[0] + _alone(mine)]
        dropped = _alone(mine)
        for place, theirs in enumerate(other, start=1):
            row.append(
                min(previous[place] + dropped, row[-1] + _alone(theirs), previous[place - 1] + _exchange(mine, theirs))
            )
        if min(row) >= limit:
            return limit
    return row[-1]


@functools.cache
def _alone(sound: str) -> float:
    return _MUTE if sound.startswith("@") else 1.0


@functools.cache
def _exchange(one: str, other: str) -> float:
    if one == other:
        return 0.0
    vowels = (one[0] in _VOWELS) + (other[0] in _VOWELS)
    if vowels == 2:
        return _TWO_VOWELS
    if vowels == 1:
        return 1.0
    alike = any(one[0] in family and other[0] in family for family in _FAMILIES)
    return _SAME_FAMILY if alike else _TWO_CONSONANTS


def phonemes(wordings: Sequence[str], locale: str, program: str) -> Mapping[str, tuple[str, ...]]:
    """Give the phonemes of each wording, in one call.

    Choice: word by word. Reason: the wordings of a whole bank share their words, which makes it ten times faster.
    Price: liaisons between words are not heard. Raises OSError, subprocess.SubprocessError.
    """
    words = sorted({word for wording in wordings for word in wording.split()})
    lines = _lines("\n\n".join(words), locale, program)
    if len(lines) != len(words):
        lines = [" ".join(_lines(word, locale, program)) for word in words]
    sounds = {word: _sounds(line) for word, line in zip(words, lines, strict=True)}
    return {wording: tuple(sound for word in wording.split() for sound in sounds[word]) for wording in wordings}


def _lines(text: str, locale: str, program: str) -> list[str]:
    command = [program, "-q", "-x", "--sep=_", "-v", VOICES[locale], "--stdin"]
    done = subprocess.run(  # noqa: S603 - fixed arguments, text by stdin
        command, input=text, capture_output=True, text=True, check=True, timeout=LIMIT_S
    )
    return [line for line in done.stdout.splitlines() if line.strip()]


def _sounds(line: str) -> tuple[str, ...]:
    bare = (sound.strip("',|-!;:%=") for word in line.split() for sound in word.split("_"))
    return tuple(sound for sound in bare if sound)
