"""What a result adds to the counts of its campaign."""

from __future__ import annotations

from engine.organization.participations import State
from engine.organization.snapshot import AreaResult, Snapshot
from engine.organization.tallies import Kind, Tally, add_up, by_name, of_result, of_state

SNAPSHOT = Snapshot(
    "abc_diag", "fr", "phone", "almost", 0, {}, {"1": AreaResult(2, ("a.1",), ("a.2",)), "2": AreaResult(1, ("b.1",))}
)


def test_a_result_counts_once_for_each_skill_and_its_profile() -> None:
    assert of_result(SNAPSHOT) == {
        Tally(Kind.SHARED),
        Tally(Kind.PROFILE, "almost"),
        Tally(Kind.MASTERED, "a.1"),
        Tally(Kind.MASTERED, "b.1"),
        Tally(Kind.TO_LEARN, "a.2"),
    }


def test_a_state_counts_for_the_states_before_it() -> None:
    assert of_state(State.STARTED) == {Tally(Kind.BEGUN)}
    assert of_state(State.COMPLETED) == of_state(State.SHARED) == {Tally(Kind.BEGUN), Tally(Kind.COMPLETED)}


def test_counts_add_up_and_are_found_by_name() -> None:
    total = add_up((tally, 1) for _ in range(2) for tally in of_result(SNAPSHOT))

    assert by_name(total, Kind.MASTERED) == {"a.1": 2, "b.1": 2}
    assert by_name(total, Kind.HELPED) == {}
