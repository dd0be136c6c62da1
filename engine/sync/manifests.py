"""What there is to fetch, as a list: rows of tables and files, each with the digest of what it holds.

Whoever compares two lists knows what is new without asking for anything else. A list is lines of text, sorted, so that
the same things give the same bytes; its own digest tells whether anything changed at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.sync.batches import BadBatch


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One thing. `size` in bytes for files, 0 for rows."""

    collection: str
    name: str
    digest: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """What to fetch and what is no longer there, both in order."""

    fetch: tuple[Entry, ...]
    gone: tuple[Entry, ...]


def written(entries: Iterable[Entry]) -> bytes:
    """Give a list as bytes."""
    lines = (json.dumps([each.collection, each.name, each.digest, each.size]) for each in sorted(entries))
    return "\n".join(lines).encode()


def read(body: bytes) -> tuple[Entry, ...]:
    """Read a list. Raises BadBatch."""
    try:
        return tuple(_entry(json.loads(line)) for line in body.split(b"\n") if line)
    except (ValueError, TypeError) as fault:
        raise BadBatch(f"a list of what there is cannot be read: {fault}") from fault


def difference(there: Iterable[Entry], here: Mapping[tuple[str, str], str]) -> Difference:
    """Give what is there and not here. `here`: digests by collection and name, as they were when fetched."""
    entries = sorted(there)
    known = {(each.collection, each.name) for each in entries}
    fetch = tuple(each for each in entries if here.get((each.collection, each.name)) != each.digest)
    gone = tuple(Entry(*key, digest) for key, digest in sorted(here.items()) if key not in known)
    return Difference(fetch, gone)


def digest_of_row(row: Mapping[str, Any]) -> str:
    """Give the digest of a row of JSON values."""
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(data: Any) -> Entry:
    collection, name, digest, size = data
    if not (isinstance(collection, str) and isinstance(name, str) and isinstance(digest, str)):
        raise TypeError("texts are expected")
    return Entry(collection, name, digest, int(size))
