"""Codes notice the mistakes that people make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.organization.codes import group_by_two, is_valid_code, with_check_digit

DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=12)


def test_published_example() -> None:
    assert with_check_digit("572") == "5724"


@given(DIGITS)
def test_a_code_with_its_check_digit_is_valid(digits: str) -> None:
    assert is_valid_code(with_check_digit(digits))


@given(DIGITS, st.data())
def test_one_wrong_digit_is_noticed(digits: str, data: st.DataObject) -> None:
    code = with_check_digit(digits)
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != code[place]]))

    assert not is_valid_code(code[:place] + other + code[place + 1 :])


@given(DIGITS, st.data())
def test_two_swapped_neighbours_are_noticed(digits: str, data: st.DataObject) -> None:
    code = with_check_digit(digits)
    place = data.draw(st.integers(0, len(code) - 2))
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

    assert swapped == code or not is_valid_code(swapped)


@pytest.mark.parametrize("text", ["", "7", "12a4", "١٢٣٤", " 5724"])
def test_what_is_not_a_code_is_refused(text: str) -> None:
    assert not is_valid_code(text)


def test_a_check_digit_needs_digits() -> None:
    with pytest.raises(ValueError, match="digits"):
        with_check_digit("12 34")


def test_groups_of_two() -> None:
    assert group_by_two("1234567") == ("12", "34", "56", "7")
