"""A hub that answers over HTTP on this machine, and a site with a file of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

from tests.databases import new_file
from voice_app.store.sql_exchange import SqlExchange
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_uplink import SqlUplink
from voice_app.sync.http_line import HttpLine
from voice_app.sync.hub_desk import HubDesk
from voice_app.sync.pulling import Folders
from voice_app.sync.rules import SyncRules
from voice_app.sync.seals import new_keys
from voice_app.web.sync_hub import sync_blueprint

RULES = SyncRules(answer_limit_s=5.0)


@dataclass
class Hub:
    store: SqlStore
    desk: HubDesk
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass
class Site:
    store: SqlStore
    folders: Folders
    name: str

    @property
    def uplink(self) -> SqlUplink:
        return SqlUplink(self.store.engine)

    @property
    def exchange(self) -> SqlExchange:
        return SqlExchange(self.store.engine)

    async def line(self, address: str = "") -> HttpLine:
        here = await self.uplink.uplink()
        return HttpLine(address or here.address, here.token, RULES)


def hub_of(store: SqlStore, folders: dict[str, Path] | None = None) -> HubDesk:
    return HubDesk(store.engine, folders or {})


@asynccontextmanager
async def running(desk: HubDesk, listener: socket.socket) -> AsyncIterator[int]:
    """Answer for a hub on this socket; gives the port."""
    app = Quart(__name__)
    app.register_blueprint(sync_blueprint(lambda: desk))
    listener.setblocking(False)
    config = Config()
    port = int(listener.getsockname()[1])
    config.bind = [f"fd://{listener.detach()}"]
    config.accesslog = config.errorlog = None
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))  # type: ignore[arg-type]
    try:
        yield port
    finally:
        stop.set()
        await task


@asynccontextmanager
async def serving(url: str, folders: dict[str, Path]) -> AsyncIterator[Hub]:
    """Run a hub on this database."""
    store = await SqlStore.open(url)
    desk = hub_of(store, folders)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(50)
    async with running(desk, listener) as port:
        yield Hub(store, desk, port)
    await store.close()


async def join(hub: Hub, folder: Path, name: str, organizations: Sequence[str] = ()) -> Site:
    """Make a site that has joined the hub."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a test's own folder
    store = await SqlStore.open(await new_file(folder / "events.sqlite"))
    site = Site(store, Folders(folder / "content", folder / "speech", folder / "incoming"), name)
    site_keys, hub_keys = new_keys()
    _, token = await hub.desk.enrolments.enrol(name, organizations, hub_keys.to_text())
    await site.uplink.join(hub.address, token, site_keys.to_text())
    return site
