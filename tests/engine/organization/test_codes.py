"""Codes notice the mistakes that people make."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.organization.codes import (
    CAMPAIGN_CODE_DIGITS,
    RESUME_CODE_DIGITS,
    campaign_code,
    group_by_three,
    group_by_two,
    is_campaign_code,
    is_complete,
    is_valid_code,
    with_check_digit,
)

DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=12)


def test_published_example() -> None:
    assert with_check_digit("572") == "5724"


@settings(deadline=None)
@given(DIGITS)
def test_a_code_with_its_check_digit_is_valid(digits: str) -> None:
    assert is_valid_code(with_check_digit(digits))


@settings(deadline=None)
@given(DIGITS, st.data())
def test_one_wrong_digit_is_noticed(digits: str, data: st.DataObject) -> None:
    code = with_check_digit(digits)
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != code[place]]))

    assert not is_valid_code(code[:place] + other + code[place + 1 :])


@settings(deadline=None)
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


def test_a_campaign_code_is_never_taken_for_a_resume_code() -> None:
    codes = [code for number in range(0, 10**7, 9973) if (code := campaign_code(f"{number:07d}"))]

    assert len(codes) > 850
    assert all(is_campaign_code(code) and len(code) == CAMPAIGN_CODE_DIGITS for code in codes)
    assert not any(is_valid_code(code[:RESUME_CODE_DIGITS]) for code in codes)


def test_a_code_is_complete_with_its_last_digit() -> None:
    resume, campaign = with_check_digit("1234567"), next(filter(None, map(campaign_code, ("0000001", "0000002"))))

    assert [is_complete(resume[:length]) for length in (7, 8)] == [False, True]
    assert [is_complete(campaign[:length]) for length in (7, 8, 9)] == [False, False, True]


def test_an_old_resume_code_with_the_leading_digit_of_campaigns_stays_complete() -> None:
    assert is_complete(with_check_digit("9234567"))


def test_a_campaign_code_needs_seven_free_digits() -> None:
    with pytest.raises(ValueError, match="7 free digits"):
        campaign_code("123")


def test_a_campaign_code_is_said_by_threes() -> None:
    assert group_by_three("912345678") == ("912", "345", "678")
