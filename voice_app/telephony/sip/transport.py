"""Where SIP messages come from and go to: UDP, TCP and TLS (RFC 3261, section 18).

A `Flow` is one way to one peer. Answers go back on the flow of their request; a stream carries messages cut by
Content-Length, UDP one a datagram. Limits keep strangers from filling the memory: size of a message, number of streams,
a stream that says nothing, or half a message, for too long.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from voice_app.telephony.errors import CannotListen

log = logging.getLogger(__name__)

LARGEST_HEAD = 16_384
LARGEST_BODY = 65_536
LARGEST_DATAGRAM = 65_535
_RECEIVE_BUFFER = 1 << 23
_MOST_STREAMS = 500
_STREAM_IDLE_S = 300.0
_CONNECT_LIMIT_S = 5.0
_WRITE_LIMIT = 1 << 20

Address = tuple[str, int]


class Flow(Protocol):
    """One way to one peer. `kind` is "UDP", "TCP" or "TLS"; sending never waits and never fails."""

    kind: str
    peer: Address
    local: Address

    @property
    def reliable(self) -> bool: ...

    @property
    def open(self) -> bool: ...

    def send(self, data: bytes) -> None: ...


Receive = Callable[[bytes, Flow], None]


@dataclass(slots=True)
class UdpFlow:
    """Datagrams to one peer."""

    transport: asyncio.DatagramTransport
    peer: Address
    local: Address
    kind: str = "UDP"
    reliable: bool = False

    @property
    def open(self) -> bool:
        return not self.transport.is_closing()

    def send(self, data: bytes) -> None:
        if self.open:
            with contextlib.suppress(OSError):
                self.transport.sendto(data, self.peer)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.transport: asyncio.DatagramTransport | None = None
        self.local: Address = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)  # its class says so from Python 3.12 on only
        self.local = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if self.transport is not None and data.strip(b"\r\n\0"):
            self._receive(data, UdpFlow(self.transport, addr[:2], self.local))

    def error_received(self, exc: Exception) -> None:
        log.debug("a datagram could not be delivered: %s", exc)


class Stream(asyncio.Protocol):
    """One TCP or TLS connection, ours or theirs."""

    reliable = True

    def __init__(
        self, receive: Receive, kind: str, on_open: Callable[[Stream], bool], on_close: Callable[[Stream], None]
    ):
        self.kind = kind
        self.peer: Address = ("", 0)
        self.local: Address = ("", 0)
        self._receive = receive
        self._on_open = on_open
        self._on_close = on_close
        self._transport: asyncio.Transport | None = None
        self._waiting = bytearray()
        self._idle: asyncio.TimerHandle | None = None

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.peer = transport.get_extra_info("peername")[:2]
        self.local = transport.get_extra_info("sockname")[:2]
        if not self._on_open(self):
            self.close()
        self._restart_idle()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._transport = None
        self._on_close(self)

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while self.open and (message := self._cut()) is not None:
            self._restart_idle()
            self._receive(message, self)

    def _cut(self) -> bytes | None:
        """Give the next whole message; keep-alives (RFC 5626, 4.4.1) are answered here."""
        waiting = self._waiting
        while waiting[:2] == b"\r\n":
            ping = waiting[:4] == b"\r\n\r\n"
            del waiting[: 4 if ping else 2]
            if ping:
                self.send(b"\r\n")
        end = waiting.find(b"\r\n\r\n")
        if end < 0:
            if len(waiting) > LARGEST_HEAD:
                self.close()
            return None
        length = _content_length(bytes(waiting[:end]))
        if length is None or length > LARGEST_BODY or end > LARGEST_HEAD:
            self.close()  # without a length nobody knows where the next message begins (RFC 3261, 18.3)
            return None
        total = end + 4 + length
        if len(waiting) < total:
            return None
        message = bytes(waiting[:total])
        del waiting[:total]
        return message

    def send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _WRITE_LIMIT:
            self.close()
            return
        self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _restart_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(_STREAM_IDLE_S, self.close)


def _content_length(head: bytes) -> int | None:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() in (b"content-length", b"l"):
            value = value.strip()
            return int(value) if value.isdigit() and len(value) < 8 else None
    return None


class Transports:
    """All the ways of one service. `receive` gets each message with its flow; it must not raise."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._datagrams: _Datagrams | None = None
        self._servers: list[asyncio.Server] = []
        self._streams: set[Stream] = set()
        self.listening: dict[str, Address] = {}
        """Address by kind."""

    async def listen_udp(self, host: str, port: int) -> None:
        """Take datagrams here. Raises CannotListen."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        own = socket.socket(family, socket.SOCK_DGRAM)
        own.setblocking(False)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)  # bursts of hang-ups
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _RECEIVE_BUFFER)
        try:
            own.bind((host, port))
        except OSError as fault:
            own.close()
            raise CannotListen(f"SIP cannot listen on {host}:{port}/udp: {fault.strerror}") from fault
        _, self._datagrams = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(self._receive), sock=own
        )
        self.listening["UDP"] = self._datagrams.local

    async def listen_stream(self, host: str, port: int, context: ssl.SSLContext | None = None) -> None:
        """Take TCP connections here, TLS ones with a context. Raises CannotListen."""
        kind = "TCP" if context is None else "TLS"
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: Stream(self._receive, kind, self._opened, self._streams.discard),
                host,
                port,
                ssl=context,
                reuse_address=True,
            )
        except OSError as fault:
            raise CannotListen(f"SIP cannot listen on {host}:{port}/{kind.lower()}: {fault.strerror}") from fault
        self._servers.append(server)
        self.listening[kind] = server.sockets[0].getsockname()[:2]

    async def flow_to(self, kind: str, host: str, port: int) -> Flow:
        """Give a way to a peer; for streams the one that is open, or a new one. Raises OSError, TimeoutError."""
        loop = asyncio.get_running_loop()
        if kind == "UDP":
            if self._datagrams is None or self._datagrams.transport is None:
                raise OSError("UDP is not open")
            family = socket.AF_INET6 if ":" in self._datagrams.local[0] else socket.AF_INET
            found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_DGRAM)
            return UdpFlow(self._datagrams.transport, (str(found[0][4][0]), port), self._datagrams.local)
        for stream in self._streams:
            if stream.kind == kind and stream.open and stream.peer == (host, port):
                return stream
        context = ssl.create_default_context() if kind == "TLS" else None
        async with asyncio.timeout(_CONNECT_LIMIT_S):
            _, stream = await loop.create_connection(
                lambda: Stream(self._receive, kind, self._opened, self._streams.discard), host, port, ssl=context
            )
        return stream

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for stream in list(self._streams):
            stream.close()
        if self._datagrams is not None and self._datagrams.transport is not None:
            self._datagrams.transport.close()

    def _opened(self, stream: Stream) -> bool:
        if len(self._streams) >= _MOST_STREAMS:
            return False
        self._streams.add(stream)
        return True
