"""Numbers as words, French and English. The words are content (`lexicon/<locale>.yaml`); their grammar is here.

French: "cent" takes an s when it is multiplied and nothing follows ("deux cents", "deux cent un"); "quatre-vingts"
loses its s before "mille"; "mille" never changes and has no "un" before it; a final "un" becomes "une" before a
feminine noun. Decimals are read as a number after the comma, its leading zeros one by one ("trois virgule zéro cinq").
English: "and" before the last two digits; decimals digit by digit. Source for both: common school grammar (Grevisse,
*Le Bon Usage*; Quirk et al., *A Comprehensive Grammar of the English Language*).
"""

from __future__ import annotations

from dataclasses import dataclass

LARGEST = 999_999_999
"""Longer numbers are codes, not quantities: they are read digit by digit."""

_HUNDRED = 100
_THOUSAND = 1000
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class NumberWords:
    """The number words of one language. `cardinals`: 0 to 99; `ordinals`: 1 to 99; `conjunction`: English "and"."""

    cardinals: tuple[str, ...]
    ordinals: tuple[str, ...]
    hundred: str
    hundreds: str
    thousand: str
    million: str
    millions: str
    first_feminine: str
    decimal: str
    conjunction: str | None
    decimals_one_by_one: bool

    def cardinal(self, number: int, *, feminine: bool = False) -> str:
        """Give a number in words, 0 to `LARGEST`. Raises ValueError outside."""
        if not 0 <= number <= LARGEST:
            raise ValueError(f"{number} lies outside 0 to {LARGEST}")
        millions, below = divmod(number, _MILLION)
        thousands, rest = divmod(below, _THOUSAND)
        parts: list[str] = []
        if millions:
            parts.append(f"{self._up_to_999(millions)} {self.millions if millions > 1 else self.million}")
        if thousands:
            parts.append(self._thousands(thousands))
        if rest or not parts:
            small = self._up_to_999(rest)
            joined = self.conjunction if parts and rest < _HUNDRED else None
            parts.append(f"{joined} {small}" if joined else small)
        words = " ".join(parts)
        return f"{words}e" if feminine and self.conjunction is None and self._ends_with_one(words) else words

    def ordinal(self, number: int, *, feminine: bool = False) -> str:
        """Give the rank in words, 1 to 99; outside, the cardinal."""
        if number == 1 and feminine:
            return self.first_feminine
        if 1 <= number <= len(self.ordinals):
            return self.ordinals[number - 1]
        return self.cardinal(number)

    def decimal_fraction(self, whole: int, decimals: str) -> str:
        """Give a decimal number in words; `decimals` are the digits after the mark."""
        after = self.digits(decimals) if self.decimals_one_by_one else self.group(decimals)
        return f"{self.cardinal(whole)} {self.decimal} {after}"

    def digits(self, digits: str) -> str:
        """Give each digit in words."""
        return " ".join(self.cardinals[int(digit)] for digit in digits)

    def group(self, digits: str) -> str:
        """Give digits read as one number, its leading zeros one by one ("05": "zéro cinq")."""
        stripped = digits.lstrip("0")
        zeros = [self.cardinals[0]] * (len(digits) - len(stripped))
        number = [self.cardinal(int(stripped))] if stripped else []
        return " ".join(zeros + number)

    def _up_to_999(self, number: int) -> str:
        hundreds, rest = divmod(number, _HUNDRED)
        if not hundreds:
            return self.cardinals[rest]
        english = self.conjunction is not None
        head = self.hundred if hundreds == 1 and not english else f"{self.cardinals[hundreds]} {self.hundred}"
        if not rest:
            return f"{self.cardinals[hundreds]} {self.hundreds}" if hundreds > 1 else head
        return f"{head} {self.conjunction} {self.cardinals[rest]}" if english else f"{head} {self.cardinals[rest]}"

    def _thousands(self, thousands: int) -> str:
        if self.conjunction is not None:
            return f"{self._up_to_999(thousands)} {self.thousand}"
        if thousands == 1:
            return self.thousand
        words = self._up_to_999(thousands)
        plural = words.endswith((self.hundreds, self.cardinals[80]))
        return f"{words.removesuffix('s') if plural else words} {self.thousand}"

    def _ends_with_one(self, words: str) -> bool:
        return words.replace("-", " ").split()[-1] == self.cardinals[1]
