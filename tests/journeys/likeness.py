"""Whether what was heard is what was said: windows of 100 ms with sound, at the one lag that fits best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WINDOW = 800
QUIET_RMS = 200.0

Samples = NDArray[np.float64]


def samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float64)


def likeness(sent: bytes, heard: bytes) -> tuple[int, int]:
    """Give how many windows of what was sent have sound, and how many of them are found in what was heard, all at the
    one lag that fits best, with a correlation over 0.98."""
    wanted, found = samples(sent), samples(heard)
    size = 1 << (len(wanted) + len(found)).bit_length()
    spectrum = np.fft.rfft(found, size) * np.conj(np.fft.rfft(wanted, size))
    lag = int(np.argmax(np.fft.irfft(spectrum, size)[: len(found)]))
    good = total = 0
    for start in range(0, len(wanted) - WINDOW + 1, WINDOW):
        one, other = wanted[start : start + WINDOW], found[lag + start : lag + start + WINDOW]
        if np.sqrt(np.mean(one**2)) < QUIET_RMS:
            continue
        total += 1
        good += len(other) == WINDOW and float(np.corrcoef(one, other)[0, 1]) > 0.98
    return good, total
