"""Chores on PostgreSQL: shared among workers, done once, taken over from a worker that was killed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.postgres import PostgresServer, postgres_server
from tests.voice_app.outlets.lrs_double import lrs_double
from tests.voice_app.outlets.sessions import a_session
from voice_app.chores import Chore, EmbeddedChores, run_through
from voice_app.errors import StoreError
from voice_app.store.sql_store import SqlStore
from voice_app.tasks import cron, prepare, task_app, work


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        yield running


class Counted:
    """A chore with so many pieces each time."""

    def __init__(self, pieces: int = 0, fault: Exception | None = None) -> None:
        self.pieces = self.left = pieces
        self.fault = fault
        self.calls = 0

    async def run_once(self) -> bool:
        self.calls += 1
        if self.fault is not None:
            raise self.fault
        self.left -= 1
        return self.left > 0


async def test_a_chore_is_done_piece_by_piece() -> None:
    counted = Counted(pieces=3)

    done = await run_through(Chore("three", 60, counted.run_once))

    assert (counted.calls, done) == (3, 2)


@pytest.mark.parametrize("fault", [StoreError("down"), ZeroDivisionError()])
async def test_a_fault_ends_a_chore_until_the_next_time(fault: Exception) -> None:
    counted = Counted(fault=fault)
    embedded = EmbeddedChores([Chore("broken", 0.01, counted.run_once)])

    embedded.start()
    await asyncio.sleep(0.1)
    await embedded.close()

    assert counted.calls > 2


@pytest.mark.parametrize(
    ("every_s", "line"),
    [(1, "* * * * * */1"), (14, "* * * * * */15"), (60, "*/1 * * * *"), (900, "*/15 * * * *"), (86_400, "0 * * * *")],
)
def test_a_time_becomes_an_even_division(every_s: float, line: str) -> None:
    assert cron(every_s) == line


async def test_two_workers_do_a_chore_once_each_time(server: PostgresServer) -> None:
    url = server.new_database()
    counted = Counted()
    apps = [task_app(url, [Chore("each second", 1, counted.run_once)]) for _ in range(2)]
    await asyncio.gather(prepare(url), prepare(url))

    async def run(app_number: int) -> None:
        async with apps[app_number].open_async():
            await work(apps[app_number], f"worker {app_number}")

    workers = [asyncio.create_task(run(number)) for number in range(2)]
    await asyncio.sleep(5)
    for worker in workers:
        worker.cancel()
    for worker in workers:
        with suppress(asyncio.CancelledError):
            await worker

    assert 2 <= counted.calls <= 6


async def test_the_worker_tells_what_was_written_before_it_came(server: PostgresServer) -> None:
    url = server.new_database()
    store = await SqlStore.open(url)
    await a_session(store)
    with lrs_double() as lrs:
        settings = {
            "VOICE_APP_STORE_DATABASE_URL": url,
            "VOICE_APP_XAPI_ENDPOINT": lrs.endpoint,
            "VOICE_APP_XAPI_EVERY_S": "1",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "voice_app", "worker"),
            env={**os.environ, **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            for _ in range(300):
                if len(lrs.statements) >= 7:
                    break
                await asyncio.sleep(0.1)
            process.terminate()
            ended = await asyncio.wait_for(process.wait(), 15)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    await store.close()

    assert len(lrs.statements) == 7
    assert ended == 0
