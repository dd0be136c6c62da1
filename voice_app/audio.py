"""Sound inside the house: mono, signed 16-bit little-endian, the rate written on it; converted once, at the rim."""

from __future__ import annotations

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
