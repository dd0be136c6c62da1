import itertools

import numpy as np
import pyloudnorm
import pytest

from voice_app.speech.earcons import EARCONS, earcon
from voice_app.speech.samples import Samples, to_samples
from voice_app.speech.wav import phone_band

NAMES = sorted(EARCONS)
PLACES = ["place.1", "place.2", "place.3", "place.4"]


def spectrum(samples: Samples, rate_hz: int) -> Samples:
    """Energy in bands of a third of an octave, as a direction."""
    energy = np.abs(np.fft.rfft(samples, 2 * rate_hz)) ** 2
    pitch_hz = np.fft.rfftfreq(2 * rate_hz, 1 / rate_hz)
    edges = 300.0 * 2.0 ** (np.arange(12) / 3)
    bands = np.array([energy[(pitch_hz >= low) & (pitch_hz < high)].sum() for low, high in itertools.pairwise(edges)])
    return bands / np.linalg.norm(bands)


def loudest_hz(name: str) -> float:
    samples = to_samples(earcon(name))
    return float(np.fft.rfftfreq(len(samples), 1 / 16_000)[np.abs(np.fft.rfft(samples)).argmax()])


def test_every_promised_earcon_exists() -> None:
    assert set(NAMES) == {*PLACES, "listening", "saved", "resumed", "attention"}


@pytest.mark.parametrize("name", NAMES)
def test_is_short(name: str) -> None:
    assert 100 <= earcon(name).duration_ms <= 250


@pytest.mark.parametrize("name", NAMES)
def test_is_softer_than_speech(name: str) -> None:
    lasting = np.tile(to_samples(earcon(name)), 6)

    assert pyloudnorm.Meter(16_000).integrated_loudness(lasting) == pytest.approx(-23.0, abs=1.5)
    assert np.abs(lasting).max() <= 0.5


@pytest.mark.parametrize("name", NAMES)
def test_does_not_click(name: str) -> None:
    samples = to_samples(earcon(name))

    assert abs(samples[0]) < 0.001
    assert abs(samples[-1]) < 0.001
    assert np.abs(samples[:16]).max() < 0.05 * np.abs(samples).max()


@pytest.mark.parametrize("name", NAMES)
def test_is_the_same_every_time(name: str) -> None:
    assert earcon(name) == earcon(name)


def test_places_rise_from_left_to_right() -> None:
    pitches = [loudest_hz(place) for place in PLACES]

    assert all(right / left > 1.15 for left, right in itertools.pairwise(pitches))


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(NAMES, 2)))
def test_any_two_differ_also_on_the_telephone(one: str, other: str) -> None:
    heard = [to_samples(phone_band(earcon(name), old_network=True)) for name in (one, other)]
    longest = max(map(len, heard))
    halves = [np.array_split(np.pad(samples, (0, longest - len(samples))), 2) for samples in heard]

    alike = min(float(spectrum(a, 8_000) @ spectrum(b, 8_000)) for a, b in zip(*halves, strict=True))

    assert alike < 0.8


def test_unknown_name_is_a_fault() -> None:
    with pytest.raises(KeyError):
        earcon("place.5")
