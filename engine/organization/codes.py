"""Numeric codes that people hear, say and key in: digits only, the last one a check digit.

The check digit is Damm's (H. Michael Damm, "Total anti-symmetrische Quasigruppen", 2004): every single wrong digit and
every swap of two neighbours is noticed, the mistakes that people make with a code they heard. The table is the
totally anti-symmetric quasigroup of order 10 of that thesis; a code is valid when folding its digits ends at 0.
"""

from __future__ import annotations

RESUME_CODE_DIGITS = 8
"""Seven free digits and a check digit, said two by two as French telephone numbers are."""
CAMPAIGN_CODE_DIGITS = 9
"""The leading digit, seven free ones and a check digit, said three by three."""
CAMPAIGN_LEADS = "9"
"""What every campaign code begins with, and no resume code that is drawn."""

_QUASIGROUP = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def _fold(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _QUASIGROUP[interim][int(digit)]
    return interim


def with_check_digit(digits: str) -> str:
    """Give the digits followed by their check digit. Raises ValueError when anything but 0-9 is in them."""
    if not digits or not digits.isascii() or not digits.isdigit():
        raise ValueError("a code is made of the digits 0 to 9")
    return digits + str(_fold(digits))


def is_valid_code(code: str) -> bool:
    """Tell whether the check digit fits. False for anything that is not digits."""
    return len(code) > 1 and code.isascii() and code.isdigit() and _fold(code) == 0


def grouped(code: str, by: int) -> tuple[str, ...]:
    """Give the code in groups of so many digits, the last one shorter when it does not come out even."""
    return tuple(code[start : start + by] for start in range(0, len(code), by))


def group_by_two(code: str) -> tuple[str, ...]:
    """Give the code in pairs, the last group shorter when the length is odd."""
    return grouped(code, 2)


# --- two kinds of codes, entered at one place -------------------------------------------------------------------


def is_complete(digits: str) -> bool:
    """Tell whether these digits are a whole code, so that nothing has to be pressed after the last one.

    A code that begins with `CAMPAIGN_LEADS` has nine digits, unless its first eight already are a valid resume code:
    no campaign code begins so (`is_campaign_code`), and resume codes that were given before campaigns existed may.
    """
    if len(digits) < RESUME_CODE_DIGITS:
        return False
    return len(digits) >= CAMPAIGN_CODE_DIGITS or digits[0] != CAMPAIGN_LEADS or is_valid_code(digits)


def is_campaign_code(code: str) -> bool:
    """Tell whether these digits are a well-formed campaign code, one that is never taken for a resume code."""
    return (
        len(code) == CAMPAIGN_CODE_DIGITS
        and is_valid_code(code)
        and code[0] == CAMPAIGN_LEADS
        and not is_valid_code(code[:RESUME_CODE_DIGITS])
    )


def campaign_code(free_digits: str) -> str | None:
    """Give the campaign code of seven free digits; None for the one in ten that would be taken for a resume code.

    Raises ValueError when they are not seven digits.
    """
    if len(free_digits) != CAMPAIGN_CODE_DIGITS - 2:
        raise ValueError(f"a campaign code is made of {CAMPAIGN_CODE_DIGITS - 2} free digits: {free_digits!r}")
    code = with_check_digit(CAMPAIGN_LEADS + free_digits)
    return code if is_campaign_code(code) else None


def group_by_three(code: str) -> tuple[str, ...]:
    """Give the code in groups of three, the last group shorter when the length is no multiple of three."""
    return grouped(code, 3)
