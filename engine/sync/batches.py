"""What travels: events of one chain in a row, cut to a size, written down, read again.

A batch names the place in the chain that it follows (`after`), so that whoever receives it knows at once whether it
fits, repeats what is there, or leaves a gap. It is written as lines of JSON, the header first, compressed (zlib, RFC
1950): its checksum tells a damaged batch from a whole one.

Sizes: at most 500 events and 256 KB of lines. An event larger than that travels alone.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.errors import EngineError
from engine.sync.events import GENESIS, Envelope

FORMAT = 1
MOST_EVENTS = 500
MOST_BYTES = 256 * 1024
LARGEST_BODY = 16 * MOST_BYTES
"""Nobody unpacks more than this: a batch holds 256 KB, or one event."""


class BadBatch(EngineError):
    """A batch that cannot be read: damaged on its way, or not written by this house. Sending it anew may help."""

    code = "sync.bad_batch"
    retryable = True


class UnknownFormat(EngineError):
    """The sender writes a newer format than this side reads: this side has to be brought up to date."""

    code = "sync.unknown_format"


@dataclass(frozen=True, slots=True)
class Head:
    """A place in a chain: the number and the digest of the event that stands there."""

    sequence: int
    digest: str


START = Head(0, GENESIS)
"""Before a site's first event."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event with the digest that its site gave it."""

    envelope: Envelope
    digest: str

    @property
    def head(self) -> Head:
        """The chain's end once this event stands in it."""
        return Head(self.envelope.sequence, self.digest)


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one site, in order and without a gap, the first one following `after`. May be empty."""

    site_id: str
    after: Head
    events: tuple[Sealed, ...] = ()

    @property
    def last(self) -> Head:
        return self.events[-1].head if self.events else self.after


def cut(
    site_id: str,
    after: Head,
    events: Iterable[Sealed],
    most_events: int = MOST_EVENTS,
    most_bytes: int = MOST_BYTES,
) -> Batch:
    """Give the next batch: as many of the events as fit, at least one when there is one."""
    taken: list[Sealed] = []
    size = 0
    for sealed in events:
        size += len(event_line(sealed))
        if taken and (len(taken) >= most_events or size > most_bytes):
            break
        taken.append(sealed)
    return Batch(site_id, after, tuple(taken))


def encode(batch: Batch) -> bytes:
    """Give a batch as it travels."""
    header = {"format": FORMAT, "site": batch.site_id, "after": [batch.after.sequence, batch.after.digest]}
    lines = [json.dumps(header).encode(), *(event_line(sealed) for sealed in batch.events)]
    return zlib.compress(b"\n".join(lines), 6)


def decode(body: bytes) -> Batch:
    """Read a batch. Raises BadBatch, UnknownFormat."""
    lines = unpack(body).split(b"\n")
    header = _object(lines[0])
    if header.get("format") != FORMAT:
        raise UnknownFormat(f"batches of format {header.get('format')!r} are not known here")
    try:
        number, digest = header["after"]
        batch = Batch(_text(header["site"]), Head(_whole(number), _text(digest)), tuple(map(read_event, lines[1:])))
    except (KeyError, TypeError, ValueError) as fault:
        raise BadBatch(f"a batch cannot be read: {fault}") from fault
    _require_in_a_row(batch)
    return batch


def unpack(body: bytes, largest: int = LARGEST_BODY) -> bytes:
    """Give what was compressed, no more than `largest` bytes. Raises BadBatch."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(body, largest)
    except zlib.error as fault:
        raise BadBatch(f"a batch was damaged on its way: {fault}") from fault
    if not unpacking.eof:
        raise BadBatch("a batch was cut short, or is larger than any batch may be")
    return text


def event_line(sealed: Sealed) -> bytes:
    """Give an event as a line of JSON."""
    body = {name: getattr(sealed.envelope, name) for name in Envelope.__slots__}
    body["payload"] = dict(sealed.envelope.payload)
    body["digest"] = sealed.digest
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def read_event(line: bytes) -> Sealed:
    """Read a line of `event_line`. Raises BadBatch, KeyError, TypeError, ValueError."""
    data = _object(line)
    payload = data["payload"]
    if not isinstance(payload, dict):
        raise TypeError("a payload is an object")
    texts = {name: _text(data[name]) for name in Envelope.__slots__ if name not in ("payload", "sequence")}
    digest = _text(data["digest"])
    bytes.fromhex(digest)
    return Sealed(Envelope(**texts, payload=payload, sequence=_whole(data["sequence"])), digest)


def _require_in_a_row(batch: Batch) -> None:
    places = [batch.after.sequence, *(sealed.envelope.sequence for sealed in batch.events)]
    if any(later != earlier + 1 for earlier, later in pairwise(places)):
        raise BadBatch("the events of a batch do not follow one another")
    if any(sealed.envelope.site_id != batch.site_id for sealed in batch.events):
        raise BadBatch("a batch holds events of another site")


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(line)
    except ValueError as fault:
        raise BadBatch(f"a line of a batch is no JSON: {fault}") from fault
    if not isinstance(data, dict):
        raise BadBatch("a line of a batch is no object")
    return data


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text is expected")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number is expected")
    return value
