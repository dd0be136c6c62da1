#!/usr/bin/env python
"""Sites and a hub as real processes, killed with -9 at moments drawn by lot: SQLite files, PostgreSQL, HTTP.

    scripts/bench_sync_processes.py --seconds 60 --seed 1

Three sites answer and send without pause; the hub is killed and begun again, the sites too; people walk from one site
to another with their code; one file is put back to an earlier copy. Then all faults end, the sites send until nothing
waits, and every answer that was acknowledged must be at the hub once, every chain and projection whole at each place,
every session the same at the hub and where it was last led. Answers that only the file put back had are counted apart.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.postgres import postgres_server
from tests.voice_app.sync.rig import RULES, hub_of, running
from voice_app.errors import LedElsewhere, StoreError, VoiceAppError
from voice_app.ports import NewRecord, SessionId
from voice_app.store.checking import check_database
from voice_app.store.rules import StoreRules
from voice_app.store.sql_enrolments import SqlEnrolments
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_uplink import SqlUplink
from voice_app.sync.courier import Versions, bring, fetch_sessions, push
from voice_app.sync.http_line import HttpLine
from voice_app.sync.seals import new_keys

SITES = 3
FORK = multiprocessing.get_context("fork")
PATIENT = StoreRules(
    statement_limit_s=60.0, busy_ms=60_000, wrong_codes_per_site=100_000, wrong_codes_per_asker=100_000
)


def hub_process(url: str, port: int) -> None:
    asyncio.run(_hub(url, port))


async def _hub(url: str, port: int) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(50)
    store = await SqlStore.open(url, rules=PATIENT)
    async with running(hub_of(store), listener):
        await asyncio.Event().wait()


def site_process(number: int, file: str, seed: int, pipe: Connection) -> None:
    asyncio.run(_site(number, file, seed, pipe))


async def _site(number: int, file: str, seed: int, pipe: Connection) -> None:
    """Answer and send until killed. Every few answers somebody new comes, or somebody with a code from elsewhere."""
    store = await SqlStore.open(f"sqlite+aiosqlite:///{file}", rules=PATIENT)
    lot = random.Random(seed)  # noqa: S311 - histories, not secrets
    codes: list[str] = []

    async def send() -> None:
        while True:
            with suppress(VoiceAppError):
                uplink, line = await _line(store)
                await push(uplink, line, Versions("bench", "bank"))
                await fetch_sessions(uplink, line)
            await asyncio.sleep(lot.random() * 0.2)

    async with asyncio.TaskGroup() as work:
        work.create_task(send())
        session: SessionId | None = None
        count = 0
        while True:
            while pipe.poll():
                codes = pipe.recv()
            if session is None or lot.random() < 0.1:
                session = await _somebody(store, lot, codes, pipe)
            item = f"{number}-{seed}-{count}"
            count += 1
            try:
                await store.append(session, [NewRecord("item_answered", {"v": 1, "item": item})], channel="kiosk")
                pipe.send(("answer", session, item))
            except LedElsewhere:
                session = None
            except StoreError:
                pass
            await asyncio.sleep(lot.random() * 0.02)


async def _somebody(store: SqlStore, lot: random.Random, codes: list[str], pipe: Connection) -> SessionId:
    if codes and lot.random() < 0.5:
        code = lot.choice(codes)
        uplink, line = await _line(store)
        await bring(uplink, line, code, "kiosk")
        found = await store.find_session(code, asker="kiosk")
        if found is not None:
            await store.take_up(found)
            pipe.send(("moved", found, code))
            return found
    session = await store.open_session("kiosk", "bank-1")
    pipe.send(("code", session, await store.issue_code(session)))
    return session


async def _line(store: SqlStore) -> tuple[SqlUplink, HttpLine]:
    uplink = SqlUplink(store.engine)
    here = await uplink.uplink()
    return uplink, HttpLine(here.address, here.token, RULES)


# --- the world -------------------------------------------------------------------------------------------------------


class Field:
    """The processes, and what was acknowledged."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self.url, self.folder, self.lot = url, folder, random.Random(seed)  # noqa: S311
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.hub: BaseProcess | None = None
        self.sites: list[tuple[BaseProcess, Connection]] = []
        self.answers: set[str] = set()
        self.codes: list[str] = []
        self.told: Counter[str] = Counter()
        self.gone: set[str] = set()

    def file(self, number: int) -> Path:
        return self.folder / f"site{number}.sqlite"

    async def prepare(self) -> None:
        store = await SqlStore.open(self.url, rules=PATIENT)
        for number in range(SITES):
            ours, theirs = new_keys()
            _, token = await SqlEnrolments(store.engine).enrol(f"site {number}", [], theirs.to_text())
            site = await SqlStore.open(f"sqlite+aiosqlite:///{self.file(number)}", rules=PATIENT)
            await SqlUplink(site.engine).join(f"http://127.0.0.1:{self.port}", token, ours.to_text())
            await site.close()
        await store.close()

    def begin_hub(self) -> None:
        self.hub = FORK.Process(target=hub_process, args=(self.url, self.port), daemon=True)
        self.hub.start()

    def begin_site(self, number: int) -> None:
        ours, theirs = FORK.Pipe()
        seed = self.lot.randrange(10**9)
        process = FORK.Process(target=site_process, args=(number, str(self.file(number)), seed, theirs), daemon=True)
        process.start()
        theirs.close()
        if number < len(self.sites):
            self.sites[number] = (process, ours)
        else:
            self.sites.append((process, ours))

    def listen(self) -> None:
        for number, (_, pipe) in enumerate(self.sites):
            with suppress(EOFError, OSError):
                while pipe.poll():
                    what, _, value = pipe.recv()
                    self.told[f"{what}s"] += 1
                    if what == "answer":
                        self.answers.add(value)
                    elif what == "code":
                        self.codes.append(value)
            if self.lot.random() < 0.05:
                with suppress(OSError):
                    pipe.send(self.codes[-30:])
            del number

    def kill(self, process: BaseProcess | None) -> None:
        if process is not None and process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            process.join()

    def run(self, seconds: float) -> None:
        self.begin_hub()
        for number in range(SITES):
            self.begin_site(number)
        begun, next_fault, copied = time.monotonic(), 2.0, False
        while (now := time.monotonic() - begun) < seconds:
            self.listen()
            time.sleep(0.02)
            if now < next_fault:
                continue
            next_fault = now + self.lot.random() * 2.5
            number = self.lot.randrange(SITES)
            if self.lot.random() < 0.4:
                self.kill(self.hub)
                self.told["hub killed"] += 1
                self.begin_hub()
            else:
                self.kill(self.sites[number][0])
                self.told["site killed"] += 1
                self.listen()
                if number == 0 and not copied and now > seconds / 3:
                    self.copy(self.file(0), self.folder / "backup")
                    copied = True
                elif number == 0 and copied and now > seconds * 2 / 3 and not self.told["site put back to a copy"]:
                    self.put_back()
                self.begin_site(number)

    def put_back(self) -> None:
        before = _items(self.file(0))
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.file(0)}{ending}").unlink(missing_ok=True)
        self.copy(self.folder / "backup", self.file(0))
        self.gone = before - _items(self.file(0))
        self.told["site put back to a copy"] += 1

    def copy(self, source: Path, target: Path) -> None:
        with sqlite3.connect(source) as here, sqlite3.connect(target) as there:
            here.backup(there)
        here.close()
        there.close()

    def stop(self) -> None:
        for process, _ in self.sites:
            self.kill(process)
        self.listen()
        self.kill(self.hub)


