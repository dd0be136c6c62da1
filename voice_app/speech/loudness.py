"""The finish of every spoken sound: silence trimmed, one loudness, no clipping, no click.

Loudness is the integrated loudness of ITU-R BS.1770-4 (LUFS). It is undefined under 0.4 s (one gating block), so a
single word is measured as if it were repeated; and under -70 LUFS the gate drops everything, so the plain power
decides there.

The ceiling is a true peak (BS.1770-4 annex 2: four-fold oversampling), held by a limiter that looks ahead: the gain
that every sample needs, the minimum of it over a window, smoothed with a kernel no longer than that window. The
smoothed gain is nowhere above what is needed, and has no edge that clicks.

Choice: -19 LUFS, -1.5 dBTP. Reason: at -16 LUFS, usual for mono on the web, the peaks of espeak-ng pass
full scale. Price: a little quieter than other pages.
"""

from __future__ import annotations

import math

import numpy as np
import pyloudnorm

from voice_app.audio import Sound
from voice_app.speech.samples import Samples, resample, seconds, to_samples, to_sound

TARGET_LUFS = -19.0
CEILING_DBTP = -1.5
LEAD_S = 0.050
TAIL_S = 0.150
FADE_S = 0.005
LARGEST_GAIN_DB = 30.0
"""A recording that needs more is mostly noise; it stays quieter instead."""

ACTIVE_WINDOW_S = 0.010
ACTIVE_BELOW_PEAK_DB = 45.0
ACTIVE_FLOOR_DB = -65.0
GATING_BLOCK_S = 0.4
LOOK_AHEAD_S = 0.005
OVERSAMPLING = 4
PEAK_CHUNK_S = 20.0
PEAK_OVERLAP_S = 0.05


class SilentSound(ValueError):
    """There is nothing to hear in this sound."""


def finish(sound: Sound) -> Sound:
    """Give the sound trimmed, at `TARGET_LUFS`, under `CEILING_DBTP`, faded at both ends.

    Raises SilentSound when nothing in it is louder than -65 dBFS.
    """
    samples = trim(to_samples(sound), sound.rate_hz)
    gain_db = min(TARGET_LUFS - integrated_loudness(samples, sound.rate_hz), LARGEST_GAIN_DB)
    samples = limit(samples * decibels(gain_db), sound.rate_hz)
    return to_sound(fade_ends(samples, sound.rate_hz), sound.rate_hz)


def trim(samples: Samples, rate_hz: int) -> Samples:
    """Leave `LEAD_S` before the first sound and `TAIL_S` after the last, made of silence where there is too little.

    Raises SilentSound.
    """
    window = seconds(ACTIVE_WINDOW_S, rate_hz)
    whole = len(samples) // window * window
    level = power_db(samples[:whole].reshape(-1, window))
    if not level.size or level.max() < ACTIVE_FLOOR_DB:
        raise SilentSound("nothing to hear")
    active = np.flatnonzero(level > max(level.max() - ACTIVE_BELOW_PEAK_DB, ACTIVE_FLOOR_DB))
    begin = int(active[0]) * window - seconds(LEAD_S, rate_hz)
    end = (int(active[-1]) + 1) * window + seconds(TAIL_S, rate_hz)
    kept = samples[max(begin, 0) : end]
    return np.pad(kept, (max(-begin, 0), max(end - len(samples), 0)))


def power_db(windows: Samples) -> Samples:
    """Give the power of each row in dBFS; silence is -200."""
    return np.asarray(10.0 * np.log10(np.mean(windows**2, axis=-1) + 1e-20), dtype=np.float64)


def integrated_loudness(samples: Samples, rate_hz: int) -> float:
    """Give the loudness in LUFS, also of sounds shorter than a gating block or quieter than the gate."""
    shortest = seconds(GATING_BLOCK_S, rate_hz)
    repeated = np.tile(samples, math.ceil(2 * shortest / len(samples))) if len(samples) <= shortest else samples
    with np.errstate(divide="ignore"):
        loudness = float(pyloudnorm.Meter(rate_hz).integrated_loudness(repeated))
    return loudness if math.isfinite(loudness) else float(power_db(samples[np.newaxis])[0])


def limit(samples: Samples, rate_hz: int, ceiling_dbtp: float = CEILING_DBTP) -> Samples:
    """Give the samples with every true peak at or under the ceiling; unchanged when they are already."""
    ceiling = decibels(ceiling_dbtp)
    needed = np.minimum(1.0, ceiling / np.maximum(true_peaks(samples, rate_hz), 1e-9))
    if needed.min(initial=1.0) >= 1.0:
        return samples
    reach = seconds(LOOK_AHEAD_S, rate_hz)
    kernel = np.hanning(2 * reach + 3)[1:-1]
    held = sliding_minimum(np.pad(needed, 2 * reach, constant_values=1.0), 2 * reach + 1)
    limited = samples * np.convolve(held, kernel / kernel.sum(), mode="valid")
    left_over = ceiling / max(float(true_peaks(limited, rate_hz).max()), 1e-9)
    return limited * min(left_over, 1.0)


def sliding_minimum(values: Samples, width: int) -> Samples:
    """Give the minimum over each `width` neighbours (as many values as there are whole windows)."""
    reached = 1
    while reached < width:
        step = min(reached, width - reached)
        values = np.minimum(values[:-step], values[step:])
        reached += step
    return values


def true_peaks(samples: Samples, rate_hz: int) -> Samples:
    """Give for each sample the largest magnitude around it, between samples included. Long sounds go piece by piece."""
    chunk, overlap = seconds(PEAK_CHUNK_S, rate_hz), seconds(PEAK_OVERLAP_S, rate_hz)
    peaks = np.abs(samples)
    for begin in range(0, len(samples), chunk):
        end = min(begin + chunk, len(samples))
        first = max(begin - overlap, 0)
        fine = np.abs(resample(samples[first : end + overlap], rate_hz, rate_hz * OVERSAMPLING))
        fine = fine[(begin - first) * OVERSAMPLING :][: (end - begin) * OVERSAMPLING]
        fine = np.pad(fine, (0, (end - begin) * OVERSAMPLING - len(fine)))
        peaks[begin:end] = np.maximum(peaks[begin:end], fine.reshape(-1, OVERSAMPLING).max(axis=1))
    return peaks


def fade_ends(samples: Samples, rate_hz: int) -> Samples:
    """Give the samples with both ends raised from and lowered to zero (half a cosine of `FADE_S`)."""
    length = min(seconds(FADE_S, rate_hz), len(samples) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(length, 1))
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded


def decibels(level_db: float) -> float:
    """Give the factor of amplitude of a level."""
    return float(10.0 ** (level_db / 20.0))
