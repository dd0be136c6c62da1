"""The jitter buffer: packets go in by timestamp, 20 ms come out at every tick, and nothing is ever waited for.

A ring of two seconds, one byte a sample, filled with silence. A packet is written where its timestamp says, so order,
doubles, losses and any packet length need no case of their own: what did not come stays silent, what comes twice is
written twice, a pause of the sender (hold, keys, comfort noise) keeps its length. The reader follows `delay` samples
behind.

The delay adapts. A packet that comes after its place was read makes the reader wait for as long as it was late; one
that is more than 200 ms late begins the stream anew (the sender's time stood still while its sound did). When for two
seconds no packet came with less than 60 ms to spare, the reader skips one tick; so a sender whose clock runs faster
than ours does not fill the ring. A jump of more than a second (another source, a restart) begins anew too.
"""

from __future__ import annotations

from voice_app.telephony.media.rtp import ahead

TICK_SAMPLES = 160
_RING = 16_384
_FIRST_DELAY = 320
_LARGEST_DELAY = 1_600
_ROOM_TO_SPARE = 480
_WATCHED_TICKS = 100
_JUMP = 8_000


class Playout:
    """The buffer of one stream; `silence` is the codec's byte for it."""

    def __init__(self, silence: int) -> None:
        self._blank = bytes([silence]) * TICK_SAMPLES
        self._ring = bytearray(self._blank * (_RING // TICK_SAMPLES + 1))[:_RING]
        self._read_at: int | None = None
        self._delay = _FIRST_DELAY
        self._hold_back = 0
        self._least_ahead = _RING
        self._ticks = 0
        self._behind = 0
        self.late = 0
        """Packets that came after their place had been read."""

    def put(self, timestamp: int, payload: bytes) -> None:
        """Write a packet's samples where they belong."""
        if not payload or len(payload) > _JUMP:
            return
        if self._read_at is None or abs(ahead(timestamp, self._read_at)) > _JUMP:
            self._begin(timestamp)
        assert self._read_at is not None  # noqa: S101 - set by _begin
        place = ahead(timestamp, self._read_at)
        self._least_ahead = min(self._least_ahead, place)
        if place < -_LARGEST_DELAY:
            self._begin(timestamp)  # the sender's time stood still: its next packet would be as late
            place = self._delay
        if place < 0:
            self._came_late(-place)
            payload = payload[-place:]
            timestamp, place = self._read_at, 0
        self._write(timestamp % _RING, payload)

    def tick(self) -> bytes:
        """Give the next 20 ms and forget them."""
        if self._read_at is None:
            return self._blank
        if self._hold_back:
            self._hold_back -= 1
            return self._blank
        start = self._read_at % _RING
        taken = self._read(start)
        self._write(start, self._blank)
        self._read_at = (self._read_at + TICK_SAMPLES) % (1 << 32)
        self._watch()
        return taken

    def _begin(self, timestamp: int) -> None:
        self._ring[:] = (self._blank * (_RING // TICK_SAMPLES + 1))[:_RING]
        self._read_at = (timestamp - self._delay) % (1 << 32)
        self._least_ahead, self._ticks = _RING, 0

    def _came_late(self, by: int) -> None:
        self.late += 1
        self._delay = min(self._delay + TICK_SAMPLES, _LARGEST_DELAY)
        self._hold_back = max(self._hold_back, -(-by // TICK_SAMPLES))

    def _watch(self) -> None:
        self._ticks += 1
        if self._ticks < _WATCHED_TICKS:
            return
        spare, self._ticks, self._least_ahead = self._least_ahead, 0, _RING
        if spare != _RING and spare > max(_ROOM_TO_SPARE, self._delay) and self._read_at is not None:
            self._write(self._read_at % _RING, self._blank)
            self._read_at = (self._read_at + TICK_SAMPLES) % (1 << 32)
            self._delay = max(_FIRST_DELAY, self._delay - TICK_SAMPLES)

    def _write(self, start: int, payload: bytes) -> None:
        end = start + len(payload)
        if end <= _RING:
            self._ring[start:end] = payload
        else:
            first = _RING - start
            self._ring[start:] = payload[:first]
            self._ring[: end - _RING] = payload[first:]

    def _read(self, start: int) -> bytes:
        end = start + TICK_SAMPLES
        if end <= _RING:
            return bytes(self._ring[start:end])
        return bytes(self._ring[start:]) + bytes(self._ring[: end - _RING])
