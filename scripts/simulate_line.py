#!/usr/bin/env python
"""A national line on paper: a day of calls, the ear's queue in the busiest hour, what has to stand, what it costs.

    simulate_line.py [--calls 100000] [--commit-ms 8]

What goes in, and where it is from:
  share of the busiest hour   0.12 of the day: an assumption (a line that is open from 8 to 20)
  length of a call            8 minutes, log-normal: an assumption (ten questions heard out and answered)
  utterances of a call        16: ten answers, menus, some said twice: an assumption
  ear, processor s each       0.35: measured, docs/listening.md (336 to 360 ms, one and four at once)
  records of a call           26 transactions: an assumption, on the safe side (each answer is one)
  a commit                    --commit-ms: an fsync of the database's disk; 8: measured on the machine of the tests
  a call beside the ear       0.01 of a processor: 0.002 measured (pauses, rate of the sound), the rest assumed
  a node                      8 processors, used to 70 % at most; a processor 0.03 EUR an hour: an assumption

The queue is simulated, not reckoned: every utterance of the busiest hour goes to the ear that is free first.
"""

from __future__ import annotations

import argparse
import heapq
from dataclasses import dataclass

import numpy as np

BUSIEST_HOUR = 0.12
CALL_MINUTES, SPREAD = 8.0, 0.5
UTTERANCES = 16
EAR_S, EAR_SPREAD = 0.35, 0.4
COMMITS = 26
CALL_SHARE = 0.01
PROCESSORS_A_NODE, USED = 8, 0.7
EUR_A_PROCESSOR_HOUR = 0.03
WAIT_S = 0.2
"""What a reply may come later because of others, at the 95th percentile."""
HOUR_S = 3600.0
PEOPLE = 13_000_000


@dataclass(frozen=True)
class Line:
    """What a day of so many calls needs."""

    calls: int
    at_once: int
    ears: int
    wait_p95_s: float
    nodes: int
    commits_a_s: float
    chain_busy: float
    eur_a_month: float
    days_for_all: float


def log_normal(draw: np.random.Generator, mean: float, spread: float, count: int) -> np.ndarray:
    return draw.lognormal(np.log(mean) - spread**2 / 2, spread, count)


def wait_p95(arrivals: np.ndarray, service: np.ndarray, ears: int) -> float:
    """Give how long the 95th of a hundred utterances waits for an ear, first come, first served."""
    free = [0.0] * ears
    waits = np.empty(len(arrivals))
    for number, (at, takes) in enumerate(zip(arrivals, service, strict=True)):
        begins = max(at, heapq.heappop(free))
        waits[number] = begins - at
        heapq.heappush(free, begins + takes)
    return float(np.quantile(waits, 0.95))


def line(calls: int, commit_ms: float, seed: int = 1) -> Line:
    draw = np.random.default_rng(seed)
    in_the_hour = draw.poisson(calls * BUSIEST_HOUR)
    begins = draw.uniform(0, HOUR_S, in_the_hour)
    lengths = log_normal(draw, CALL_MINUTES * 60, SPREAD, in_the_hour)
    at_once = int(np.quantile(draw.poisson(in_the_hour * CALL_MINUTES / 60, 1000), 0.99))
    speech = np.sort((begins[:, None] + draw.uniform(0, 1, (in_the_hour, UTTERANCES)) * lengths[:, None]).ravel())
    service = log_normal(draw, EAR_S, EAR_SPREAD, len(speech))
    ears = max(1, int(len(speech) * EAR_S / HOUR_S))
    while (late := wait_p95(speech, service, ears)) > WAIT_S:
        ears += max(1, ears // 50)
    processors = ears + at_once * CALL_SHARE
    nodes = max(2, int(np.ceil(processors / (PROCESSORS_A_NODE * USED)))) + 1  # one may die
    commits = in_the_hour * COMMITS / HOUR_S
    return Line(
        calls=calls,
        at_once=at_once,
        ears=ears,
        wait_p95_s=late,
        nodes=nodes,
        commits_a_s=commits,
        chain_busy=commits * commit_ms / 1000,
        eur_a_month=nodes * PROCESSORS_A_NODE * EUR_A_PROCESSOR_HOUR * 24 * 30,
        days_for_all=PEOPLE / calls,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="*", default=[1_000, 10_000, 100_000, 300_000])
    parser.add_argument("--commit-ms", type=float, default=8.0)
    arguments = parser.parse_args()
    print("calls/day  at once  ears  wait p95  nodes  commits/s  chain busy  EUR/month  days for 13 million")
    for calls in arguments.calls:
        told = line(calls, arguments.commit_ms)
        print(
            f"{told.calls:9,d} {told.at_once:8,d} {told.ears:5d} {told.wait_p95_s * 1000:6.0f} ms {told.nodes:6d}"
            f" {told.commits_a_s:10.1f} {told.chain_busy:10.0%} {told.eur_a_month:10,.0f} {told.days_for_all:10,.0f}"
        )


if __name__ == "__main__":
    main()
