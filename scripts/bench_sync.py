#!/usr/bin/env python
"""Plays random histories of sites, a hub and a network that fail (scripts/sync_world.py) and tells what went wrong.

scripts/bench_sync.py --runs 10000 --processes 2     # exit code 1 when anything was lost, doubled or held up
scripts/bench_sync.py --seed 4711 --verbose          # one history again
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.sync_world import World

MOST_ROUNDS = 400


@dataclass
class Told:
    """What came of a history."""

    seed: int
    faults: list[str]
    rounds: int
    events: int
    acknowledged: int
    gone: int
    happened: dict[str, int] = field(default_factory=dict)


def play(seed: int) -> Told:
    """Play one history to its end."""
    world = World(seed)
    world.run()
    rounds = world.heal(MOST_ROUNDS)
    faults = list(world.wrong())
    if rounds == MOST_ROUNDS:
        faults.append("held up: not everything arrived after all faults ended")
    return Told(seed, faults, rounds, len(world.hub.events), len(world.acknowledged), len(world.gone), world.happened)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seed", type=int, help="this history only")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        told = play(chosen.seed)
        print(told)
        sys.exit(bool(told.faults))
    begun, happened, totals, failed, longest = time.monotonic(), Counter[str](), Counter[str](), [], 0
    with ProcessPoolExecutor(chosen.processes) as pool:
        for told in pool.map(play, range(chosen.first, chosen.first + chosen.runs), chunksize=50):
            happened.update(told.happened)
            totals.update(events=told.events, acknowledged=told.acknowledged, gone=told.gone)
            longest = max(longest, told.rounds)
            if told.faults:
                failed.append(told)
                print(f"seed {told.seed}: {'; '.join(told.faults)}", flush=True)
    print(f"{chosen.runs} histories in {time.monotonic() - begun:.0f} s: {len(failed)} went wrong")
    print(f"answers acknowledged {totals['acknowledged']}, events at the hub {totals['events']}")
    print(f"gone with a destroyed disk, nowhere else at that moment: {totals['gone']}")
    print(f"most rounds of all sites until everything had arrived: {longest}")
    for what, count in sorted(happened.items()):
        print(f"  {what}: {count}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
