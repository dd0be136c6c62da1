"""Hints between processes through PostgreSQL: they arrive, and go on arriving after the database was away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from tests.postgres import PostgresServer
from voice_app.store.notify_feed import NotifyFeed

LIMIT_S = 10.0


@asynccontextmanager
async def two_feeds(url: str) -> AsyncIterator[tuple[NotifyFeed, NotifyFeed]]:
    one, other = NotifyFeed(url), NotifyFeed(url)
    for feed in (one, other):
        feed.start()
    try:
        async with asyncio.timeout(LIMIT_S):
            await one.listening.wait()
            await other.listening.wait()
        yield one, other
    finally:
        await one.close()
        await other.close()


async def waited_s(feed: NotifyFeed, topic: str) -> float:
    began = time.monotonic()
    await feed.changed(topic, LIMIT_S)
    return time.monotonic() - began


async def test_a_hint_wakes_who_waits_in_another_process_and_here(server: PostgresServer) -> None:
    async with two_feeds(server.new_database()) as (one, other):
        waiting = [asyncio.create_task(waited_s(feed, "sitting")) for feed in (one, other)]
        elsewhere = asyncio.create_task(other.changed("another", 0.5))
        await asyncio.sleep(0.05)

        one.tell("sitting")

        assert max(await asyncio.gather(*waiting)) < LIMIT_S / 2
        assert not elsewhere.done()
        await elsewhere


async def test_a_lost_connection_is_opened_again_and_who_waits_looks_again(server: PostgresServer) -> None:
    url = server.new_database()
    async with two_feeds(url) as (one, other):
        waiting = asyncio.create_task(waited_s(other, "sitting"))
        await asyncio.sleep(0.05)

        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        woken_s = await waiting
        again = asyncio.create_task(waited_s(other, "sitting"))
        async with asyncio.timeout(LIMIT_S):
            await other.listening.wait()
        one.tell("sitting")
        again_s = await again

    assert woken_s < LIMIT_S / 2
    assert again_s < LIMIT_S / 2


async def test_without_a_database_hints_stay_in_the_process() -> None:
    feed = NotifyFeed("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    feed.start()
    waiting = asyncio.create_task(waited_s(feed, "sitting"))
    await asyncio.sleep(0.05)

    feed.tell("sitting")

    assert await waiting < 1.0
    await feed.close()
