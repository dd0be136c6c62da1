"""One piece of evidence from two engines."""

from __future__ import annotations

import pytest

from voice_app.hearing import HearingOutcome, MeaningId, Recognition, Scored
from voice_app.speech.calibration import no_input, rank
from voice_app.speech.policy import Costs
from voice_app.speech.second_opinion import pooled

A, B, C = MeaningId("a"), MeaningId("b"), MeaningId("c")
COSTS = Costs(wrong=10.0, again=2.5)


def heard(engine: str, a: float, b: float, c: float) -> Recognition:
    outcome = HearingOutcome.MATCH if max(a, b, c) > 0.8 else HearingOutcome.DOUBTFUL
    return Recognition(outcome, rank({A: a, B: b, C: c}), 1.0 - a - b - c, engine, audio_ms=700)


def likelihood(recognition: Recognition, meaning: MeaningId) -> float:
    return next(scored.likelihood for scored in recognition.ranked if scored.meaning == meaning)


def test_agreement_is_surer_than_either() -> None:
    both = pooled(heard("vosk", 0.85, 0.04, 0.03), heard("head", 0.8, 0.1, 0.05), COSTS)

    assert both.outcome is HearingOutcome.MATCH
    assert likelihood(both, A) > 0.95


def test_disagreement_of_two_sure_engines_is_a_doubt_that_names_both() -> None:
    both = pooled(heard("vosk", 0.85, 0.04, 0.03), heard("head", 0.03, 0.9, 0.02), COSTS)

    assert both.outcome is HearingOutcome.DOUBTFUL
    assert {scored.meaning for scored in both.ranked[:2]} == {A, B}


def test_lead_counts_more_than_the_second() -> None:
    both = pooled(heard("vosk", 0.85, 0.05, 0.05), heard("head", 0.05, 0.85, 0.05), COSTS)

    assert both.best == A


def test_unsure_second_leaves_the_lead_alone() -> None:
    both = pooled(heard("vosk", 0.9, 0.03, 0.03), heard("head", 0.25, 0.25, 0.25), COSTS)

    assert likelihood(both, A) == pytest.approx(0.9, abs=0.03)


def test_evidence_sums_to_one_and_names_both_engines() -> None:
    both = pooled(heard("vosk", 0.5, 0.3, 0.1), heard("head", 0.2, 0.6, 0.1), COSTS)

    assert sum(scored.likelihood for scored in both.ranked) + both.none_of_these == pytest.approx(1.0)
    assert (both.engine, both.audio_ms) == ("vosk+head", 700)


@pytest.mark.parametrize("swapped", [False, True])
def test_words_where_the_other_heard_nobody_are_a_doubt(swapped: bool) -> None:
    pair = (no_input("vosk", 700), heard("head", 0.9, 0.05, 0.02))

    both = pooled(*(reversed(pair) if swapped else pair), COSTS)

    assert (both.outcome, both.best) == (HearingOutcome.DOUBTFUL, A)


def test_two_that_heard_nobody_heard_nobody() -> None:
    assert pooled(no_input("vosk", 1), no_input("head", 1), COSTS).outcome is HearingOutcome.NO_INPUT


def test_something_heard_by_both_is_never_dropped() -> None:
    both = pooled(heard("vosk", 0.34, 0.3, 0.0), heard("head", 0.0, 0.34, 0.3), COSTS)

    assert both.outcome is HearingOutcome.DOUBTFUL


def test_meaning_that_only_the_lead_ranked_stays() -> None:
    second = Recognition(HearingOutcome.MATCH, (Scored(A, 0.9),), 0.1, "head")

    assert {scored.meaning for scored in pooled(heard("vosk", 0.9, 0.03, 0.03), second, COSTS).ranked} == {A, B, C}
