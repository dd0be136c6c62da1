#!/usr/bin/env python3
"""The telephone under load and under attack. Every figure is of this run; on a busy machine only ratios tell something.

    bench_phone.py pacing  [--calls 50 100 200] [--busy]   sound of many calls, beside an application that works
    bench_phone.py sipp                                   SIPp: 200 calls at 20/s with 10 % loss, 600 calls at 50/s
    bench_phone.py unacked                                100 INVITEs that nobody acknowledges: released, without sound
    bench_phone.py kamailio                               two nodes behind the real Kamailio, one killed in a call
    bench_phone.py room                                   begun in a browser, gone on with by telephone, and back
    bench_phone.py attack                                 floods, garbage and scanners while 20 calls run

The line is the real gateway and media process with a stand-in for the conversation (speech-like noise without end), so
that signalling and sound are measured alone; `--busy` lets the service's own process work 20 ms of every 40, as the
recogniser's glue does. Needs `sipp` (scripts/setup --test); `attack` makes an environment of its own for sipvicious.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from scripts.phone_load import Load
from voice_app.telephony.gateway import Caller, Gateway
from voice_app.telephony.leg import Leg, MarkReached
from voice_app.telephony.rules import PhoneRules

NOISE = (np.random.default_rng(1).normal(0, 3000, 8000)).astype("<i2").tobytes()
PROMPT = NOISE * 8
SCANNERS = Path(tempfile.gettempdir()) / "bench-phone-sipvicious"


async def line(busy: bool, capacity: int) -> None:
    """Run the gateway with its stand-in until the input closes; print the port first."""

    async def converse(leg: Leg, caller: Caller) -> None:
        for number in range(2):  # one prompt is said, the next one waits, as in a conversation
            leg.play(PROMPT)
            leg.mark(number)
        async for event in leg.events():
            if isinstance(event, MarkReached):
                leg.play(PROMPT)
                leg.mark(event.mark)

    async def speak(_prompt: str) -> bytes:
        return NOISE

    rules = PhoneRules(capacity=capacity, polite_capacity=0, most_pending=400, most_pending_per_host=300)
    gateway = Gateway(rules, converse, speak, host="127.0.0.1")
    await gateway.start(("127.0.0.1", 0))
    print(gateway.agent.transports.listening["UDP"][1], flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, stop.set)
    while not stop.is_set():
        if busy:
            end = time.perf_counter() + 0.02
            while time.perf_counter() < end:
                sum(range(200))
        await asyncio.sleep(0.02)
    await gateway.close()


@contextmanager
def running_line(*, busy: bool = False, capacity: int = 1000) -> Iterator[tuple[int, psutil.Process]]:
    command = [sys.executable, __file__, "line", "--capacity", str(capacity), *(["--busy"] if busy else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port = int(process.stdout.readline())
        try:
            yield port, psutil.Process(process.pid)
        finally:
            process.stdin.close()
            process.wait(30)


def cpu_s(process: psutil.Process) -> tuple[float, float]:
    """Give the processor seconds of the service and of its media process."""
    own = sum(process.cpu_times()[:2])
    return own, sum(sum(child.cpu_times()[:2]) for child in process.children())


def pacing(counts: list[int], busy: bool) -> None:
    print(
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; the service {'works' if busy else 'rests'}"
    )
    for count in counts:
        with running_line(busy=busy) as (port, process):
            before = cpu_s(process)
            figures = Load(port).run(count, 50.0, 10.0)
            after = cpu_s(process)
        print(f"{figures.row()} | CPU s app {after[0] - before[0]:.1f}, media {after[1] - before[1]:.1f}", flush=True)


def sipp() -> None:
    program = shutil.which("sipp")
    if program is None:
        sys.exit("sipp is missing: scripts/setup --test")
    runs = (
        ("200 calls at 20/s, 10 % lost", ["-r", "20", "-l", "200", "-m", "200", "-d", "1000", "-lost", "10"]),
        ("600 calls at 50/s", ["-r", "50", "-l", "200", "-m", "600", "-d", "2000"]),
        ("60 calls at 20/s over TCP", ["-r", "20", "-l", "60", "-m", "60", "-d", "1000", "-t", "t1"]),
    )
    always = ["-recv_timeout", "20000", "-nostdin", "-trace_stat", "-fd", "1"]
    for name, options in runs:
        with running_line() as (port, _), tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [program, f"127.0.0.1:{port}", "-sn", "uac", "-i", "127.0.0.1", "-s", "assess", *options, *always],
                cwd=folder,
                capture_output=True,
                timeout=240,
                check=False,
            )
            stat = next(Path(folder).glob("*.csv")).read_text().splitlines()
        last = dict(zip(stat[0].split(";"), stat[-1].split(";"), strict=False))
        print(
            f"{name}: exit {done.returncode}, ok {last['SuccessfulCall(C)']}, failed {last['FailedCall(C)']}",
            flush=True,
        )


def unacked() -> None:
    with running_line() as (port, _):
        load = Load(port)
        began = time.monotonic()
        for number in range(100):
            load.invite_only(f"never-{number}")
        released = 0.0
        while time.monotonic() - began < 45 and not released:
            load.pass_time(1.0)
            if calls_of(port) == 0:
                released = time.monotonic() - began
        heard = sum(len(call.arrivals_ns) for call in load.calls.values())
    print(f"100 INVITEs never acknowledged: released after {released:.0f} s, {heard} packets of sound")


def calls_of(port: int) -> int:
    """Count the RTP sockets that the media process of this line holds."""
    owner = next(
        connection.pid
        for connection in psutil.net_connections("udp4")
        if connection.laddr and connection.laddr.port == port
    )
    return sum(
        20_000 <= connection.laddr.port <= 29_998
        for child in psutil.Process(owner).children()
        for connection in child.net_connections("udp4")
    )


def journey(name: str) -> None:
    """Play a journey that the tests leave out because it takes minutes; ends the program."""
    command = [sys.executable, "-m", "pytest", "-q", f"tests/journeys/{name}"]
    sys.exit(subprocess.run(command, env={**os.environ, "VOICE_APP_TEST_PEERS": "1"}, check=False).returncode)


def attack() -> None:
    if not (SCANNERS / "bin" / "sipvicious_svmap").exists():
        subprocess.run([sys.executable, "-m", "venv", str(SCANNERS)], check=True)
        subprocess.run([SCANNERS / "bin" / "pip", "install", "--quiet", "sipvicious==0.3.8"], check=True)
    attacks = {
        "nothing": lambda port: time.sleep(10),
        "1,000 INVITE/s": invite_flood,
        "garbage": garbage,
        "64 kB datagrams": large,
        "TCP split at every byte": split,
        "svmap": lambda port: scanner("svmap", "-p", str(port), "127.0.0.1"),
        "svwar": lambda port: scanner("svwar", "-p", str(port), "-e", "100-140", "-m", "INVITE", "127.0.0.1"),
        "svcrack": lambda port: scanner("svcrack", "-p", str(port), "-u", "100", "-r", "1000-1020", "127.0.0.1"),
    }
    for name, work in attacks.items():
        with running_line() as (port, _):
            told: list[str] = []
            other = threading.Thread(target=lambda work=work, port=port, told=told: told.append(str(work(port) or "")))
            load = Load(port)
            other_started = threading.Timer(2.5, other.start)
            other_started.start()
            figures = load.run(20, 20.0, 12.0)
            other_started.join()
            other.join(60)
        print(f"{name:24s} {figures.row()} {told[0] if told else ''}", flush=True)


def invite_flood(port: int) -> str:
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.bind(("127.0.0.1", 0))
    own = out.getsockname()[1]
    begin, sent = time.monotonic(), 0
    while time.monotonic() - begin < 10:
        while sent < (time.monotonic() - begin) * 1000:
            body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
            text = (
                f"INVITE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bKf{sent}\r\n"
                f"From: <sip:f@x>;tag={sent}\r\nTo: <sip:x@x>\r\nCall-ID: f{sent}\r\nCSeq: 1 INVITE\r\n"
                f"Contact: <sip:f@127.0.0.1:{own}>\r\nContent-Type: application/sdp\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            out.sendto((text + body).encode(), ("127.0.0.1", port))
            sent += 1
        time.sleep(0.001)
    return f"[{sent} sent]"


def garbage(port: int) -> str:
    draw, out = random.Random(7), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # noqa: S311 - made-up garbage
    end, sent = time.monotonic() + 10, 0
    while time.monotonic() < end:
        for _ in range(20):
            out.sendto(draw.randbytes(draw.randint(1, 1400)), ("127.0.0.1", port))
            sent += 1
        time.sleep(0.01)
    return f"[{sent} sent]"


def large(port: int) -> str:
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end, sent = time.monotonic() + 10, 0
    head = b"INVITE sip:x@y SIP/2.0\r\n"
    while time.monotonic() < end:
        out.sendto(head + b"X: y\r\n" * 10_000, ("127.0.0.1", port))
        sent += 1
        time.sleep(0.01)
    return f"[{sent} sent]"


def split(port: int) -> str:
    answered = 0
    for number in range(30):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            text = (
                f"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKs{number}\r\n"
                f"From: <sip:s@x>;tag=1\r\nTo: <sip:x@x>\r\nCall-ID: s{number}\r\n"
                "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            )
            for byte in text.encode():
                stream.sendall(bytes([byte]))
            answered += stream.recv(4096).startswith(b"SIP/2.0 200")
    return f"[{answered} of 30 answered]"


def scanner(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [SCANNERS / "bin" / f"sipvicious_{name}", *arguments], capture_output=True, text=True, timeout=50, check=False
    )
    lines = [each for each in done.stdout.splitlines() if "|" in each and "---" not in each]
    return f"[found: {'; '.join(each.strip() for each in lines[1:4]) or 'nothing'}{' ...' if len(lines) > 4 else ''}]"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=("line", "pacing", "sipp", "unacked", "kamailio", "room", "attack"))
    options.add_argument("--calls", type=int, nargs="+", default=[50, 100, 200])
    options.add_argument("--busy", action="store_true")
    options.add_argument("--capacity", type=int, default=1000)
    chosen = options.parse_args()
    match chosen.what:
        case "line":
            asyncio.run(line(chosen.busy, chosen.capacity))
        case "pacing":
            pacing(chosen.calls, chosen.busy)
        case "sipp":
            sipp()
        case "unacked":
            unacked()
        case "kamailio":
            if shutil.which("kamailio") is None:
                sys.exit("kamailio is missing: apt-get install --no-install-recommends kamailio")
            journey("test_phone_kamailio.py")
        case "room":
            journey("test_room_and_phone.py")
        case "attack":
            attack()


if __name__ == "__main__":
    main()
