"""Twice the rate, at once: the same sound, no image of it above, pieces that join without a click."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_app.resampling import Doubler


def tone(pitch_hz: float, rate_hz: int, length: int) -> NDArray[np.float64]:
    return 8000 * np.sin(2 * np.pi * pitch_hz * np.arange(length) / rate_hz)


def doubled(samples: NDArray[np.float64], piece: int) -> NDArray[np.float64]:
    pcm, doubler = samples.astype("<i2").tobytes(), Doubler()
    out = b"".join(doubler.feed(pcm[start : start + 2 * piece]) for start in range(0, len(pcm), 2 * piece))
    return np.frombuffer(out, "<i2").astype(float)


@pytest.mark.parametrize("pitch_hz", [300, 1000, 2500, 3400])
def test_the_same_tone_16_samples_late(pitch_hz: float) -> None:
    out = doubled(tone(pitch_hz, 8_000, 4000), 160)

    wanted = tone(pitch_hz, 16_000, 8000)
    error = out[200:7900] - wanted[200 - 32 : 7900 - 32]
    assert np.sqrt(np.mean(error**2)) < 8000 * 0.002


def test_pieces_of_any_length_give_the_same() -> None:
    samples = tone(700, 8_000, 1600)

    assert np.array_equal(doubled(samples, 160), doubled(samples, 37))


def test_the_loudest_sound_does_not_wrap() -> None:
    square = np.where(np.arange(1600) % 16 < 8, 32_767.0, -32_768.0)

    out = doubled(square, 160)

    delay = 32
    assert out[delay + 2 * 20 :: 32].min() > 20_000  # the middle of every high half
    assert out[delay + 2 * 28 :: 32].max() < -20_000
