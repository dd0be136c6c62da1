"""Hours as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from voice_app.telephony.hours import BadHours, Hours

OFFICE = Hours.read("1-5 09:00-12:30 14:00-17:00; 6 09:00-12:00")
NIGHT = Hours.read("1-7 20:00-08:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-11-26T09:00", True),  # a Thursday
        ("2026-11-26T12:30", False),
        ("2026-11-26T13:59", False),
        ("2026-11-26T16:59", True),
        ("2026-11-28T11:00", True),
        ("2026-11-28T14:00", False),
        ("2026-11-29T10:00", False),
    ],
)
def test_opening_hours(moment: str, inside: bool) -> None:
    assert OFFICE.hold(at(moment)) is inside


@pytest.mark.parametrize(
    ("moment", "inside"), [("2026-11-26T23:00", True), ("2026-11-26T07:59", True), ("2026-11-26T08:00", False)]
)
def test_a_time_past_midnight(moment: str, inside: bool) -> None:
    assert NIGHT.hold(at(moment)) is inside


def test_past_midnight_belongs_to_the_day_before() -> None:
    friday_night = Hours.read("5 22:00-02:00")

    assert friday_night.hold(at("2026-11-28T01:00"))
    assert not friday_night.hold(at("2026-11-27T01:00"))


def test_the_next_moment_inside() -> None:
    assert OFFICE.next(at("2026-11-28T12:03")) == at("2026-11-30T09:00")
    assert OFFICE.next(at("2026-11-26T10:01")) == at("2026-11-26T10:01")
    assert Hours.read("").next(at("2026-11-26T10:00")) is None


@pytest.mark.parametrize(
    "text", ["1-5", "9 09:00-10:00", "5-1 09:00-10:00", "1 9-10", "1 25:00-26:00", "Monday 09:00-10:00"]
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadHours):
        Hours.read(text)
