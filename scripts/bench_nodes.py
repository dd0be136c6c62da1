#!/usr/bin/env python
"""Many nodes, one database: three `voice-app serve` behind the real HAProxy, two `voice-app phone` behind the real
Kamailio, all on one private PostgreSQL; one of each is killed while people answer. Do the sessions go on?

    bench_nodes.py [--people 45] [--calls 4] [--minutes 2.5]

People at pages press keys over the prompts and come back by themselves with their code, as the page does; callers are
real (baresip), press keys, and call again with their code when their line is cut. At the end every page's number of
answers is compared with what was there before the cut, and the chain of events is followed (`voice-app db check`).
Needs haproxy, kamailio and baresip (Debian packages); takes the documented configurations of docs/deploy and
docs/examples.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.bench_sessions import person, spread
from tests.journeys.baresip_peer import Baresip, baresip, free_port
from tests.journeys.page_learner import Moments, PageLearner
from tests.journeys.test_phone_kamailio import kamailio
from tests.postgres import postgres_server
from voice_app.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HAPROXY = Path(__file__).parent.parent / "docs/deploy/haproxy.cfg"
OPTIONS = {"serve": ("--port", "0"), "phone": ("--sip", "127.0.0.1:0")}
THINK_S = (1.5, 4.0)
START_LIMIT_S = 300
KEY_EVERY_S = 2.5
SILENT_LINE_S = 8
"""A line without a packet for so long is given up by the caller's side: nobody else tells of a node that was killed."""


@dataclass
class Node:
    """One process of the service."""

    name: str
    process: asyncio.subprocess.Process
    address: str

    @property
    def port(self) -> int:
        return int(re.findall(r":(\d+)", self.address)[-1])


@asynccontextmanager
async def node(folder: Path, url: str, name: str, *command: str) -> AsyncIterator[Node]:
    """Run `voice-app COMMAND` with a data folder of its own and the shared database."""
    installed = load_settings().data_folder.resolve()
    here = folder / name
    here.mkdir()
    for shared in ("models", "speech"):
        (here / shared).symlink_to(installed / shared)
    (here / "phone.key").write_bytes(b"k" * 32)
    environment = {
        **os.environ,
        "VOICE_APP_DATA_FOLDER": str(here),
        "VOICE_APP_STORE_DATABASE_URL": url,
        "VOICE_APP_SERVER_TRUSTED_PROXIES": "1",
    }
    with (here / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "voice_app", *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_LIMIT_S):
            address = (await process.stdout.readline()).decode().strip()
        assert address, (here / "log").read_text()[-2000:]
        yield Node(name, process, address.partition(";")[0])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def haproxy(folder: Path, nodes: list[Node]) -> AsyncIterator[str]:
    """Run the documented configuration in front of these nodes; gives its address."""
    port = free_port()
    text = re.sub(r"bind \*:443.*", f"bind 127.0.0.1:{port}", HAPROXY.read_text())
    for each, letter in zip(nodes, "abc", strict=True):
        text = re.sub(rf"server {letter} \S+", f"server {letter} 127.0.0.1:{each.port}", text)
    (folder / "haproxy.cfg").write_text(text)
    with (folder / "haproxy.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "haproxy", "-f", str(folder / "haproxy.cfg"), stdout=log, stderr=log, start_new_session=True
        )
    await asyncio.sleep(3)  # the first probes of its nodes
    assert process.returncode is None, (folder / "haproxy.log").read_text()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        await process.wait()


@dataclass
class Calls:
    """What happened to the callers."""

    answered: int = 0
    cut: int = 0
    resumed: int = 0
    back_s: list[float] = field(default_factory=list)


class Caller:
    """Somebody who calls, presses keys, and calls again with the code when the line is cut."""

    def __init__(self, peer: Baresip, address: str, url: str, number: int, calls: Calls) -> None:
        self._peer = peer
        self._address = address
        self._url = url
        self._number = number
        self._calls = calls
        self.code: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        await self._peer.dial(self._address)
        self._calls.answered += 1
        await asyncio.sleep(1)
        while not stop.is_set():
            if any(event.get("type") == "CALL_CLOSED" for event in self._peer.events):
                self._peer.events.clear()
                await self._call_again(time.monotonic())
            await self._peer.press("1")
            await asyncio.sleep(KEY_EVERY_S)

    async def _call_again(self, cut_at: float) -> None:
        self._calls.cut += 1
        await self._peer.dial(self._address)
        for key in "12":
            await asyncio.sleep(1)
            await self._peer.press(key)
        await asyncio.sleep(1)
        for digit in self.code or "":
            await self._peer.press(digit)
            await asyncio.sleep(0.25)
        self._calls.back_s.append(time.monotonic() - cut_at)


