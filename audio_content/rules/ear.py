"""Options that sound alike: the phonemes of espeak-ng compared two by two.

A weighted edit distance: sounds of one family (p, t, k; f, s; two vowels) are easier to take for each other than a
vowel and a consonant, and a mute e may come and go. Two wordings are confusable when the distance is small both beside
their length and in itself. The thresholds are set by the pairs that speech design names as dangerous (couper / copier /
coller, six / dix), not by measured confusions.
"""

from __future__ import annotations

import shutil
import subprocess  # espeak-ng is a program; its arguments are fixed and the text goes through stdin
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from audio_content.forms import said_form
from audio_content.model import LOCALES, Content, ItemKind
from audio_content.rules.finding import Finding, Severity

PROGRAM = "espeak-ng"
VOICES = {"fr": "fr-fr", "en": "en-gb"}
LIMIT_S = 60
CLOSE_SHARE = 0.5
"""Distance divided by the length of the longer wording, in phonemes."""
CLOSE_SOUNDS = 2.5
"""Distance itself: long wordings that differ by three sounds are told apart."""

_SAME_FAMILY = 0.5
_TWO_VOWELS = 0.6
_TWO_CONSONANTS = 0.8
_MUTE = 0.3
_VOWELS = "aeiouyAEIOUYWV@03Q"
_FAMILIES = ("pbtdkgc", "fvszSZTDhxC", "mnN", "lrRL", "jw")


def ear_findings(content: Content, program: str = PROGRAM) -> Iterator[Finding]:
    """Give the pairs of options that sound alike; a note instead when the program is missing or fails."""
    path = shutil.which(program)
    if path is None:
        yield Finding(Severity.NOTE, "bank", "ear", f"{program} is not installed: sounds were not compared")
        return
    for locale in LOCALES:
        pairs = list(_pairs(content, locale))
        wordings = sorted({wording for _, one, other in pairs for wording in (one, other)})
        try:
            sounds = phonemes(wordings, locale, path)
        except (OSError, subprocess.SubprocessError) as error:
            yield Finding(Severity.NOTE, f"bank {locale}", "ear", f"sounds were not compared: {error}")
            return
        for where, one, other in pairs:
            if confusable(sounds[one], sounds[other]):
                yield Finding(Severity.ERROR, where, "ear", f"{one!r} and {other!r} sound alike")


def _pairs(content: Content, locale: str) -> Iterator[tuple[str, str, str]]:
    for item in content.items.values():
        if item.kind is ItemKind.CHOICE:
            for one, other in combinations(item.texts[locale].options, 2):
                yield f"{item.id} {locale}", said_form(one.text), said_form(other.text)


def confusable(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two wordings sound alike."""
    cost = distance(one, other)
    return cost < CLOSE_SOUNDS and cost < CLOSE_SHARE * max(len(one), len(other), 1)


def distance(one: Sequence[str], other: Sequence[str]) -> float:
    """Give the least cost of turning one series of phonemes into the other (Levenshtein, weighted)."""
    row = [0.0]
    for sound in other:
        row.append(row[-1] + _alone(sound))
    for mine in one:
        previous, row = row, [row[0] + _alone(mine)]
        for place, theirs in enumerate(other, start=1):
            row.append(
                min(
                    previous[place] + _alone(mine),
                    row[-1] + _alone(theirs),
                    previous[place - 1] + _exchange(mine, theirs),
                )
            )
    return row[-1]


def _alone(sound: str) -> float:
    return _MUTE if sound.startswith("@") else 1.0


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
    """Give the phonemes of each wording, in one call; wordings hold no sentence marks, so each gives one line.

    Raises OSError, subprocess.SubprocessError.
    """
    lines = _lines("\n\n".join(wordings), locale, program)
    if len(lines) != len(wordings):
        lines = [" ".join(_lines(wording, locale, program)) for wording in wordings]
    return {wording: _sounds(line) for wording, line in zip(wordings, lines, strict=True)}


def _lines(text: str, locale: str, program: str) -> list[str]:
    command = [program, "-q", "-x", "--sep=_", "-v", VOICES[locale], "--stdin"]
    done = subprocess.run(  # noqa: S603 - fixed arguments, text by stdin
        command, input=text, capture_output=True, text=True, check=True, timeout=LIMIT_S
    )
    return [line for line in done.stdout.splitlines() if line.strip()]


def _sounds(line: str) -> tuple[str, ...]:
    bare = (sound.strip("',|-!;:%=") for word in line.split() for sound in word.split("_"))
    return tuple(sound for sound in bare if sound)
