"""A learner at a page, by its protocol and without a browser: keys or real speech, comes back with the code when cut.

For journeys and benches with many at once. What is measured is the service's share: from the key (or the last sample
of speech) to the first sound of the reply. It looks for what must never happen: fewer answers after a cut than before.
"""

from __future__ import annotations

import asyncio
import json
import random
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from tests.journeys.harness import shown
from voice_app.channels.learner import KnowingPerson, Person, Presses, Says
from voice_app.ports import ShownView

FRAME_BYTES = 640
FRAME_S = 0.02
QUIET = bytes(FRAME_BYTES)
LEAD_FRAMES = 15
SPEECH_LEVEL = 300
BACK_OFF_S = (0.25, 1.0, 2.0, 4.0, 5.0)
NEVER_S = 30.0

Speak = Callable[[str], Awaitable[bytes]]
"""Gives the speech of words (s16le, 16 kHz, mono)."""


@dataclass
class Moments:
    """What happened to some learners together; times in milliseconds."""

    key_reply_ms: list[float] = field(default_factory=list)
    spoken_reply_ms: list[float] = field(default_factory=list)
    back_ms: list[float] = field(default_factory=list)
    """From a cut to the first view again."""
    problems: Counter[str] = field(default_factory=Counter)
    turns: int = 0
    finished: int = 0
    cuts: int = 0
    lost: int = 0
    """Sessions that came back with fewer answers than before."""
    ear_closed: int = 0
    """Times that a speaking learner was told to use keys."""


