"""The line to the hub over HTTP. Each exchange is one request in a thread, with its time limit; nothing is kept open.

Whatever is fetched in bytes (the list, files) goes into a part beside its target and goes on where the line broke
(RFC 9110, sections 13.1.5 and 14): only what is still missing travels.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from engine.sync.batches import BadBatch, Batch, Sealed, decode, encode, unpack
from engine.sync.sending import Answer
from engine.sync.sessions import Place
from voice_app.sync.messages import LARGEST_FEED, Feed, Report, answer_from_data, decode_feed
from voice_app.sync.ports import HubRefuses, HubUnreachable
from voice_app.sync.rules import SyncRules
from voice_app.sync.shelf import digest_of_file, put

PREFIX = "/sync/v1"
PIECE = 4_096
LARGEST_ANSWER = 16_000_000
REFUSALS: Mapping[int, str] = {
    401: "the hub does not know this site's token, or it was revoked: ask its operator for a new one",
    403: "the hub does not let this site do this",
    404: "there is no hub at this address",
    409: "the hub has these events from another site: ask its operator",
    426: "the hub has to be brought up to date before it can read this site",
}


Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpLine:
    """`address`: of the hub's service, `token`: of this site."""

    def __init__(self, address: str, token: str, rules: SyncRules | None = None) -> None:
        self._address = address.rstrip("/")
        self._token = token
        self._rules = rules or SyncRules()

    async def push(self, batch: Batch, report: Report) -> Answer:
        """Send a batch."""
        headers = {"Content-Type": "application/octet-stream", "Sync-Report": report.to_text()}
        reply = await self._ask("POST", "/push", encode(batch), headers)
        return _read(lambda: answer_from_data(json.loads(reply.body)))

    async def tail(self, site: str, after: int) -> Batch | None:
        """Give the next events of a chain of ours as the hub has it; None when it has none."""
        reply = await self._ask("GET", f"/chains/{quote(site, safe='')}?{urlencode({'after': after})}", allowed=(404,))
        return None if reply.status == 404 else _read(lambda: decode(reply.body))

    async def feed(self, site: str, hub_site: str, since: int) -> Feed:
        """Give what others wrote in sessions of a site, behind a cursor."""
        query = urlencode({"site": site, "hub": hub_site, "since": since})
        reply = await self._ask("GET", f"/feed?{query}")
        return _read(lambda: decode_feed(reply.body))

    async def claim(self, code: str, asker: str) -> tuple[tuple[Sealed, Place], ...] | None:
        """Give the session of a code; None when the hub knows none."""
        body = json.dumps({"code": code, "asker": asker}).encode()
        limit_s = self._rules.claim_limit_s
        reply = await self._ask("POST", "/claims", body, {"Content-Type": "application/json"}, (404,), limit_s)
        return None if reply.status == 404 else _read(lambda: decode_feed(reply.body).events)

    async def manifest(self, known: str, part: Path) -> bytes | None:
        """Give the list of what there is to fetch; None when it is the `known` one."""
        tag_file = part.with_name(part.name + ".tag")
        tag = await asyncio.to_thread(_text_of, tag_file)
        packed = await asyncio.to_thread(self._download, f"{PREFIX}/manifest", part, tag, known, tag_file)
        if packed is None:
            return None
        body = _read(lambda: unpack(part.read_bytes(), LARGEST_ANSWER))
        await asyncio.to_thread(_remove, part, tag_file)
        return body

    async def rows(self, wanted: list[tuple[str, str]]) -> list[dict[str, Any]]:
        """Give rows of the hub's tables by collection and name."""
        body = json.dumps({"wanted": wanted}).encode()
        reply = await self._ask("POST", "/rows", body, {"Content-Type": "application/json"})
        rows = _read(lambda: json.loads(unpack(reply.body, LARGEST_FEED)))
        if not isinstance(rows, list):
            raise HubUnreachable("the hub's rows cannot be read")
        return rows

    async def file(self, digest: str, size: int, target: Path) -> None:
        """Fetch a file by its content address, going on where the line broke the last time."""
        part = target.with_name(f"{target.name}.{digest[:12]}.part")
        await asyncio.to_thread(part.parent.mkdir, parents=True, exist_ok=True)
        if not await asyncio.to_thread(_has_size, part, size):
            await asyncio.to_thread(self._download, f"{PREFIX}/files/{digest}", part, digest, "", None)
        if await asyncio.to_thread(digest_of_file, part) != digest:
            await asyncio.to_thread(_remove, part)
            raise HubUnreachable("a file came damaged; it is fetched anew")
        await asyncio.to_thread(put, part, target)

    async def rotate(self) -> str:
        """Give a new token for this site."""
        reply = await self._ask("POST", "/token")
        return str(_read(lambda: json.loads(reply.body)["token"]))

    # --- requests ----------------------------------------------------------------------------------------------

    async def _ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        allowed: tuple[int, ...] = (),
        limit_s: float | None = None,
    ) -> Reply:
        reply = await asyncio.to_thread(self._request, method, PREFIX + path, body, headers or {}, limit_s)
        if reply.status != 200 and reply.status not in allowed:
            raise _fault(reply)
        return reply

    def _request(self, method: str, path: str, body: bytes, headers: Mapping[str, str], limit_s: float | None) -> Reply:
        connection = self._connection(limit_s or self._rules.answer_limit_s)
        try:
            connection.request(method, self._path(path), body=body, headers={**self._headers(), **headers})
            response = connection.getresponse()
            return Reply(response.status, dict(response.headers), response.read(LARGEST_ANSWER))
        except (OSError, http.client.HTTPException) as fault:
            raise HubUnreachable(f"the hub is not reached: {_said(fault)}") from fault
        finally:
            connection.close()

    def _download(self, path: str, part: Path, tag: str, known: str, tag_file: Path | None) -> Path | None:
        """Bring a part to its end; None when the hub says that nothing changed since `known`."""
        here = part.stat().st_size if part.is_file() and tag else 0
        headers = {**self._headers(), "Accept-Encoding": "identity"}
        if here:
            headers |= {"Range": f"bytes={here}-", "If-Range": f'"{tag}"'}
        elif known:
            headers["If-None-Match"] = f'"{known}"'
        connection = self._connection(self._rules.answer_limit_s)
        try:
            connection.request("GET", self._path(path), headers=headers)
            response = connection.getresponse()
            if response.status == 304:
                return None
            if response.status == 416:
                _remove(part)
                raise HubUnreachable("a part does not fit any more; it is fetched anew")
            if response.status not in (200, 206):
                raise _fault(Reply(response.status, {}, response.read(LARGEST_ANSWER)))
            if tag_file is not None:
                tag_file.parent.mkdir(parents=True, exist_ok=True)
                tag_file.write_text(response.headers.get("ETag", "").strip('"'), encoding="ascii")
            with part.open("ab" if response.status == 206 else "wb") as file:
                while piece := response.read1(PIECE):
                    file.write(piece)
                    file.flush()
            if response.length:
                raise HubUnreachable(f"the line broke {response.length} bytes before the end")
        except (OSError, http.client.HTTPException) as fault:
            raise HubUnreachable(f"the line broke: {_said(fault)}") from fault
        finally:
            connection.close()
        return part

    def _connection(self, limit_s: float) -> http.client.HTTPConnection:
        there = urlsplit(self._address)
        if there.scheme == "https":
            trust = ssl.create_default_context(cafile=self._rules.authority or None)
            return http.client.HTTPSConnection(there.netloc, timeout=limit_s, context=trust)
        return http.client.HTTPConnection(there.netloc, timeout=limit_s)

    def _path(self, path: str) -> str:
        return urlsplit(self._address).path.rstrip("/") + path

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


def _fault(reply: Reply) -> HubUnreachable | HubRefuses:
    told = REFUSALS.get(reply.status)
    if told is not None:
        return HubRefuses(told)
    return HubUnreachable(f"the hub answers {reply.status}")


def _read(reading: Callable[[], Result]) -> Result:
    try:
        return reading()
    except (ValueError, KeyError, TypeError, BadBatch) as fault:
        raise HubUnreachable(f"what the hub answered cannot be read: {fault}") from fault


def _said(fault: Exception) -> str:
    return str(fault) or type(fault).__name__


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
