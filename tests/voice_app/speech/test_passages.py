"""Stretches of speech between pauses."""

from __future__ import annotations

import numpy as np
import pytest

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.speech.passages import loudest, passages

TONE_S, PAUSE_S = 0.4, 0.6


def sound(*levels_and_lengths: tuple[float, float], noise: float = 0.0) -> Sound:
    """Give tones of some levels and lengths (s) one after the other, in white noise."""
    parts = []
    for level, length_s in levels_and_lengths:
        time_s = np.arange(round(length_s * HEARING_RATE_HZ)) / HEARING_RATE_HZ
        parts.append(level * np.sin(2 * np.pi * 300 * time_s))
    wave = np.concatenate(parts)
    wave += noise * np.random.default_rng(1).normal(size=wave.size)
    return Sound(wave.astype("<i2").tobytes())


def lengths_ms(found: list[Sound]) -> list[int]:
    return [passage.duration_ms for passage in found]


@pytest.mark.parametrize("noise", [0.0, 100.0, 800.0], ids=["clean", "noise", "loud noise"])
def test_two_words_with_a_pause_are_two_passages(noise: float) -> None:
    found = passages(sound((0, 0.8), (6000, TONE_S), (0, PAUSE_S), (6000, TONE_S), (0, 0.8), noise=noise))

    assert len(found) == 2
    assert all(TONE_S * 1000 <= length <= TONE_S * 1000 + 350 for length in lengths_ms(found))


def test_short_gap_inside_a_word_does_not_part_it() -> None:
    assert len(passages(sound((0, 0.5), (6000, 0.2), (0, 0.15), (6000, 0.2), (0, 0.5)))) == 1


def test_click_is_no_passage() -> None:
    assert len(passages(sound((0, 0.5), (8000, 0.01), (0, 0.5), (6000, TONE_S), (0, 0.5)))) == 1


@pytest.mark.parametrize("pcm", [b"", bytes(320), bytes(32_000)], ids=["empty", "10 ms", "silence"])
def test_nothing_stands_out_of_silence(pcm: bytes) -> None:
    assert passages(Sound(pcm)) == []


def test_passages_come_in_order_and_hold_the_soft_edges() -> None:
    found = passages(sound((0, 0.5), (8000, 0.3), (0, 0.6), (5000, 0.5), (0, 0.5)))

    peaks = [int(np.abs(np.frombuffer(passage.pcm, "<i2")).max()) for passage in found]
    assert peaks == [pytest.approx(8000, abs=50), pytest.approx(5000, abs=50)]
    assert lengths_ms(found)[0] == pytest.approx(300 + 250, abs=60)


def test_word_in_loud_noise_is_in_the_loudest_stretch() -> None:
    found = loudest(sound((0, 1.0), (6000, 0.6), (0, 1.0), noise=1500.0), 1.0)

    assert found is not None
    assert found.duration_ms == 1000
    assert np.abs(np.frombuffer(found.pcm, "<i2").astype(float)).mean() > 2500


def test_speech_that_goes_on_has_no_loudest_stretch() -> None:
    assert loudest(sound((6000, 3.0)), 1.0) is None


@pytest.mark.parametrize("pcm", [b"", bytes(64_000)], ids=["empty", "silence"])
def test_silence_has_no_loudest_stretch(pcm: bytes) -> None:
    assert loudest(Sound(pcm), 1.0) is None
