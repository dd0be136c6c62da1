"""The kiosk's websocket behind the real server: what a test client of the framework cannot send."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart
from websockets.asyncio.client import ClientConnection, connect

from voice_app.channels.kiosk import KioskRules
from voice_app.ports import Channel
from voice_app.web.kiosk import ConversationRequest, kiosk_blueprint

HELLO = {"type": "hello", "version": 1, "mode": "reader", "locale": "fr", "microphone": False}


async def listen(channel: Channel, _request: ConversationRequest) -> None:
    async for _ in channel.events():
        pass


@asynccontextmanager
async def page() -> AsyncIterator[ClientConnection]:
    app = Quart(__name__, static_folder=None)
    app.register_blueprint(kiosk_blueprint(listen, channel_rules=KioskRules(beat_ms=60_000)))
    listener = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = None
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as work:
        work.create_task(serve(app, config, shutdown_trigger=stop.wait))
        try:
            async with connect(f"ws://127.0.0.1:{config_port(config)}/kiosk/ws") as line:
                await line.send(json.dumps(HELLO))
                yield line
        finally:
            stop.set()


def config_port(config: Config) -> int:
    with socket.socket(fileno=int(config.bind[0].removeprefix("fd://"))) as listener:
        port = int(listener.getsockname()[1])
        listener.detach()
    return port


@pytest.mark.parametrize("message", [b"", "", "[" * 60_000, '{"type": "key", "turn": NaN, "key": "1"}'])
async def test_nonsense_is_refused_and_the_line_stays(message: str | bytes) -> None:
    async with page() as line:
        await line.send(message)
        await line.send(json.dumps({"type": "ping"}))
        answers = [json.loads(await asyncio.wait_for(line.recv(), 5)) for _ in range(2)]

    assert [answer.get("code", answer["type"]) for answer in answers] == ["kiosk.bad_message", "pong"]
