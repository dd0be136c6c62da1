"""Random histories of sites and a hub that fail: nothing lost, nothing doubled, nobody held up (scripts/bench_sync)."""

from __future__ import annotations

import pytest

from scripts.bench_sync import play
from scripts.sync_world import World


@pytest.mark.parametrize("first", range(1, 61, 20))
def test_random_histories_end_well(first: int) -> None:
    told = [play(seed) for seed in range(first, first + 20)]

    assert [(each.seed, each.faults) for each in told if each.faults] == []
    assert sum(each.acknowledged for each in told) > 1_000


def test_a_history_is_the_same_when_it_is_played_again() -> None:
    assert play(4711) == play(4711)


def test_the_world_notices_a_lost_event() -> None:
    world = World(7)
    world.run()
    world.heal()
    del world.hub.events[sorted(world.acknowledged & set(world.hub.events))[0]]

    assert any("lost" in each for each in world.wrong())
