import numpy as np
import pyloudnorm
import pytest

from voice_app.audio import Sound
from voice_app.speech.loudness import (
    CEILING_DBTP,
    TARGET_LUFS,
    SilentSound,
    finish,
    integrated_loudness,
    limit,
    true_peaks,
)
from voice_app.speech.samples import Samples, to_samples, to_sound

RATE_HZ = 16_000


def tone(length_s: float, amplitude: float, pitch_hz: float = 440.0) -> Samples:
    return amplitude * np.sin(2 * np.pi * pitch_hz * np.arange(round(length_s * RATE_HZ)) / RATE_HZ)


def quiet(length_s: float) -> Samples:
    return np.zeros(round(length_s * RATE_HZ))


def sound(*pieces: Samples) -> Sound:
    return to_sound(np.concatenate(pieces), RATE_HZ)


def peak_db(samples: Samples) -> float:
    return float(20 * np.log10(true_peaks(samples, RATE_HZ).max()))


@pytest.mark.parametrize("amplitude", [0.01, 0.1, 0.9])
def test_sentence_gets_the_target_loudness(amplitude: float) -> None:
    finished = finish(sound(tone(2.0, amplitude)))

    assert pyloudnorm.Meter(RATE_HZ).integrated_loudness(to_samples(finished)) == pytest.approx(TARGET_LUFS, abs=0.1)


def test_single_word_is_as_loud_as_a_sentence() -> None:
    word = to_samples(finish(sound(tone(0.1, 0.02))))
    sentence = to_samples(finish(sound(tone(2.0, 0.02))))

    loudest_word, loudest_sentence = np.abs(word).max(), np.abs(sentence).max()

    assert 20 * np.log10(loudest_word / loudest_sentence) == pytest.approx(0.0, abs=6.0)


def test_lead_and_tail_are_trimmed_to_their_length() -> None:
    finished = finish(sound(quiet(0.8), tone(1.0, 0.3), quiet(0.9)))

    assert finished.duration_ms == pytest.approx(1000 + 50 + 150, abs=20)


def test_lead_and_tail_are_made_where_there_is_none() -> None:
    samples = to_samples(finish(sound(tone(1.0, 0.3))))

    assert len(samples) == pytest.approx(1.2 * RATE_HZ, abs=320)
    assert not samples[: round(0.045 * RATE_HZ)].any()


def test_pause_inside_is_kept() -> None:
    finished = finish(sound(tone(0.5, 0.3), quiet(1.0), tone(0.5, 0.3)))

    assert finished.duration_ms == pytest.approx(2200, abs=20)


@pytest.mark.parametrize("silent", [Sound(b""), Sound(bytes(20)), sound(quiet(2.0)), sound(tone(1.0, 0.0003))])
def test_silence_is_refused(silent: Sound) -> None:
    with pytest.raises(SilentSound):
        finish(silent)


def test_click_on_quiet_speech_stays_under_the_ceiling() -> None:
    speech = tone(2.0, 0.01)
    speech[16_000] = 0.9

    finished = to_samples(finish(sound(speech)))

    assert peak_db(finished) <= CEILING_DBTP + 0.05


def test_limiter_holds_peaks_between_samples() -> None:
    between = tone(1.0, 1.0, pitch_hz=RATE_HZ / 4) * 1.0
    shifted = np.sin(2 * np.pi * 0.25 * np.arange(RATE_HZ) + np.pi / 4)

    assert np.abs(shifted).max() < 0.71
    assert peak_db(limit(shifted, RATE_HZ, -3.0)) <= -2.95
    assert peak_db(limit(between, RATE_HZ, -3.0)) <= -2.95


def test_limiter_leaves_quiet_sound_alone() -> None:
    assert np.array_equal(limit(tone(1.0, 0.3), RATE_HZ), tone(1.0, 0.3))


def test_limiter_bends_without_an_edge() -> None:
    loud = np.concatenate([tone(0.5, 0.3), tone(0.1, 1.0), tone(0.5, 0.3)])

    bent = limit(loud, RATE_HZ, -6.0)

    assert np.abs(np.diff(bent)).max() <= np.abs(np.diff(loud)).max()
    assert np.allclose(bent[:4000], loud[:4000])


def test_both_ends_begin_at_zero() -> None:
    finished = to_samples(finish(sound(tone(1.0, 0.5) + 0.02)))

    assert abs(finished[0]) < 0.001
    assert abs(finished[-1]) < 0.001


def test_long_sound_is_measured_in_pieces_like_a_whole() -> None:
    long = np.tile(tone(1.0, 0.5, pitch_hz=437.0), 45)

    assert true_peaks(long, RATE_HZ).max() == pytest.approx(0.5, rel=0.01)


def test_loudness_of_what_is_under_the_gate_is_its_power() -> None:
    assert integrated_loudness(tone(2.0, 0.0001), RATE_HZ) == pytest.approx(-83.0, abs=0.5)


def test_same_sound_gives_the_same_bytes() -> None:
    assert finish(sound(tone(1.0, 0.9))) == finish(sound(tone(1.0, 0.9)))
