import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from voice_app.audio import Sound, wav_bytes
from voice_app.errors import SoundUnreadable
from voice_app.speech.wav import (
    parse_wav,
    phone_band,
    read_wav,
    write_wav,
)

RAMP = Sound(np.arange(-8000, 8000, 5, dtype="<i2").tobytes(), 16_000)


def tone(pitch_hz: float, rate_hz: int = 16_000) -> Sound:
    time_s = np.arange(rate_hz) / rate_hz
    return Sound((8000 * np.sin(2 * np.pi * pitch_hz * time_s)).astype("<i2").tobytes(), rate_hz)


def power(sound: Sound) -> float:
    return float(np.mean(np.frombuffer(sound.pcm, "<i2").astype(float) ** 2))


def riff(layout: bytes, samples: bytes, *, data_length: int | None = None, before: bytes = b"") -> bytes:
    length = len(samples) if data_length is None else data_length
    chunks = b"fmt " + struct.pack("<I", len(layout)) + layout + before + b"data" + struct.pack("<I", length) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def layout(coding: int, channels: int, rate_hz: int, bits: int) -> bytes:
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", coding, channels, rate_hz, rate_hz * frame, frame, bits)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", RAMP)

    assert read_wav(tmp_path / "a.wav") == RAMP


@pytest.mark.parametrize("claimed", [0, 0xFFFFFFFF, 0x7FFFF000], ids=["zero", "unknown", "espeak"])
def test_false_length_of_a_pipe_is_seen_through(claimed: int) -> None:
    body = riff(layout(1, 1, 16_000, 16), RAMP.pcm, data_length=claimed)

    assert parse_wav(body) == RAMP


def test_half_a_sample_at_the_end_is_left_out() -> None:
    assert parse_wav(riff(layout(1, 1, 16_000, 16), RAMP.pcm + b"\x01")) == RAMP


def test_foreign_chunk_of_odd_length_before_the_data_is_skipped() -> None:
    body = riff(layout(1, 1, 16_000, 16), RAMP.pcm, before=b"LIST" + struct.pack("<I", 3) + b"abc\0")

    assert parse_wav(body) == RAMP


def test_bytes_after_the_declared_end_are_no_sound() -> None:
    assert parse_wav(riff(layout(1, 1, 16_000, 16), RAMP.pcm) + b"LIST\x04\0\0\0abcd") == RAMP


def test_channels_are_mixed() -> None:
    left_right = np.array([[1000, 3000], [-2000, 0]], "<i2")

    mixed = parse_wav(riff(layout(1, 2, 8_000, 16), left_right.tobytes()))

    assert mixed == Sound(np.array([2000, -1000], "<i2").tobytes(), 8_000)


def test_extensible_header_names_the_coding_inside() -> None:
    extension = struct.pack("<HHIH14s", 22, 16, 4, 1, b"")

    assert parse_wav(riff(layout(0xFFFE, 1, 16_000, 16) + extension, RAMP.pcm)) == RAMP


@pytest.mark.parametrize(
    ("coding", "bits", "samples"),
    [
        (1, 8, np.array([128, 192, 64], np.uint8).tobytes()),
        (1, 24, b"\x00\x00\x00" + b"\x00\x00\x40" + b"\x00\x00\xc0"),
        (1, 32, np.array([0, 2**30, -(2**30)], "<i4").tobytes()),
        (3, 32, np.array([0, 0.5, -0.5], "<f4").tobytes()),
        (3, 64, np.array([0, 0.5, -0.5], "<f8").tobytes()),
    ],
)
def test_every_width_of_sample_is_read(coding: int, bits: int, samples: bytes) -> None:
    sound = parse_wav(riff(layout(coding, 1, 16_000, bits), samples))

    assert np.frombuffer(sound.pcm, "<i2").tolist() == [0, 16384, -16384]


@pytest.mark.parametrize("coding", ["mu-law", "a-law"])
def test_telephone_codings_agree_with_another_program(tmp_path: Path, coding: str) -> None:
    write_wav(tmp_path / "plain.wav", RAMP)
    coded, decoded = tmp_path / "coded.wav", tmp_path / "decoded.wav"
    subprocess.run(["sox", "-D", tmp_path / "plain.wav", "-e", coding, coded], check=True)
    subprocess.run(["sox", "-D", coded, "-e", "signed", "-b", "16", decoded], check=True)

    assert read_wav(coded) == read_wav(decoded)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"RIFF",
        b"OggS" + bytes(40),
        riff(layout(1, 1, 16_000, 16), b"")[:-8],
        riff(layout(1, 0, 16_000, 16), RAMP.pcm),
        riff(layout(1, 1, 0, 16), RAMP.pcm),
        riff(layout(1, 1, 16_000, 0), RAMP.pcm),
        riff(layout(0x55, 1, 16_000, 16), RAMP.pcm),
        riff(b"\x01\x00", RAMP.pcm),
        b"RIFF\0\0\0\0WAVEdata\x02\0\0\0ab",
    ],
)
def test_what_is_no_wav_file_is_refused(body: bytes) -> None:
    with pytest.raises(SoundUnreadable):
        parse_wav(body)


def test_empty_wav_file_is_an_empty_sound() -> None:
    assert parse_wav(wav_bytes(Sound(b""))) == Sound(b"")


def test_phone_keeps_the_voice_and_loses_what_is_above() -> None:
    assert phone_band(tone(1000)).rate_hz == 8_000
    assert power(phone_band(tone(1000))) == pytest.approx(power(tone(1000)), rel=0.05)
    assert power(phone_band(tone(6000))) < power(tone(6000)) / 10_000


def test_old_network_loses_what_is_below_too() -> None:
    assert power(phone_band(tone(150))) == pytest.approx(power(tone(150)), rel=0.05)
    assert power(phone_band(tone(150), old_network=True)) < power(tone(150)) / 1000
