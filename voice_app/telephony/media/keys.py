"""Keys inside RTP: telephone-event packets (RFC 4733) to one key each.

A press is one RTP timestamp: its packets repeat with a growing duration, the last one three times with the end bit. Any
of them may be lost, doubled or late. So:

- a key is told at its *first* packet, whichever that is (a prompt must fall silent at once);
- packets of a timestamp already told say nothing new, the last eight are remembered;
- a long press is cut into segments with new timestamps that follow each other without gap, no marker and no end bit
  between them (section 2.5.1.3); some senders also move the timestamp with every packet. A new timestamp that carries
  on an open press of the same key in this way is the same press.
"""

from __future__ import annotations

from collections import deque

from voice_app.telephony.media.rtp import Packet, ahead

_KEYS = "0123456789*#"
_END = 0x80
_REMEMBERED = 8
_SLACK = 400
"""Samples (50 ms) by which a following segment may miss the end of the one before."""


class KeyReceiver:
    """The keys of one stream of RTP."""

    def __init__(self) -> None:
        self._told: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        self._open: tuple[int, int, int] | None = None
        """Key, timestamp and duration so far of a press whose end was not seen."""

    def take(self, packet: Packet) -> str | None:
        """Give the key that this telephone-event packet tells, or None when it tells nothing new."""
        if len(packet.payload) < 4:
            return None
        event, flags = packet.payload[0], packet.payload[1]
        duration = int.from_bytes(packet.payload[2:4], "big")
        if event >= len(_KEYS):
            return None
        press = (packet.source, packet.timestamp)
        known = press in self._told or self._goes_on(event, packet)
        if press not in self._told:
            self._told.append(press)
        if flags & _END:
            if self._open is not None and ahead(packet.timestamp, self._open[1]) >= 0:
                self._open = None
        elif self._open is None or ahead(packet.timestamp, self._open[1]) >= 0:
            self._open = (event, packet.timestamp, duration)
        return None if known else _KEYS[event]

    def _goes_on(self, event: int, packet: Packet) -> bool:
        if self._open is None or packet.marker or self._open[0] != event:
            return False
        _, began, duration = self._open
        return 0 < ahead(packet.timestamp, began) <= duration + _SLACK
