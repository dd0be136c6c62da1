#!/usr/bin/env python
"""Time of a turn, over the real service: a client of the page's protocol streams synthetic speech in real time.

Measured, per turn, in milliseconds:
  reply   from the end of speech (last sample of the last word) to the arrival of the first sound of the reply; the
          silence that is waited for is in it: 260 ms where the evidence is overwhelming, 1200 ms at most
  stop    from a key press during a prompt to the message that silences it (the page itself stops sooner, by itself)

Each is measured with one session alone and with several at once. On a busy machine the times grow with everything else
on it: the load is printed beside them; scripts/bench_endings.py gives the waiting alone, whatever the machine does.
Run: .venv/bin/python scripts/bench_turn.py [--sessions N] [--at-once 4]. Prints a table and one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from audio_content.loader import load
from voice_app.channels.learner import KnowingPerson, Presses, Says
from voice_app.ports import ShownButton, ShownView
from voice_app.settings import load_settings
from voice_app.speech.synthesizer import LearnerVoice

FRAME_BYTES = 640
FRAME_S = 0.02
SILENCE = bytes(FRAME_BYTES)
LIMIT_S = 150
KEY_EVERY = 4
"""Every so many turns the prompt is interrupted with the repeat key, to time the silence."""


@dataclass
class Figures:
    reply_ms: list[float] = field(default_factory=list)
    stop_ms: list[float] = field(default_factory=list)
    turns: int = 0
    finished: int = 0


@dataclass
class Page:
    """The client's side of one session."""

    socket: ClientConnection
    person: KnowingPerson
    voice: LearnerVoice
    figures: Figures
    view: ShownView | None = None
    speech: bytearray = field(default_factory=bytearray)
    spoke_until: float | None = None
    pressed_at: float | None = None
    play_ends: float = 0.0
    turn: int = -1
    prompts: int = 0
    over: bool = False

    async def stream(self) -> None:
        """Send a frame every 20 ms, speech when there is some."""
        sequence, due = 0, time.monotonic()
        while not self.over:
            frame = bytes(self.speech[:FRAME_BYTES]) if self.speech else SILENCE
            last = bool(self.speech) and len(self.speech) <= FRAME_BYTES
            del self.speech[:FRAME_BYTES]
            await self.socket.send(
                struct.pack("<Id", sequence, time.monotonic() * 1000) + frame.ljust(FRAME_BYTES, b"\0")
            )
            if last:
                self.spoke_until = time.monotonic()
            sequence += 1
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def follow(self) -> None:
        async for text in self.socket:
            await self.take(json.loads(text))
            if self.over:
                return

    async def take(self, message: dict[str, Any]) -> None:
        now = time.monotonic()
        match message["type"]:
            case "show":
                self.view = shown(message["view"])
            case "prompt_begin":
                self.turn, self.play_ends = message["turn"], now
                self.prompts += 1
                if self.pressed_at is not None:
                    self.figures.stop_ms.append((now - self.pressed_at) * 1000)
                    self.pressed_at = None
            case "clip":
                if self.spoke_until is not None and message.get("url"):
                    self.figures.reply_ms.append((now - self.spoke_until) * 1000)
                    self.spoke_until = None
                self.play_ends = max(now, self.play_ends) + message["ms"] / 1000
            case "prompt_stop" if self.pressed_at is not None:
                self.figures.stop_ms.append((now - self.pressed_at) * 1000)
                self.pressed_at = None
            case "prompt_complete":
                asyncio.get_running_loop().create_task(self.play_out(message["turn"]))
            case "listening" if message["open"]:
                await self.answer()
            case "bye":
                self.figures.finished += 1
                self.over = True

    async def play_out(self, turn: int) -> None:
        """Play faster than in life: a prompt takes a tenth of its length; now and then a key cuts it."""
        await asyncio.sleep(max(0.05, (self.play_ends - time.monotonic()) / 10))
        if self.turn != turn:
            return
        if self.prompts % KEY_EVERY == 0 and self.view is not None and self.view.screen == "question":
            self.prompts += 1
            self.pressed_at = time.monotonic()
            await self.send(type="key", turn=turn, key="*", input_mode="key")
            return
        await self.send(type="prompt_ended", turn=turn)

    async def answer(self) -> None:
        if self.view is None or self.speech:
            return
        self.figures.turns += 1
        reply = self.person.reply(self.view)
        if isinstance(reply, Presses):
            await self.send(type="key", turn=self.view.turn, key=reply.key, input_mode="key")
        elif isinstance(reply, Says):
            sound = await self.voice.say(reply.words, "fr", pitch=0.8, rate=1.0, formant=0.92)
            self.speech.extend(bytes(FRAME_BYTES * 15) + trimmed(sound.pcm))

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))


