import numpy as np
import pytest

from voice_app.audio import Sound
from voice_app.speech.samples import to_samples
from voice_app.speech.timestretch import shift_formants, stretch

RATE_HZ = 16_000
TONE = Sound((8000 * np.sin(2 * np.pi * 400 * np.arange(2 * RATE_HZ) / RATE_HZ)).astype("<i2").tobytes())


def pitch_hz(sound: Sound) -> float:
    samples = to_samples(sound)
    return float(np.fft.rfftfreq(len(samples), 1 / sound.rate_hz)[np.abs(np.fft.rfft(samples)).argmax()])


@pytest.mark.parametrize("tempo", [0.7, 0.9, 1.3, 1.6])
def test_pace_changes_and_pitch_stays(tempo: float) -> None:
    stretched = stretch(TONE, tempo)

    assert stretched.duration_ms == pytest.approx(2000 / tempo, rel=0.03)
    assert pitch_hz(stretched) == pytest.approx(400, rel=0.02)


def test_own_pace_is_left_alone() -> None:
    assert stretch(TONE, 1.0) is TONE


def test_nothing_stays_nothing() -> None:
    assert stretch(Sound(b""), 1.5) == Sound(b"")


@pytest.mark.parametrize("tempo", [0.0, 0.4, 2.5, float("nan")])
def test_tempo_outside_the_clean_range_is_refused(tempo: float) -> None:
    with pytest.raises(ValueError, match="tempo"):
        stretch(TONE, tempo)


def test_same_stretch_gives_the_same_bytes() -> None:
    assert stretch(TONE, 0.8) == stretch(TONE, 0.8)


def test_shorter_throat_raises_everything() -> None:
    shifted = shift_formants(TONE, 1.1)

    assert pitch_hz(shifted) == pytest.approx(440, rel=0.01)
    assert shifted.duration_ms == pytest.approx(2000 / 1.1, rel=0.01)
    assert shifted.rate_hz == RATE_HZ
