"""Times of the week: opening hours, calling windows, quiet hours. Pure: the moment is given.

Written as `1-5 09:00-12:30 14:00-17:00; 6 09:00-12:00`: days (1 Monday to 7 Sunday), then one or more times of day. A
time that ends before it begins goes on past midnight (`1-7 20:00-08:00`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from voice_app.telephony.errors import TelephonyError

_DAYS = re.compile(r"^([1-7])(?:-([1-7]))?$")
_TIMES = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$")
_STEP = timedelta(minutes=5)
_LOOKED_AHEAD = timedelta(days=8)


class BadHours(TelephonyError):
    """Hours that cannot be read; the sentence shows how they are written."""

    code = "telephony.bad_hours"


@dataclass(frozen=True, slots=True)
class _Span:
    days: frozenset[int]
    begins: time
    ends: time

    def holds(self, moment: datetime) -> bool:
        now, day = moment.time(), moment.isoweekday()
        if self.begins < self.ends:
            return day in self.days and self.begins <= now < self.ends
        if now >= self.begins:
            return day in self.days
        return now < self.ends and (day - 2) % 7 + 1 in self.days


@dataclass(frozen=True, slots=True)
class Hours:
    """Some times of the week, in local time. Without any, never."""

    spans: tuple[_Span, ...] = ()

    @classmethod
    def read(cls, text: str) -> Hours:
        """Give the hours of a text; empty for an empty one. Raises BadHours."""
        spans: list[_Span] = []
        for part in filter(None, (each.strip() for each in text.split(";"))):
            days_text, *times = part.split()
            days = _DAYS.match(days_text)
            if days is None or not times:
                raise BadHours(f"{part!r} should look like '1-5 09:00-17:00'")
            first, last = int(days[1]), int(days[2] or days[1])
            if last < first:
                raise BadHours(f"{days_text!r}: the first day comes after the last")
            for each in times:
                spans.append(_Span(frozenset(range(first, last + 1)), *_times(each)))
        return cls(tuple(spans))

    def hold(self, moment: datetime) -> bool:
        """Whether this moment (local time) is inside."""
        return any(span.holds(moment) for span in self.spans)

    def next(self, moment: datetime) -> datetime | None:
        """Give the first moment from here on that is inside, to five minutes; None when there is none within a week."""
        candidate, end = moment, moment + _LOOKED_AHEAD
        while candidate < end:
            if self.hold(candidate):
                return candidate
            candidate += _STEP - timedelta(
                minutes=candidate.minute % 5, seconds=candidate.second, microseconds=candidate.microsecond
            )
        return None


def _times(text: str) -> tuple[time, time]:
    found = _TIMES.match(text)
    try:
        if found is None:
            raise ValueError
        begins = time(int(found[1]), int(found[2]))
        ends = time(0, 0) if (found[3], found[4]) == ("24", "00") else time(int(found[3]), int(found[4]))
    except ValueError as fault:
        raise BadHours(f"{text!r} should look like '09:00-17:00'") from fault
    return begins, ends
