"""A shared result reads as it was written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.organization.snapshot import AreaResult, Snapshot

SHARED = Snapshot(
    path="abc_diag",
    locale="fr",
    channel="phone",
    profile="almost",
    helped=1,
    answers={"voice": 7, "key": 3},
    areas={"1": AreaResult(3, ("web.1", "web.2"), ("web.3",)), "2": AreaResult(0)},
    next_step="web.3",
)


def test_a_snapshot_reads_as_it_was_written() -> None:
    assert Snapshot.from_data(json.loads(json.dumps(SHARED.to_data()))) == SHARED


def test_how_many_results_it_is_made_of_is_told_where_there_are_several() -> None:
    together = replace(SHARED, results=3)

    assert "results" not in SHARED.to_data()
    assert Snapshot.from_data(json.loads(json.dumps(together.to_data()))) == together


def test_skills_are_given_area_by_area() -> None:
    assert (SHARED.mastered, SHARED.to_learn) == (("web.1", "web.2"), ("web.3",))


@pytest.mark.parametrize("data", [{"v": 2}, {}, {**SHARED.to_data(), "v": None}])
def test_another_version_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="version"):
        Snapshot.from_data(data)


def test_a_missing_part_is_named() -> None:
    data = {name: value for name, value in SHARED.to_data().items() if name != "profile"}

    with pytest.raises(ValueError, match="profile"):
        Snapshot.from_data(data)
