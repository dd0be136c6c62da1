"""Another rate, at once: the same sound, no image or alias of it, pieces that join without a click."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_app.resampling import HALF_WIDTH, KEPT_BAND, StreamResampler

RATES_HZ = (8_000, 22_050, 24_000, 32_000, 44_099, 44_100, 48_000)
LOUDNESS = 8_000


def tone(pitch_hz: float, rate_hz: int, length: int) -> NDArray[np.float64]:
    return LOUDNESS * np.sin(2 * np.pi * pitch_hz * np.arange(length) / rate_hz)


def pieces(samples: NDArray[np.float64], rate_hz: int, piece: int) -> list[NDArray[np.float64]]:
    pcm, stream = samples.astype("<i2").tobytes(), StreamResampler(rate_hz)
    fed = [stream.feed(pcm[start : start + 2 * piece]) for start in range(0, len(pcm), 2 * piece)]
    return [np.frombuffer(each, "<i2").astype(float) for each in fed]


def resampled(samples: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    return np.concatenate(pieces(samples, rate_hz, rate_hz // 50))


@pytest.mark.parametrize("pitch_hz", [300, 1000, 2500, 3400])
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_same_tone_two_milliseconds_late_at_most(rate_hz: int, pitch_hz: float) -> None:
    late_s = np.ceil(HALF_WIDTH * max(1.0, rate_hz / 16_000 / KEPT_BAND)) / rate_hz
    places = np.arange(200, 7_800)
    wanted = LOUDNESS * np.sin(2 * np.pi * pitch_hz * (places / 16_000 - late_s))

    error = resampled(tone(pitch_hz, rate_hz, rate_hz // 2), rate_hz)[200:7_800] - wanted

    assert late_s <= 0.002
    assert np.sqrt(np.mean(error**2)) < LOUDNESS * 0.002


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_what_the_lower_rate_cannot_carry_is_gone(rate_hz: int) -> None:
    out = resampled(tone(9_000, rate_hz, rate_hz // 2), rate_hz)

    assert np.sqrt(np.mean(out[200:7_800] ** 2)) < LOUDNESS / 1000


@pytest.mark.parametrize("rate_hz", [8_000, 24_000, 44_100, 48_000])
def test_every_piece_of_20_ms_gives_20_ms(rate_hz: int) -> None:
    made = pieces(tone(700, rate_hz, rate_hz), rate_hz, rate_hz // 50)

    assert {len(each) for each in made} == {320}


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_pieces_of_any_length_give_the_same(rate_hz: int) -> None:
    samples = tone(700, rate_hz, rate_hz // 5)

    in_odd_pieces = np.concatenate(pieces(samples, rate_hz, 37))

    assert np.array_equal(resampled(samples, rate_hz), in_odd_pieces)


def test_the_loudest_sound_does_not_wrap() -> None:
    square = np.where(np.arange(1600) % 16 < 8, 32_767.0, -32_768.0)

    out = resampled(square, 8_000)

    delay = 32
    assert out[delay + 2 * 20 :: 32].min() > 20_000  # the middle of every high half
    assert out[delay + 2 * 28 :: 32].max() < -20_000


def test_no_sound_is_no_sound() -> None:
    assert StreamResampler(48_000).feed(b"") == b""
