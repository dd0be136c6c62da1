"""Work beside the conversations: what is told to the outside, what is tidied up. One `Chore` each, run again and again.

Who runs them: the service itself on SQLite (`EmbeddedChores`), a `voice-app worker` on PostgreSQL, where Procrastinate
shares them out among any number of workers (`voice_app.tasks`). A chore knows nothing of that: it does a piece of work
when it is called, and tells whether there is more.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from voice_app.errors import VoiceAppError

log = logging.getLogger(__name__)

MOST_AT_ONCE = 1_000
"""Pieces of one chore in a row, before the others have their turn."""


@dataclass(frozen=True, slots=True)
class Chore:
    """`run_once` does a piece of work and tells whether there is more at once; called every `every_s` seconds."""

    name: str
    every_s: float
    run_once: Callable[[], Awaitable[bool]]


async def run_through(chore: Chore) -> int:
    """Do all the pieces that there are and give how many; a fault ends it until the next time."""
    for count in range(MOST_AT_ONCE):
        try:
            if not await chore.run_once():
                return count
        except VoiceAppError as fault:
            log.warning("%s: %s", chore.name, fault)
            return count
        except Exception:  # the rim of one chore: the others and the conversations go on
            log.exception("%s failed", chore.name)
            return count
    return MOST_AT_ONCE


class EmbeddedChores:
    """Chores beside the conversations, in this process's own loop."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._chores = chores
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; `close` ends."""
        self._tasks = [asyncio.create_task(_again_and_again(chore), name=chore.name) for chore in self._chores]

    async def close(self) -> None:
        """Stop. A piece under way is cancelled; it is done again at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _again_and_again(chore: Chore) -> None:
    while True:
        await run_through(chore)
        await asyncio.sleep(chore.every_s * random.uniform(0.9, 1.1))  # noqa: S311 - spreads load, hides nothing
