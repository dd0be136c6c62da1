"""The live feed between processes: PostgreSQL's LISTEN and NOTIFY behind `sittings.LiveFeed`.

A hint goes to this process at once and to all others through the database: one connection listens, one notifies. A
connection that is lost is opened again, and whoever waits is woken then, because hints may have passed meanwhile; a
lost hint costs a moment and nothing else. Hints that pile up while the database is away are told once per topic.

A pooler in front of PostgreSQL has to leave these two connections alone (session mode): LISTEN belongs to a session.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

import psycopg
from psycopg import AsyncConnection
from sqlalchemy import make_url

from voice_app.live_feed import LocalFeed

log = logging.getLogger(__name__)

CHANNEL = "voice_app_live"
AGAIN_S = (0.2, 0.5, 1.0, 2.0, 5.0)
CONNECT_LIMIT_S = 5
MOST_WAITING = 10_000
"""Topics that wait for a database that is away; beyond it the oldest are forgotten."""


class NotifyFeed:
    """`start` it in a running loop; `close` ends both connections."""

    def __init__(self, url: str) -> None:
        self._address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._local = LocalFeed()
        self._untold: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._topics: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.listening = asyncio.Event()
        """Set while hints of other processes arrive."""

    def start(self) -> None:
        """Begin to listen and to notify; until the database answers, hints stay in this process."""
        self._tasks = [
            asyncio.create_task(self._for_ever(self._listen), name="live feed: listening"),
            asyncio.create_task(self._for_ever(self._notify), name="live feed: telling"),
        ]

    async def close(self) -> None:
        """End both connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell(self, topic: str) -> None:
        """Wake whoever waits for this topic, here and in the other processes."""
        self._local.tell(topic)
        self._untold[topic] = None
        while len(self._untold) > MOST_WAITING:
            del self._untold[next(iter(self._untold))]
        self._wake.set()

    async def changed(self, topic: str, within_s: float) -> None:
        """Return when the topic has changed, or when the time is over."""
        self._topics.add(topic)
        try:
            await self._local.changed(topic, within_s)
        finally:
            self._topics.discard(topic)

    async def _for_ever(self, work: Callable[[AsyncConnection], Coroutine[None, None, None]]) -> None:
        """Do this over a connection, and over the next one when it is lost."""
        losses = 0
        while True:
            try:
                async with await AsyncConnection.connect(
                    self._address, autocommit=True, connect_timeout=CONNECT_LIMIT_S
                ) as connection:
                    losses = 0
                    await work(connection)
            except (psycopg.Error, OSError) as fault:
                log.warning("the live feed lost the database: %s", type(fault).__name__)
            self.listening.clear()
            await asyncio.sleep(AGAIN_S[min(losses, len(AGAIN_S) - 1)])
            losses += 1

    async def _listen(self, connection: AsyncConnection) -> None:
        await connection.execute(f"listen {CHANNEL}")
        self.listening.set()
        for topic in tuple(self._topics):  # what was told while nobody listened is not known
            self._local.tell(topic)
        async for hint in connection.notifies():
            self._local.tell(hint.payload)

    async def _notify(self, connection: AsyncConnection) -> None:
        while True:
            while self._untold:  # first of all what an earlier connection did not tell
                topic = next(iter(self._untold))
                del self._untold[topic]  # before: what changes meanwhile is told again
                try:
                    await connection.execute("select pg_notify(%s, %s)", (CHANNEL, topic))
                except psycopg.Error:
                    self._untold[topic] = None
                    raise
            self._wake.clear()
            await self._wake.wait()
