"""One stream of sound brought to another sample rate, piece by piece, without a click where the pieces meet.

A sample of the new rate lies between two of the old one: it is the sum of those around it, weighted by a sinc under a
Kaiser window (beta 8; Oppenheim and Schafer, Discrete-Time Signal Processing, 4.6). As many different places between
two samples occur as the rates' ratio says; the weights of each are computed once. Every piece comes out at once, late
by `HALF_WIDTH` samples of the lower rate (2 ms at 8 kHz) and not more: a voice that interrupts a prompt and a pause
that ends an answer are measured in it. A general library's stream gives its pieces in lumps of 30 to 100 ms.

Images and aliases: of the band up to 85 % of half the lower rate they lie under -60 dB.
"""

from __future__ import annotations

from math import ceil, gcd

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from voice_app.audio import HEARING_RATE_HZ

HALF_WIDTH = 16
"""Zeros of the sinc on each side."""
WINDOW_BETA = 8.0
MOST_PLACES = 640
"""Places between two samples with weights of their own (44.1 kHz needs 160). For odd rates the nearest is taken."""
FEW_PLACES = 2
"""Up to here one convolution for each place costs less than one window for each sample."""
KEPT_BAND = 0.95
"""When the rate falls: where the sinc cuts, of half the new rate."""


class StreamResampler:
    """Brings the s16le pieces of one stream from `from_hz` to `to_hz`."""

    def __init__(self, from_hz: int, to_hz: int = HEARING_RATE_HZ) -> None:
        common = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._places = min(self._up, MOST_PLACES)
        cut = 1.0 if to_hz >= from_hz else KEPT_BAND * to_hz / from_hz
        self._half = ceil(HALF_WIDTH / cut)
        places = np.arange(1 - self._half, self._half + 1) - np.arange(self._places)[:, None] / self._places
        across = np.clip(places / self._half, -1.0, 1.0)
        weights = np.sinc(cut * places) * np.i0(WINDOW_BETA * np.sqrt(1.0 - across**2))
        self._weights = weights / weights.sum(axis=1, keepdims=True)
        self._waiting = np.zeros(2 * self._half - 1)
        self._next = 0
        """Place of the next new sample behind the first waiting one that has a full window, in steps of 1 / `_up`."""

    def feed(self, pcm: bytes) -> bytes:
        """Give the samples that this piece brings about, as many as its length makes."""
        if self._up == self._down:
            return pcm
        samples = np.concatenate((self._waiting, np.frombuffer(pcm, "<i2")))
        end = len(pcm) // 2 * self._up
        count = len(range(self._next, end, self._down))
        made = (self._by_place if self._up <= FEW_PLACES else self._by_sample)(samples, count)
        self._next += count * self._down - end
        self._waiting = samples[len(samples) - 2 * self._half + 1 :]
        return bytes(np.clip(np.rint(made), -32_768, 32_767).astype("<i2").tobytes())

    def _by_place(self, samples: NDArray[np.float64], count: int) -> NDArray[np.float64]:
        """Every `_up`-th new sample has the same weights: all of them are one convolution."""
        made = np.empty(count)
        for start in range(min(self._up, count)):
            first, place = divmod(self._next + start * self._down, self._up)
            convolved = np.convolve(samples, self._weights[place, ::-1], "valid")[first :: self._down]
            made[start :: self._up] = convolved[: len(range(start, count, self._up))]
        return made

    def _by_sample(self, samples: NDArray[np.float64], count: int) -> NDArray[np.float64]:
        """A window of old samples and its weights for each new one."""
        steps = self._next + self._down * np.arange(count)
        windows = sliding_window_view(samples, 2 * self._half)[steps // self._up]
        weights = self._weights[steps % self._up * self._places // self._up]
        return np.asarray(np.einsum("ij,ij->i", windows, weights))
