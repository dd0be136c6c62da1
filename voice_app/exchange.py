"""The wiring of the synchronisation: a site's worker, its store that asks the hub, the hub's desk and addresses."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import audio_content
from audio_content.errors import ContentError
from audio_content.loader import load
from audio_content.model import Content
from voice_app.ports import Store
from voice_app.settings import Settings
from voice_app.store.sql_exchange import SqlExchange
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_uplink import SqlUplink
from voice_app.sync.courier import Versions
from voice_app.sync.hub_desk import HubDesk
from voice_app.sync.pulling import Folders, content_root
from voice_app.sync.shelf import CONTENT, SPEECH
from voice_app.sync.travelling_store import TravellingStore
from voice_app.sync.worker import SiteWorker

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Exchange:
    """Both sides of one service; `desk` only where it is a hub."""

    store: Store
    worker: SiteWorker
    desk: HubDesk | None
    _task: asyncio.Task[None] | None = field(default=None)

    def start(self) -> None:
        """Let the worker go on beside the service."""
        self._task = asyncio.create_task(self.worker.run(), name="exchange with the hub")

    async def stop(self) -> None:
        """End the worker; what it was sending is sent again the next time."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None


def open_exchange(settings: Settings, store: SqlStore, bank_version: str) -> Exchange:
    """Give the exchange of a service whose store is open."""
    uplink, rules = SqlUplink(store.engine), settings.sync
    versions = Versions(app_version(), bank_version)
    worker = SiteWorker(uplink, SqlExchange(store.engine), folders(settings), rules, versions)
    desk = hub_desk(settings, store) if rules.hub else None
    return Exchange(TravellingStore(store, worker.bring), worker, desk)


def hub_desk(settings: Settings, store: SqlStore) -> HubDesk:
    """Give the hub's desk on an opened store."""
    content = content_root(settings.content_folder) or Path(audio_content.__path__[0])
    return HubDesk(store.engine, {CONTENT: content, SPEECH: settings.speech_folder})


def folders(settings: Settings) -> Folders:
    """Give where a site puts what it fetches."""
    return Folders(settings.content_folder, settings.speech_folder, settings.data_folder / "incoming")


def content_in_use(settings: Settings) -> Content:
    """Give the item bank fetched from the hub, or the service's own where there is none. Raises ContentError."""
    root = content_root(settings.content_folder)
    if root is not None:
        try:
            return load(root)
        except ContentError as fault:
            log.error("the item bank fetched from the hub cannot be read; the service's own is used: %s", fault)
    return load()


def app_version() -> str:
    """Give the version of this service."""
    try:
        return version("voice-app")
    except PackageNotFoundError:
        return "unknown"
