"""Fetches what is new at the hub: rows first, then the item bank, recorded welcomes, then speech; each thing once.

The item bank is taken as a whole: its files gather beside the one in use, are loaded for proof, and only then become
the bank in use. A bank that this version of the service cannot read stays aside, and that is told.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import audio_content
from audio_content.errors import ContentError
from audio_content.loader import load
from engine.sync.manifests import Entry, difference, read
from voice_app.store.sql_exchange import COLLECTIONS, WELCOME, SqlExchange
from voice_app.store.sql_uplink import SqlUplink
from voice_app.sync.ports import HubLine, HubUnreachable
from voice_app.sync.rules import SyncRules
from voice_app.sync.shelf import CONTENT, SPEECH, digest_of_file, place_below

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 50
TRIES_WITHOUT_GAIN = 8
"""Breaks in a row without a byte won, after which a pass gives up."""
CURRENT = "current"

Progress = Callable[[int, int], None]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Folders:
    """Where what is fetched goes."""

    content: Path
    speech: Path
    incoming: Path


@dataclass(slots=True)
class Pulled:
    """What a pass brought."""

    rows: int = 0
    gone: int = 0
    files: int = 0
    file_bytes: int = 0
    bank: str = ""
    breaks: int = 0


async def pull(
    uplink: SqlUplink,
    exchange: SqlExchange,
    line: HubLine,
    folders: Folders,
    rules: SyncRules,
    progress: Progress = lambda _done, _all: None,
) -> Pulled:
    """Fetch what is new. Raises SyncError; what came so far is kept, the next pass goes on from there."""
    told = Pulled()
    known = (await uplink.uplink()).manifest
    await asyncio.to_thread(folders.incoming.mkdir, parents=True, exist_ok=True)
    part = folders.incoming / "manifest.part"
    body = await _persistently(told, lambda: line.manifest(known, part), lambda: _size(part))
    if body is None:
        return told
    entries = [entry for entry in read(body) if _is_wanted(entry, rules)]
    here = await exchange.pulled()
    change = difference(entries, here)
    rows = [entry for entry in change.fetch if entry.collection in COLLECTIONS]
    files = [entry for entry in change.fetch if entry.collection in (CONTENT, WELCOME, SPEECH)]
    done = 0
    for start in range(0, len(rows), ROWS_AT_ONCE):
        wanted = [(entry.collection, entry.name) for entry in rows[start : start + ROWS_AT_ONCE]]
        got = await _persistently(told, partial(line.rows, wanted), lambda: 0)
        told.rows += await exchange.take([(str(each["collection"]), each["row"]) for each in got])
        done += len(wanted)
        progress(done, len(rows) + len(files))
    bank = {entry.digest: entry for entry in entries if entry.collection == CONTENT}

    async def fetch(digest: str, target: Path) -> bool:
        await _fetch_file(told, line, bank[digest], target)
        return True

    await take_bank(told, exchange, folders, [e for e in entries if e.collection == CONTENT], here, fetch)
    for entry in (each for each in files if each.collection == WELCOME):
        await _fetch_file(told, line, entry, folders.incoming / entry.digest)
        done += 1
        progress(done, len(rows) + len(files))
    await take_welcomes(exchange, change.fetch, folders.incoming)
    for entry in (each for each in files if each.collection == SPEECH):
        target = place_below(folders.speech, entry.name)
        if target is not None:
            await _fetch_file(told, line, entry, target)
            await exchange.note_file(entry)
        done += 1
        progress(done, len(rows) + len(files))
    await exchange.let_go(change.gone)
    told.gone = len(change.gone)
    await uplink.note_pulled(hashlib.sha256(body).hexdigest())
    return told


def content_root(folder: Path) -> Path | None:
    """Give the item bank that was fetched and proved last; None where there is none: the service's own is used."""
    try:
        name = (folder / CURRENT).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    root = folder / name
    return root if name and root.is_dir() else None


def _is_wanted(entry: Entry, rules: SyncRules) -> bool:
    if entry.collection == SPEECH:
        return rules.fetch_speech
    if entry.collection == CONTENT:
        return rules.fetch_content
    return entry.collection in COLLECTIONS or entry.collection == WELCOME


async def take_welcomes(exchange: SqlExchange, entries: Sequence[Entry], incoming: Path) -> None:
    """Bring the recorded welcomes that came (two campaigns may have one recording) to where they are played from."""
    came = [(each, incoming / each.digest) for each in entries if each.collection == WELCOME]
    for entry, aside in came:
        if not await asyncio.to_thread(_is_there, aside, entry.digest):
            continue
        if not await exchange.take_welcome(entry, await asyncio.to_thread(aside.read_bytes)):
            log.error("the recorded welcome %s of the hub cannot be played here; its words are said", entry.name)
    for _, aside in came:
        await asyncio.to_thread(aside.unlink, missing_ok=True)


async def take_bank(
    told: Pulled,
    exchange: SqlExchange,
    folders: Folders,
    entries: Sequence[Entry],
    here: Mapping[tuple[str, str], str],
    fetch: Callable[[str, Path], Awaitable[bool]],
) -> None:
    """Bring the item bank of the hub into use. `fetch` brings the file of a digest to a path; False: it cannot."""
    if not entries or all(here.get((entry.collection, entry.name)) == entry.digest for entry in entries):
        return
    name = hashlib.sha256("".join(entry.name + entry.digest for entry in entries).encode()).hexdigest()[:16]
    root, current = folders.content / name, content_root(folders.content) or Path(audio_content.__path__[0])
    for entry in entries:
        target = place_below(root, entry.name)
        if target is None or await asyncio.to_thread(_is_there, target, entry.digest):
            continue
        same = place_below(current, entry.name)
        if same is not None and await asyncio.to_thread(_is_there, same, entry.digest):
            await asyncio.to_thread(_copy, same, target)
        elif not await fetch(entry.digest, target):
            return
    try:
        content = await asyncio.to_thread(load, root)
    except ContentError as fault:
        log.error("the item bank of the hub cannot be read here and is not used: %s", fault)
        return
    await asyncio.to_thread(_point_at, folders.content, name)
    for entry in entries:
        await exchange.note_file(entry)
    told.bank = content.version


async def _fetch_file(told: Pulled, line: HubLine, entry: Entry, target: Path) -> None:
    part = target.with_name(f"{target.name}.{entry.digest[:12]}.part")
    await _persistently(told, lambda: line.file(entry.digest, entry.size, target), lambda: _size(part))
    told.files += 1
    told.file_bytes += entry.size


async def _persistently(told: Pulled, work: Callable[[], Awaitable[Result]], gained: Callable[[], int]) -> Result:
    """Do something over a line that breaks, as long as each try wins something. Raises SyncError."""
    without_gain, before = 0, gained()
    while True:
        try:
            return await work()
        except HubUnreachable:
            told.breaks += 1
            after = gained()
            without_gain = 0 if after > before else without_gain + 1
            before = after
            if without_gain >= TRIES_WITHOUT_GAIN:
                raise
            await asyncio.sleep(min(2.0, 0.1 * 2**without_gain))


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _is_there(path: Path, digest: str) -> bool:
    return path.is_file() and digest_of_file(path) == digest


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _point_at(folder: Path, name: str) -> None:
    fresh = folder / f"{CURRENT}.tmp"
    fresh.write_text(name, encoding="ascii")
    fresh.replace(folder / CURRENT)
