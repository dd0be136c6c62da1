"""The envelope of an event, and the chain that ties the events of a site together.

Events are append-only. Each site numbers its events without a gap, and each event's digest covers the digest of the
one before it: whoever holds the last digest can tell whether anything before was changed, taken out or put in. (A hash
chain as in Haber and Stornetta, "How to time-stamp a digital document", 1991; here only order matters.)

The digest is SHA-256 over the previous digest and the envelope as canonical JSON: keys sorted, no spaces, UTF-8. A
payload therefore holds JSON values only, and numbers that are not whole are written by their shortest decimal form, as
Python, JavaScript and PostgreSQL's `json` do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.sync.erasure import ERASED, ERASURE, Place, announced

GENESIS = "0" * 64
"""What stands before a site's first event."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One event with all that travels with it. `recorded_at` is a text (RFC 3339, UTC) that nobody reckons with."""

    id: str
    site_id: str
    sequence: int
    session_id: str
    kind: str
    payload: Mapping[str, Any]
    channel: str
    actor: str
    bank_version: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Where a chain breaks first: the event's site and number, and what is the matter."""

    site_id: str
    sequence: int
    reason: str


def canonical(envelope: Envelope) -> bytes:
    """Give the envelope as canonical JSON. Raises ValueError for NaN or infinity, TypeError for what is not JSON."""
    body = {name: getattr(envelope, name) for name in envelope.__slots__}
    body["payload"] = dict(envelope.payload)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def chained(previous: str, envelope: Envelope) -> str:
    """Give the digest (64 hexadecimal digits) of an event whose predecessor has the digest `previous`."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical(envelope)).hexdigest()


def content_digest(envelope: Envelope) -> str:
    """Give the digest of what happened, wherever it stands: all of the envelope but its site and its number.

    An event that was moved to another chain (a site that took a new id) keeps this digest.
    """
    return hashlib.sha256(canonical(replace(envelope, site_id="", sequence=0))).hexdigest()


@dataclass(slots=True)
class ChainCheck:
    """Follows chains event by event, sorted by site and number. After a fault it goes on from the event as it stands,
    so that each break is told once. An erased event (`erasure`) keeps its place and its digest."""

    site_id: str = ""
    sequence: int = 0
    digest: str = GENESIS
    erased: set[Place] = field(default_factory=set)
    announced: set[Place] = field(default_factory=set)

    def follow(self, envelope: Envelope, claimed: str) -> ChainFault | None:
        """Give what is wrong with the next event: a gap, or a digest that does not fit; None when it fits."""
        if envelope.site_id != self.site_id:
            self.site_id, self.sequence, self.digest = envelope.site_id, 0, GENESIS
        reason = None
        if envelope.sequence != self.sequence + 1:
            reason = f"follows number {self.sequence}"
        elif envelope.kind == ERASED:
            self.erased.add((envelope.site_id, envelope.sequence))
        elif chained(self.digest, envelope) != claimed:
            reason = "was changed, or the one before it was"
        elif envelope.kind == ERASURE:
            self.announced.update(announced(envelope.payload))
        self.sequence, self.digest = envelope.sequence, claimed
        return ChainFault(self.site_id, self.sequence, reason) if reason else None

    def unannounced(self) -> Iterator[ChainFault]:
        """Give the places without content that no erasure names, once all chains were followed."""
        for site, sequence in sorted(self.erased - self.announced):
            yield ChainFault(site, sequence, "has no content, and no erasure names it")


def chain_faults(events: Iterable[tuple[Envelope, str]]) -> Iterator[ChainFault]:
    """Give what is wrong in events with their digests, sorted by site and number."""
    check = ChainCheck()
    for envelope, claimed in events:
        fault = check.follow(envelope, claimed)
        if fault is not None:
            yield fault
    yield from check.unannounced()
