#!/usr/bin/env python
"""A bad line to try the synchronisation over: so many bits a second both ways together, cut every few seconds.

scripts/bad_line.py --to 127.0.0.1:8080 --listen 9090 --kbit 64 --cut-s 10
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

PIECE = 512
CLOCK_S = 0.01


@dataclass
class BadLine:
    """A TCP proxy. `rate` in bytes a second, shared by all connections; every `cut_s` seconds all of them break.

    `cut_bytes` cuts by amount instead, for tests that should not take long.
    """

    host: str
    port: int
    rate: float
    cut_s: float = 0.0
    cut_bytes: int = 0
    carried: int = 0
    cuts: int = 0
    _credit: float = 0.0
    _since_cut: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, port: int = 0) -> asyncio.Server:
        """Begin to listen on this machine; close the server to end."""
        return await asyncio.start_server(self._connected, "127.0.0.1", port)

    async def run_clock(self) -> None:
        """Let time pass: what may be carried, and the cuts. Run it beside the server."""
        loop = asyncio.get_running_loop()
        then = last_cut = loop.time()
        while True:
            await asyncio.sleep(CLOCK_S)
            now = loop.time()
            self._credit = min(self.rate, self._credit + (now - then) * self.rate)
            then = now
            if self.cut_s and now - last_cut >= self.cut_s:
                last_cut = now
                self.cut()

    def cut(self) -> None:
        """Break every connection, in the middle of whatever it carries."""
        self.cuts += bool(self._writers)
        self._since_cut = 0
        for writer in list(self._writers):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.close()
            return
        pair = {writer, there_writer}
        self._writers |= pair
        try:
            await asyncio.gather(self._carry(reader, there_writer), self._carry(there_reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers -= pair
            for each in pair:
                with suppress(OSError):
                    each.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            while self._credit < len(piece):  # noqa: ASYNC110 - time is what this line is short of
                await asyncio.sleep(CLOCK_S)
            self._credit -= len(piece)
            self.carried += len(piece)
            self._since_cut += len(piece)
            writer.write(piece)
            await writer.drain()
            if self.cut_bytes and self._since_cut >= self.cut_bytes:
                self.cut()
        with suppress(OSError):
            writer.write_eof()


async def _main(chosen: argparse.Namespace) -> None:
    host, _, port = chosen.to.rpartition(":")
    line = BadLine(host, int(port), chosen.kbit * 1000 / 8, chosen.cut_s)
    server = await line.serve(chosen.listen)
    async with server, asyncio.TaskGroup() as work:
        work.create_task(line.run_clock())
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True)
    parser.add_argument("--listen", type=int, default=9090)
    parser.add_argument("--kbit", type=float, default=64)
    parser.add_argument("--cut-s", type=float, default=10)
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(parser.parse_args()))
