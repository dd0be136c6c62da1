import subprocess
from pathlib import Path

import numpy as np
import pytest

from voice_app.audio import Sound
from voice_app.errors import SoundUnreadable, SynthesisFailed
from voice_app.speech.recorded import read_recording
from voice_app.speech.samples import to_samples
from voice_app.speech.voice_requests import PlayRequest
from voice_app.speech.voice_worker import play
from voice_app.speech.wav import write_wav

RATE_HZ = 48_000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    path = tmp_path / "person.wav"
    write_wav(path, Sound((6000 * np.sin(2 * np.pi * 440 * time_s)).astype("<i2").tobytes(), RATE_HZ))
    return path


@pytest.mark.parametrize("kind", ["wav", "ogg", "flac", "aiff", "gsm"])
def test_every_kind_of_file_is_brought_to_16_khz(tmp_path: Path, recording: Path, kind: str) -> None:
    other = tmp_path / f"other.{kind}"
    subprocess.run(["sox", "-D", recording, other, *(["rate", "8000"] if kind == "gsm" else [])], check=True)

    sound = read_recording(other)

    spectrum = np.abs(np.fft.rfft(to_samples(sound)))
    assert sound.rate_hz == 16_000
    assert sound.duration_ms == pytest.approx(2000, abs=60)
    assert spectrum.argmax() / sound.duration_ms * 1000 == pytest.approx(440, rel=0.02)


@pytest.mark.parametrize("body", [b"", b"not a sound at all, only words", b"RIFF\x10\0\0\0WAVEjunk"])
def test_what_is_no_sound_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "broken.ogg"
    path.write_bytes(body)

    with pytest.raises(SoundUnreadable, match=r"broken\.ogg"):
        read_recording(path)


def test_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundUnreadable):
        read_recording(tmp_path / "absent.wav")


def test_recording_follows_the_learners_pace(recording: Path) -> None:
    slow, own, fast = (play(PlayRequest(recording, rate)).duration_ms for rate in (0.7, 1.0, 1.6))

    assert own == pytest.approx(2200, abs=40)
    assert slow == pytest.approx(200 + 2000 / 0.7, rel=0.03)
    assert fast == pytest.approx(200 + 2000 / 1.6, rel=0.03)


def test_silent_recording_is_a_failure(tmp_path: Path) -> None:
    write_wav(tmp_path / "silent.wav", Sound(bytes(32_000)))

    with pytest.raises(SynthesisFailed):
        play(PlayRequest(tmp_path / "silent.wav", 1.0))
