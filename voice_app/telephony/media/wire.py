"""What the service and the media process say to each other over their socket.

Each message: 4 bytes length of the rest, 1 byte kind, 4 bytes number of the call, then the body (big-endian). Sound is
s16le at 8 kHz. Settings of a line travel as JSON: they are few and change seldom.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum

_HEAD = struct.Struct("!IBI")
LARGEST_BODY = 8_000_000
"""Eight minutes of sound: longer than any prompt."""


class Kind(IntEnum):
    """To the media process: OPEN a socket for a call, SET how it sends, PLAY sound, MARK a place in it, CLEAR what
    waits, CLOSE. From it: OPENED (JSON port, or why not), FRAME (20 ms heard), KEY, MARKED (a mark was reached or
    cleared), CLOSED (JSON figures), BEAT (alive), STILL (no packet came for a while)."""

    OPEN = 1
    SET = 2
    PLAY = 3
    MARK = 4
    CLEAR = 5
    CLOSE = 6
    OPENED = 17
    FRAME = 18
    KEY = 19
    MARKED = 20
    CLOSED = 21
    BEAT = 22
    STILL = 23


def message(kind: Kind, call: int, body: bytes = b"") -> bytes:
    """Give the bytes of one message."""
    return _HEAD.pack(5 + len(body), kind, call) + body


class Reader:
    """Cuts a stream of bytes into messages. Raises ValueError for what cannot be one: the other side is broken."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, int, bytes]]:
        """Give the messages that are whole now: kind, call, body."""
        waiting = self._waiting
        waiting += data
        start = 0
        while len(waiting) - start >= _HEAD.size:
            length, kind, call = _HEAD.unpack_from(waiting, start)
            if not 5 <= length <= LARGEST_BODY + 5:
                raise ValueError(f"a message of {length} bytes")
            end = start + 4 + length
            if len(waiting) < end:
                break
            body = bytes(waiting[start + _HEAD.size : end])
            start = end
            yield Kind(kind), call, body
        del waiting[:start]
