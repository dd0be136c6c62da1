"""Sound inside the house: mono, signed 16-bit little-endian, the rate written on it; converted once, at the rim."""

from __future__ import annotations

import hashlib
import io
import wave
from dataclasses import dataclass

BYTES_PER_SAMPLE = 2
HEARING_RATE_HZ = 16_000
"""The one rate at which recognisers and endpointing work."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Some sound. `pcm` is mono s16le; raises ValueError for an odd number of bytes or a rate that is not positive."""

    pcm: bytes
    rate_hz: int = HEARING_RATE_HZ

    def __post_init__(self) -> None:
        if len(self.pcm) % BYTES_PER_SAMPLE or self.rate_hz <= 0:
            raise ValueError(f"not whole 16-bit samples at a positive rate: {len(self.pcm)} bytes, {self.rate_hz} Hz")

    @property
    def duration_ms(self) -> int:
        return len(self.pcm) // BYTES_PER_SAMPLE * 1000 // self.rate_hz


def silence(length_ms: int, rate_hz: int = HEARING_RATE_HZ) -> Sound:
    """Give so much silence, rounded down to whole samples."""
    return Sound(bytes(length_ms * rate_hz // 1000 * BYTES_PER_SAMPLE), rate_hz)


def digest(sound: Sound) -> bytes:
    """Give the SHA-256 of the rate and the samples: the same for the same sound."""
    return hashlib.sha256(sound.rate_hz.to_bytes(4, "little") + sound.pcm).digest()


def wav_bytes(sound: Sound) -> bytes:
    """Give the sound as the bytes of a 16-bit mono WAV file."""
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(BYTES_PER_SAMPLE)
        file.setframerate(sound.rate_hz)
        file.writeframes(sound.pcm)
    return body.getvalue()
