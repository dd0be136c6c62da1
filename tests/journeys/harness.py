"""What the journeys share: the real service in a process of its own, a real browser, someone who reads its messages."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page, WebSocket, async_playwright

from voice_app.ports import ShownButton, ShownView
from voice_app.settings import load_settings

BROWSER_SWITCHES = ("--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync")
START_LIMIT_S = 60
VIEW_LIMIT_S = 60


@dataclass
class Service:
    """`voice-app serve` as a mediator starts it, with a data folder of its own and the installed models."""

    folder: Path
    process: subprocess.Popen[str] | None = None
    address: str = ""

    def start(self) -> None:
        port = self.address.rstrip("/").rsplit(":", 1)[-1] if self.address else "0"
        environment = {**os.environ, "VOICE_APP_DATA_FOLDER": str(self.folder)}
        command = [sys.executable, "-m", "voice_app", "serve", "--port", port]
        with (self.folder / "serve.log").open("a") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http"), (self.folder / "serve.log").read_text()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self._reap()

    def stop(self) -> None:
        if self.process is not None and self.is_running:
            self.process.terminate()
            self._reap()

    def _reap(self) -> None:
        assert self.process is not None
        self.process.wait(timeout=20)
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def service(folder: Path) -> Iterator[Service]:
    """Run the service for the time of a test. Needs the models that scripts/setup installs."""
    installed = load_settings().data_folder
    (folder / "models").symlink_to(installed / "models")
    running = Service(folder)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@dataclass
class Visitor:
    """A browser page and what the service has told it: views, prompts, codes."""

    page: Page
    messages: list[dict[str, Any]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self) -> None:
        self.page.on("websocket", self._on_socket)

    def _on_socket(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._on_frame)

    def _on_frame(self, payload: str | bytes) -> None:
        if isinstance(payload, str):
            self.messages.append(json.loads(payload))
            self.arrived.set()

    @property
    def views(self) -> list[ShownView]:
        return [shown(message["view"]) for message in self.messages if message["type"] == "show"]

    @property
    def codes(self) -> list[str]:
        return [message["code"] for message in self.messages if message["type"] == "remember"]

    async def next_view(self, after_turn: int = -1) -> ShownView:
        """Wait for a view of a later turn, and for the page to show it."""
        async with asyncio.timeout(VIEW_LIMIT_S):
            while not (self.views and self.views[-1].turn > after_turn):
                self.arrived.clear()
                await self.arrived.wait()
        view = self.views[-1]
        await self.page.wait_for_function(
            "turn => Number(document.querySelector('#view .view')?.closest('#view')?.dataset.turn ?? turn) >= turn",
            arg=view.turn,
        )
        return view

    async def wait_ear_open(self, turn: int, limit_s: float) -> None:
        """Wait until the service has opened the ear in this turn: its prompt is over (the lamp may be an old one)."""
        opened = {"type": "listening", "turn": turn, "open": True}
        async with asyncio.timeout(limit_s):
            while opened not in self.messages:
                self.arrived.clear()
                await self.arrived.wait()

    async def wait_state(self, *states: str, limit_s: float = VIEW_LIMIT_S) -> None:
        """Wait until the page's lamp shows one of these states ("listening", "your_turn", ...)."""
        selector = ", ".join(f'#state[data-state="{state}"]' for state in states)
        await self.page.wait_for_selector(selector, timeout=limit_s * 1000)


def shown(view: dict[str, Any]) -> ShownView:
    """Give a view as the protocol carries it."""
    buttons = {name: tuple(ShownButton(**button) for button in view[name]) for name in ("choices", "commands")}
    progress = tuple(view["progress"]) if view.get("progress") else None
    return ShownView(**{**view, **buttons, "text": tuple(view["text"]), "progress": progress})


@asynccontextmanager
async def visitor(
    address: str, *, microphone: bool, environment: dict[str, str] | None = None
) -> AsyncIterator[Visitor]:
    """Open the start page in a real browser. Without `microphone` the permission is refused."""
    executable = shutil.which("chromium")
    assert executable, "chromium is missing: scripts/setup --test installs it"
    switches = list(BROWSER_SWITCHES)
    if microphone:
        switches.append("--use-fake-ui-for-media-stream")
    else:
        switches.append("--deny-permission-prompts")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable,
            args=switches,
            env=dict(environment or os.environ),
            ignore_default_args=["--mute-audio"] if environment else None,
        )
        page = await (await browser.new_context(locale="fr-FR")).new_page()
        there = Visitor(page)
        there.listen()
        outside: list[str] = []
        page.on("request", lambda request: outside.append(request.url))
        await page.goto(address)
        try:
            yield there
        finally:
            await browser.close()
        own = address.partition("#")[0]
        strangers = [url for url in outside if not url.startswith((own, "blob:", "data:"))]
        assert not strangers, strangers
