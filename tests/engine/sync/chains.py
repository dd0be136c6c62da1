"""Chains of events for the tests of synchronisation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.sync.batches import START, Batch, Head, Sealed
from engine.sync.events import Envelope, chained
from engine.sync.receiving import Held


def event(number: int, site: str = "a", session: str = "s", kind: str = "item_answered", **payload: object) -> Envelope:
    return Envelope(
        id=f"{site}{number}",
        site_id=site,
        sequence=number,
        session_id=session,
        kind=kind,
        payload=payload or {"v": 1, "option": "é"},
        channel="kiosk",
        actor="participant",
        bank_version="bank-1",
        recorded_at="2026-01-01T00:00:00.000000+00:00",
    )


def seal(events: Iterable[Envelope], after: Head = START) -> list[Sealed]:
    """Put events in a row behind `after`, as they stand."""
    sealed = []
    for each in events:
        placed = replace(each, sequence=after.sequence + 1)
        made = Sealed(placed, chained(after.digest, placed))
        sealed.append(made)
        after = made.head
    return sealed


def chain(count: int, site: str = "a") -> list[Sealed]:
    return seal(event(number, site) for number in range(1, count + 1))


def batch(events: list[Sealed], after: Head = START, site: str = "a") -> Batch:
    return Batch(site, after, tuple(events))


def held(events: list[Sealed]) -> dict[int, Held]:
    return {each.envelope.sequence: Held(each.envelope.id, each.digest) for each in events}
