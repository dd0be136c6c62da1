"""The terminal as a channel: text instead of sound, keys typed and sent with Enter. For authors and developers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence

from engine.model import Channel as ChannelKind
from voice_app.audio import Sound
from voice_app.ports import KEYS, ChannelEvent, Hungup, KeyPressed, PromptEnded, ShownView


class ConsoleChannel:
    """Reads keys from standard input; prompts end at once. The words come through captions, not through here."""

    kind = ChannelKind.CONSOLE
    microphone = False

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._turn = 0
        self._queue: asyncio.Queue[ChannelEvent] = asyncio.Queue()

    async def events(self) -> AsyncIterator[ChannelEvent]:
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin, self._read)
        try:
            while True:
                event = await self._queue.get()
                yield event
                if isinstance(event, Hungup):
                    return
        finally:
            loop.remove_reader(sys.stdin)

    def _read(self) -> None:
        line = sys.stdin.readline()
        if not line:
            self._queue.put_nowait(Hungup())
        for key in line.strip():
            if key in KEYS:
                self._queue.put_nowait(KeyPressed(self._turn, key))

    async def begin_prompt(self, turn: int, gain_db: float) -> None:
        return None

    async def enqueue(self, turn: int, sound: Sound, *, place: int | None = None) -> None:
        return None

    async def end_prompt(self, turn: int) -> None:
        self._queue.put_nowait(PromptEnded(turn))

    async def stop_prompt(self, turn: int) -> None:
        return None

    async def show(self, view: ShownView) -> None:
        self._turn = view.turn
        keys = "  ".join(f"[{button.key}] {button.label}" for button in (*view.choices, *view.commands))
        self._write(f"   {keys}")

    async def listening(self, turn: int, is_open: bool) -> None:
        return None

    async def remember(self, code: str, sounds: Sequence[Sound], text: str) -> None:
        return None

    async def close(self) -> None:
        self._queue.put_nowait(Hungup())
