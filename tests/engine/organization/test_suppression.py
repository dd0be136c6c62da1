"""What anybody may see tells nothing of few people, and cannot be reckoned back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.organization.suppression import FEWEST, is_due, rounded, suppressed

COUNTS = st.lists(st.integers(0, 40), min_size=2, max_size=8)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((20, 30, 10), (20, 30, 10)),
        ((20, 30, 1), (None, 30, None)),
        ((20, 2, 1), (None, None, None)),
        ((20, 4, 3), (20, None, None)),
        ((20, 0, 30), (None, None, 30)),
        ((2, 1, 1), (None, None, None)),
    ],
)
def test_small_counts_and_what_would_give_them_away_are_hidden(
    counts: tuple[int, ...], shown: tuple[int | None, ...]
) -> None:
    assert suppressed(counts) == shown


@given(COUNTS)
def test_no_small_count_is_shown(counts: list[int]) -> None:
    assert all(count is None or count >= FEWEST for count in suppressed(counts))


@given(COUNTS)
def test_what_is_hidden_is_neither_one_count_nor_few_people(counts: list[int]) -> None:
    hidden = [count for count, shown in zip(counts, suppressed(counts), strict=True) if shown is None]

    assert not hidden or hidden == counts or (len(hidden) > 1 and sum(hidden) >= FEWEST)


@given(COUNTS)
def test_the_total_leaves_a_hidden_small_count_open(counts: list[int]) -> None:
    """Who knows the total and what is shown finds another table, with another small count, that shows the same."""
    shown = suppressed(counts)
    hidden = [place for place, each in enumerate(shown) if each is None]
    small = [place for place in hidden if counts[place] < FEWEST]
    left = sum(counts[place] for place in hidden)

    for place in small:
        others = [each for each in hidden if each != place]
        assert others
        assert left > 0 or sum(counts) < FEWEST


def test_figures_are_published_anew_when_enough_people_came() -> None:
    assert [is_due(people, 12) for people in (12, 16, 17)] == [False, False, True]
    assert [is_due(people, None) for people in (4, 5)] == [False, True]


@given(st.integers(FEWEST, 10_000))
def test_what_is_shown_is_near_and_never_nobody(count: int) -> None:
    shown = rounded(count)

    assert shown % FEWEST == 0
    assert shown >= FEWEST
    assert 2 * abs(shown - count) <= FEWEST
