"""`voice-app phone` as a structure starts it, with a data folder of its own and the installed models."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from voice_app.settings import load_settings

START_LIMIT_S = 240.0
FIRST_RTP_PORT, LAST_RTP_PORT = 20_000, 29_998


@dataclass
class PhoneService:
    """The running command. `port` is SIP's, over UDP and TCP."""

    folder: Path
    process: asyncio.subprocess.Process
    port: int

    def events(self) -> list[str]:
        """Give the kinds of all records kept so far, oldest first."""
        return [kind for (kind,) in self.ask("select kind from event order by sequence")]

    def ask(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "events.sqlite", timeout=10)) as database:
            return database.execute(query).fetchall()

    def code(self) -> str:
        return str(self.ask("select code from resume_code")[0][0])

    def talks(self) -> bool:
        """Whether this process carries a call: its media process holds a socket for sound."""
        sockets = (
            each for child in psutil.Process(self.process.pid).children() for each in child.net_connections("udp4")
        )
        return any(FIRST_RTP_PORT <= each.laddr.port <= LAST_RTP_PORT for each in sockets)

    async def until(self, kind: str, count: int, limit_s: float = 20.0) -> None:
        """Wait until so many records of a kind are kept."""
        for _ in range(int(limit_s / 0.05)):
            if self.events().count(kind) >= count:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"no {count} times {kind}: {self.events()}")


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    installed = load_settings().data_folder
    (installed / "speech").mkdir(exist_ok=True)
    for shared in ("models", "speech"):
        if not (folder / shared).exists():
            (folder / shared).symlink_to(installed / shared)


def _log(folder: Path) -> BinaryIO:
    return (folder / "phone.log").open("ab")


@asynccontextmanager
async def phone_service(
    folder: Path, *options: str, settings: dict[str, str] | None = None
) -> AsyncIterator[PhoneService]:
    """Run the command for the time of the block. Spoken sentences are shared with the installed service."""
    _prepare(folder)
    environment = {**os.environ, "VOICE_APP_DATA_FOLDER": str(folder), **(settings or {})}
    with _log(folder) as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "voice_app",
            "phone",
            "--sip",
            "127.0.0.1:0",
            *options,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_LIMIT_S):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("sip:"), (folder / "phone.log").read_text()
        yield PhoneService(folder, process, int(line.partition(";")[0].rpartition(":")[2]))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
