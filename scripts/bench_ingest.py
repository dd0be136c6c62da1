#!/usr/bin/env python
"""How fast a hub takes events in on PostgreSQL, and the Ralph LRS statements: one run, batches of 500 and of 1.

    scripts/bench_ingest.py --seconds 20      # Ralph: scripts/make_ralph first; without it only the hub is measured

Both answer over HTTP on this machine, from one client that sends the next batch when the last one was answered. The
hub is the service's own addresses on Hypercorn with a private PostgreSQL (`fsync` on, as by default); Ralph runs as
released on its file-system back end, which does not sync. Per core: by the processor time of all processes that serve
(hub with PostgreSQL's; Ralph), the client's not counted. Events are what a session writes; the statements are made from
the same events, one for each answer.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import json
import multiprocessing
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine.sync.batches import START, Batch, Head, Sealed, encode
from engine.sync.events import Envelope, chained
from tests.journeys.ralph_server import PASSWORD, USER, ralph, ralph_python
from tests.postgres import postgres_server
from tests.voice_app.sync.rig import join, serving
from voice_app.store.identifiers import uuid7
from voice_app.sync.messages import Report

ITEMS = 10
EVIDENCE = {"correct": 0.93, "incorrect": 0.05, "unknown": 0.02}


@dataclass
class Rate:
    """What a run came to."""

    what: str
    batch: int
    count: int
    wall_s: float
    cpu_s: float

    def line(self) -> str:
        per_core = self.count / self.cpu_s if self.cpu_s else float("nan")
        return (
            f"{self.what}, batches of {self.batch}: {self.count} in {self.wall_s:.1f} s,"
            f" {self.count / self.wall_s:.0f} a second, {per_core:.0f} a second and core"
        )


class Chain:
    """Makes the events of a site: sessions of ten answers."""

    def __init__(self, site: str) -> None:
        self.site, self.end, self.session, self.item = site, START, "", ITEMS

    def next(self, count: int) -> Batch:
        after, events = self.end, []
        for _ in range(count):
            events.append(self._event())
        return Batch(self.site, after, tuple(events))

    def _event(self) -> Sealed:
        milliseconds = int(time.time() * 1000)
        if self.item >= ITEMS:
            self.session, self.item = uuid7(milliseconds), 0
        kind, payload = "item_answered", self._answer()
        self.item += 1
        event = Envelope(
            uuid7(milliseconds), self.site, self.end.sequence + 1, self.session, kind, payload, "kiosk", "participant",
            "bank-1", "2026-01-01T10:00:00.000000+00:00",
        )  # fmt: skip
        sealed = Sealed(event, chained(self.end.digest, event))
        self.end = Head(event.sequence, sealed.digest)
        return sealed

    def _answer(self) -> dict[str, object]:
        return {
            "v": 1, "item": f"web.search.{self.item}", "option": "b", "evidence": EVIDENCE, "aid": "none",
            "channel": "kiosk", "input_mode": "voice", "confirmed": False,
        }  # fmt: skip


def _hub(url: str, folder: str, pipe: object) -> None:
    """The hub's process."""

    async def run() -> None:
        async with serving(url, {}) as hub:
            site = await join(hub, Path(folder), "bench")
            here = await site.uplink.uplink()
            await site.store.close()
            pipe.send((hub.port, here.token))  # type: ignore[attr-defined]
            await asyncio.get_running_loop().run_in_executor(None, pipe.recv)  # type: ignore[attr-defined]

    asyncio.run(run())


def measure(what: str, size: int, seconds: float, send: Callable[[int], int], servers: list[psutil.Process]) -> Rate:
    """Send for so long and give the rate."""
    send(size)
    before, begun, count = cpu_of(servers), time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        count += send(size)
    return Rate(what, size, count, time.monotonic() - begun, cpu_of(servers) - before)


def cpu_of(roots: list[psutil.Process]) -> float:
    """Give the processor time of these processes and all that they began, those that ended among them."""
    total = 0.0
    for root in roots:
        for process in (root, *root.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
            if process is root:
                total += times.children_user + times.children_system
    return total


def hub_rates(seconds: float) -> Iterator[Rate]:
    with postgres_server(fsync=True) as server, tempfile.TemporaryDirectory() as folder:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=_hub, args=(server.new_database(), folder, theirs), daemon=True
        )
        process.start()
        port, token = ours.recv()
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        chain = Chain(uuid7(int(time.time() * 1000)))
        headers = {"Authorization": f"Bearer {token}", "Sync-Report": Report().to_text()}

        def send(size: int) -> int:
            batch = chain.next(size)
            line.request("POST", "/sync/v1/push", encode(batch), headers)
            answer = json.loads(line.getresponse().read())
            assert answer["head"][0] == batch.last.sequence, answer
            return size

        data = str(server.folder / "data")
        postgres = [p for p in psutil.process_iter(["cmdline"]) if data in (p.info["cmdline"] or []) and p.parent()]
        for size in (500, 1):
            yield measure("hub on PostgreSQL", size, seconds, send, [psutil.Process(process.pid), *postgres])
        ours.send(None)
        process.join(20)


def ralph_rates(seconds: float) -> Iterator[Rate]:
    if not ralph_python().is_file():
        print("Ralph is not installed: scripts/make_ralph")
        return
    with tempfile.TemporaryDirectory() as folder, ralph(Path(folder) / "ralph") as running:
        assert running.process is not None
        secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        headers = {
            "Authorization": f"Basic {secret}",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        }
        line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=120)

        def send(size: int) -> int:
            line.request("POST", "/xAPI/statements", json.dumps([statement() for _ in range(size)]), headers)
            response = line.getresponse()
            body = response.read()
            assert response.status == 200, (response.status, body[:300])
            return size

        for size in (500, 1):
            yield measure("Ralph on files", size, seconds, send, [psutil.Process(running.process.pid)])


def statement() -> dict[str, object]:
    """Give an answer as the service tells it to an LRS."""
    return {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": "https://voice-app.example", "name": uuid.uuid4().hex}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {
            "id": "https://voice-app.example/item/web.search.1",
            "definition": {"type": "http://adlnet.gov/expapi/activities/cmi.interaction", "interactionType": "choice"},
        },
        "result": {"response": "b", "success": True},
        "context": {"registration": str(uuid.uuid4()), "language": "fr-FR"},
        "timestamp": "2026-01-01T10:00:00.000Z",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    for rates in (hub_rates, ralph_rates):
        for rate in rates(seconds):
            print(rate.line(), flush=True)


if __name__ == "__main__":
    main()
