"""What one shared result adds to a campaign's counts, so that a campaign's figures never have to read its people again.

A tally is a count of people under a kind and a name: ("profile", "almost"), ("mastered", "web.search.1"). Figures are
sums of tallies. Whoever is erased stays in them: a count names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from engine.organization.participations import State
from engine.organization.snapshot import Snapshot

PROFILES = ("unknown", "beginner", "accompanied", "almost", "autonomous")
"""The words of the spoken result, from the least to the most at ease."""


class Kind(StrEnum):
    """What is counted. `name` is empty unless said otherwise."""

    BEGUN = "begun"
    COMPLETED = "completed"
    SHARED = "shared"
    HELPED = "helped"
    """People with one helped answer or more."""
    PROFILE = "profile"
    """`name`: the profile."""
    MASTERED = "mastered"
    """`name`: the skill."""
    TO_LEARN = "to_learn"
    """`name`: the skill."""


class Tally(NamedTuple):
    """One thing that is counted."""

    kind: Kind
    name: str = ""


def of_result(snapshot: Snapshot) -> frozenset[Tally]:
    """Give what a shared result counts for, each once."""
    told = {Tally(Kind.SHARED), Tally(Kind.PROFILE, snapshot.profile)}
    if snapshot.helped:
        told.add(Tally(Kind.HELPED))
    told.update(Tally(Kind.MASTERED, skill) for skill in snapshot.mastered)
    told.update(Tally(Kind.TO_LEARN, skill) for skill in snapshot.to_learn)
    return frozenset(told)


def of_state(state: State) -> frozenset[Tally]:
    """Give what a participation counts for by its state alone; the shared ones are counted by their result."""
    begun = frozenset({Tally(Kind.BEGUN)})
    return begun if state is State.STARTED else begun | {Tally(Kind.COMPLETED)}


def by_name(counts: Mapping[Tally, int], kind: Kind) -> dict[str, int]:
    """Give the counts of one kind by name, zeros left out."""
    return {tally.name: count for tally, count in counts.items() if tally.kind is kind and count}


def add_up(counts: Iterable[tuple[Tally, int]]) -> dict[Tally, int]:
    """Give the sum for each tally."""
    total: dict[Tally, int] = {}
    for tally, count in counts:
        total[tally] = total.get(tally, 0) + count
    return total
