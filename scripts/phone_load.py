"""Many callers in one process, for the bench of the telephone: INVITE, ACK, RTP both ways, BYE, all by hand.

Arrival times are the kernel's (SO_TIMESTAMPNS), so that this process being late does not make the service look late.
"""

from __future__ import annotations

import heapq
import re
import select
import socket
import statistics
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

SO_TIMESTAMPNS = 35
TICK_S = 0.02
TICK_SAMPLES = 160
SILENCE = b"\xd5" * 160
COPIED = ("Via", "From", "To", "Call-ID", "CSeq")
MESSAGE = """{method} sip:assess@127.0.0.1:{port} SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{call}{method}{number}\r
Max-Forwards: 70\r
From: <sip:{sender}@127.0.0.1>;tag=l{call}\r
To: <sip:assess@127.0.0.1>{to_tag}\r
Call-ID: load-{call}\r
CSeq: {number} {cseq}\r
Contact: <sip:load@127.0.0.1:{own}>\r
{kind}Content-Length: {length}\r
\r
{body}"""


@dataclass(slots=True)
class LoadCall:
    name: str
    rtp: socket.socket
    sender: str = "load"
    invited_at: float = 0.0
    answered_at: float = 0.0
    answered_ns: int = 0
    to_tag: str = ""
    remote: tuple[str, int] | None = None
    arrivals_ns: list[int] = field(default_factory=list)
    over: bool = False
    resend_at: float = 0.0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """Shares are of 1, times in milliseconds. `share`: packets that came of those due in the window."""

    calls: int
    answered: int
    setup_p50: float
    setup_p95: float
    share: float
    within_5: float
    off_by_20: float
    worst_gap: float

    def row(self) -> str:
        return (
            f"{self.answered:4d}/{self.calls:<4d} setup p50 {self.setup_p50:6.1f} p95 {self.setup_p95:7.1f} ms |"
            f" packets {self.share:6.3f} of due | gaps within 5 ms {self.within_5:6.1%},"
            f" off by >20 ms {self.off_by_20:6.2%}, worst {self.worst_gap:5.0f} ms"
        )


def header(call: LoadCall, payload_type: int = 8) -> bytes:
    """Give the RTP header of the caller's next 20 ms."""
    return struct.pack("!BBHII", 0x80, payload_type, call.sent & 0xFFFF, call.sent * TICK_SAMPLES, 7)


