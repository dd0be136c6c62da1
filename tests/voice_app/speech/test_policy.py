"""Accept, confirm or ask again, by expected cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_app.hearing import HearingOutcome
from voice_app.speech.calibration import load_document
from voice_app.speech.policy import Costs, decide, load_costs

COSTS = Costs(wrong=10.0, again=2.5)
MATCH, DOUBTFUL, NO_MATCH = HearingOutcome.MATCH, HearingOutcome.DOUBTFUL, HearingOutcome.NO_MATCH
ORDER = [NO_MATCH, DOUBTFUL, MATCH]


@pytest.mark.parametrize(
    ("best", "second", "outcome"),
    [
        (0.99, 0.0, MATCH),
        (0.87, 0.0, MATCH),  # accepting costs 1.3, asking 1 + 0.13 * 2.5
        (0.86, 0.0, DOUBTFUL),
        (0.5, 0.0, DOUBTFUL),
        (0.41, 0.0, DOUBTFUL),
        (0.39, 0.0, NO_MATCH),  # asking costs 1 + 0.61 * 2.5, more than saying it again
        (0.38, 0.38, DOUBTFUL),  # of two that are likely together one will do
        (0.0, 0.0, NO_MATCH),
    ],
)
def test_cheapest_way_is_taken(best: float, second: float, outcome: HearingOutcome) -> None:
    assert decide(best, second, COSTS) is outcome


@given(st.floats(0, 1), st.floats(0, 1))
def test_better_evidence_never_asks_more(low: float, high: float) -> None:
    low, high = sorted((low, high))

    assert ORDER.index(decide(low, 0.0, COSTS)) <= ORDER.index(decide(high, 0.0, COSTS))


@given(st.floats(0.5, 0.99), st.floats(5, 50), st.floats(1, 5))
def test_dearer_mistakes_never_accept_more(best: float, wrong: float, dearer: float) -> None:
    at_first, then = (decide(best, 0.0, Costs(price, 2.5)) for price in (wrong, wrong * dearer))

    assert ORDER.index(then) <= ORDER.index(at_first)


@pytest.mark.parametrize(("wrong", "again"), [(10.0, 1.0), (10.0, 9.5), (2.0, 5.0)])
def test_costs_that_would_never_confirm_are_refused(wrong: float, again: float) -> None:
    with pytest.raises(ValueError, match="rise"):
        Costs(wrong, again)


def test_costs_of_the_service_are_usable_and_explained() -> None:
    assert load_costs().wrong > load_costs().again
    assert len(load_document("costs")["how"]) > 200
