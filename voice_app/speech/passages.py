"""Where somebody speaks inside a longer utterance: stretches of speech between pauses.

An answer often comes with a hesitation before it ("euh ... la deux") or in a recording with noise at both ends. The
keyword head sees 2.5 seconds; a passage is what fits, and what stands alone between two pauses is likely an answer.

Level: mean power of 10 ms blocks, smoothed over 50 ms, in decibels. Speech is what stands out from the quietest tenth
of the sound by a share of the whole range, and lies within 30 dB of the loudest. It knows no word and no engine.
"""

from __future__ import annotations

import numpy as np

from voice_app.audio import BYTES_PER_SAMPLE, HEARING_RATE_HZ, Sound

BLOCK = HEARING_RATE_HZ // 100
SMOOTHED_BLOCKS = 5
FLOOR_PERCENTILE = 10.0
LEAST_ABOVE_FLOOR_DB = 4.0
SHARE_OF_RANGE = 0.4
MOST_BELOW_PEAK_DB = 30.0
PAUSE_BLOCKS = 25
"""A gap of a quarter of a second parts passages; the silence inside "quatre" is shorter."""
SHORTEST_BLOCKS = 8
REST_BELOW_DB = 3.0
"""Speech that goes on outside a stretch is as loud as inside; noise of the level that can be heard through is not."""
BEFORE_BLOCKS, AFTER_BLOCKS = 10, 15
"""Soft beginnings and endings of words."""


def passages(utterance: Sound) -> list[Sound]:
    """Give the passages of a sound at the rate of hearing, in order; empty when nothing stands out."""
    samples = np.frombuffer(utterance.pcm, dtype="<i2").astype(np.float64)
    whole = len(samples) // BLOCK * BLOCK
    if whole < SMOOTHED_BLOCKS * BLOCK:
        return []
    power = np.square(samples[:whole]).reshape(-1, BLOCK).mean(axis=1)
    level_db = 10.0 * np.log10(np.convolve(power, np.ones(SMOOTHED_BLOCKS) / SMOOTHED_BLOCKS, "same") + 1.0)
    floor_db, peak_db = float(np.percentile(level_db, FLOOR_PERCENTILE)), float(level_db.max())
    above_db = max(LEAST_ABOVE_FLOOR_DB, SHARE_OF_RANGE * (peak_db - floor_db))
    is_loud = level_db > max(floor_db + above_db, peak_db - MOST_BELOW_PEAK_DB)
    edges = [
        (max(0, begin - BEFORE_BLOCKS) * BLOCK, min(len(power), end + AFTER_BLOCKS) * BLOCK)
        for begin, end in _stretches(np.flatnonzero(is_loud))
        if end - begin >= SHORTEST_BLOCKS
    ]
    cut = BYTES_PER_SAMPLE
    return [Sound(utterance.pcm[begin * cut : end * cut], utterance.rate_hz) for begin, end in edges]


def loudest(utterance: Sound, length_s: float) -> Sound | None:
    """Give the loudest stretch of this length, when the rest is clearly quieter (noise around a word); else None."""
    samples = np.frombuffer(utterance.pcm, dtype="<i2").astype(np.float64)
    length = round(length_s * HEARING_RATE_HZ)
    if len(samples) <= length:
        return None
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    begin = int(np.argmax(energy[length:] - energy[:-length]))
    inside = energy[begin + length] - energy[begin]
    rest = (energy[-1] - inside) / (len(samples) - length)
    if inside / length < rest * 10 ** (REST_BELOW_DB / 10) or inside <= 0.0:
        return None
    cut = BYTES_PER_SAMPLE
    return Sound(utterance.pcm[begin * cut : (begin + length) * cut], utterance.rate_hz)


def _stretches(places: np.ndarray[tuple[int], np.dtype[np.intp]]) -> list[tuple[int, int]]:
    """Give where runs of places begin and end (exclusive); gaps shorter than a pause are part of a run."""
    if not places.size:
        return []
    breaks = np.flatnonzero(np.diff(places) > PAUSE_BLOCKS)
    begins = places[np.concatenate([[0], breaks + 1])]
    ends = places[np.concatenate([breaks, [len(places) - 1]])] + 1
    return list(zip(begins.tolist(), ends.tolist(), strict=True))
