"""The same exchange by a file on a stick: a site's batches to the hub, answers and what is new back.

| record | from | what |
|---|---|---|
| `state` | site | what it has: rows and files with their digests, how far it knows others' events |
| `batch` | site | a batch, as over the line, with the site's report |
| `answer` | hub | the answer to a batch |
| `feed` | hub | others' events in the site's sessions, or a session asked for by its code |
| `manifest` | hub | the list of what there is |
| `rows` | hub | rows that the site lacks |
| `file` | hub | a file that the site lacks |

A bundle that is read twice, late, or never does no more harm than a batch on the line.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import zlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.sync.batches import decode, encode
from engine.sync.manifests import difference, read, written
from engine.sync.sending import Settled
from voice_app.store.sql_enrolments import Enrolment
from voice_app.store.sql_exchange import COLLECTIONS, WELCOME, SqlExchange
from voice_app.store.sql_uplink import SqlUplink
from voice_app.sync.courier import Versions
from voice_app.sync.hub_desk import HubDesk
from voice_app.sync.messages import Report, answer_from_data, decode_feed, encode_feed
from voice_app.sync.pulling import Folders, Pulled, take_bank, take_welcomes
from voice_app.sync.seals import BadBundle, Keys, read_bundle, write_bundle
from voice_app.sync.shelf import CONTENT, SPEECH, place_below

ROWS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Carried:
    """What a bundle held."""

    events: int = 0
    batches: int = 0
    rows: int = 0
    files: int = 0
    file_bytes: int = 0


def _record(kind: str, head: dict[str, Any] | None = None, body: bytes = b"") -> bytes:
    return json.dumps({"kind": kind, **(head or {})}, ensure_ascii=False).encode() + b"\n" + body


def _parsed(record: bytes) -> tuple[dict[str, Any], bytes]:
    head, _, body = record.partition(b"\n")
    try:
        data = json.loads(head)
    except ValueError as fault:
        raise BadBundle("a record of this bundle cannot be read") from fault
    return data, body


# --- at the site -----------------------------------------------------------------------------------------------------


async def export_site(uplink: SqlUplink, exchange: SqlExchange, versions: Versions, file: Path, name: str) -> Carried:
    """Write all that waits to be sent into a file; it waits on until the hub's answer comes. Raises SyncError."""
    here = await uplink.uplink()
    report = await uplink.report(versions.app, versions.bank)
    own = next(each.site_id for each in await uplink.backlogs() if each.own)
    pulled = [[*key, digest] for key, digest in sorted((await exchange.pulled()).items())]
    state = {"site": own, "hub": here.hub_site, "cursor": here.cursor if here.cursor_site == own else 0}
    records = [_record("state", state, json.dumps(pulled).encode())]
    events = 0
    for chain in await uplink.backlogs():
        after = chain.acknowledged
        while True:
            batch = await uplink.batch_after(chain.site_id, after)
            report = report.behind(len(batch.events))
            records.append(_record("batch", {"report": asdict(report)}, encode(batch)))
            events += len(batch.events)
            after = batch.last.sequence
            if after >= chain.last:
                break
    await asyncio.to_thread(write_bundle, file, Keys.from_text(here.seal_key), name, records)
    return Carried(events=events, batches=len(records) - 1)


async def import_site(uplink: SqlUplink, exchange: SqlExchange, folders: Folders, file: Path) -> Carried:
    """Take in what the hub answered and gave. Raises BadBundle, SyncError."""
    keys = Keys.from_text((await uplink.uplink()).seal_key)
    own = next(each.site_id for each in await uplink.backlogs() if each.own)
    events = rows = files = size = 0
    manifest = b""
    for record in await asyncio.to_thread(lambda: list(read_bundle(file, keys))):
        head, body = _parsed(record)
        match head.get("kind"):
            case "answer":
                verdict = await uplink.settle(answer_from_data(head["answer"]))
                events += verdict.upto if isinstance(verdict, Settled) else 0
            case "feed":
                feed = decode_feed(body)
                if head.get("site") == own:
                    await uplink.take_feed(feed, own)
                else:
                    await uplink.take_session(feed.events)
            case "manifest":
                manifest = body
            case "rows":
                data = json.loads(body)
                rows += await exchange.take([(str(each["collection"]), each["row"]) for each in data])
            case "file":
                await asyncio.to_thread(_put_aside, folders.incoming, str(head["digest"]), body)
                files, size = files + 1, size + len(body)
            case _:
                raise BadBundle("this bundle holds something that this version does not know")
    if manifest:
        await _use_files(exchange, folders, manifest)
        await uplink.note_pulled("")  # what was not carried is asked for when there is a line
    return Carried(events=events, rows=rows, files=files, file_bytes=size)


