"""A leg over a stream (AudioSocket, a media stream): we keep the 20 ms ourselves, in the event loop.

The other side forwards what we send at once, so one frame goes out every 20 ms, by absolute deadlines; after a stall of
more than 100 ms the backlog is not sent. What was heard is given out by the same beat, silence where nothing came, so
that a conversation's clock goes on. A busy loop makes these frames late, as it cannot with RTP: fewer calls this way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from voice_app.telephony.leg import (
    FRAME_BYTES,
    FRAME_MS,
    Handover,
    KeyHeard,
    LegEnded,
    LegEvent,
    LegInbox,
    LineHeard,
    MarkReached,
)

_TICK_S = FRAME_MS / 1000
_STALLED_S = 0.1
_MOST_HEARD = 100 * FRAME_BYTES
"""Two seconds; more means that the other side sends faster than time."""
_SILENCE = bytes(FRAME_BYTES)


class PacedLeg:
    """One call. `send` gets 20 ms of s16le at 8 kHz, `flush` says that what was sent and not yet played shall be
    forgotten, `end` closes the stream; none of them may raise or wait."""

    def __init__(
        self,
        send: Callable[[bytes], None],
        end: Callable[[], None],
        *,
        flush: Callable[[], None] = lambda: None,
        lead_ms: int = 0,
    ) -> None:
        """`lead_ms`: how far ahead of time the other side is sent sound, if it keeps a buffer of its own."""
        self._send = send
        self._end = end
        self._flush = flush
        self._lead_s = lead_ms / 1000
        self._inbox = LegInbox()
        self._waiting: deque[bytearray | int] = deque()
        self._heard = bytearray()
        self._pacing = asyncio.get_running_loop().create_task(self._pace())

    # --- the port -------------------------------------------------------------------------------------------------

    def play(self, pcm: bytes) -> None:
        if pcm and not self._inbox.ended:
            self._waiting.append(bytearray(pcm))

    def mark(self, number: int) -> None:
        self._waiting.append(number)

    def clear(self) -> None:
        marks = [each for each in self._waiting if isinstance(each, int)]
        if self._waiting:
            self._flush()
        self._waiting.clear()
        for mark in marks:
            self._inbox.put(MarkReached(mark))

    def events(self) -> AsyncIterator[LegEvent]:
        return self._inbox.events()

    def hang_up(self) -> None:
        if not self._inbox.ended:
            self._end()
        self.ended()

    async def transfer(self, target: str) -> Handover:
        """Such a stream cannot hand over; the telephone system in front does, when we hang up."""
        del target
        return Handover.NOT_HERE

    # --- what the stream tells ------------------------------------------------------------------------------------

    def hear(self, pcm: bytes) -> None:
        """Take sound of any length (s16le, 8 kHz, whole samples)."""
        self._heard += pcm
        del self._heard[: max(0, len(self._heard) - _MOST_HEARD)]

    def key(self, key: str) -> None:
        """Take a key; what is none is ignored."""
        if len(key) == 1 and key in "0123456789*#":
            self._inbox.put(KeyHeard(key))

    def ended(self, fault: str | None = None) -> None:
        """The stream is gone."""
        self._pacing.cancel()
        self._inbox.put(LegEnded(fault))

    # --- the beat -------------------------------------------------------------------------------------------------

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() - self._lead_s
        while True:
            self._tick()
            due += _TICK_S
            now = loop.time()
            if now - due > _STALLED_S + self._lead_s:
                due = now - self._lead_s
            await asyncio.sleep(max(0.0, due - now))

    def _tick(self) -> None:
        if len(self._heard) >= FRAME_BYTES:
            frame = bytes(self._heard[:FRAME_BYTES])
            del self._heard[:FRAME_BYTES]
        else:
            frame = _SILENCE
        self._inbox.put(LineHeard(frame))
        self._send(self._next())

    def _next(self) -> bytes:
        frame = bytearray()
        while self._waiting and len(frame) < FRAME_BYTES:
            head = self._waiting[0]
            if isinstance(head, int):
                self._inbox.put(MarkReached(head))
                self._waiting.popleft()
                continue
            room = FRAME_BYTES - len(frame)
            frame += head[:room]
            del head[:room]
            if not head:
                self._waiting.popleft()
        while self._waiting and isinstance(head := self._waiting[0], int):
            self._inbox.put(MarkReached(head))
            self._waiting.popleft()
        return bytes(frame.ljust(FRAME_BYTES, b"\0"))
