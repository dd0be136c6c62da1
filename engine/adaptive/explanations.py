"""Why a result is what it is, in words: "because you answered ...".

The wordings are data beside this module (`wordings/<locale>.toml`): short, formal, kind; an answer "I don't know" is
told as information, never as a fault, and nothing is told of how the answer was given. A caller may bring wordings of
its own. Names of skills come from the caller too: the engine knows ids only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from engine.adaptive.report import Report, TrailEntry
from engine.errors import InvalidState
from engine.model import Aid, Outcome, SkillId

LOCALES = ("fr", "en")
_OUTCOMES = {
    Outcome.CORRECT: "correct",
    Outcome.INCORRECT: "incorrect",
    Outcome.DONT_KNOW: "dont_know",
    None: "nothing",
}


def explain(
    report: Report, locale: str, name_of: Callable[[SkillId], str], wordings: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Give one sentence for each answer that says something, the most telling first.

    `name_of` gives the name of a skill as it goes into a sentence. Raises InvalidState for an unknown locale when no
    wordings are given."""
    words = _wordings(locale) if wordings is None else wordings
    telling = [entry for entry in report.trail if entry.outcome is not None and entry.skill is not None]
    telling.sort(key=lambda entry: -abs(entry.moved))
    return tuple(_sentence(entry, words, name_of) for entry in telling)


def summary(report: Report, locale: str, wordings: Mapping[str, str] | None = None) -> str:
    """Give the result over all in one sentence: a level, or a band when the session was cut short or is still open."""
    words = _wordings(locale) if wordings is None else wordings
    overall = report.overall
    low, high = overall.band
    if report.speaks_in_bands and low != high:
        return words["band"].format(low=low, high=high)
    said = words["level"].format(level=overall.level)
    return f"{said} {words['to_confirm']}" if overall.to_confirm else said


def _sentence(entry: TrailEntry, words: Mapping[str, str], name_of: Callable[[SkillId], str]) -> str:
    skill = name_of(entry.skill) if entry.skill is not None else ""
    said = words[f"because.{_OUTCOMES[entry.outcome]}"].format(skill=skill)
    return f"{said} {words['helped']}" if entry.aid > Aid.READ_ALOUD else said


@cache
def _wordings(locale: str) -> Mapping[str, str]:
    if locale not in LOCALES:
        raise InvalidState(f"there are explanations in {', '.join(LOCALES)}, not in {locale!r}")
    text = files("engine.adaptive").joinpath("wordings", f"{locale}.toml").read_text(encoding="utf-8")
    return _flat(tomllib.loads(text))


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = str(value)
    return found
