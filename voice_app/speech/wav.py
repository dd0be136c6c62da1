"""WAV files of a sound, in and out, and the sound of a telephone line.

Reading is done chunk by chunk by our own hand, because files in the wild lie: programs that write to a pipe leave 0,
0xFFFFFFFF or 0x7FFFF024 as length, recorders add chunks before the data or cut the last sample in half. The data reach
to their declared end or to the end of the file, whichever comes first; a length of 0 means to the end of the file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voice_app.audio import Sound, wav_bytes
from voice_app.errors import SoundUnreadable
from voice_app.g711 import Law, decode, on_line
from voice_app.speech.samples import Samples, resample, to_samples, to_sound

PHONE_RATE_HZ = 8_000
OLD_NETWORK_HZ = (300.0, 3400.0)
"""The band that analogue and early digital telephone networks let through."""

INTEGER, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE
RATES_HZ = range(1_000, 400_000)


@dataclass(frozen=True, slots=True)
class _Layout:
    coding: int
    channels: int
    rate_hz: int
    bits: int


def write_wav(path: Path, sound: Sound) -> None:
    """Write the sound as a 16-bit mono WAV file."""
    path.write_bytes(wav_bytes(sound))


def read_wav(path: Path) -> Sound:
    """Give the sound of a WAV file at its own rate, channels mixed. Raises SoundUnreadable, OSError.

    Integer samples of 8 to 32 bits, floating point, mu-law and A-law, plain or "extensible" header.
    """
    return parse_wav(path.read_bytes(), str(path))


def parse_wav(body: bytes, name: str = "this sound") -> Sound:
    """Give the sound of the bytes of a WAV file. Raises SoundUnreadable, which tells `name`."""
    if len(body) < 12 or body[:4] not in (b"RIFF", b"RF64") or body[8:12] != b"WAVE":
        raise SoundUnreadable(f"{name} is not a WAV file")
    layout: _Layout | None = None
    place = 12
    while place + 8 <= len(body):
        kind, size = struct.unpack_from("<4sI", body, place)
        place += 8
        if kind == b"fmt ":
            layout = parse_layout(body[place : place + size], name)
        elif kind == b"data":
            if layout is None:
                raise SoundUnreadable(f"{name} has its samples before their format")
            return mix(body[place : place + size] if size else body[place:], layout, name)
        place += size + size % 2
    raise SoundUnreadable(f"{name} holds no samples")


def parse_layout(chunk: bytes, name: str) -> _Layout:
    if len(chunk) < 16:
        raise SoundUnreadable(f"{name} has a format of {len(chunk)} bytes, which is too short")
    coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if coding == EXTENSIBLE and len(chunk) >= 26:
        (coding,) = struct.unpack_from("<H", chunk, 24)
    if channels < 1 or rate_hz not in RATES_HZ:
        raise SoundUnreadable(f"{name} claims {channels} channels at {rate_hz} Hz")
    return _Layout(coding, channels, rate_hz, bits)


def mix(body: bytes, layout: _Layout, name: str) -> Sound:
    """Give the sound of interleaved samples; an unfinished last one is left out."""
    frame_bytes = layout.channels * layout.bits // 8
    whole = body[: len(body) // frame_bytes * frame_bytes] if frame_bytes else b""
    samples = decode_samples(whole, layout, name)
    return to_sound(samples.reshape(-1, layout.channels).mean(axis=1), layout.rate_hz)


def decode_samples(body: bytes, layout: _Layout, name: str) -> Samples:
    match layout.coding, layout.bits:
        case 0x0001, 8:
            return (np.frombuffer(body, np.uint8).astype(np.float64) - 128.0) / 128.0
        case 0x0001, 16:
            return np.frombuffer(body, "<i2").astype(np.float64) / 2.0**15
        case 0x0001, 24:
            wide = np.zeros((len(body) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
            return wide.view("<i4").reshape(-1).astype(np.float64) / 2.0**31
        case 0x0001, 32:
            return np.frombuffer(body, "<i4").astype(np.float64) / 2.0**31
        case 0x0003, 32 | 64:
            return np.nan_to_num(np.frombuffer(body, f"<f{layout.bits // 8}").astype(np.float64))
        case 0x0007, 8:
            return np.frombuffer(decode(body, Law.MU), "<i2").astype(np.float64) / 2.0**15
        case 0x0006, 8:
            return np.frombuffer(decode(body, Law.A), "<i2").astype(np.float64) / 2.0**15
        case coding, bits:
            raise SoundUnreadable(f"{name} is coded as format {coding} with {bits} bits, which is not supported")


def phone_band(sound: Sound, *, old_network: bool = False) -> Sound:
    """Give the sound as a telephone line carries it: 8 kHz, through mu-law and back.

    With `old_network`, also cut to 300-3400 Hz.
    """
    samples = resample(to_samples(sound), sound.rate_hz, PHONE_RATE_HZ)
    if old_network:
        spectrum = np.fft.rfft(samples)
        pitch_hz = np.fft.rfftfreq(len(samples), 1 / PHONE_RATE_HZ)
        spectrum[(pitch_hz < OLD_NETWORK_HZ[0]) | (pitch_hz > OLD_NETWORK_HZ[1])] = 0.0
        samples = np.fft.irfft(spectrum, len(samples))
    return Sound(on_line(to_sound(samples, PHONE_RATE_HZ).pcm, Law.MU), PHONE_RATE_HZ)
