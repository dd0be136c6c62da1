"""Recordings of a welcome: whatever a recorder makes is taken, what cannot be mended is refused by a word."""

from __future__ import annotations

import io
import struct

import av
import numpy as np
import pytest

from voice_app.audio import Sound, wav_bytes
from voice_app.speech.loudness import TARGET_LUFS, integrated_loudness
from voice_app.speech.samples import to_samples
from voice_app.speech.welcome_recordings import LARGEST_BYTES, WelcomeRefused, at_pace, finished

RATE_HZ = 44_100


def voice(length_s: float = 2.0, level: float = 0.1, noise: float = 0.0005, edge_s: float = 0.5) -> Sound:
    """Syllables of a hum, with quiet around them."""
    times = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    hum = np.sin(2 * np.pi * 180 * times) * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * times)) * level
    quiet = np.zeros(round(edge_s * RATE_HZ))
    whole = np.concatenate([quiet, hum, quiet])
    whole = np.clip(whole + np.random.default_rng(3).normal(0, noise, whole.size), -1, 1)
    return Sound((whole * 32_767).astype("<i2").tobytes(), RATE_HZ)


def flac(sound: Sound) -> bytes:
    body = io.BytesIO()
    with av.open(body, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=sound.rate_hz, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.frombuffer(sound.pcm, "<i2").reshape(1, -1), "s16", "mono")
        frame.sample_rate = sound.rate_hz
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return body.getvalue()


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_file_becomes_a_sound_of_the_house(kind: str) -> None:
    sound = voice()

    made = finished(wav_bytes(sound) if kind == "wav" else flac(sound))

    assert made.rate_hz == 16_000
    assert 1_900 < made.duration_ms < 2_400
    assert integrated_loudness(to_samples(made), made.rate_hz) == pytest.approx(TARGET_LUFS, abs=1.0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "unreadable"),
        (b"<html>" * 100, "unreadable"),
        (b"RIFF" + struct.pack("<I", 4) + b"WAVE", "unreadable"),
        (bytes(LARGEST_BYTES + 1), "too_long"),
        (wav_bytes(Sound(bytes(8_000))), "too_short"),
        (wav_bytes(Sound(bytes(64_000))), "too_quiet"),
        (wav_bytes(voice(level=0.004, noise=0.0)), "too_quiet"),
        (wav_bytes(voice(level=3.0)), "clipped"),
        (wav_bytes(voice(noise=0.03)), "noisy"),
    ],
)
def test_what_cannot_be_played_is_refused_by_a_word(body: bytes, reason: str) -> None:
    with pytest.raises(WelcomeRefused) as refused:
        finished(body)

    assert refused.value.reason == reason


def test_a_small_file_that_unpacks_to_hours_is_read_no_further_than_a_minute() -> None:
    body = flac(Sound(bytes(RATE_HZ * 2 * 600), RATE_HZ))
    assert len(body) < 1_000_000

    with pytest.raises(WelcomeRefused, match="too_long"):
        finished(body)


def test_a_recording_follows_the_pace() -> None:
    made = finished(wav_bytes(voice()))

    assert at_pace(made, 0.7).duration_ms == pytest.approx(made.duration_ms / 0.7, rel=0.05)
    assert at_pace(made, 1.0) == made
