"""The service's end of the media process: starts it, carries orders and sound, notices its death, starts another.

A death ends the calls it carried (their legs hear `LegEnded` with a fault; signalling then says BYE), nothing else: the
next process is started at once, and what was answered is in the store since before it was acknowledged. A process that
does not beat for `SILENT_S` is taken as hung and killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, cast

from voice_app.g711 import Law
from voice_app.telephony.errors import MediaDown
from voice_app.telephony.leg import KeyHeard, LegEnded, LegEvent, LegInbox, LineHeard, MarkReached
from voice_app.telephony.media.wire import Kind, Reader, message

log = logging.getLogger(__name__)

SILENT_S = 1.5
"""Six beats."""
START_LIMIT_S = 15.0
OPEN_LIMIT_S = 3.0
BACK_OFF_S = (0.0, 0.2, 0.5, 1.0, 2.0)
"""Wait before the first, second, ... start in a row; the last one repeats."""


class MediaLine:
    """One call's line in the media process. It is silent until `set` allows it to send."""

    def __init__(self, process: MediaProcess, call: int, port: int) -> None:
        self.port = port
        """The UDP port to name in the description."""
        self.figures: Mapping[str, int] = {}
        """Packets sent, received, refused, late, and keys: known once the line is closed."""
        self.inbox = LegInbox()
        self.closed = asyncio.Event()
        self.on_still: Callable[[], None] = lambda: None
        """Called when the caller has sent nothing for 20 s."""
        self._process = process
        self._call = call

    def set(
        self,
        *,
        law: Law,
        payload_type: int,
        key_type: int | None,
        remote: tuple[str, int] | None,
        hosts: tuple[str, ...],
        sending: bool,
        hearing: bool,
    ) -> None:
        """Tell how to send and whom to hear; see `media.line.LineSettings`."""
        body: dict[str, Any] = {"law": law.value, "payload_type": payload_type, "key_type": key_type, "remote": remote}
        body |= {"hosts": hosts, "sending": sending, "hearing": hearing}
        self._order(Kind.SET, json.dumps(body).encode())

    def play(self, pcm: bytes) -> None:
        self._order(Kind.PLAY, pcm)

    def mark(self, number: int) -> None:
        self._order(Kind.MARK, number.to_bytes(4, "big"))

    def clear(self) -> None:
        self._order(Kind.CLEAR)

    def events(self) -> AsyncIterator[LegEvent]:
        return self.inbox.events()

    def close(self) -> None:
        """Give the line back; its figures follow."""
        self._order(Kind.CLOSE)
        self.inbox.put(LegEnded())

    def _order(self, kind: Kind, body: bytes = b"") -> None:
        self._process.order(kind, self._call, body)


