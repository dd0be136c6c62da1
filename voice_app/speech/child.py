"""One living worker process as its parent sees it: a message goes in, its reply comes back, or the child is lost.

It knows nothing of queues and replacements. Waiting is counted in beats that the parent itself lived through: after a
suspended laptop or a blocked event loop, the child is not blamed for time in which nobody listened.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import psutil

from voice_app.speech import frames

log = logging.getLogger(__name__)

BEAT_S = 0.05
"""How often a wait looks at the child."""


class Lost(Exception):
    """The child is of no more use; the text says why."""


class Child:
    """One living process."""

    def __init__(self, process: asyncio.subprocess.Process, stall_limit_s: float | None) -> None:
        self._process = process
        self._stall_limit_s = stall_limit_s
        self._reply: asyncio.Future[Any] | None = None
        self.ended = asyncio.ensure_future(self._read())
        self.requests = 0
        self.answers = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    async def call(self, message: object, limit_s: float, *, watch_progress: bool) -> Any:
        """Give the reply to a message. Raises Lost; FrameTooLarge before anything is sent."""
        packet = frames.pack(message)
        self._reply = asyncio.get_running_loop().create_future()
        exchange = asyncio.ensure_future(self._exchange(packet, self._reply))
        try:
            await self._watch(exchange, limit_s, watch_progress)
            return await exchange
        except (ConnectionError, EOFError) as error:
            raise Lost("the process ended") from error
        finally:
            if not exchange.cancel() and not exchange.cancelled():
                exchange.exception()  # seen: the loss that caused it is told already

    async def _exchange(self, packet: bytes, reply: asyncio.Future[Any]) -> Any:
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 opened as a pipe below
        pipe.write(packet)
        await pipe.drain()
        return await reply

    async def _watch(self, exchange: asyncio.Future[Any], limit_s: float, watch_progress: bool) -> None:
        waited_s = idle_s = 0.0
        used_s = self._processor_s()
        stall_limit_s = self._stall_limit_s if watch_progress else None
        while True:
            done, _ = await asyncio.wait({exchange, self.ended}, timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
            if exchange in done:
                return
            if self.ended in done:
                raise Lost("the process ended")
            waited_s += BEAT_S
            before_s, used_s = used_s, self._processor_s()
            idle_s = 0.0 if used_s > before_s else idle_s + BEAT_S
            if waited_s >= limit_s:
                raise Lost(f"no answer within {limit_s:g} s")
            if stall_limit_s is not None and idle_s >= stall_limit_s:
                raise Lost(f"no progress for {stall_limit_s:g} s")

    def _processor_s(self) -> float:
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0  # gone: the end of the pipe tells the rest
        return float(times.user + times.system)

    async def _read(self) -> None:
        """Hand replies over until the pipe ends, or holds something that is no reply."""
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 opened as a pipe below
        try:
            while True:
                (length,) = frames.LENGTH.unpack(await pipe.readexactly(frames.LENGTH.size))
                value = frames.unpack(await pipe.readexactly(length))
                self.answers += 1
                if self._reply is not None and not self._reply.done():
                    self._reply.set_result(value)
        except (EOFError, ConnectionError):
            return
        except Exception:
            log.exception("process %s sent an unreadable reply", self.pid)

    async def close(self) -> None:
        """End the process by force, even when cancelled: it holds nothing that a polite end would save."""
        ending = asyncio.ensure_future(self._end())
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending
            raise

    async def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self.ended  # the pipe ends with the process
        if self._process.stdin is not None:
            self._process.stdin.close()
            with contextlib.suppress(ConnectionError):
                await self._process.stdin.wait_closed()
