"""Whether a campaign lets somebody in, and what may stand in one."""

from __future__ import annotations

import pytest

from engine.organization.campaigns import (
    LONGEST_TITLE,
    LONGEST_WELCOME,
    Entry,
    InvalidCampaign,
    Span,
    checked,
    entry,
)

SPAN = Span("2026-03-01", "2026-04-01")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-02-28", Entry.NOT_YET),
        ("2026-03-01", Entry.OPEN),
        ("2026-03-31", Entry.OPEN),
        ("2026-04-01", Entry.CLOSED),
    ],
)
def test_a_campaign_lets_people_in_between_opening_and_closing(moment: str, expected: Entry) -> None:
    assert entry(SPAN, moment) is expected


def test_a_campaign_without_bounds_is_open() -> None:
    assert entry(Span(), "2026") is Entry.OPEN


def test_an_archived_campaign_lets_nobody_in() -> None:
    assert entry(Span(archived=True), "2026") is Entry.ARCHIVED


def test_blanks_are_trimmed() -> None:
    assert checked("  Printemps \n 2026 ", " Bonjour  à tous ", Span()) == ("Printemps 2026", "Bonjour à tous")


@pytest.mark.parametrize(
    ("title", "welcome", "span", "field", "reason"),
    [
        (" ", "", Span(), "title", "missing"),
        ("x" * (LONGEST_TITLE + 1), "", Span(), "title", "too_long"),
        ("x", "y" * (LONGEST_WELCOME + 1), Span(), "welcome", "too_long"),
        ("x", "", Span("2026-04-01", "2026-04-01"), "closes", "before_opening"),
    ],
)
def test_what_is_no_campaign_names_the_field(title: str, welcome: str, span: Span, field: str, reason: str) -> None:
    with pytest.raises(InvalidCampaign) as told:
        checked(title, welcome, span)

    assert (told.value.field, told.value.reason) == (field, reason)
