"""Claims: a result taken without an account becomes a person's own, later and elsewhere. Pure rules.

A claim code is drawn for one session, said by groups of three, used once, and ends by itself. Who uses it opens an
account (a number and a PIN, nothing else) or adds the result to theirs. The session's events stay as they are: an
account is only a list of sessions, and taking one out leaves both as they were.

The results of an account are read together (`merged`): a skill that one of them showed is kept, whatever a later one
missed. Nothing is ever lowered; where two results disagree, the skill is named, so that it can be explained.

Put together they are also what a person may send where profiles are collected (`gathered`): one frozen result, in which
a skill is shown if any of them showed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.organization.snapshot import AreaResult, Snapshot
from engine.organization.tallies import PROFILES

PIN_DIGITS = 4
"""As a bank card has: the secret that most people know how to keep."""
CLAIMED, UNCLAIMED = "result_claimed", "result_unclaimed"
"""Kinds of the session's events."""


@dataclass(frozen=True, slots=True)
class Showing:
    """What one result says of skills, in the order of the framework: shown, and missed by an answer."""

    mastered: tuple[str, ...]
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """`kept`: shown by any result; `kept_in_spite`: of these, missed by another; `to_learn`: missed and never shown."""

    kept: tuple[str, ...]
    kept_in_spite: tuple[str, ...]
    to_learn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim code that opens: its result can be kept in an account."""

    code: str


@dataclass(frozen=True, slots=True)
class AccountNumber:
    """The number of an account: its PIN is asked for."""

    number: str


def merged(results: Sequence[Showing]) -> Merged:
    """Give what results say together, oldest first."""
    shown = _in_order(skill for result in results for skill in result.mastered)
    missed = _in_order(skill for result in results for skill in result.missed)
    return Merged(
        kept=shown,
        kept_in_spite=tuple(skill for skill in shown if skill in missed),
        to_learn=tuple(skill for skill in missed if skill not in shown),
    )


def gathered(results: Sequence[Snapshot], order: Sequence[str]) -> Snapshot:
    """Give results, oldest first, as one that can be sent. Raises ValueError for none.

    The profile is the best of them, questions and answers are added up, path, locale and channel are those of the last.
    `order`: the skills as the framework has them.
    """
    if not results:
        raise ValueError("there is no result to put together")
    place = {skill: number for number, skill in enumerate(order)}
    last, kept = results[-1], {skill for result in results for skill in result.mastered}

    def in_order(skills: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(_in_order(skills), key=lambda skill: place.get(skill, len(place))))

    def of_area(area: str) -> AreaResult:
        told = [result.areas[area] for result in results if area in result.areas]
        return AreaResult(
            sum(each.questions for each in told),
            in_order(skill for each in told for skill in each.mastered),
            in_order(skill for each in told for skill in each.to_learn if skill not in kept),
        )

    steps = [each.next_step for each in reversed(results) if each.next_step is not None and each.next_step not in kept]
    modes = _in_order(mode for each in results for mode in each.answers)
    return Snapshot(
        path=last.path,
        locale=last.locale,
        channel=last.channel,
        profile=max((each.profile for each in results), key=PROFILES.index),
        helped=sum(each.helped for each in results),
        answers={mode: sum(each.answers.get(mode, 0) for each in results) for mode in sorted(modes)},
        areas={area: of_area(area) for area in _in_order(area for each in results for area in each.areas)},
        next_step=steps[0] if steps else None,
        results=len(results),
    )


def is_weak(pin: str) -> bool:
    """Tell whether a PIN is among the first that anybody would try: one digit only, or digits in a row."""
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return steps in ({0}, {1}, {-1})


def is_pin(pin: str) -> bool:
    """Tell whether these are the digits of a PIN."""
    return len(pin) == PIN_DIGITS and pin.isascii() and pin.isdigit()


def _in_order(skills: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(skills))
