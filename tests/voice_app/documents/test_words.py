"""Days and moments as people write them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from voice_app.documents.words import written_moment

MOMENT = datetime(2026, 11, 27, 23, 5, tzinfo=UTC)


@pytest.fixture
def stands_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let the machine stand somewhere else (`TZ`) for a test."""
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "locale", "told"),
    [
        ("Europe/Paris", "fr", "28 novembre 2026 à 0\u00a0h\u00a005"),
        ("Europe/Paris", "en", "28 November 2026 at 0:05"),
        ("UTC", "fr", "27 novembre 2026 à 23\u00a0h\u00a005\u00a0UTC"),
    ],
)
def test_a_moment_is_told_by_the_clock_where_the_machine_stands(
    stands_in: pytest.MonkeyPatch, zone: str, locale: str, told: str
) -> None:
    stands_in.setenv("TZ", zone)
    time.tzset()

    assert written_moment(MOMENT, locale) == told