class MediaProcess:
    """Keeps one media process alive. `on_change` hears whether it is there, in the event loop; it must not raise."""

    def __init__(self, *, host: str, first_port: int, last_port: int, realtime: bool) -> None:
        self._wish = json.dumps({"host": host, "first_port": first_port, "last_port": last_port}).encode()
        self._realtime = realtime
        self.on_change: Callable[[bool], None] = lambda _available: None
        self._lines: dict[int, MediaLine] = {}
        self._opening: dict[int, asyncio.Future[int]] = {}
        self._next_call = 0
        self._link: _Link | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def available(self) -> bool:
        return self._link is not None

    @property
    def pid(self) -> int | None:
        """The process number, for operations and tests."""
        return self._child.pid if self._child is not None else None

    async def start(self) -> None:
        """Start the process. Raises MediaDown when it does not come up."""
        began: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(began), name="media process")
        try:
            async with asyncio.timeout(START_LIMIT_S):
                await began
        except TimeoutError as fault:
            await self.close()
            raise MediaDown("the media process did not start") from fault

    async def open_line(self) -> MediaLine:
        """Give a line with a bound port. Raises MediaDown: no process, no free port."""
        if self._link is None:
            raise MediaDown("the media process is not there")
        self._next_call = self._next_call % 0xFFFFFFFF + 1
        call = self._next_call
        opened: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._opening[call] = opened
        self.order(Kind.OPEN, call, self._wish)
        try:
            async with asyncio.timeout(OPEN_LIMIT_S):
                port = await opened
        except TimeoutError as fault:
            raise MediaDown("the media process does not open a line") from fault
        finally:
            self._opening.pop(call, None)
        line = self._lines[call] = MediaLine(self, call, port)
        return line

    async def close(self) -> None:
        """End the process and with it all lines."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper

    def order(self, kind: Kind, call: int, body: bytes) -> None:
        """Send an order; without a process it is forgotten, its line has ended."""
        if self._link is not None:
            self._link.send(message(kind, call, body))

    # --- the keeper ---------------------------------------------------------------------------------------------

    async def _keep(self, began: asyncio.Future[None]) -> None:
        starts = 0
        while True:
            await asyncio.sleep(BACK_OFF_S[min(starts, len(BACK_OFF_S) - 1)])
            starts += 1
            try:
                link, child = await self._spawn()
            except OSError as fault:
                log.error("the media process cannot be started: %s", fault)
                continue
            try:
                await link.first_beat(START_LIMIT_S)
                self._link = link
                starts = 0 if began.done() else 1
                if not began.done():
                    began.set_result(None)
                self.on_change(True)
                await link.end(SILENT_S)
                log.error("the media process is gone or hangs; %d calls end", len(self._lines))
            except TimeoutError:
                log.error("the media process does not come up")
            finally:
                await self._bury(link, child)

    async def _spawn(self) -> tuple[_Link, asyncio.subprocess.Process]:
        ours, theirs = socket.socketpair()
        with theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
            self._child = child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "voice_app.telephony.media",
                str(theirs.fileno()),
                "realtime" if self._realtime else "normal",
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
            )
        _, link = await asyncio.get_running_loop().create_connection(lambda: _Link(self._receive), sock=ours)
        return link, child

    async def _bury(self, link: _Link, child: asyncio.subprocess.Process) -> None:
        was_there, self._link = self._link is not None, None
        link.close()
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            line.inbox.put(LegEnded("the media process is gone"))
            line.closed.set()
        for opening in self._opening.values():
            if not opening.done():
                opening.set_exception(MediaDown("the media process is gone"))
        if was_there:
            self.on_change(False)
        await child.wait()

    def _receive(self, kind: Kind, call: int, body: bytes) -> None:
        if kind is Kind.OPENED:
            self._opened(call, json.loads(body)["port"])
            return
        line = self._lines.get(call)
        if line is None:
            return
        match kind:
            case Kind.FRAME:
                line.inbox.put(LineHeard(body))
            case Kind.KEY:
                line.inbox.put(KeyHeard(body.decode()))
            case Kind.MARKED:
                line.inbox.put(MarkReached(int.from_bytes(body, "big")))
            case Kind.STILL:
                line.on_still()
            case Kind.CLOSED:
                figures: dict[str, Any] = json.loads(body)
                line.figures = figures
                del self._lines[call]
                line.closed.set()
            case _:
                pass

    def _opened(self, call: int, port: int | None) -> None:
        opening = self._opening.get(call)
        if opening is None or opening.done():
            self.order(Kind.CLOSE, call, b"")  # too late: nobody waits for it any more
        elif port is None:
            opening.set_exception(MediaDown("no free port for sound"))
        else:
            opening.set_result(port)


class _Link(asyncio.Protocol):
    """The service's end of the socket: messages come out of it, beats are watched."""

    def __init__(self, receive: Callable[[Kind, int, bytes], None]) -> None:
        self._receive = receive
        self._reader = Reader()
        self._transport: asyncio.WriteTransport | None = None
        self._beaten = asyncio.Event()
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._beaten.set()
        try:
            for kind, call, body in self._reader.feed(data):
                self._receive(kind, call, body)
        except ValueError as fault:
            log.error("the media process talks nonsense: %s", fault)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._beaten.set()

    def send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def first_beat(self, limit_s: float) -> None:
        """Wait for a sign of life. Raises TimeoutError."""
        async with asyncio.timeout(limit_s):
            await self._beaten.wait()
        if self._lost:
            raise TimeoutError

    async def end(self, silent_s: float) -> None:
        """Wait until the other side is gone, or says nothing for so long."""
        while not self._lost:
            self._beaten.clear()
            try:
                async with asyncio.timeout(silent_s):
                    await self._beaten.wait()
            except TimeoutError:
                if not self._beaten.is_set():  # our own loop may have been the busy one
                    return
