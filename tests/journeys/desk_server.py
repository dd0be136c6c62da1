"""A desk of organisations (`tests.voice_app.web.organization.desk`) that answers at an address, for a real browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Blueprint

from tests.voice_app.web.organization.desk import Desk
from voice_app.web.static_files import StaticFiles


@asynccontextmanager
async def desk_server(folder: Path, *beside: Blueprint) -> AsyncIterator[tuple[Desk, str]]:
    """Serve a desk with a database in this folder; give it and its address. `beside`: further pages."""
    desk = await Desk.open(folder)
    desk.app.add_url_rule("/static/<path:filename>", "static", StaticFiles().give)
    for each in beside:
        desk.app.register_blueprint(each)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.setblocking(False)
    address = f"http://localhost:{listener.getsockname()[1]}"
    config, stop = Config(), asyncio.Event()
    config.bind, config.accesslog = [f"fd://{listener.detach()}"], None  # the server closes it
    config.graceful_timeout = 0.5
    serving = asyncio.create_task(serve(desk.app, config, shutdown_trigger=stop.wait))
    try:
        yield desk, address
    finally:
        stop.set()
        await serving
        await desk.store.close()
