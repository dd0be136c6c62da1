"""The picture that Whisper's encoder sees."""

from __future__ import annotations

import numpy as np
import pytest

from voice_app.audio import Sound
from voice_app.speech.log_mel import BANDS, log_mel, present, spoken_s


def tone(frequency_hz: float, length_s: float, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * frequency_hz * np.arange(int(length_s * 16000)) / 16000)).astype(np.float32)


def sound(samples: np.ndarray) -> Sound:
    return Sound((samples * 32767).astype("<i2").tobytes())


@pytest.mark.audio
def test_picture_is_the_reference_implementations() -> None:
    reference = pytest.importorskip("faster_whisper.feature_extractor").FeatureExtractor()
    noise = np.random.default_rng(3).normal(0, 0.1, 24_000).astype(np.float32)

    expected = reference(np.pad(noise, (0, 80_000 - noise.size)))[:, :500]

    np.testing.assert_allclose(log_mel(noise, 500), expected, atol=1e-5)


def test_picture_has_the_asked_size_for_short_and_long_sound() -> None:
    assert {log_mel(tone(440, length_s), 500).shape for length_s in (0.1, 5.0, 9.0)} == {(BANDS, 500)}


def test_higher_tone_is_higher_in_the_picture() -> None:
    low, high = (int(log_mel(tone(hz, 1.0), 100).mean(axis=1).argmax()) for hz in (300, 3000))

    assert low < high


def test_loudness_of_the_speaker_does_not_change_what_is_presented() -> None:
    spoken = tone(300, 0.5)

    soft, loud = present(sound(spoken * 0.05)), present(sound(spoken))

    np.testing.assert_allclose(soft, loud, atol=2e-3)


def test_silence_around_is_trimmed_and_replaced_by_a_known_one() -> None:
    spoken = np.concatenate([np.zeros(16_000), tone(300, 0.5), np.zeros(32_000)]).astype(np.float32)

    presented = present(sound(spoken))

    assert len(presented) == pytest.approx((0.2 + 0.5 + 0.5) * 16_000, abs=320)


def test_length_of_speech_leaves_a_noisy_room_before_and_after_out() -> None:
    room = np.random.default_rng(4).normal(0, 0.01, 64_000).astype(np.float32)
    room[24_000:32_000] += tone(300, 0.5)

    assert spoken_s(room) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("samples", [0, 1, 100, 16_000])
def test_silence_presents_nothing(samples: int) -> None:
    assert present(Sound(bytes(2 * samples))).size == 0
