"""The media process: one thread, epoll, and a heap of deadlines; each call has a tick every 20 ms of its own.

Why a process: the interpreter's lock. Beside a recogniser's glue or a busy page, a thread that sends 50 packets a
second for each call waits for the lock at every one of them (`scripts/bench_phone.py` shows the difference).

Deadlines are absolute, so no error adds up; the calls' phases are spread over the 20 ms. After a stall the backlog of a
call is heard (nothing the caller said is lost) but not sent.
"""

from __future__ import annotations

import gc
import heapq
import json
import os
import select
import socket
import sys
import time
from contextlib import suppress

from voice_app.telephony.media.line import Line, LineSettings
from voice_app.telephony.media.wire import Kind, Reader, message

TICK_S = 0.02
PHASES = 20
BEAT_S = 0.25
_STALLED_S = 0.1
_MOST_TICKS_HEARD = 100
_READ_BYTES = 1 << 18
_LARGEST_BACKLOG = 64_000_000
"""Bytes waiting for a service that does not read: a minute of a hundred calls. Past it the service is taken as gone."""


class MediaLoop:
    """Serves one socket to the service until that is closed."""

    def __init__(self, link: socket.socket) -> None:
        link.setblocking(False)
        self._link = link
        self._reader = Reader()
        self._out = bytearray()
        self._lines: dict[int, Line] = {}
        self._by_socket: dict[int, Line] = {}
        self._due: list[tuple[float, int]] = []
        self._poll = select.epoll()
        self._poll.register(link.fileno(), select.EPOLLIN)
        self._phase = 0
        self._port_try = 0
        self._running = True

    def run(self) -> None:
        """Send, hear and obey until the service closes the link."""
        next_beat = time.monotonic()
        while self._running:
            now = time.monotonic()
            self._run_due(now)
            if now >= next_beat:
                self._out += message(Kind.BEAT, 0)
                next_beat = now + BEAT_S
            self._flush()
            first = min(self._due[0][0] if self._due else next_beat, next_beat)
            for descriptor, _ in self._poll.poll(max(0.0, first - time.monotonic())):
                if descriptor == self._link.fileno():
                    self._obey()
                elif line := self._by_socket.get(descriptor):
                    for key in line.receive():
                        self._out += message(Kind.KEY, line.call, key.encode())

    def _run_due(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            at, call = heapq.heappop(self._due)
            line = self._lines.get(call)
            if line is None:
                continue
            late_s = now - at
            ticks = 1 + (int(late_s / TICK_S) if late_s > _STALLED_S else 0)
            self._told(line.send(ticks), line)
            if line.is_still(ticks):
                self._out += message(Kind.STILL, call)
            if line.settings.hearing:
                for _ in range(min(ticks, _MOST_TICKS_HEARD)):
                    self._out += message(Kind.FRAME, call, line.hear())
            heapq.heappush(self._due, (at + ticks * TICK_S, call))

    def _told(self, marks: list[int], line: Line) -> None:
        for mark in marks:
            self._out += message(Kind.MARKED, line.call, mark.to_bytes(4, "big"))

    # --- the link -----------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        if not self._out:
            return
        try:
            del self._out[: self._link.send(self._out)]
        except BlockingIOError:
            if len(self._out) > _LARGEST_BACKLOG:
                self._running = False
        except OSError:
            self._running = False

    def _obey(self) -> None:
        try:
            data = self._link.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._running = False
            return
        for kind, call, body in self._reader.feed(data):
            if kind is Kind.OPEN:
                self._open(call, json.loads(body))
            elif (line := self._lines.get(call)) is not None:
                self._order(kind, line, body)

    def _order(self, kind: Kind, line: Line, body: bytes) -> None:
        match kind:
            case Kind.SET:
                line.set(LineSettings.of(json.loads(body)))
            case Kind.PLAY:
                line.play(body)
            case Kind.MARK:
                self._told(line.mark(int.from_bytes(body, "big")), line)
            case Kind.CLEAR:
                self._told(line.clear(), line)
            case Kind.CLOSE:
                self._close(line)
            case _:
                pass

    def _open(self, call: int, wish: dict[str, object]) -> None:
        bound = self._bind(str(wish["host"]), int(str(wish["first_port"])), int(str(wish["last_port"])))
        if bound is None:
            self._out += message(Kind.OPENED, call, json.dumps({"port": None}).encode())
            return
        now = time.monotonic()
        self._phase = (self._phase + 7) % PHASES
        start = now + TICK_S * self._phase / PHASES
        line = Line(call, bound, start)
        self._lines[call] = self._by_socket[bound.fileno()] = line
        self._poll.register(bound.fileno(), select.EPOLLIN)
        heapq.heappush(self._due, (start, call))
        self._out += message(Kind.OPENED, call, json.dumps({"port": bound.getsockname()[1]}).encode())

    def _bind(self, host: str, first: int, last: int) -> socket.socket | None:
        """Give a bound socket on an even port of the range, or None when all are taken."""
        ports = range(first + first % 2, last + 1, 2)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        for _ in range(len(ports)):
            self._port_try = (self._port_try + 1) % len(ports)
            candidate = socket.socket(family, socket.SOCK_DGRAM)
            candidate.setblocking(False)
            try:
                candidate.bind((host, ports[self._port_try]))
            except OSError:
                candidate.close()
                continue
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
            with suppress(OSError):
                candidate.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xB8)  # expedited forwarding (RFC 3246)
            return candidate
        return None

    def _close(self, line: Line) -> None:
        self._poll.unregister(line.socket.fileno())
        del self._by_socket[line.socket.fileno()]
        del self._lines[line.call]
        figures = line.close()
        body = {"sent": figures.sent, "received": figures.received, "refused": figures.refused}
        body |= {"late": figures.late, "keys": figures.keys}
        self._out += message(Kind.CLOSED, line.call, json.dumps(body).encode())


def main() -> None:
    """Serve the socket whose number is the first argument; real-time priority if the second says so and we may."""
    if sys.argv[2] == "realtime":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    gc.collect()
    gc.freeze()
    MediaLoop(socket.socket(fileno=int(sys.argv[1]))).run()
