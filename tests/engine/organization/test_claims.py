"""Claims: what several results say together, and which PINs are none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.organization.claims import Showing, gathered, is_pin, is_weak, merged
from engine.organization.snapshot import AreaResult, Snapshot
from engine.organization.tallies import PROFILES

skills = st.lists(st.sampled_from("abcdef"), unique=True).map(tuple)
showings = st.lists(st.builds(Showing, skills, skills), max_size=4)
areas = st.dictionaries(st.sampled_from("12"), st.builds(AreaResult, st.integers(0, 9), skills, skills), max_size=2)
snapshots = st.builds(
    Snapshot,
    path=st.just("abc_diag"),
    locale=st.just("fr"),
    channel=st.sampled_from(("kiosk", "phone")),
    profile=st.sampled_from(PROFILES),
    helped=st.integers(0, 9),
    answers=st.dictionaries(st.sampled_from(("key", "voice")), st.integers(1, 9)),
    areas=areas,
    next_step=st.none() | st.sampled_from("abcdef"),
)
FIRST = Snapshot(
    "abc_diag", "fr", "kiosk", "almost", 1, {"key": 3, "voice": 1}, {"1": AreaResult(4, ("c",), ("a", "b"))}, "a"
)
SECOND = Snapshot(
    "courriel",
    "en",
    "phone",
    "accompanied",
    2,
    {"key": 5},
    {"1": AreaResult(2, ("a",), ("c",)), "2": AreaResult(3)},
    "b",
)


def test_what_was_shown_once_is_kept_and_the_conflict_is_named() -> None:
    told = merged([Showing(("a", "b"), ("c",)), Showing(("c",), ("a", "d"))])

    assert told.kept == ("a", "b", "c")
    assert told.kept_in_spite == ("a", "c")
    assert told.to_learn == ("d",)


@given(showings, st.builds(Showing, skills, skills))
def test_another_result_never_lowers(results: list[Showing], another: Showing) -> None:
    before, after = merged(results), merged([*results, another])

    assert set(before.kept) <= set(after.kept)
    assert set(after.kept_in_spite) <= set(after.kept)
    assert not set(after.kept) & set(after.to_learn)


def test_results_are_put_together_as_one_that_can_be_sent() -> None:
    assert gathered([FIRST, SECOND], "abc") == Snapshot(
        path="courriel",
        locale="en",
        channel="phone",
        profile="almost",
        helped=3,
        answers={"key": 8, "voice": 1},
        areas={"1": AreaResult(6, ("a", "c"), ("b",)), "2": AreaResult(3)},
        next_step="b",
        results=2,
    )


def test_a_next_step_that_was_shown_elsewhere_is_none() -> None:
    assert gathered([FIRST, replace(SECOND, next_step="c")], "abc").next_step is None


@given(st.lists(snapshots, min_size=1, max_size=4), snapshots)
def test_a_result_put_to_others_never_lowers_them(results: list[Snapshot], another: Snapshot) -> None:
    before, after = gathered(results, "abcdef"), gathered([*results, another], "abcdef")

    assert set(before.mastered) <= set(after.mastered)
    assert not set(after.mastered) & set(after.to_learn)
    assert PROFILES.index(before.profile) <= PROFILES.index(after.profile)
    assert after.next_step not in after.mastered


def test_nothing_cannot_be_put_together() -> None:
    with pytest.raises(ValueError, match="no result"):
        gathered([], "abc")


@pytest.mark.parametrize(("pin", "weak"), [("1111", True), ("1234", True), ("9876", True), ("1357", False)])
def test_the_first_pins_that_anybody_tries_are_refused(pin: str, weak: bool) -> None:
    assert is_weak(pin) is weak


@pytest.mark.parametrize(
    ("pin", "fits"), [("4071", True), ("407", False), ("40712", False), ("４０７１", False), ("40a1", False)]
)
def test_a_pin_is_four_digits(pin: str, fits: bool) -> None:
    assert is_pin(pin) is fits
