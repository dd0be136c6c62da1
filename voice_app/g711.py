"""G.711: 16-bit samples to 8-bit A-law and mu-law and back, by table.

ITU-T G.711 (1988). Both laws cut the range into segments that double in width; A-law codes have every second bit
turned over on the line, mu-law codes all bits. The tables are computed once, at import of the process that needs them:
256 values to decode, 65,536 to encode.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

_MU_BIAS = 0x84
_MU_CLIP = 32_635
_A_TURNED = 0x55


class Law(StrEnum):
    """The two codecs, by the names that SDP gives them."""

    A = "PCMA"
    MU = "PCMU"

    @property
    def payload_type(self) -> int:
        """The static RTP payload type (RFC 3551)."""
        return 8 if self is Law.A else 0


def _decode_mu() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = (((code & 0x0F) << 3) + _MU_BIAS << (code >> 4 & 0x07)) - _MU_BIAS
    return np.where(code & 0x80, -size, size).astype("<i2")


def _decode_a() -> NDArray[np.int16]:
    code = np.arange(256, dtype=np.int32) ^ _A_TURNED
    segment, mantissa = code >> 4 & 0x07, code & 0x0F
    size = np.where(segment == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, size, -size).astype("<i2")


def _segment(size: NDArray[np.int32], first: int) -> NDArray[np.int32]:
    """Give the number of the segment, 0 to 7: how often `first` must be doubled to reach the size."""
    return sum(((size >= first << step).astype(np.int32) for step in range(7)), np.zeros_like(size))


def _encode_mu() -> NDArray[np.uint8]:
    sample = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    size = np.minimum(np.abs(sample), _MU_CLIP) + _MU_BIAS
    segment = _segment(size, 0x100)
    code = np.where(sample < 0, 0x80, 0) | segment << 4 | size >> (segment + 3) & 0x0F
    return np.asarray(~code & 0xFF, dtype=np.uint8)


def _encode_a() -> NDArray[np.uint8]:
    sample = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    size = np.where(sample >= 0, sample, -sample - 1)
    segment = _segment(size, 0x100)
    mantissa = np.where(segment == 0, size >> 4, size >> (segment + 3)) & 0x0F
    code = np.where(sample >= 0, 0x80, 0) | segment << 4 | mantissa
    return np.asarray(code ^ _A_TURNED, dtype=np.uint8)


_DECODE = {Law.A: _decode_a(), Law.MU: _decode_mu()}
_ENCODE = {Law.A: _encode_a(), Law.MU: _encode_mu()}

SILENCE = {Law.A: 0xD5, Law.MU: 0xFF}
"""The code of the smallest positive sample."""


def encode(pcm: bytes, law: Law) -> bytes:
    """Give one byte a sample for s16le sound."""
    return bytes(_ENCODE[law][np.frombuffer(pcm, "<u2")].tobytes())


def decode(line: bytes | bytearray | memoryview, law: Law) -> bytes:
    """Give s16le sound for bytes of the line."""
    return bytes(_DECODE[law][np.frombuffer(line, np.uint8)].tobytes())


def on_line(pcm: bytes, law: Law) -> bytes:
    """Give s16le sound as it comes out at the other end of a line."""
    return decode(encode(pcm, law), law)
