"""The classical one-ability test against a full scan, and its crowd against single sessions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adaptive.unidimensional import Session, SortedBank, StoppingRule, run_crowd, sort_bank
from engine.errors import InvalidPolicy

RNG = np.random.default_rng(4)
A, B = np.clip(RNG.lognormal(0, 0.3, 300), 0.4, 2.5), np.clip(RNG.normal(0, 1.2, 300), -3.5, 3.5)


@pytest.fixture(scope="module")
def bank() -> SortedBank:
    return sort_bank(A, B)


def right(theta: float, item: int, luck: float) -> bool:
    return luck < 1 / (1 + np.exp(-A[item] * (theta - B[item])))


def taken(bank: SortedBank, theta: float, seed: int, rule: StoppingRule = StoppingRule()) -> Session:  # noqa: B008
    rng = np.random.default_rng(seed)
    session = Session(bank, rule)
    while session.item is not None:
        session.answer(bool(right(theta, session.item, rng.random())))
    return session


def test_first_item_is_the_most_informative_at_the_prior_mean(bank: SortedBank) -> None:
    p = 1 / (1 + np.exp(A * B))

    assert Session(bank).item == int((A * A * p * (1 - p)).argmax())


@settings(max_examples=25, deadline=None)
@given(st.floats(-3, 3), st.integers(0, 1000))
def test_no_item_twice_and_the_estimate_is_the_mean_of_the_posterior(bank: SortedBank, theta: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    session, answers = Session(bank), []
    while session.item is not None:
        answers.append((session.item, bool(right(theta, session.item, rng.random()))))
        session.answer(answers[-1][1])

    nodes = np.linspace(-4, 4, 61)
    mass = np.exp(-0.5 * nodes**2)
    for item, correct in answers:
        p = 1 / (1 + np.exp(-A[item] * (nodes - B[item])))
        mass *= p if correct else 1 - p
    mass /= mass.sum()
    assert len(set(session.given)) == len(session.given) <= 30
    assert session.theta == pytest.approx(float(mass @ nodes))
    assert session.se == pytest.approx(float(np.sqrt(mass @ nodes**2 - (mass @ nodes) ** 2)), abs=1e-7)


def test_crowd_gives_what_single_sessions_give(bank: SortedBank) -> None:
    thetas = np.linspace(-2, 2, 40)
    luck = np.random.default_rng(9).random((40, 300))

    crowd = run_crowd(
        bank, 40, lambda people, items: luck[people, items] < 1 / (1 + np.exp(-A[items] * (thetas[people] - B[items])))
    )

    for person in range(40):
        session = Session(bank)
        while (item := session.item) is not None:
            session.answer(bool(right(thetas[person], item, luck[person, item])))
        assert len(session.given) == crowd.length[person]
        assert session.theta == pytest.approx(crowd.theta[person], abs=1e-3)


def test_small_bank_is_used_up(bank: SortedBank) -> None:
    tiny = sort_bank(A[:5], B[:5])

    session = taken(tiny, 0.0, 1)

    assert sorted(session.given) == [0, 1, 2, 3, 4]
    assert run_crowd(tiny, 3, lambda people, _items: np.ones(len(people), dtype=np.bool_)).length.tolist() == [5, 5, 5]


def test_session_takes_no_answer_after_its_end(bank: SortedBank) -> None:
    session = taken(bank, 0.0, 1, StoppingRule(max_items=1))

    with pytest.raises(InvalidPolicy):
        session.answer(True)


@pytest.mark.parametrize(
    ("a", "b"),
    [([], []), ([1.0], [np.nan]), ([0.0], [0.0]), ([1.0, 1.0], [0.0])],
    ids=["none", "nan", "flat", "uneven"],
)
def test_impossible_bank_is_refused(a: list[float], b: list[float]) -> None:
    with pytest.raises(InvalidPolicy):
        sort_bank(np.array(a), np.array(b))


@pytest.mark.parametrize("rule", [{"se": 0.0}, {"max_items": 0}, {"max_items": 65}])
def test_impossible_rule_is_refused(rule: dict[str, float]) -> None:
    with pytest.raises(InvalidPolicy):
        StoppingRule(**rule)  # type: ignore[arg-type]  # wrong values on purpose
