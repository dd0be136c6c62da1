"""The hub's addresses for its sites, below /sync/v1: batches in, answers and what is new out. Machines only.

A site shows its token with each request (`Authorization: Bearer`); without one that opens there is 401 and nothing
else. What is fetched in bytes can be fetched in ranges, so that a line that breaks goes on where it broke.
"""

from __future__ import annotations

import json
import logging
import re
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Blueprint, Response, request

from engine.sync.batches import LARGEST_BODY, BadBatch, UnknownFormat, encode
from voice_app.errors import StoreError, TooManyAttempts
from voice_app.store.sql_enrolments import Enrolment
from voice_app.store.sql_hub import NotItsChain
from voice_app.sync.hub_desk import HubDesk
from voice_app.sync.messages import Report, encode_feed

log = logging.getLogger(__name__)

PREFIX = "/sync/v1"
MOST_ROWS = 200
BYTES = "application/octet-stream"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes=(\d+)-")

Answering = Callable[..., Awaitable[Response]]


def sync_blueprint(desk: Callable[[], HubDesk]) -> Blueprint:
    """Give the addresses. `desk`: the opened hub."""
    addresses = _Addresses(desk)
    blueprint = Blueprint("sync", __name__, url_prefix=PREFIX)
    for method, path, page in (
        ("POST", "/push", addresses.push),
        ("GET", "/chains/<site>", addresses.chain),
        ("GET", "/feed", addresses.feed),
        ("POST", "/claims", addresses.claim),
        ("GET", "/manifest", addresses.manifest),
        ("POST", "/rows", addresses.rows),
        ("GET", "/files/<digest>", addresses.file),
        ("POST", "/token", addresses.token),
    ):
        blueprint.add_url_rule(path, page.__name__, addresses.guarded(page), methods=[method])
    return blueprint


class _Addresses:
    """What is answered, each with who asks first."""

    def __init__(self, desk: Callable[[], HubDesk]) -> None:
        self._desk = desk

    def guarded(self, page: Answering) -> Answering:
        """Give the address behind its token, faults told by their status."""

        async def guarded(**parts: str) -> Response:
            try:
                scheme, _, token = request.headers.get("Authorization", "").partition(" ")
                enrolment = await self._desk().enrolments.identify(token) if scheme == "Bearer" and token else None
                if enrolment is None:
                    return _told(401, "this token does not open")
                return await page(enrolment, **parts)
            except UnknownFormat as fault:
                return _told(426, str(fault))
            except BadBatch as fault:
                return _told(400, str(fault))
            except NotItsChain as fault:
                log.error("%s", fault)
                return _told(409, str(fault))
            except TooManyAttempts as fault:
                return _told(429, str(fault))
            except StoreError as fault:
                log.error("a request of a site failed: %s", fault)
                return _told(503, "the database did not keep this")

        return guarded

    async def push(self, site: Enrolment) -> Response:
        if (request.content_length or 0) > LARGEST_BODY:
            return _told(413, "a batch holds 256 KB, or one event")
        report = Report.from_text(request.headers.get("Sync-Report", ""))
        return _json(await self._desk().gather(site, await request.body, report))

    async def chain(self, enrolment: Enrolment, site: str) -> Response:
        batch = await self._desk().tail(enrolment, site, _number("after"))
        return _told(404, "this chain is not known") if batch is None else Response(encode(batch), content_type=BYTES)

    async def feed(self, site: Enrolment) -> Response:
        wanted = request.args.get("site", "")
        feed = await self._desk().feed(site, wanted, request.args.get("hub", ""), _number("since"))
        return Response(encode_feed(feed), content_type=BYTES)

    async def claim(self, site: Enrolment) -> Response:
        data = await _object()
        feed = await self._desk().claim(site, str(data.get("code", "")), str(data.get("asker", ""))[:80])
        return _told(404, "this code is not known") if feed is None else Response(encode_feed(feed), content_type=BYTES)

    async def manifest(self, site: Enrolment) -> Response:
        told = await self._desk().manifest(site)
        if request.headers.get("If-None-Match") == f'"{told.digest}"':
            return Response(status=304, headers={"ETag": f'"{told.digest}"'})
        start = _start(len(told.packed), told.digest)
        return _range(told.packed[start:], start, len(told.packed), told.digest)

    async def rows(self, site: Enrolment) -> Response:
        wanted = (await _object()).get("wanted")
        if not isinstance(wanted, list) or len(wanted) > MOST_ROWS:
            return _told(400, f"up to {MOST_ROWS} rows are asked for at once, as pairs of collection and name")
        try:
            pairs = [(str(collection), str(name)) for collection, name in wanted]
        except (TypeError, ValueError):
            return _told(400, "rows are asked for as pairs of collection and name")
        rows = await self._desk().rows(site, pairs)
        return Response(zlib.compress(json.dumps(rows, ensure_ascii=False).encode(), 6), content_type=BYTES)

    async def file(self, site: Enrolment, digest: str) -> Response:
        if _DIGEST.fullmatch(digest) is None:
            return _told(404, "this file is not known")
        body = await self._desk().file(site, digest)
        if body is None:
            await self._desk().manifest(site)  # the service was started anew since the site asked what there is
            body = await self._desk().file(site, digest)
        if body is None:
            return _told(404, "this file is not known")
        start = _start(len(body), digest)
        return _range(body[start:], start, len(body), digest)

    async def token(self, site: Enrolment) -> Response:
        return _json({"token": await self._desk().enrolments.rotate(site.id)})


def _number(name: str) -> int:
    text = request.args.get(name, "0")
    return int(text) if text.isascii() and text.isdigit() else 0


async def _object() -> dict[str, Any]:
    data = await request.get_json(force=True, silent=True)
    return data if isinstance(data, dict) else {}


def _start(length: int, digest: str) -> int:
    """Give where to begin: behind what is there already, if that is of the same thing."""
    wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
    if wanted is None or request.headers.get("If-Range", f'"{digest}"') != f'"{digest}"':
        return 0
    start = int(wanted.group(1))
    return start if start < length else 0


def _range(body: bytes, start: int, length: int, digest: str) -> Response:
    headers = {"ETag": f'"{digest}"', "Accept-Ranges": "bytes", "Cache-Control": "no-store"}
    if start:
        headers["Content-Range"] = f"bytes {start}-{length - 1}/{length}"
    return Response(body, 206 if start else 200, headers, content_type=BYTES)


def _json(data: Any) -> Response:
    return Response(json.dumps(data, ensure_ascii=False), content_type="application/json")


def _told(status: int, message: str) -> Response:
    return Response(json.dumps({"error": message}), status, content_type="application/json")
