"""A caller made of text and sockets, that shares nothing with the code under test: SIP lines by hand, RTP by struct."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from voice_app.telephony.gateway import Caller, Gateway, RunCall
from voice_app.telephony.leg import KeyHeard, Leg, LegEnded, LineHeard
from voice_app.telephony.rules import PhoneRules

SDP = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio {port} RTP/AVP {types}
{lines}
"""
PCMA_AND_KEYS = ("8 101", "a=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=ptime:20")
TONE = struct.pack("<160h", *[8000 if place % 8 < 4 else -8000 for place in range(160)])


def sdp(port: int, types: str = PCMA_AND_KEYS[0], lines: str = PCMA_AND_KEYS[1]) -> str:
    return SDP.format(port=port, types=types, lines=lines).replace("\n", "\r\n")


@dataclass
class Told:
    """What a conversation of the fake service noticed."""

    caller: Caller
    keys: list[str] = field(default_factory=list)
    frames: int = 0
    loud: int = 0
    fault: str | None = None
    over: bool = False


@dataclass
class Line:
    """The real gateway with the real media process, and a fake conversation: a tone without end, keys noted."""

    gateway: Gateway
    port: int
    loop: asyncio.AbstractEventLoop
    told: list[Told]

    def call(self, work: Any) -> Any:
        """Run something in the gateway's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


@contextmanager
def running_line(rules: PhoneRules | None = None, converse: RunCall | None = None) -> Iterator[Line]:
    """Run a gateway in a thread of its own for the time of the block; `converse` stands in for the fake service."""
    told: list[Told] = []
    chosen = rules or PhoneRules(first_rtp_port=30_000, last_rtp_port=33_998)
    loop = asyncio.new_event_loop()

    async def note_all(leg: Leg, caller: Caller) -> None:
        note = Told(caller)
        told.append(note)
        for _ in range(500):
            leg.play(TONE)
        async for event in leg.events():
            match event:
                case KeyHeard(key):
                    note.keys.append(key)
                    if key == "#":
                        leg.clear()
                case LineHeard(pcm):
                    note.frames += 1
                    note.loud += max(struct.unpack(f"<{len(pcm) // 2}h", pcm)) > 1000
                case LegEnded(fault):
                    note.fault = fault
        note.over = True

    async def speak(prompt: str) -> bytes:
        return TONE * 10

    async def start() -> Gateway:
        gateway = Gateway(chosen, converse or note_all, speak, host="127.0.0.1")
        await gateway.start(("127.0.0.1", 0))
        return gateway

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    gateway = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    try:
        yield Line(gateway, gateway.agent.transports.listening["UDP"][1], loop, told)
    finally:
        asyncio.run_coroutine_threadsafe(gateway.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@dataclass
class Answer:
    status: int
    head: str
    body: str

    def header(self, name: str) -> str:
        found = re.search(rf"(?im)^{name}\s*:\s*(.*?)\s*$", self.head)
        return found[1] if found else ""

    @property
    def rtp_port(self) -> int:
        found = re.search(r"m=audio (\d+) ", self.body)
        assert found is not None, self.body
        return int(found[1])


@dataclass
class RawCaller:
    """One call's worth of SIP over UDP, and a socket for its sound."""

    port: int
    user: str = "assess"
    call_id: str = field(default_factory=lambda: secrets.token_hex(8))
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    to_tag: str = ""
    sequence: int = 1
    route: str = ""

    def __post_init__(self) -> None:
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", 0))
        self.sip.settimeout(2)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        self.rtp.settimeout(0.5)
        self.own = self.sip.getsockname()[1]
        self.contact = f"sip:learner@127.0.0.1:{self.own}"
        self._sent = 0

    @property
    def rtp_port(self) -> int:
        return int(self.rtp.getsockname()[1])

    def close(self) -> None:
        self.sip.close()
        self.rtp.close()

    def message(
        self,
        method: str,
        body: str = "",
        *,
        kind: str = "application/sdp",
        branch: str = "",
        to_tag: str | None = None,
        extra: Sequence[str] = (),
        sequence: int | None = None,
    ) -> str:
        tag = self.to_tag if to_tag is None else to_tag
        lines = [
            f"{method} sip:{self.user}@127.0.0.1:{self.port} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.own};branch={branch or 'z9hG4bK' + secrets.token_hex(6)}",
            "Max-Forwards: 70",
            f"From: <sip:0612345678@127.0.0.1>;tag={self.tag}",
            f"To: <sip:{self.user}@127.0.0.1>" + (f";tag={tag}" if tag else ""),
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.sequence if sequence is None else sequence} {method}",
            f"Contact: <{self.contact}>",
            *extra,
        ]
        if body:
            lines.append(f"Content-Type: {kind}")
        lines += [f"Content-Length: {len(body.encode())}", "", ""]
        return "\r\n".join(lines) + body

    def send(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        self.sip.sendto(data, ("127.0.0.1", self.port))

    def receive(self, limit_s: float = 2.0) -> str:
        self.sip.settimeout(limit_s)
        return self.sip.recv(65_535).decode()

    def final(self, limit_s: float = 3.0) -> Answer:
        """Give the next final answer."""
        while True:
            answer = parse(self.receive(limit_s))
            if answer is not None and answer.status >= 200:
                return answer

    def ask(self, method: str, body: str = "", **more: Any) -> Answer:
        self.sequence += 1
        self.send(self.message(method, body, **more))
        return self.final()

    def silent(self, for_s: float = 0.3) -> bool:
        """Whether nothing comes for a while."""
        try:
            self.receive(for_s)
        except TimeoutError:
            return True
        return False

    def invite(self, body: str | None = None, **more: Any) -> Answer:
        self.send(self.message("INVITE", sdp(self.rtp_port) if body is None else body, **more))
        answer = self.final()
        self.to_tag = answer.header("To").partition("tag=")[2]
        return answer

    def ack(self, body: str = "") -> None:
        self.send(self.message("ACK", body))

    def establish(self, body: str | None = None, **more: Any) -> Answer:
        answer = self.invite(body, **more)
        assert answer.status == 200, answer
        self.ack()
        return answer

    def speak(self, port: int, payload_type: int, payload: bytes, *, timestamp: int, marker: bool = False) -> None:
        """Send one RTP packet."""
        self._sent += 1
        head = struct.pack("!BBHII", 0x80, payload_type | (128 if marker else 0), self._sent, timestamp, 7)
        self.rtp.sendto(head + payload, ("127.0.0.1", port))

    def press(self, port: int, code: int, timestamp: int, payload_type: int = 101) -> None:
        for duration, end in ((160, 0), (320, 0), (480, 0x80), (480, 0x80), (480, 0x80)):
            payload = bytes([code, end]) + duration.to_bytes(2, "big")
            self.speak(port, payload_type, payload, timestamp=timestamp, marker=duration == 160)

    def hears(self, limit_s: float = 0.5) -> bool:
        """Whether a packet of sound comes."""
        self.rtp.settimeout(limit_s)
        try:
            self.rtp.recv(2048)
        except TimeoutError:
            return False
        return True

    def drain(self) -> None:
        self.rtp.setblocking(False)
        try:
            while self.rtp.recv(2048):
                pass
        except BlockingIOError:
            pass


def parse(text: str) -> Answer | None:
    """Give an answer; None for a request."""
    head, _, body = text.partition("\r\n\r\n")
    words = head.split(" ", 2)
    return Answer(int(words[1]), head, body) if words[0] == "SIP/2.0" else None


def until(condition: Any, limit_s: float = 5.0) -> bool:
    """Wait until something is true."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())
