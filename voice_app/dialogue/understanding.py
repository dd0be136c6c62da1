"""What a whole sentence means in a turn: "euh, pas la deux... la trois", "vous pouvez répéter, s'il vous plaît".

A recogniser that was asked which of the turn's wordings it heard cannot say so for a sentence. It writes the sentence
down instead, and here the wordings of the grammar are looked for in it. Nothing is guessed from a single small word:

- *mentions*: places where a wording of the grammar sounds like the words there (`sounds_like`). A long wording may
  slip a little; a short one ("deux", "un") must be there letter by letter, and only counts when the rest of the
  sentence is made of small words that mean nothing ("moi je dirais la ...").
- *negations* turn a mention away: "pas la deux". Of two choices, turning one away means the other.
- *corrections* take back what was mentioned before them: "la une, non, la trois". Without one, the last of several
  answers is the likeliest, and is asked about.
- a command inside a sentence ("attendez, vous pouvez répéter") is a mention like any other.

The result says how sure the reading is; what to do with that is for `interpret`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from audio_content.forms import words as words_of
from audio_content.model import Connectors, Vocabulary
from voice_app.dialogue.sounds_like import likeness, sound_of
from voice_app.hearing import Grammar, MeaningId

LONG_KEY = 5
"""Sounds from which on a wording is long: it may slip and may stand among any words."""
ALIKE = 0.78
"""Likeness that a long wording needs: one slip in five sounds, two in ten."""
MARGIN = 0.12
"""What the best wording of a place must have over one of another meaning; below, both are possible."""
APART = 2
"""Words between a negation and what it turns away: "pas du tout la deux"."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence may mean, likeliest first; none: nothing of the grammar is in it. `sure`: one meaning, nothing
    speaks against it. `literal`: and a long wording of it stands there word for word."""

    candidates: tuple[MeaningId, ...]
    sure: bool = False
    literal: bool = False


NOTHING = Reading(())


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    meaning: MeaningId
    score: float
    words: int
    """Of the wording, so that a mention does not grow by swallowing its neighbours."""
    long: bool
    rival: MeaningId | None = None
    """Another meaning that sounds nearly as like these words."""


def read(sentence: str, grammar: Grammar, vocabulary: Vocabulary) -> Reading:
    """Give what a sentence that was written down means among the meanings of the grammar."""
    tokens = _tokens(sentence, _figures(grammar, vocabulary))
    mentions = _mentions(tokens, grammar)
    inside = vocabulary.inside
    if not _is_answer(tokens, mentions, inside):
        mentions = [mention for mention in mentions if mention.long]
    if not mentions:
        return NOTHING
    wanted, refused = _stands(tokens, mentions, inside)
    if not wanted:
        return _the_other(grammar, refused)
    named = list(dict.fromkeys(mention.meaning for mention in reversed(wanted)))
    last = wanted[-1]
    rivals = [] if last.rival is None else [last.rival]
    candidates = tuple(dict.fromkeys([*named, *rivals]))
    sure = len(candidates) == 1
    return Reading(candidates, sure, literal=sure and last.long and last.score == 1.0)


# --- words ------------------------------------------------------------------------------------------------------------


def _figures(grammar: Grammar, vocabulary: Vocabulary) -> dict[str, str]:
    """Give how figures are said: the digits, and the numbers that the turn listens for."""
    digits = {str(value): forms[0] for value, forms in enumerate(vocabulary.digits)}
    options = ((meaning.id.removeprefix("option."), meaning.forms[0]) for meaning in grammar.meanings)
    return digits | {number: said for number, said in options if number.isdecimal()}


def _tokens(sentence: str, figures: Mapping[str, str]) -> tuple[str, ...]:
    """Give the words, lower case, figures as words, elisions apart ("c'est" is "c'" and "est")."""
    found: list[str] = []
    for word in words_of(sentence.lower().replace("’", "'").replace("-", " ").replace(",", " ").replace(".", " ")):
        first, elided, rest = word.partition("'")
        parts = [first + elided, rest] if elided and rest and len(first) <= len("qu") else [word]
        found += [said for part in parts for said in figures.get(part, part).replace("-", " ").split()]
    return tuple(found)


@lru_cache(maxsize=2_000)
def _form(form: str, language: str) -> tuple[tuple[str, ...], str]:
    """Give the words of a wording and how they sound together."""
    parts = tuple(part for word in form.replace("-", " ").split() for part in _elided(word))
    return parts, "".join(sound_of(part, language) for part in parts)


def _elided(word: str) -> list[str]:
    first, mark, rest = word.partition("'")
    return [first + mark, rest] if mark and rest and len(first) <= len("qu") else [word]


# --- mentions ---------------------------------------------------------------------------------------------------------


def _mentions(tokens: Sequence[str], grammar: Grammar) -> list[_Mention]:
    """Give the mentions, in the order of the sentence, none over another."""
    keys = [sound_of(token, grammar.language) for token in tokens]
    found: list[_Mention] = []
    for meaning in grammar.meanings:
        for form in meaning.forms:
            parts, key = _form(form, grammar.language)
            is_long = len(key) >= LONG_KEY
            widths = range(max(1, len(parts) - 1), len(parts) + 2) if is_long else (len(parts),)
            for width in widths:
                for start in range(len(tokens) - width + 1):
                    end = start + width
                    if tuple(tokens[start:end]) == parts:
                        score = 1.0
                    elif is_long:
                        score = likeness(key, "".join(keys[start:end]))
                    else:
                        continue
                    if score >= ALIKE:
                        found.append(_Mention(start, end, meaning.id, score, len(parts), is_long))
    return _apart(found)


def _apart(found: list[_Mention]) -> list[_Mention]:
    """Keep the best mention of each place: the likest, then the longest; note who else is nearly as like."""
    chosen: list[_Mention] = []
    for mention in sorted(found, key=lambda each: (-each.words * each.score, each.start)):
        over = [place for place, each in enumerate(chosen) if each.start < mention.end and mention.start < each.end]
        if not over:
            chosen.append(mention)
            continue
        for place in over:
            best = chosen[place]
            near = best.score - mention.score < MARGIN and mention.words >= best.words
            if mention.meaning != best.meaning and best.rival is None and near and best.score < 1.0:
                chosen[place] = replace(best, rival=mention.meaning)
    return sorted(chosen, key=lambda each: each.start)


# --- the small words --------------------------------------------------------------------------------------------------


def _is_answer(tokens: Sequence[str], mentions: Sequence[_Mention], inside: Connectors) -> bool:
    """Tell whether every word outside the mentions is a small word: then a short wording is meant as an answer."""
    taken = {place for mention in mentions for place in range(mention.start, mention.end)}
    for kind in (inside.fillers, inside.corrections, inside.negations):
        for wording in kind:
            for start, end in _where(tokens, wording):
                taken |= set(range(start, end))
    return len(taken) == len(tokens)


def _where(tokens: Sequence[str], wording: str) -> list[tuple[int, int]]:
    parts = tuple(part for word in wording.split() for part in _elided(word))
    size = len(parts)
    return [(at, at + size) for at in range(len(tokens) - size + 1) if tuple(tokens[at : at + size]) == parts]


def _stands(
    tokens: Sequence[str], mentions: list[_Mention], inside: Connectors
) -> tuple[list[_Mention], list[_Mention]]:
    """Give the mentions that stand after negations and corrections, and those that were turned away."""
    negations = [end for wording in inside.negations for _, end in _where(tokens, wording)]
    corrections = [start for wording in inside.corrections for start, _ in _where(tokens, wording)]
    nearest = (next((each for each in mentions if 0 <= each.start - end <= APART), None) for end in negations)
    refused = [mention for mention in nearest if mention is not None]
    wanted = [mention for mention in mentions if mention not in refused]
    taken_back = {
        mention
        for mention in wanted
        for start in corrections
        if mention.end <= start and any(other.start >= start and other is not mention for other in wanted)
    }
    # the correction itself may be a mention ("non" where yes and no are asked, "attendez"): the answer is another one
    marks = {mention for mention in wanted if mention.start in corrections}
    left = [mention for mention in wanted if mention not in taken_back]
    answers = [mention for mention in left if mention not in marks]
    return answers or left, refused


def _the_other(grammar: Grammar, refused: Sequence[_Mention]) -> Reading:
    """Of two choices, one turned away means the other: not said, so it is asked about."""
    options = [meaning.id for meaning in grammar.meanings if meaning.id.startswith("option.")]
    others = [option for option in options if option not in {mention.meaning for mention in refused}]
    return Reading((others[0],)) if len(others) == 1 and len(options) > 1 else NOTHING