def _items(file: Path) -> set[str]:
    with sqlite3.connect(file) as database:
        rows = database.execute(
            "select json_extract(payload, '$.item') from event where kind = 'item_answered'"
        ).fetchall()
    database.close()
    return {item for (item,) in rows}


async def settle(field: Field) -> list[str]:
    """Let everybody send and fetch until nothing is left, and give what is wrong."""
    faults: list[str] = []
    sites = [await SqlStore.open(f"sqlite+aiosqlite:///{field.file(n)}", rules=PATIENT) for n in range(SITES)]
    for _ in range(6):
        for number, site in enumerate(sites):
            uplink, line = await _line(site)
            for attempt in range(40):
                try:
                    await push(uplink, line, Versions("bench", "bank"))
                    await fetch_sessions(uplink, line)
                    break
                except VoiceAppError as fault:
                    await asyncio.sleep(0.3)
                    if attempt == 39:
                        faults.append(f"site {number} is held up: {fault}")
    hub = await SqlStore.open(field.url, rules=PATIENT)
    faults += await _compare(field, hub, sites)
    for store in (hub, *sites):
        await store.close()
    for url in (field.url, *(f"sqlite+aiosqlite:///{field.file(n)}" for n in range(SITES))):
        faults += [f"{url.partition(':')[0]}: {fault}" for fault in (await check_database(url, PATIENT)).faults]
    return faults


async def _compare(field: Field, hub: SqlStore, sites: list[SqlStore]) -> list[str]:
    faults = []
    async with hub.engine.connect() as connection:
        rows = (
            await connection.exec_driver_sql(
                "select payload->>'item', session_id from event where kind = 'item_answered'"
            )
        ).all()
        aside = (await connection.exec_driver_sql("select count(*) from custody")).scalar_one()
    held = Counter(item for item, _ in rows)
    lost = field.answers - set(held) - field.gone
    field.told["acknowledged and only in the file that was put back"] = len((field.answers - set(held)) & field.gone)
    faults += [f"{len(lost)} acknowledged answers are not at the hub"] if lost else []
    doubled = [item for item, count in held.items() if count > 1]
    faults += [f"{len(doubled)} answers are at the hub twice"] if doubled else []
    faults += [f"{aside} events are set aside"] if aside else []
    field.told["answers at the hub"] = sum(held.values())
    for session in sorted({session for _, session in rows}):
        there = [each.payload for each in await hub.history(SessionId(session))]
        for site in sites:
            async with site.engine.connect() as connection:
                query = "select 1 from session s join site on site.id = s.lead_site where s.id = ? and standing = 'own'"
                leads = (await connection.exec_driver_sql(query, (session,))).first() is not None
            if leads and [each.payload for each in await site.history(SessionId(session))] != there:
                faults.append(f"session {session} is another one at the hub")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with postgres_server() as server, tempfile.TemporaryDirectory() as folder:
        field = Field(server.new_database(), Path(folder), chosen.seed)
        asyncio.run(field.prepare())
        field.run(chosen.seconds)
        field.stop()
        field.begin_hub()
        faults = asyncio.run(settle(field))
        field.kill(field.hub)
    for what, count in sorted(field.told.items()):
        print(f"  {what}: {count}")
    for fault in faults[:20]:
        print(f"WRONG: {fault}")
    print(f"{len(faults)} went wrong")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
