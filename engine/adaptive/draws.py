"""Draws that are the same for ever: a digest of a seed and a counter, not a random generator.

SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014), on arrays. A session resumed
on another machine, or a simulated crowd in other chunks, draws the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIER_A, _MULTIPLIER_B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


def words(values: NDArray[np.integer] | list[int]) -> Words:
    """Give whole numbers of any size and sign as 64 bits."""
    return np.array([int(value) & 0xFFFFFFFFFFFFFFFF for value in values], dtype=np.uint64)


def mixed(values: Words) -> Words:
    """Give well spread 64 bits for each value."""
    spread = values + _GOLDEN
    spread = (spread ^ (spread >> np.uint64(30))) * _MULTIPLIER_A
    spread = (spread ^ (spread >> np.uint64(27))) * _MULTIPLIER_B
    return spread ^ (spread >> np.uint64(31))


def uniform(seeds: Words, *counters: NDArray[np.integer] | int) -> NDArray[np.float64]:
    """Give a number in [0, 1) for each seed and counters (they broadcast)."""
    state = mixed(seeds)
    for counter in counters:
        state = mixed(state ^ np.asarray(counter).astype(np.uint64))
    return np.asarray((state >> np.uint64(11)) * _TO_UNIT)


def draw(seeds: Words, counter: NDArray[np.integer], choices: NDArray[np.integer]) -> NDArray[np.intp]:
    """Give a whole number from 0 to choices - 1 for each seed."""
    return np.asarray(np.floor(uniform(seeds, counter) * choices)).astype(np.intp)
