from __future__ import annotations

import pytest

from audio_content.numerals import LARGEST, NumberWords
from audio_content.pronunciation import package_lexicon


def numbers(locale: str) -> NumberWords:
    lexicon = package_lexicon(locale)
    assert lexicon is not None
    return lexicon.numbers


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "zéro"),
        (21, "vingt et un"),
        (70, "soixante-dix"),
        (71, "soixante et onze"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-un"),
        (91, "quatre-vingt-onze"),
        (99, "quatre-vingt-dix-neuf"),
        (100, "cent"),
        (101, "cent un"),
        (200, "deux cents"),
        (203, "deux cent trois"),
        (1_000, "mille"),
        (1_001, "mille un"),
        (1_789, "mille sept cent quatre-vingt-neuf"),
        (2_080, "deux mille quatre-vingts"),
        (80_000, "quatre-vingt mille"),
        (200_000, "deux cent mille"),
        (280_000, "deux cent quatre-vingt mille"),
        (999_999, "neuf cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf"),
        (1_000_000, "un million"),
        (2_000_200, "deux millions deux cents"),
    ],
)
def test_french_cardinal(number: int, said: str) -> None:
    assert numbers("fr").cardinal(number) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (42, "forty-two"),
        (100, "one hundred"),
        (101, "one hundred and one"),
        (1_001, "one thousand and one"),
        (2_345, "two thousand three hundred and forty-five"),
        (100_000, "one hundred thousand"),
        (999_999, "nine hundred and ninety-nine thousand nine hundred and ninety-nine"),
        (3_000_000, "three million"),
    ],
)
def test_english_cardinal(number: int, said: str) -> None:
    assert numbers("en").cardinal(number) == said


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_small_number_has_its_own_words(locale: str) -> None:
    said = [numbers(locale).cardinal(number) for number in range(10_000)]

    assert len(set(said)) == 10_000


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_number_outside_the_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="lies outside"):
        numbers("fr").cardinal(number)


@pytest.mark.parametrize(("number", "said"), [(1, "une"), (21, "vingt et une"), (81, "quatre-vingt-une"), (11, "onze")])
def test_one_before_a_feminine_noun(number: int, said: str) -> None:
    assert numbers("fr").cardinal(number, feminine=True) == said


def test_english_has_no_feminine() -> None:
    assert numbers("en").cardinal(21, feminine=True) == "twenty-one"


@pytest.mark.parametrize(
    ("locale", "number", "said"),
    [
        ("fr", 1, "premier"),
        ("fr", 5, "cinquième"),
        ("fr", 9, "neuvième"),
        ("fr", 21, "vingt et unième"),
        ("fr", 80, "quatre-vingtième"),
        ("fr", 100, "cent"),
        ("en", 3, "third"),
        ("en", 12, "twelfth"),
        ("en", 20, "twentieth"),
        ("en", 21, "twenty-first"),
    ],
)
def test_ordinal(locale: str, number: int, said: str) -> None:
    assert numbers(locale).ordinal(number) == said


def test_first_has_a_feminine() -> None:
    assert numbers("fr").ordinal(1, feminine=True) == "première"


@pytest.mark.parametrize(
    ("locale", "decimals", "said"),
    [
        ("fr", "14", "trois virgule quatorze"),
        ("fr", "05", "trois virgule zéro cinq"),
        ("fr", "0", "trois virgule zéro"),
        ("en", "14", "three point one four"),
    ],
)
def test_decimals(locale: str, decimals: str, said: str) -> None:
    assert numbers(locale).decimal_fraction(3, decimals) == said
