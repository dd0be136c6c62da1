"""The live feed within one process. Between processes nobody is woken: they look again when their time is over."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class LocalFeed:
    """`sittings.LiveFeed` in memory; nothing is kept of a topic that nobody waits for."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def tell(self, topic: str) -> None:
        """Wake whoever waits for this topic."""
        for woken in self._waiting.pop(topic, ()):
            woken.set()

    async def changed(self, topic: str, within_s: float) -> None:
        """Return when the topic has changed, or when the time is over."""
        woken = asyncio.Event()
        waiting = self._waiting.setdefault(topic, set())
        waiting.add(woken)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await woken.wait()
        finally:
            waiting.discard(woken)
            if not waiting and self._waiting.get(topic) is waiting:
                del self._waiting[topic]
