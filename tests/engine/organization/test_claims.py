"""Claims: what several results say together, and which PINs are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.organization.claims import Showing, is_pin, is_weak, merged

skills = st.lists(st.sampled_from("abcdef"), unique=True).map(tuple)
showings = st.lists(st.builds(Showing, skills, skills), max_size=4)


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


@pytest.mark.parametrize(("pin", "weak"), [("1111", True), ("1234", True), ("9876", True), ("1357", False)])
def test_the_first_pins_that_anybody_tries_are_refused(pin: str, weak: bool) -> None:
    assert is_weak(pin) is weak


@pytest.mark.parametrize(
    ("pin", "fits"), [("4071", True), ("407", False), ("40712", False), ("４０７１", False), ("40a1", False)]
)
def test_a_pin_is_four_digits(pin: str, fits: bool) -> None:
    assert is_pin(pin) is fits
