"""The hub's desk: everything that a site may ask for, behind its token. Knows no HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from engine.sync.batches import Batch, decode
from engine.sync.manifests import written
from voice_app.store.sql_enrolments import Enrolment, SqlEnrolments
from voice_app.store.sql_exchange import SqlExchange
from voice_app.store.sql_hub import SqlHub
from voice_app.store.sql_overview import SqlOverview
from voice_app.sync.messages import Feed, Report, answer_to_data
from voice_app.sync.shelf import Shelf


@dataclass(frozen=True, slots=True)
class ManifestBytes:
    """The list of what there is, compressed as it travels, and the digest of the list."""

    packed: bytes
    digest: str


class HubDesk:
    """Opened on the hub's database; `folders` are what is given out, by their names in the list."""

    def __init__(self, engine: AsyncEngine, folders: Mapping[str, Path]) -> None:
        self.enrolments = SqlEnrolments(engine)
        self.overview = SqlOverview(engine)
        self._hub = SqlHub(engine)
        self._exchange = SqlExchange(engine)
        self._shelf = Shelf(folders)

    async def gather(self, enrolment: Enrolment, body: bytes, report: Report, way: str = "line") -> dict[str, Any]:
        """Take a batch in and give the answer as data. Raises BadBatch, UnknownFormat, StoreError."""
        answer = await self._hub.gather(enrolment, await asyncio.to_thread(decode, body), report, way)
        return answer_to_data(answer, await self._hub.site_id())

    async def tail(self, enrolment: Enrolment, site: str, after: int) -> Batch | None:
        """Give the next events of a chain that this site sent."""
        return await self._hub.tail(enrolment, site, after)

    async def feed(self, enrolment: Enrolment, site: str, hub_site: str, since: int) -> Feed:
        """Give what others wrote in the sessions of a site."""
        return await self._hub.feed(enrolment, site, hub_site, since)

    async def claim(self, enrolment: Enrolment, code: str, asker: str) -> Feed | None:
        """Give the session of a code, or None. Raises TooManyAttempts."""
        found = await self._hub.claim(enrolment, code, asker)
        return None if found is None else Feed(await self._hub.site_id(), 0, False, found.events)

    async def manifest(self, enrolment: Enrolment) -> ManifestBytes:
        """Give the list of what there is for this site."""
        rows = await self._exchange.entries(enrolment.organizations)
        files = await asyncio.to_thread(self._shelf.entries)
        body = written([*rows, *files, *await self._exchange.welcomes(enrolment.organizations)])
        return ManifestBytes(zlib.compress(body, 6), hashlib.sha256(body).hexdigest())

    async def rows(self, enrolment: Enrolment, wanted: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """Give the wanted rows that this site may have."""
        rows = await self._exchange.rows(enrolment.organizations, wanted)
        return [{"collection": collection, "row": row} for collection, row in rows]

    async def file(self, enrolment: Enrolment, digest: str) -> bytes | None:
        """Give what a content address holds: a clip, a file of the bank, a recorded welcome that this site may have."""
        path = self._shelf.find(digest)
        if path is not None:
            return await asyncio.to_thread(path.read_bytes)
        return await self._exchange.welcome(enrolment.organizations, digest)
