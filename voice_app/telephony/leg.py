"""One leg of a call, whatever brought it: SIP, AudioSocket, a media stream. Sound both ways at 8 kHz, keys, the end.

The port between the telephone's room and the channel `channels/phone.py`. A leg is answered: sound flows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

LINE_RATE_HZ = 8_000
FRAME_MS = 20
FRAME_BYTES = LINE_RATE_HZ * FRAME_MS // 1000 * 2


@dataclass(frozen=True, slots=True)
class LineHeard:
    """20 ms of the caller (s16le, 8 kHz), in order; comes all the time but for a call on hold."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class KeyHeard:
    """A key of the telephone: "0" to "9", "*" or "#"."""

    key: str


@dataclass(frozen=True, slots=True)
class MarkReached:
    """Everything played before this mark was said, or cleared."""

    mark: int


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The caller hung up, or the line is gone. `fault`: the reason when it was not the caller's wish."""

    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LegMoved:
    """Somebody else is at the other end: the call was transferred to them. Marks that waited do not come back.

    `number`: theirs as the network tells it, empty when it is withheld.
    """

    number: str = field(repr=False)


LegEvent = LineHeard | KeyHeard | MarkReached | LegMoved | LegEnded


class Handover(Enum):
    """What became of a call that was to be connected with somebody else."""

    DONE = "done"
    NOBODY = "nobody"
    """The network tried: busy, declined, or no answer. Trying again at once would only ring a second time."""
    NOT_HERE = "not_here"
    """The line cannot do it, or will not; nobody's telephone has rung."""


class Leg(Protocol):
    """An answered call. Its methods never wait; after its end they do nothing."""

    def play(self, pcm: bytes) -> None:
        """Say this (s16le, 8 kHz) after what waits."""

    def mark(self, number: int) -> None:
        """Ask for `MarkReached` when all that was played so far has been said."""

    def clear(self) -> None:
        """Fall silent at once; waiting marks come back."""

    def events(self) -> AsyncIterator[LegEvent]:
        """Give what happens, in order; ends after `LegEnded`."""

    def hang_up(self) -> None:
        """End the call."""

    async def transfer(self, target: str) -> Handover:
        """Connect the caller with somebody else and end our part; the call goes on unless that is done."""


class LegInbox:
    """What a leg has to tell, in order, for one reader. Sound that nobody takes for half a minute is thrown away;
    keys, marks and the end never are."""

    MOST_WAITING = 30_000 // FRAME_MS

    def __init__(self) -> None:
        self._queue: asyncio.Queue[LegEvent] = asyncio.Queue()
        self._ended = False

    @property
    def ended(self) -> bool:
        return self._ended

    def put(self, event: LegEvent) -> None:
        """Add an event; nothing comes after `LegEnded`."""
        if self._ended or (isinstance(event, LineHeard) and self._queue.qsize() > self.MOST_WAITING):
            return
        self._ended = isinstance(event, LegEnded)
        self._queue.put_nowait(event)

    async def events(self) -> AsyncIterator[LegEvent]:
        """Give the events; ends after `LegEnded`."""
        while True:
            event = await self._queue.get()
            yield event
            if isinstance(event, LegEnded):
                return