@dataclass
class PageLearner:
    """One learner, session after session until `stop`. `listens`: the share of a prompt that is heard out."""

    address: str
    person: Callable[[], Person]
    moments: Moments
    speak: Speak | None = None
    think_s: tuple[float, float] = (0.0, 0.0)
    listens: float = 0.0
    sessions: int = 1_000_000
    seed: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    told: set[str] = field(default_factory=set)
    """Every text that was shown."""
    said: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    _socket: ClientConnection | None = None
    _view: ShownView | None = None
    _who: Person | None = None
    _code: str | None = None
    _progress: int = 0
    _resumed: bool = False
    _cut_at: float | None = None
    _pressed_at: float | None = None
    _spoke_until: float | None = None
    _speech: bytearray = field(default_factory=bytearray)
    _play_ends: float = 0.0
    _played: int = -1
    _acting: asyncio.Task[None] | None = None
    _over: bool = False

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)  # noqa: S311 - made-up people, nothing secret

    async def run(self) -> None:
        for _ in range(self.sessions):
            if self.stop.is_set():
                return
            await self._session()

    async def _session(self) -> None:
        """Take one session to its end, over as many connections as it needs."""
        self._who, self._code, self._progress, self._over = self.person(), None, 0, False
        tries = 0
        while not self._over and not self.stop.is_set():
            try:
                url = self.address.replace("http", "ws", 1) + "kiosk/ws"
                async with connect(url, compression=None, max_size=2**22, open_timeout=10) as self._socket:
                    if await self._connection():
                        tries = 0
            except (OSError, TimeoutError, WebSocketException, InvalidStatus) as fault:
                self.moments.problems[type(fault).__name__] += 1
            if self._over or self.stop.is_set():
                break
            if self._cut_at is None:
                self._cut_at = time.monotonic()
            await asyncio.sleep(BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)])
            tries += 1

    async def _connection(self) -> bool:
        """Hold one connection; tells whether a view came over it."""
        assert self._socket is not None
        hello: dict[str, Any] = {"version": 1, "mode": "speaks", "locale": "fr", "microphone": self.speak is not None}
        if self._code is not None:
            hello["resume"] = self._code
        self._resumed = self._code is not None
        self._view = None
        self._played = -1
        self._pressed_at = self._spoke_until = None
        self._speech.clear()
        await self._send("hello", **hello)
        aside = [asyncio.create_task(self._stay())]
        if self.speak is not None:
            aside.append(asyncio.create_task(self._stream()))
        try:
            async for text in self._socket:
                await self._take(json.loads(text))
                if self._over or self.stop.is_set():
                    return True
        except WebSocketException as fault:
            self.moments.problems[type(fault).__name__] += 1
        finally:
            if self._acting is not None:
                self._acting.cancel()
            for task in aside:
                task.cancel()
            await asyncio.gather(*aside, return_exceptions=True)
        self.moments.cuts += self._view is not None
        return self._view is not None

    async def _stay(self) -> None:
        while True:
            await asyncio.sleep(5)
            await self._send("ping")

    async def _stream(self) -> None:
        """Send a frame every 20 ms, speech when there is some."""
        assert self._socket is not None
        number, due = 0, time.monotonic()
        while True:
            frame = bytes(self._speech[:FRAME_BYTES]) if self._speech else QUIET
            last = bool(self._speech) and len(self._speech) <= FRAME_BYTES
            del self._speech[:FRAME_BYTES]
            head = struct.pack("<Id", number, time.monotonic() * 1000)
            await self._socket.send(head + frame.ljust(FRAME_BYTES, b"\0"))
            if last:
                self._spoke_until = time.monotonic()
            number += 1
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _take(self, message: dict[str, Any]) -> None:
        now = time.monotonic()
        match message["type"]:
            case "show":
                self._see(shown(message["view"]), now)
            case "prompt_begin":
                self._play_ends = now
            case "clip":
                self._play_ends = max(now, self._play_ends) + message["ms"] / 1000
                self._hear(now)
            case "prompt_complete":
                self._act_soon(self._play_out(message["turn"]))
            case "listening" if message["turn"] == self._played or self.speak is None:
                self._listen(message["open"])
            case "remember":
                self._code = message["code"]
                self.codes.add(message["code"])
                self.told.add(message["text"])
            case "problem":
                self.moments.problems[message["code"]] += 1
            case "bye":
                self.moments.finished += 1
                self._over = True

    def _see(self, view: ShownView, now: float) -> None:
        self._view = view
        self.told.update((view.heading, *view.text, *(button.label for button in view.choices)))
        if self._cut_at is not None:
            self.moments.back_ms.append((now - self._cut_at) * 1000)
            self._cut_at = None
        if view.progress is None:
            return
        if self._resumed and view.progress[0] < self._progress:
            self.moments.lost += 1
        self._resumed = False
        self._progress = view.progress[0]

    def _listen(self, is_open: bool) -> None:
        """It is the person's turn; who finds the ear closed uses the keys until it opens."""
        by_keys = not is_open
        if isinstance(self._who, KnowingPerson) and self.speak is not None:
            self.moments.ear_closed += by_keys and not self._who.keys_only
            self._who.keys_only = by_keys
        self._act_soon(self._answer())

    def _hear(self, now: float) -> None:
        if self._pressed_at is not None:
            self.moments.key_reply_ms.append((now - self._pressed_at) * 1000)
        if self._spoke_until is not None:
            self.moments.spoken_reply_ms.append((now - self._spoke_until) * 1000)
        self._pressed_at = self._spoke_until = None

    def _act_soon(self, action: Any) -> None:
        if self._acting is not None:
            self._acting.cancel()
        self._acting = asyncio.create_task(action)

    async def _play_out(self, turn: int) -> None:
        await asyncio.sleep(max(0.0, (self._play_ends - time.monotonic()) * self.listens))
        self._played = turn
        await self._send("prompt_ended", turn=turn)
        if self.speak is None:
            await self._answer()

    async def _answer(self) -> None:
        await asyncio.sleep(self._draw.uniform(*self.think_s))
        view, who = self._view, self._who
        if view is None or who is None or self._speech:
            return
        self.moments.turns += 1
        match who.reply(view):
            case Presses(key):
                self._pressed_at = time.monotonic()
                await self._send("key", turn=view.turn, key=key, input_mode="key")
            case Says(words) if self.speak is not None:
                self.said.add(words)
                self._speech.extend(QUIET * LEAD_FRAMES + trimmed(await self.speak(words)))

    async def _send(self, kind: str, **fields: Any) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps({"type": kind, **fields}))


def trimmed(pcm: bytes) -> bytes:
    """Cut the silence after the last word, so that the end of speech is where it is taken to be."""
    samples = memoryview(pcm).cast("h")
    end = len(samples)
    while end and abs(samples[end - 1]) < SPEECH_LEVEL:
        end -= 1
    return pcm[: 2 * end]
