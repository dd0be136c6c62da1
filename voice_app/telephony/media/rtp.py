"""RTP packets: what is read of one and how one is written (RFC 3550, section 5.1).

Header of 12 bytes: version 2, padding, extension, CSRC count; marker and payload type; sequence number (16 bits);
timestamp (32 bits, in samples); SSRC (32 bits). A packet that does not fit is None, never an error: anybody may send
anything to an open port.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

HEADER = struct.Struct("!BBHII")
_VERSION = 0x80
SEQUENCE_RANGE = 1 << 16
TIMESTAMP_RANGE = 1 << 32


class Packet(NamedTuple):
    """`timestamp` counts samples."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    source: int
    payload: bytes


def parse(data: bytes) -> Packet | None:
    """Give the packet, or None for anything that is not RTP version 2 with room for what it claims."""
    if len(data) < HEADER.size:
        return None
    first, second, sequence, timestamp, source = HEADER.unpack_from(data)
    if first & 0xC0 != _VERSION:
        return None
    start, end = HEADER.size + 4 * (first & 0x0F), len(data)
    if first & 0x10:
        if start + 4 > end:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        end -= data[-1]
    if start > end:
        return None
    return Packet(bool(second & 0x80), second & 0x7F, sequence, timestamp, source, data[start:end])


def write(payload_type: int, sequence: int, timestamp: int, source: int, payload: bytes, *, marker: bool) -> bytes:
    """Give the bytes of a packet; sequence and timestamp are taken modulo their range."""
    return (
        HEADER.pack(
            _VERSION,
            payload_type | (0x80 if marker else 0),
            sequence % SEQUENCE_RANGE,
            timestamp % TIMESTAMP_RANGE,
            source,
        )
        + payload
    )


def ahead(timestamp: int, of: int) -> int:
    """Give how many samples `timestamp` is ahead of another one, negative for behind, across the wrap."""
    return (timestamp - of + TIMESTAMP_RANGE // 2) % TIMESTAMP_RANGE - TIMESTAMP_RANGE // 2
