"""From an engine's raw scores to evidence and an outcome, by tables that belong to the engine and the channel.

It knows no engine: scores come in, with the numbers of a table in `calibration_tables/ENGINE.toml`, which also says how
it was made. No threshold stands in Python.

Two questions are kept apart. *Was it something of the grammar?* A logistic curve over the winner's score against the
noise prior. *Which one?* A softmax over the meanings, its temperature from the table. The evidence is their product:

    none_of_these = 1 - inside;   likelihood(m) = inside * exp(score_m / T) / sum over n of exp(score_n / T)

The outcome is separate from the evidence, so that its thresholds can be moved without touching what is measured:
no match below `reject_below`, doubtful when the runner-up is closer than `confirm_margin`.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from voice_app.hearing import Grammar, HearingOutcome, MeaningId, Recognition, Scored

DEFAULT_CHANNEL = "kiosk"


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of one engine, channel and kind of grammar. Scores are natural logarithms.

    `prior_weight`: how much of a wording's score on noise is taken off before wordings are compared.
    `inside_at`, `inside_scale`: the score at which "in the grammar" and "something else" are equally likely, and how
    far from it the odds change by e. `patience_s`, `s_per_character`: an utterance longer than these allow for the
    winning wording is something else.
    """

    prior_weight: float
    temperature: float
    reject_below: float
    confirm_margin: float
    inside_at: float
    inside_scale: float
    no_speech_above: float
    patience_s: float
    s_per_character: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scores amount to."""

    outcome: HearingOutcome
    ranked: tuple[Scored, ...]
    none_of_these: float


def load_document(engine: str) -> dict[str, Any]:
    """Give an engine's calibration file. Raises FileNotFoundError for an engine without one."""
    text = (resources.files("voice_app.speech") / "calibration_tables" / f"{engine}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def load_table(engine: str, channel: str, kind: str) -> Table:
    """Give the table of an engine for a channel ("kiosk", "phone") and a kind of grammar ("mixed", "short").

    A channel that was never measured takes the kiosk's numbers.
    """
    document = load_document(engine)
    values = {**document["every"], **document.get(channel, document[DEFAULT_CHANNEL])[kind]}
    return Table(**{name: float(value) for name, value in values.items()})


def kind_of(grammar: Grammar) -> str:
    """Give "short" when every wording is a single short word (digits), else "mixed".

    The noise prior makes wordings of different lengths comparable. Between words of about one length there is nothing
    to make comparable, and less of it hears better (the measurements stand in the table).
    """
    forms = [form for meaning in grammar.meanings for form in meaning.forms]
    return "short" if all(" " not in form and len(form) <= SHORT_WORD_LETTERS for form in forms) else "mixed"


SHORT_WORD_LETTERS = 6


def judge(scores: Mapping[MeaningId, float], confidence: float, table: Table) -> Verdict:
    """Give the verdict for the meanings' scores (any order) and the winner's score against noise."""
    best = max(scores.values())
    weights = {meaning: math.exp((score - best) / table.temperature) for meaning, score in scores.items()}
    inside = logistic((confidence - table.inside_at) / table.inside_scale)
    total = sum(weights.values())
    ranked = rank({meaning: inside * weight / total for meaning, weight in weights.items()})
    ordered = sorted(scores.values(), reverse=True)
    margin = ordered[0] - ordered[1] if len(ordered) > 1 else math.inf
    if confidence < table.reject_below:
        outcome = HearingOutcome.NO_MATCH
    elif margin < table.confirm_margin:
        outcome = HearingOutcome.DOUBTFUL
    else:
        outcome = HearingOutcome.MATCH
    return Verdict(outcome, ranked, 1.0 - inside)


def rank(likelihoods: Mapping[MeaningId, float]) -> tuple[Scored, ...]:
    """Give likelihoods best first; equal ones stay in their order."""
    ordered = sorted(likelihoods.items(), key=lambda pair: -pair[1])
    return tuple(Scored(meaning, likelihood) for meaning, likelihood in ordered)


def elsewhere(grammar: Grammar, none_of_these: float) -> tuple[Scored, ...]:
    """Give the meanings, all equally likely, beside a `none_of_these`."""
    share = (1.0 - none_of_these) / len(grammar.meanings)
    return tuple(Scored(meaning.id, share) for meaning in grammar.meanings)


def no_match(grammar: Grammar, none_of_these: float, engine: str, audio_ms: int) -> Recognition:
    """Give the recognition of something that is not in the grammar at all."""
    ranked = elsewhere(grammar, none_of_these)
    return Recognition(HearingOutcome.NO_MATCH, ranked, none_of_these, engine, audio_ms)


def no_input(engine: str, audio_ms: int) -> Recognition:
    """Give the recognition of sound in which nobody spoke."""
    return Recognition(HearingOutcome.NO_INPUT, (), 1.0, engine, audio_ms)


def logistic(odds: float) -> float:
    """Give the probability of natural-logarithm odds; without overflow."""
    return 1.0 / (1.0 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1.0 + math.exp(odds))
