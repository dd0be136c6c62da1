from __future__ import annotations

from dataclasses import replace

import pytest

from engine.adaptive import ABC_DIAG, Bank, Policy, StopReason
from engine.adaptive.posterior import start
from engine.adaptive.stopping import mean_area_sd, stop_reason
from engine.errors import InvalidPolicy


def test_abc_diag_asks_ten_questions_begins_easy_and_stops_after_three_failures() -> None:
    assert (ABC_DIAG.max_items, ABC_DIAG.start_floor, ABC_DIAG.stop_after) == (10, 0.85, 3)
    assert (ABC_DIAG.floor, ABC_DIAG.recover_floor, ABC_DIAG.recover_after) == (0.45, 0.85, 1)


@pytest.mark.parametrize("max_items", [8, 15])
def test_length_may_be_chosen(max_items: int) -> None:
    assert replace(ABC_DIAG, max_items=max_items).max_items == max_items


@pytest.mark.parametrize(
    "change",
    [
        {"max_items": 0},
        {"max_items": 201},
        {"cuts": (9.0,)},
        {"aim": (0.8, 0.7)},
        {"per_sitting": 0},
        {"admit": (("x", 0.0),)},
        {"floor": 1.1},
        {"start_floor": -0.1},
        {"near_tie": float("nan")},
        {"stop_after": 0},
        {"recover_after": 0},
        {"start_max_level": 9},
        {"stop_sd": 0.0},
    ],
)
def test_meaningless_policy_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(InvalidPolicy):
        Policy(**change)  # type: ignore[arg-type]  # wrong values on purpose


@pytest.mark.parametrize(
    ("answered", "failures", "reason"),
    [
        (9, 2, None),
        (10, 0, StopReason.ENOUGH_QUESTIONS),
        (5, 3, StopReason.FAILURES_IN_A_ROW),
        (10, 3, StopReason.FAILURES_IN_A_ROW),
    ],
)
def test_session_ends_by_length_or_failures(
    bank: Bank, answered: int, failures: int, reason: StopReason | None
) -> None:
    assert stop_reason(ABC_DIAG, start(bank.tree), answered, failures) is reason


def test_precision_may_end_the_session_but_never_before_the_first_answer(bank: Bank) -> None:
    belief = start(bank.tree)
    precise = replace(ABC_DIAG, stop_sd=mean_area_sd(belief))
    stricter = replace(ABC_DIAG, stop_sd=mean_area_sd(belief) - 0.01)

    assert stop_reason(precise, belief, 1, 0) is StopReason.PRECISE_ENOUGH
    assert stop_reason(precise, belief, 0, 0) is None
    assert stop_reason(stricter, belief, 1, 0) is None