def trimmed(pcm: bytes) -> bytes:
    """Cut the silence after the last word, so that the end of speech is where it is taken to be."""
    samples = memoryview(pcm).cast("h")
    end = len(samples)
    while end and abs(samples[end - 1]) < 300:
        end -= 1
    return pcm[: 2 * end]


def shown(view: dict[str, Any]) -> ShownView:
    buttons = {name: tuple(ShownButton(**button) for button in view[name]) for name in ("choices", "commands")}
    progress = tuple(view["progress"]) if view.get("progress") else None
    return ShownView(**{**view, **buttons, "text": tuple(view["text"]), "progress": progress})


async def session(address: str, seed: int, figures: Figures) -> None:
    voice = LearnerVoice()
    await voice.start()
    try:
        url = address.replace("http", "ws") + "kiosk/ws"
        async with connect(url, origin=address.rstrip("/"), compression=None, max_size=2**22) as socket:
            page = Page(socket, KnowingPerson(load(), ability=2.0, seed=seed), voice, figures)
            await page.send(type="hello", version=1, mode="speaks", locale="fr", microphone=True, sample_rate=16000)
            try:
                async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as tasks:
                    tasks.create_task(page.stream())
                    tasks.create_task(page.follow())
            except* (TimeoutError, ConnectionClosed, OSError) as ended:  # what was measured until then counts
                if not page.over:  # the service closes after its goodbye, perhaps while a frame is being sent
                    print(f"a session was not finished: {[type(each).__name__ for each in ended.exceptions]}")
    finally:
        await voice.close()


def serve(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the service on a free port with its own database and the installed models."""
    installed = load_settings()
    for name in ("models", "speech"):
        source = installed.data_folder / name
        if source.exists():
            (folder / name).symlink_to(source)
    environment = {**os.environ, "VOICE_APP_DATA_FOLDER": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "voice_app", "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def line(name: str, values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    row = {
        "n": len(ordered),
        "p50": round(statistics.median(ordered)),
        "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]),
        "longest": round(ordered[-1]),
    }
    print(f"{name:8s} n={row['n']:3d}  p50 {row['p50']:5d} ms  p95 {row['p95']:5d} ms  longest {row['longest']:5d} ms")
    return row


async def together(address: str, seeds: range, figures: Figures) -> None:
    async with asyncio.TaskGroup() as sessions:
        for seed in seeds:
            sessions.create_task(session(address, seed, figures))


def told(at_once: int, figures: Figures) -> dict[str, Any]:
    print(f"{at_once} at once: turns {figures.turns}, sessions finished {figures.finished}")
    rows: dict[str, Any] = {"turns": figures.turns, "finished": figures.finished}
    rows["reply_ms"] = line("reply", figures.reply_ms)
    if figures.stop_ms:
        rows["stop_ms"] = line("stop", figures.stop_ms)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=2)
    parser.add_argument("--at-once", type=int, default=4)
    arguments = parser.parse_args()
    result: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 1)}
    with tempfile.TemporaryDirectory() as folder:
        process, address = serve(Path(folder))
        try:
            for at_once in (1, arguments.at_once):
                figures = Figures()
                for first in range(0, max(arguments.sessions, at_once), at_once):
                    asyncio.run(together(address, range(first, first + at_once), figures))
                result[f"{at_once} at once"] = told(at_once, figures)
        finally:
            process.terminate()
            process.wait(timeout=20)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
