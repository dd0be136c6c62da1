"""The CAT-1000 protocol, shared by the engine's bench and its peers: banks, people, and who answers what.

A bank of N items has a ~ LogN(0, .3) within .4 to 2.5 and b ~ N(0, 1.2) within -3.5 to 3.5, from the seed 20260 + N;
the 1,000 people are N(0, 1) from the seed 7. Whether person s is right on item i is a hash of (s, i), so that every
engine, in every language, meets the same answers. Every test starts at 0 and stops at SE <= .35 or after 30 items.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable

import numpy as np

PEOPLE = 1000
STOP_SE, MOST = 0.35, 30
_ALL = 0xFFFFFFFF


def bank(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Give discriminations and difficulties (logits)."""
    rng = np.random.default_rng(20260 + n)
    return np.clip(rng.lognormal(0, 0.3, n), 0.4, 2.5), np.clip(rng.normal(0, 1.2, n), -3.5, 3.5)


def people() -> np.ndarray:
    """Give the true abilities (logits)."""
    return np.random.default_rng(7).normal(0, 1, PEOPLE)


def luck(person: int, item: int) -> float:
    """Give the number in (0, 1) that decides this answer."""
    h = (person * 0x9E3779B1 + item * 0x85EBCA6B + 12345) & _ALL
    h = (h ^ (h >> 16)) * 0x85EBCA6B & _ALL
    h = (h ^ (h >> 13)) * 0xC2B2AE35 & _ALL
    return ((h ^ (h >> 16)) + 0.5) / 2**32


def responder(n: int) -> Callable[[int, int], bool]:
    """Give the function (person, item) -> right."""
    a, b = (values.tolist() for values in bank(n))
    thetas = people().tolist()
    return lambda s, i: luck(s, i) < 1.0 / (1.0 + math.exp(-a[i] * (thetas[s] - b[i])))


def measure(n: int, some: int, run: Callable[[int, Callable[[int], bool]], tuple[float, int]]) -> dict[str, float]:
    """Run the first people through `run(person, answer) -> (estimate, length)` and give the figures."""
    right, thetas = responder(n), people()
    estimates, steps = [], 0
    begin = time.perf_counter()
    for person in range(some):
        theta, length = run(person, lambda item, person=person: right(person, item))
        estimates.append(theta)
        steps += length
    spent = time.perf_counter() - begin
    away = np.array(estimates) - thetas[:some]
    return {
        "people": some,
        "us_per_step": 1e6 * spent / steps,
        "rmse": float(np.sqrt((away**2).mean())),
        "bias": float(away.mean()),
        "length": steps / some,
    }


def arguments() -> tuple[int, int]:
    """Give the size of the bank and the number of people, from the command line."""
    return int(sys.argv[1]), int(sys.argv[2])


def tell(figures: dict[str, float]) -> None:
    """Write the figures as one JSON line."""
    print(json.dumps(figures))
