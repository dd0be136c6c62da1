from __future__ import annotations

import math

import pytest

from engine.model import UNHEARD, Evidence, Outcome


@pytest.mark.parametrize("values", [(-0.1, 1, 1), (math.nan, 1, 1), (math.inf, 1, 1), (0, 0, 0)])
def test_impossible_evidence_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="evidence"):
        Evidence(*values)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_certain_evidence_leaves_one_outcome(outcome: Outcome) -> None:
    likelihoods = Evidence.certain(outcome).likelihoods()

    assert likelihoods[outcome] == 1.0
    assert sum(likelihoods) == 1.0


def test_unheard_says_the_same_of_every_outcome() -> None:
    assert set(UNHEARD.likelihoods()) == {1.0}
