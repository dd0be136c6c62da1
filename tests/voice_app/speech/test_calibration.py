"""From scores to evidence and outcome."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId
from voice_app.speech.calibration import Table, judge, kind_of, load_document, load_table, logistic

TABLE = Table(
    prior_weight=0.8,
    temperature=1.0,
    reject_below=1.0,
    confirm_margin=2.5,
    inside_at=1.0,
    inside_scale=1.0,
    no_speech_above=0.4,
    patience_s=2.0,
    s_per_character=0.15,
)
A, B, C = MeaningId("a"), MeaningId("b"), MeaningId("c")
SCORES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3).map(MeaningId), st.floats(-200, 50), min_size=1, max_size=40
)


@given(SCORES, st.floats(-100, 100))
def test_evidence_sums_to_one_and_is_sorted(scores: dict[MeaningId, float], confidence: float) -> None:
    verdict = judge(scores, confidence, TABLE)

    likelihoods = [scored.likelihood for scored in verdict.ranked]
    assert sum(likelihoods) + verdict.none_of_these == pytest.approx(1.0)
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert {scored.meaning for scored in verdict.ranked} == set(scores)


def test_clear_winner_is_a_match() -> None:
    verdict = judge({A: 9.0, B: 2.0, C: 1.0}, 9.0, TABLE)

    assert (verdict.outcome, verdict.ranked[0].meaning) == (HearingOutcome.MATCH, A)


def test_close_runner_up_is_doubtful() -> None:
    assert judge({A: 9.0, B: 7.0}, 9.0, TABLE).outcome is HearingOutcome.DOUBTFUL


def test_winner_that_hardly_beats_noise_is_no_match() -> None:
    assert judge({A: 0.5, B: -9.0}, 0.5, TABLE).outcome is HearingOutcome.NO_MATCH


def test_margin_is_the_odds_of_the_evidence() -> None:
    verdict = judge({A: 9.0, B: 7.0}, 9.0, TABLE)

    assert math.log(verdict.ranked[0].likelihood / verdict.ranked[1].likelihood) == pytest.approx(2.0)


def test_at_the_middle_of_the_curve_half_the_evidence_is_none_of_these() -> None:
    assert judge({A: 1.0, B: -5.0}, TABLE.inside_at, TABLE).none_of_these == pytest.approx(0.5)


def test_single_meaning_needs_no_margin() -> None:
    assert judge({A: 9.0}, 9.0, TABLE).outcome is HearingOutcome.MATCH


@pytest.mark.parametrize("odds", [-1e6, -700.0, 0.0, 700.0, 1e6])
def test_logistic_never_overflows(odds: float) -> None:
    assert 0.0 <= logistic(odds) <= 1.0


def grammar(*forms: str) -> Grammar:
    return Grammar("fr", tuple(Meaning(MeaningId(form), (form,)) for form in forms))


def test_bare_digits_are_a_short_grammar() -> None:
    assert kind_of(grammar("un", "deux", "trois", "quatre")) == "short"


def test_one_long_wording_makes_a_grammar_mixed() -> None:
    assert kind_of(grammar("un", "deux", "je ne sais pas")) == "mixed"


@pytest.mark.parametrize("kind", ["mixed", "short"])
def test_channel_without_measurements_takes_the_kiosks_table(kind: str) -> None:
    assert load_table("whisper-base", "carrier pigeon", kind) == load_table("whisper-base", "kiosk", kind)


@pytest.mark.parametrize("engine", ["whisper-base", "vosk"])
def test_every_calibration_says_how_it_was_made(engine: str) -> None:
    assert len(load_document(engine)["how"]) > 200


def test_vosk_evidence_leaves_something_for_the_others() -> None:
    table = load_document("vosk")["kiosk"]

    assert table["clear"] + table["clear_none"] < 1 > table["unclear"] + table["unclear_none"]
