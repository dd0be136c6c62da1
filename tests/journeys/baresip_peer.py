"""A real caller: baresip without screen or sound card, steered over its control socket; what it hears is kept."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

BARESIP = shutil.which("baresip")
MODULES = next((path.parent for path in Path("/usr/lib").glob("**/baresip/modules/g711.so")), None)
needs_baresip = pytest.mark.skipif(BARESIP is None or MODULES is None, reason="needs baresip (scripts/setup --test)")
RATE_HZ = 8_000
REPLY_LIMIT_S = 10.0

_CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{sip}
audio_source aufile,{folder}/silence.wav
audio_player aufile,unused.wav
audio_alert aufile,unused.wav
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
audio_telev_pt {telephone_event}
rtp_ports 40000-49000
net_interface 127.0.0.1
call_max_calls 4
module_path {modules}
module stdio.so
module g711.so
module aufile.so
module sndfile.so
snd_path {folder}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """Give a port that is free at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_wav(path: Path, pcm: bytes, silence_s: float = 120.0) -> None:
    """Write s16le at 8 kHz, then silence: at the end of its file baresip would hang up."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm + bytes(int(silence_s * RATE_HZ) * 2))


@dataclass
class Baresip:
    """One caller in a folder of its own."""

    folder: Path
    control: int
    process: asyncio.subprocess.Process
    port: int
    events: list[dict[str, Any]] = field(default_factory=list)
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        for _ in range(100):
            try:
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.control)
                break
            except OSError:
                await asyncio.sleep(0.05)
        assert self._reader is not None, (self.folder / "peer.log").read_text()
        self._reading = asyncio.create_task(self._read())

    async def command(self, name: str, parameters: str = "") -> None:
        body = json.dumps({"command": name, "params": parameters, "token": name})
        assert self._writer is not None
        self._writer.write(f"{len(body)}:{body},".encode())
        await self._writer.drain()

    async def dial(self, address: str) -> None:
        """Call, and wait until the call stands."""
        await self.command("dial", address)
        await self.wait_for("CALL_ESTABLISHED")

    async def press(self, key: str, hold_s: float = 0.12) -> None:
        await self.command("sndcode", key)
        await asyncio.sleep(hold_s)
        await self.command("sndcode", "")

    async def say(self, pcm: bytes) -> None:
        """Speak into the call from now on, then keep silent."""
        number = len(list(self.folder.glob("say*.wav")))
        path = self.folder / f"say{number}.wav"
        write_wav(path, pcm)
        await self.command("ausrc", f"aufile,{path}")

    async def wait_for(self, kind: str, limit_s: float = REPLY_LIMIT_S) -> dict[str, Any]:
        """Wait for an event of this type that was not waited for before."""
        async with asyncio.timeout(limit_s):
            while True:
                for event in self.events:
                    if event.get("type") == kind:
                        self.events.remove(event)
                        return event
                self._news.clear()
                await self._news.wait()

    def heard(self) -> bytes:
        """Give all that was heard in the last call, s16le at 8 kHz."""
        return _samples(sorted(self.folder.glob("dump-*-dec.wav"))[-1])

    def said(self) -> bytes:
        return _samples(sorted(self.folder.glob("dump-*-enc.wav"))[-1])

    async def kill(self) -> None:
        """End it without a word to anybody, as a battery does."""
        self.process.send_signal(signal.SIGKILL)
        await self.close()

    async def close(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
        try:
            async with asyncio.timeout(5):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()

    async def _read(self) -> None:
        assert self._reader is not None
        waiting = b""
        while data := await self._reader.read(65_536):
            waiting += data
            while b":" in waiting:
                length, _, rest = waiting.partition(b":")
                if len(rest) < int(length) + 1:
                    break
                self.events.append(json.loads(rest[: int(length)]))
                waiting = rest[int(length) + 1 :]
            self._news.set()


def _samples(path: Path) -> bytes:
    # the header of a dump is finished only when the call ends: read behind it
    return path.read_bytes()[44:]


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_wav(folder / "silence.wav", b"", 600)
    (folder / "contacts").write_text("")


@asynccontextmanager
async def baresip(
    folder: Path,
    *,
    account: str = "",
    transport: str = "udp",
    telephone_event: int = 101,
    answers: bool = False,
    user: str = "learner",
    rtp_timeout_s: int = 0,
) -> AsyncIterator[Baresip]:
    """Run a caller. `account` are parameters of its account (`;dtmfmode=info`, `;audio_codecs=PCMA/8000/1`);
    `answers`: it takes every call. `rtp_timeout_s`: it hangs up after so long without sound, as providers do; 0: never.
    """
    _prepare(folder)
    control, sip = free_port(socket.SOCK_STREAM), free_port()
    (folder / "config").write_text(
        _CONFIG.format(sip=sip, folder=folder, modules=MODULES, control=control, telephone_event=telephone_event)
        + (f"rtp_timeout {rtp_timeout_s}\n" if rtp_timeout_s else "")
    )
    codecs = "" if "audio_codecs" in account else ";audio_codecs=PCMU/8000/1,PCMA/8000/1"
    mode = "auto" if answers else "manual"
    way = "" if transport == "udp" else f";transport={transport}"
    (folder / "accounts").write_text(
        f"<sip:{user}@127.0.0.1{way}>;regint=0;answermode={mode}{codecs};ptime=20{account}\n"
    )
    with (folder / "peer.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            str(BARESIP),
            "-f",
            str(folder),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(folder)},
        )
    caller = Baresip(folder, control, process, sip)
    try:
        await caller.connect()
        yield caller
    finally:
        await caller.close()
