"""Opening hours in OpenStreetMap's notation, read as far as places of mediation use it.

Read: days and ranges of days (Mo-Fr, Mo,We), the nth weekday of a month (Sa[1]), hours (09:00-12:00,14:00-18:30),
"off", "24/7", public holidays (PH) and school holidays (SH), several rules separated by ";", a later rule replacing an
earlier one on its days. Months, weeks, dates and comments make a rule that only a person can tell: then the whole is
not read, because half of it would be false. Source: the opening_hours specification of the OpenStreetMap wiki.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MINUTES_A_DAY = 24 * 60
_RULE = re.compile(
    r"(?:(?P<days>(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)[A-Za-z,\-\[\]0-9 ]*?)\s+)?(?P<times>[\d:,\- +]+|off|closed)"
)
_DAY = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?(?:\[([1-5](?:,[1-5])*)\])?")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")

Span = tuple[int, int]
"""From and to, in minutes after midnight."""


@dataclass(frozen=True, slots=True)
class Days:
    """Some days that share their hours. `days`: 0 (Monday) to 6. `weeks`: which of the month, all if empty."""

    days: tuple[int, ...]
    spans: tuple[Span, ...]
    weeks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """When a place is open: groups of days in the order of the week. `always`: day and night."""

    groups: tuple[Days, ...]
    always: bool = False
    closed_on_holidays: bool = False


def read_hours(text: str) -> Hours | None:
    """Give the hours, None when the text says something that is not read here."""
    text = " ".join(text.replace("–", "-").split())
    if text == "24/7":
        return Hours((), always=True)
    week: dict[tuple[int, int], tuple[Span, ...]] = {}
    closed_on_holidays = False
    for part in text.split(";"):
        if not part.strip():
            continue
        rule = _RULE.fullmatch(part.strip())
        if rule is None:
            return None
        spans = _spans(rule["times"])
        if spans is None:
            return None
        days = rule["days"]
        if days is not None and days.strip() in ("PH", "PH,SH", "SH,PH", "SH"):
            if spans:
                return None
            closed_on_holidays = closed_on_holidays or "PH" in days
            continue
        chosen = [(day, 0) for day in range(len(DAYS))] if days is None else _days(days)
        if chosen is None:
            return None
        week.update(dict.fromkeys(chosen, spans))
    groups = _groups(week)
    return Hours(groups, closed_on_holidays=closed_on_holidays) if groups else None


def _spans(text: str) -> tuple[Span, ...] | None:
    if text in ("off", "closed"):
        return ()
    spans = []
    for part in text.replace(" ", "").split(","):
        found = _SPAN.fullmatch(part)
        if found is None:
            return None
        first, last = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4]))
        if not 0 <= first < last <= MINUTES_A_DAY:
            return None
        spans.append((first, last))
    return tuple(spans)


def _days(text: str) -> list[tuple[int, int]] | None:
    """Give pairs of weekday and week of the month, 0 for every week."""
    chosen: list[tuple[int, int]] = []
    for part in re.split(r",(?![1-5])", text.replace(" ", "")):
        if part in ("PH", "SH"):
            continue
        found = _DAY.fullmatch(part)
        if found is None:
            return None
        first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
        days = range(first, last + 1) if first <= last else (*range(first, len(DAYS)), *range(last + 1))
        weeks = [int(week) for week in found[3].split(",")] if found[3] else [0]
        chosen += [(day, week) for day in days for week in weeks]
    return chosen


def _groups(week: dict[tuple[int, int], tuple[Span, ...]]) -> tuple[Days, ...]:
    """Put days with the same hours together, in the order of the week; closed days are left out."""
    groups: list[Days] = []
    for (day, number), spans in sorted(week.items()):
        if not spans:
            continue
        weeks = (number,) if number else ()
        before = groups[-1] if groups else None
        if before is not None and before.spans == spans and before.days == (day,) and weeks:
            groups[-1] = Days(before.days, spans, (*before.weeks, number))
        elif before is not None and before.spans == spans and before.weeks == weeks == ():
            groups[-1] = Days((*before.days, day), spans)
        else:
            groups.append(Days((day,), spans, weeks))
    return tuple(groups)
