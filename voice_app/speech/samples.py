"""Sound as numbers: between s16le bytes and numpy arrays, between sample rates.

Arrays are float64 in -1 to 1, one dimension. Rounding is plain (no dither): the same samples always give the same
bytes.
"""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from voice_app.audio import Sound

Samples = NDArray[np.float64]
FULL_SCALE = 32768.0


def to_samples(sound: Sound) -> Samples:
    """Give the samples of a sound; empty for an empty sound."""
    return np.frombuffer(sound.pcm, dtype="<i2").astype(np.float64) / FULL_SCALE


def to_sound(samples: Samples, rate_hz: int) -> Sound:
    """Give the sound of samples; what lies outside -1 to 1 is clipped."""
    whole = np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return Sound(whole.astype("<i2").tobytes(), rate_hz)


def resample(samples: Samples, from_hz: float, to_hz: float) -> Samples:
    """Give the same sound at another rate (soxr, high quality)."""
    if from_hz == to_hz or not samples.size:
        return samples
    return np.asarray(soxr.resample(samples, from_hz, to_hz), dtype=np.float64)


def at_rate(sound: Sound, rate_hz: int) -> Sound:
    """Give the sound at this rate; the sound itself when it already has it."""
    if sound.rate_hz == rate_hz:
        return sound
    return to_sound(resample(to_samples(sound), sound.rate_hz, rate_hz), rate_hz)


def seconds(length_s: float, rate_hz: int) -> int:
    """Give a duration as a number of samples."""
    return round(length_s * rate_hz)
