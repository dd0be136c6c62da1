"""What people write in open data, put right where that is safe: numbers, codes, points, lists, dates."""

from __future__ import annotations

import re
from datetime import date

from audio_content.referral.territory import plain

LONGEST_NATIONAL = 10
_ABROAD = ("33", "590", "594", "262", "596", "269", "687", "689", "508", "681")
_ZERO_PREFIXED = ("33", "590", "594", "262", "596", "269")
_FRENCH_DATE = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NUMBER = re.compile(r"\+?\d[\d .\-()]{4,}\d")
FRANCE = (
    (41.2, 51.2, -5.3, 9.7),
    (14.2, 18.2, -63.3, -60.7),
    (2.0, 6.0, -54.7, -51.5),
    (-21.5, -20.8, 55.1, 55.9),
    (-13.1, -12.5, 44.9, 45.4),
    (46.7, 47.2, -56.5, -56.0),
    (-23.0, -19.0, 163.0, 169.0),
    (-28.0, -7.0, -155.0, -134.0),
    (-14.6, -13.0, -178.3, -176.0),
)
"""South, north, west and east of the mainland with Corsica, the Antilles, Guiana, Réunion, Mayotte, Saint-Pierre-et-
Miquelon, New Caledonia, Polynesia, Wallis and Futuna, in degrees."""


def slug(label: str) -> str:
    """Give a label as an id: no accents, small letters, hyphens."""
    return plain(label).replace(" ", "-")


def listed(text: str, *, semicolons: bool = True) -> tuple[str, ...]:
    """Give the values of a field that holds several. The schema says "|", older guides ";": both are read."""
    parts = re.split(r"[|;]" if semicolons else r"\|", text)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def phone_numbers(text: str) -> tuple[str, ...]:
    """Give the numbers of a field as they are said in France, two digits by two; what is no number is left out."""
    numbers = []
    for part in re.split(r"[|;,/]|\bou\b", text):
        found = _NUMBER.search(part.replace("\u00a0", " ").replace("(0)", ""))
        if found and (number := _national(found[0])):
            numbers.append(number)
    return tuple(dict.fromkeys(numbers))


def _national(written: str) -> str | None:
    digits = re.sub(r"\D", "", written)
    if written.startswith("+") or digits.startswith("00"):
        digits = digits.removeprefix("00")
        prefix = next((each for each in sorted(_ABROAD, key=len, reverse=True) if digits.startswith(each)), None)
        if prefix is None:
            return None
        rest = digits.removeprefix(prefix).removeprefix("0")
        digits = f"0{rest}" if prefix in _ZERO_PREFIXED else rest
    elif len(digits) == LONGEST_NATIONAL - 1 and not digits.startswith("0"):
        digits = f"0{digits}"  # a spreadsheet took the zero for nothing
    if len(digits) not in (4, 6, LONGEST_NATIONAL):
        return None
    return " ".join(digits[place : place + 2] for place in range(0, len(digits), 2))


def postal_code(text: str) -> str | None:
    """Give a postal code of five digits, its lost zero put back; None for anything else."""
    digits = re.sub(r"\s", "", text)
    return digits.zfill(5) if digits.isdigit() and len(digits) in (4, 5) else None


def point(latitude: str, longitude: str) -> tuple[tuple[float, float] | None, str | None]:
    """Give the point and what was wrong with it: decimal commas are read, exchanged values are put right."""
    if not latitude.strip() or not longitude.strip():
        return None, None
    try:
        north, east = (float(text.strip().replace(",", ".")) for text in (latitude, longitude))
    except ValueError:
        return None, "coordinates are not numbers"
    if north == east == 0.0:
        return None, "coordinates are zero"
    if _in_france(north, east):
        return (north, east), None
    if _in_france(east, north):
        return (east, north), "latitude and longitude are exchanged"
    return None, "coordinates lie outside France"


def _in_france(north: float, east: float) -> bool:
    return any(south <= north <= top and west <= east <= far for south, top, west, far in FRANCE)


def iso_date(text: str) -> str | None:
    """Give a date as ISO, from ISO (a time behind it is cut) or from day/month/year; None for anything else."""
    text = text.strip()
    if found := _ISO_DATE.match(text):
        year, month, day = found.groups()
    elif found := _FRENCH_DATE.fullmatch(text):
        day, month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