async def _use_files(exchange: SqlExchange, folders: Folders, manifest: bytes) -> None:
    entries = read(manifest)
    here = await exchange.pulled()

    async def from_aside(digest: str, target: Path) -> bool:
        return await asyncio.to_thread(_take_from, folders.incoming / digest, target)

    await take_bank(Pulled(), exchange, folders, [e for e in entries if e.collection == CONTENT], here, from_aside)
    for entry in entries:
        target = place_below(folders.speech, entry.name) if entry.collection == SPEECH else None
        if target is not None and await from_aside(entry.digest, target):
            await exchange.note_file(entry)
    await take_welcomes(exchange, entries, folders.incoming)
    gone = [entry for entry in difference(entries, here).gone if entry.collection in (*COLLECTIONS, WELCOME)]
    await exchange.let_go(gone)


# --- at the hub ------------------------------------------------------------------------------------------------------


async def import_hub(desk: HubDesk, site: Enrolment, file: Path) -> tuple[Carried, list[bytes]]:
    """Take a site's bundle in; give what it held, and the records of the reply. Raises BadBundle, StoreError."""
    answers: list[bytes] = []
    state: dict[str, Any] = {}
    pulled: dict[tuple[str, str], str] = {}
    events = 0
    for record in await asyncio.to_thread(lambda: list(read_bundle(file, Keys.from_text(site.seal_key)))):
        head, body = _parsed(record)
        match head.get("kind"):
            case "state":
                state = head
                pulled = {(str(c), str(n)): str(d) for c, n, d in json.loads(body)}
            case "batch":
                report = Report.from_text(json.dumps(head.get("report", {})))
                events += len(decode(body).events)
                answers.append(_record("answer", {"answer": await desk.gather(site, body, report, "bundle")}))
            case _:
                raise BadBundle("this bundle holds something that this version does not know")
    reply = [*answers, *[record async for record in _feeds(desk, site, state)]]
    reply += [record async for record in gifts(desk, site, pulled)]
    return Carried(events=events, batches=len(answers)), reply


async def _feeds(desk: HubDesk, site: Enrolment, state: dict[str, Any]) -> AsyncIterator[bytes]:
    own, cursor = str(state.get("site", "")), int(state.get("cursor", 0))
    hub = str(state.get("hub", ""))
    while own:
        feed = await desk.feed(site, own, hub, cursor)
        yield _record("feed", {"site": own}, encode_feed(feed))
        hub, cursor = feed.hub_site, feed.cursor
        if not feed.more:
            return


async def gifts(
    desk: HubDesk, site: Enrolment, pulled: dict[tuple[str, str], str], codes: Sequence[str] = ()
) -> AsyncIterator[bytes]:
    """Give the records of all that a site lacks, and of the sessions of some codes."""
    for code in codes:
        found = await desk.claim(site, code, "bundle")
        if found is None:
            raise BadBundle(f"no session has the code {code}, or not one alone")
        yield _record("feed", {}, encode_feed(found))
    packed = (await desk.manifest(site)).packed
    entries = read(zlib.decompress(packed))
    change = difference(entries, pulled)
    rows = [(entry.collection, entry.name) for entry in change.fetch if entry.collection in COLLECTIONS]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        body = json.dumps(await desk.rows(site, rows[start : start + ROWS_AT_ONCE]), ensure_ascii=False).encode()
        yield _record("rows", {}, body)
    for entry in change.fetch:
        held = await desk.file(site, entry.digest) if entry.collection in (CONTENT, SPEECH, WELCOME) else None
        if held is not None:
            yield _record("file", {"digest": entry.digest}, held)
    yield _record("manifest", {}, written(entries))


async def write_reply(site: Enrolment, file: Path, records: Iterable[bytes]) -> int:
    """Write a bundle for a site; give its size."""
    return await asyncio.to_thread(write_bundle, file, Keys.from_text(site.seal_key), f"for {site.name}", records)


def _put_aside(folder: Path, digest: str, body: bytes) -> None:
    if hashlib.sha256(body).hexdigest() != digest:
        raise BadBundle("a file in this bundle is not what it says")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / digest).write_bytes(body)


def _take_from(aside: Path, target: Path) -> bool:
    if not aside.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    aside.replace(target)
    return True