class Load:
    """Callers of one service on 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        self.sip.bind(("127.0.0.1", 0))
        self.sip.setblocking(False)
        self.own = self.sip.getsockname()[1]
        self.calls: dict[str, LoadCall] = {}
        self._by_socket: dict[int, LoadCall] = {}
        self._poll = select.epoll()
        self._poll.register(self.sip.fileno(), select.EPOLLIN)
        self._due: list[tuple[float, str]] = []
        self.refused = 0
        self._watched: dict[int, Callable[[], None]] = {}

    def watch(self, descriptor: int, ready: Callable[[], None]) -> None:
        """Call `ready` whenever there is something to read there."""
        self._watched[descriptor] = ready
        self._poll.register(descriptor, select.EPOLLIN)

    def run(self, calls: int, per_s: float, window_s: float, *, settle_s: float = 1.5) -> LoadFigures:
        """Set the calls up at this rate, watch their sound for a while, hang up."""
        begin = time.monotonic()
        prefix = f"{self.own}-{len(self.calls)}"
        for number in range(calls):
            while time.monotonic() < begin + number / per_s:
                self._step(begin + number / per_s)
            self.invite(f"{prefix}-{number}")
        wanted = [self.calls[f"{prefix}-{number}"] for number in range(calls)]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not all(call.answered_at or call.over for call in wanted):
            self._step(time.monotonic() + 0.05)
        self.pass_time(settle_s)
        start_ns = time.time_ns()
        self.pass_time(window_s)
        end_ns = time.time_ns()
        figures = self.figures_of_sound(wanted, start_ns, end_ns)
        self.hang_up(wanted)
        return figures

    def pass_time(self, length_s: float) -> None:
        end = time.monotonic() + length_s
        while time.monotonic() < end:
            self._step(end)

    def figures_of_sound(self, calls: list[LoadCall], start_ns: int, end_ns: int) -> LoadFigures:
        answered = [call for call in calls if call.answered_at]
        setups = sorted((call.answered_at - call.invited_at) * 1000 for call in answered) or [0.0]
        gaps: list[float] = []
        came = 0
        for call in answered:
            inside = sorted(each for each in call.arrivals_ns if start_ns <= each < end_ns)
            came += len(inside)
            gaps += [(after - before) / 1e6 for before, after in pairwise(inside)]
        due = sum(end_ns - max(start_ns, call.answered_ns) for call in answered) / 1e9 / TICK_S
        return LoadFigures(
            calls=len(calls),
            answered=len(answered),
            setup_p50=statistics.median(setups),
            setup_p95=setups[int(0.95 * (len(setups) - 1))],
            share=came / due if due else 0.0,
            within_5=sum(abs(gap - 20) <= 5 for gap in gaps) / max(1, len(gaps)),
            off_by_20=sum(abs(gap - 20) > 20 for gap in gaps) / max(1, len(gaps)),
            worst_gap=max(gaps, default=0.0),
        )

    def hang_up(self, calls: list[LoadCall]) -> None:
        """Say BYE to all, again until it is answered, for 4 s at most."""
        for _ in range(4):
            waiting = [call for call in calls if call.answered_at and not call.over]
            for call in waiting:
                self._send(call, "BYE", 2)
            if not waiting:
                break
            self.pass_time(1.0)
        for call in calls:
            self.put_down(call)

    def put_down(self, call: LoadCall) -> None:
        """Give back what a call holds here, after its end."""
        if call.rtp.fileno() < 0:
            return
        self._poll.unregister(call.rtp.fileno())
        self._by_socket.pop(call.rtp.fileno(), None)
        call.rtp.close()
        call.remote = None

    def invite_only(self, name: str) -> None:
        """An INVITE that will never be acknowledged."""
        self.invite(name, acknowledged=False)

    # --- what callers say and hear ----------------------------------------------------------------------------------

    def packet(self, call: LoadCall) -> bytes:
        """Give the next packet of this caller: silence."""
        return header(call) + SILENCE

    def heard(self, call: LoadCall, packet: bytes, at_ns: int) -> None:
        """Take a packet that came at this moment (the kernel's wall clock)."""
        call.arrivals_ns.append(at_ns)

    # --- inside ---------------------------------------------------------------------------------------------------

    def invite(self, name: str, *, sender: str = "load", acknowledged: bool = True) -> LoadCall:
        rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        rtp.bind(("127.0.0.1", 0))
        rtp.setblocking(False)
        rtp.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        call = LoadCall(name, rtp, sender, invited_at=time.monotonic())
        call.over = not acknowledged
        self.calls[name] = call
        self._by_socket[rtp.fileno()] = call
        self._poll.register(rtp.fileno(), select.EPOLLIN)
        call.resend_at = call.invited_at + 0.5 if acknowledged else float("inf")
        self._send(call, "INVITE", 1)
        return call

    def _send(self, call: LoadCall, method: str, number: int) -> None:
        body = kind = ""
        if method == "INVITE":
            kind = "Content-Type: application/sdp\r\n"
            body = (
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {call.rtp.getsockname()[1]} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
                "a=rtpmap:101 telephone-event/8000\r\n"
            )
        text = MESSAGE.format(
            method=method,
            port=self.port,
            own=self.own,
            call=call.name,
            sender=call.sender,
            number=number,
            cseq=method,
            to_tag=call.to_tag,
            kind=kind,
            length=len(body),
            body=body,
        )
        self.sip.sendto(text.encode(), ("127.0.0.1", self.port))

    def _step(self, until: float) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            at, name = heapq.heappop(self._due)
            call = self.calls[name]
            if call.remote is None or call.over:
                continue
            call.rtp.sendto(self.packet(call), call.remote)
            call.sent += 1
            heapq.heappush(self._due, (max(at + TICK_S, now - 0.1), name))
        for call in self.calls.values() if now % 0.25 < 0.01 else ():
            if not call.answered_at and not call.over and call.resend_at < now:
                call.resend_at = now + 1.0
                self._send(call, "INVITE", 1)
        first = min(self._due[0][0] if self._due else until, until)
        for descriptor, _ in self._poll.poll(max(0.0, min(first - time.monotonic(), 0.05))):
            if descriptor == self.sip.fileno():
                self._hear_sip()
            elif call := self._by_socket.get(descriptor):
                self._hear_rtp(call)
            elif ready := self._watched.get(descriptor):
                ready()

    def _hear_rtp(self, call: LoadCall) -> None:
        for _ in range(20):
            try:
                data, ancillary, _, _ = call.rtp.recvmsg(2048, 64)
            except OSError:
                return
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            self.heard(call, data, seconds * 1_000_000_000 + nanoseconds)

    def _hear_sip(self) -> None:
        for _ in range(50):
            try:
                text = self.sip.recv(65_535).decode()
            except OSError:
                return
            name = re.search(r"(?im)^Call-ID: load-(\S+)", text)
            call = self.calls.get(name[1]) if name else None
            if call is None:
                continue
            if text.startswith("BYE"):
                call.over = True
                copied = [line for line in text.split("\r\n") if line.split(":")[0] in COPIED]
                answer = "\r\n".join(["SIP/2.0 200 OK", *copied, "Content-Length: 0", "", ""])
                self.sip.sendto(answer.encode(), ("127.0.0.1", self.port))
                continue
            status, method = int(text.split(" ", 2)[1]), re.search(r"(?im)^CSeq: \d+ (\w+)", text)
            if method and method[1] == "BYE":
                call.over = True
            elif method and method[1] == "INVITE" and status == 200:
                self._answered(call, text)
            elif method and method[1] == "INVITE" and status >= 300:
                self.refused += 1
                call.over = True
                self._send(call, "ACK", 1)

    def _answered(self, call: LoadCall, text: str) -> None:
        tag, port = re.search(r"(?im)^To: .*(;tag=\w+)", text), re.search(r"m=audio (\d+) ", text)
        if tag is None or port is None or call.over:
            return
        call.to_tag = tag[1]
        self._send(call, "ACK", 1)
        if not call.answered_at:
            call.answered_at, call.answered_ns = time.monotonic(), time.time_ns()
            call.remote = ("127.0.0.1", int(port[1]))
            heapq.heappush(self._due, (call.answered_at + (hash(call.name) % 20) / 1000, call.name))
