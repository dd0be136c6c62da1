"""What it is worth to know an answer for sure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.adaptive import ABC_DIAG, Assessment, Bank
from engine.adaptive.doubt import POSSIBLE
from engine.adaptive.posterior import grid
from engine.errors import UnknownItem
from engine.model import UNHEARD, Aid, Evidence, ItemId, Observation, Outcome

ITEM = ItemId("1.1.t.2/a")
EVEN = Evidence(0.5, 0.5, 0.0)


@pytest.fixture
def assessment(bank: Bank) -> Assessment:
    return Assessment.start(bank, ABC_DIAG, seed=1)


def after(assessment: Assessment, evidence: Evidence) -> np.ndarray:
    """Give the mean ability of every area after this evidence."""
    return assessment.record(Observation(ITEM, evidence))._belief.areas @ grid()


@pytest.mark.parametrize("outcome", Outcome)
def test_certain_answer_leaves_no_doubt(assessment: Assessment, outcome: Outcome) -> None:
    assert assessment.doubt(Observation(ITEM, Evidence.certain(outcome))).spread == pytest.approx(0.0, abs=1e-9)


def test_two_wrong_options_that_sound_alike_leave_no_doubt(assessment: Assessment) -> None:
    assert assessment.doubt(Observation(ITEM, Evidence(0.0, 0.4, 0.0))).spread == pytest.approx(0.0, abs=1e-9)


def test_right_or_wrong_in_equal_parts_is_a_doubt_of_the_size_that_certainty_would_move(assessment: Assessment) -> None:
    doubt = assessment.doubt(Observation(ITEM, EVEN))
    apart = np.abs(after(assessment, Evidence.certain(Outcome.CORRECT)) - after(assessment, Evidence(0.0, 1.0, 0.0)))

    p = doubt.p_correct
    assert 0.1 < p < 0.9
    assert doubt.spread == pytest.approx(apart.max() * np.sqrt(p * (1 - p)), rel=0.05)


def test_surer_evidence_leaves_less_doubt(assessment: Assessment) -> None:
    spreads = [assessment.doubt(Observation(ITEM, Evidence(1.0, wrong, 0.0))).spread for wrong in (1.0, 0.3, 0.1, 0.05)]

    assert spreads == sorted(spreads, reverse=True)


@pytest.mark.parametrize(
    "observation",
    [Observation(ITEM, UNHEARD), Observation(ITEM, EVEN, Aid.DONE_FOR_THEM)],
    ids=["unheard", "done for them"],
)
def test_what_says_nothing_leaves_no_doubt(assessment: Assessment, observation: Observation) -> None:
    assert assessment.doubt(observation).spread == 0.0


def test_doubt_that_may_end_the_session_is_decisive(assessment: Assessment) -> None:
    last_chance = replace(assessment, policy=replace(ABC_DIAG, stop_after=1))

    assert (
        assessment.doubt(Observation(ITEM, EVEN)).decisive,
        last_chance.doubt(Observation(ITEM, EVEN)).decisive,
    ) == (
        False,
        True,
    )


def test_nearly_certain_answer_is_not_decisive(assessment: Assessment) -> None:
    last_chance = replace(assessment, policy=replace(ABC_DIAG, stop_after=1))

    doubt = last_chance.doubt(Observation(ITEM, Evidence(1.0, POSSIBLE / 100, 0.0)))

    assert not doubt.decisive


def test_doubt_about_an_unknown_item_is_refused(assessment: Assessment) -> None:
    with pytest.raises(UnknownItem):
        assessment.doubt(Observation(ItemId("9.9.t.9/a"), EVEN))