def ask(url: str, query: str) -> list[Any]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(query).fetchall()


def phone_codes(url: str) -> list[str]:
    rows = ask(
        url,
        "select code from resume_code join session on session.id = session_id where channel = 'phone'"
        " order by opened_at",
    )
    return [code for (code,) in rows]


def checked(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Follow the chain of events with the service's own command."""
    return subprocess.run(
        [sys.executable, "-m", "voice_app", "db", "check"],
        env={**os.environ, "VOICE_APP_STORE_DATABASE_URL": url, "VOICE_APP_DATA_FOLDER": str(folder / "worker")},
        capture_output=True,
        text=True,
    )


def carries_calls(nodes: list[Node]) -> Node:
    """Give the telephone node with the most calls: its media process holds a socket for each."""
    import psutil

    def sockets(each: Node) -> int:
        children = psutil.Process(each.process.pid).children()
        return sum(
            20_000 <= connection.laddr.port < 30_000
            for child in children
            for connection in child.net_connections("udp4")
        )

    return max(nodes, key=sockets)


async def run(folder: Path, url: str, people: int, calls: int, length_s: float) -> dict[str, Any]:
    async with AsyncExitStack() as running:
        enter = running.enter_async_context
        wanted = [
            ("serve-a", "serve"),
            ("serve-b", "serve"),
            ("serve-c", "serve"),
            ("phone-1", "phone"),
            ("phone-2", "phone"),
        ]
        *nodes, worker = await asyncio.gather(
            *(enter(node(folder, url, name, command, *OPTIONS[command])) for name, command in wanted),
            enter(node(folder, url, "worker", "worker")),
        )
        serving, phones = nodes[:3], nodes[3:]
        address = await enter(haproxy(folder, serving))
        line = await enter(kamailio(folder / "kamailio", [each.port for each in phones]))
        moments, told, stop = Moments(), Calls(), asyncio.Event()
        learners = [
            PageLearner(address, person(number, True), moments, think_s=THINK_S, seed=number, stop=stop)
            for number in range(people)
        ]
        tasks = [asyncio.create_task(learner.run()) for learner in learners]
        callers = []
        for number in range(calls):
            peer = await enter(baresip(folder / f"caller-{number}", rtp_timeout_s=SILENT_LINE_S))
            caller = Caller(peer, f"sip:assess@127.0.0.1:{line}", url, number, told)
            callers.append(caller)
            tasks.append(asyncio.create_task(caller.run(stop)))
            await asyncio.sleep(4)
        await asyncio.sleep(length_s / 3)
        for caller, code in zip(callers, phone_codes(url), strict=False):
            caller.code = code
        before, moments.key_reply_ms = moments.key_reply_ms, []
        turns_before = moments.turns
        serving[0].process.kill()
        await asyncio.sleep(length_s / 3)
        dead = carries_calls(phones)
        dead.process.kill()
        await asyncio.sleep(length_s / 3)
        stop.set()
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        faults = [repr(each) for each in outcomes if isinstance(each, Exception)]
        lost_pages = sum(learner._cut_at is not None for learner in learners)
        alive = worker.process.returncode is None
    rows = dict(ask(url, "select kind, count(*) from event group by kind"))
    check = checked(folder, url)
    return {
        "pages": {
            "people": people,
            "turns before / after the kill": [turns_before, moments.turns - turns_before],
            "reply before, ms": spread(before),
            "reply after, ms": spread(moments.key_reply_ms),
            "cut": moments.cuts,
            "back after, ms": spread(moments.back_ms),
            "not back": lost_pages,
            "came back with fewer answers": moments.lost,
            "finished sessions": moments.finished,
            "problems": dict(moments.problems),
        },
        "calls": {
            "calls": calls,
            "answered": told.answered,
            "cut": told.cut,
            "went on with the code, s": [round(each, 1) for each in told.back_s],
            "resumed in the store": ask(
                url, "select count(*) from event where kind = 'session_resumed' and channel = 'phone'"
            )[0][0],
        },
        "worker alive": alive,
        "events": {kind: rows.get(kind, 0) for kind in ("session_started", "item_answered", "session_resumed")},
        "chain": check.stdout.strip() or check.stderr.strip()[-300:],
        "faults": faults,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=45)
    parser.add_argument("--calls", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=2.5)
    arguments = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        result = asyncio.run(
            run(Path(folder), server.new_database(), arguments.people, arguments.calls, arguments.minutes * 60)
        )
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
