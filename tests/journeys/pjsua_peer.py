"""Real callers that carry the attended transfer: PJSIP, each in a process of its own (`pjsua_process`)."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pytest

needs_pjsua = pytest.mark.skipif(
    importlib.util.find_spec("pjsua2") is None, reason="needs pjsua2 (scripts/setup --test)"
)
LIMIT_S = 30.0
Calls = dict[int, tuple[str, bool]]
"""State and flowing sound of each call that there is, by its number."""


@dataclass
class Pjsua:
    """One telephone. `address`: host and port; `calls` as they are."""

    process: asyncio.subprocess.Process
    address: str = ""
    calls: Calls = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if not line.startswith(b"{"):
                continue  # PJSIP greets before it can be told to be quiet
            told = json.loads(line)
            self.address = told.get("address", self.address)
            if "calls" in told:
                self.calls = {int(each): (str(state), bool(flows)) for each, (state, flows) in told["calls"].items()}
            self._news.set()

    async def until(self, is_so: Callable[[Pjsua], bool], limit_s: float = LIMIT_S) -> None:
        """Wait until something is true of the telephone."""
        try:
            async with asyncio.timeout(limit_s):
                while not is_so(self):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as fault:
            raise AssertionError(f"not so: {self.calls}") from fault

    async def until_talking(self, number: int) -> None:
        await self.until(lambda here: here.calls.get(number) == ("CONFIRMED", True))

    async def order(self, do: str, **how: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **how}).encode() + b"\n")
        await self.process.stdin.drain()


def _log(folder: Path) -> BinaryIO:
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "peer.log").open("ab")


@asynccontextmanager
async def pjsua(folder: Path, user: str) -> AsyncIterator[Pjsua]:
    """Run a telephone that takes every call."""
    with _log(folder) as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.journeys.pjsua_process",
            user,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    telephone = Pjsua(process)
    reading = asyncio.create_task(telephone.read())
    try:
        await telephone.until(lambda here: here.address != "")
        yield telephone
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        reading.cancel()
