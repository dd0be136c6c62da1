"""One call's RTP: its socket, what waits to be said, what was heard, its keys. Driven by the loop's 20 ms ticks.

**Nothing is sent before `sending` is set** (the caller's ACK), nor to an address that was not allowed: an INVITE whose
description names a third person's address would else turn this process into a cannon. Packets are heard from allowed
hosts only; the first of them fixes the address that we send to (a caller behind a NAT names an address that is not
reachable), and later ones from other ports are dropped.

Sent packets keep one timeline: sequence and timestamp go on through silence, which is sent as silence. After a stall of
the machine the timestamp jumps ahead and the backlog is not sent.
"""

from __future__ import annotations

import secrets
import socket
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from voice_app.g711 import SILENCE, Law, decode, encode
from voice_app.telephony.media import rtp
from voice_app.telephony.media.keys import KeyReceiver
from voice_app.telephony.media.playout import TICK_SAMPLES, Playout

_AT_ONCE = 16
"""Packets taken from one socket before the others have their turn."""
_LARGEST_PACKET = 2_048
_STILL_TICKS = 1_000
"""20 s without any packet: the caller may be gone without a word."""


@dataclass(slots=True)
class Figures:
    """Counted for operations, and for the tests that measure them."""

    sent: int = 0
    received: int = 0
    refused: int = 0
    late: int = 0
    keys: int = 0


@dataclass(slots=True)
class LineSettings:
    """How a line sends and whom it hears. `remote` is where sound goes until the caller's first packet says better."""

    law: Law = Law.A
    payload_type: int = 8
    key_type: int | None = None
    remote: tuple[str, int] | None = None
    hosts: tuple[str, ...] = ()
    sending: bool = False
    hearing: bool = True

    @classmethod
    def of(cls, body: dict[str, Any]) -> LineSettings:
        """Give the settings from JSON data."""
        remote = body["remote"]
        return cls(
            law=Law(body["law"]),
            payload_type=int(body["payload_type"]),
            key_type=body["key_type"],
            remote=(str(remote[0]), int(remote[1])) if remote else None,
            hosts=tuple(body["hosts"]),
            sending=bool(body["sending"]),
            hearing=bool(body["hearing"]),
        )


@dataclass(slots=True)
class Line:
    """One call. `next_at` is the time of its next tick on the steady clock, in seconds."""

    call: int
    socket: socket.socket
    next_at: float
    settings: LineSettings = field(default_factory=LineSettings)
    figures: Figures = field(default_factory=Figures)
    _waiting: deque[bytes | int] = field(default_factory=deque)
    _offset: int = 0
    _playout: Playout = field(default_factory=lambda: Playout(SILENCE[Law.A]))
    _keys: KeyReceiver = field(default_factory=KeyReceiver)
    _latched: tuple[str, int] | None = None
    _still: int = 0
    _sequence: int = field(default_factory=lambda: secrets.randbelow(rtp.SEQUENCE_RANGE // 2))
    _timestamp: int = field(default_factory=lambda: secrets.randbelow(rtp.TIMESTAMP_RANGE // 2))
    _source: int = field(default_factory=lambda: secrets.randbits(32))
    _talking: bool = False

    def set(self, settings: LineSettings) -> None:
        """Change how the line sends; another address or codec begins a stream anew."""
        if settings.law is not self.settings.law:
            self._playout = Playout(SILENCE[settings.law])
        if settings.remote != self.settings.remote:
            self._latched = None
        self.settings = settings

    # --- to the caller ------------------------------------------------------------------------------------------

    def play(self, pcm: bytes) -> None:
        """Add sound (s16le, 8 kHz) behind what waits."""
        if pcm:
            self._waiting.append(encode(pcm, self.settings.law))

    def mark(self, number: int) -> list[int]:
        """Put a mark behind what waits; it is given back by the tick that reaches it, or at once."""
        if not self._waiting:
            return [number]
        self._waiting.append(number)
        return []

    def clear(self) -> list[int]:
        """Forget what waits to be said; give the marks that were in it."""
        marks = [each for each in self._waiting if isinstance(each, int)]
        self._waiting.clear()
        self._offset = 0
        return marks

    def send(self, ticks: int) -> list[int]:
        """Send the next 20 ms, `ticks` of time after the last; give the marks that were reached."""
        self._timestamp += TICK_SAMPLES * ticks
        if not self.settings.sending:
            return []
        payload, marks = self._next()
        address = self._latched or self.settings.remote
        talking = payload is not None
        if address is not None:
            packet = rtp.write(
                self.settings.payload_type,
                self._sequence,
                self._timestamp,
                self._source,
                payload or bytes([SILENCE[self.settings.law]]) * TICK_SAMPLES,
                marker=talking and not self._talking,
            )
            self._sequence += 1
            with suppress(OSError):  # an unreachable caller, a full buffer: the next packet is due anyway
                self.socket.sendto(packet, address)
                self.figures.sent += 1
        self._talking = talking
        return marks

    def _next(self) -> tuple[bytes | None, list[int]]:
        parts: list[bytes] = []
        length = 0
        marks: list[int] = []
        while self._waiting:
            head = self._waiting[0]
            if isinstance(head, int):
                marks.append(head)
                self._waiting.popleft()
                continue
            if length == TICK_SAMPLES:
                break
            part = head[self._offset : self._offset + TICK_SAMPLES - length]
            parts.append(part)
            length += len(part)
            self._offset += len(part)
            if self._offset == len(head):
                self._waiting.popleft()
                self._offset = 0
        if not length:
            return None, marks
        return b"".join(parts).ljust(TICK_SAMPLES, bytes([SILENCE[self.settings.law]])), marks

    # --- from the caller ----------------------------------------------------------------------------------------

    def receive(self) -> list[str]:
        """Take the packets that wait at the socket; give the keys that they tell."""
        keys: list[str] = []
        for _ in range(_AT_ONCE):
            try:
                data, address = self.socket.recvfrom(_LARGEST_PACKET)
            except OSError:
                break
            key = self._take(data, address)
            if key is not None:
                keys.append(key)
        return keys

    def _take(self, data: bytes, address: tuple[str, int]) -> str | None:
        settings = self.settings
        packet = rtp.parse(data) if address[0] in settings.hosts else None
        if packet is None or (self._latched is not None and address != self._latched):
            self.figures.refused += 1
            return None
        if packet.payload_type not in (settings.payload_type, settings.key_type):
            return None
        self._latched = address
        self._still = 0
        self.figures.received += 1
        if packet.payload_type == settings.key_type:
            key = self._keys.take(packet)
            self.figures.keys += key is not None
            return key
        self._playout.put(packet.timestamp, packet.payload)
        return None

    def is_still(self, ticks: int) -> bool:
        """Count time without packets; true every 20 s of it, hold left out."""
        self._still = self._still + ticks if self.settings.sending else 0
        if self._still < _STILL_TICKS:
            return False
        self._still = 0
        return True

    def hear(self) -> bytes:
        """Give the next 20 ms of the caller as s16le at 8 kHz."""
        return decode(self._playout.tick(), self.settings.law)

    def close(self) -> Figures:
        """Give back the socket."""
        self.figures.late = self._playout.late
        self.socket.close()
        return self.figures
