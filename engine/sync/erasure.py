"""Erasing events without breaking the chain that they stand in.

A person may have everything erased that was kept of a session. The chain must go on to prove that no event is missing
or was changed. Both hold, because each digest covers the one before it and nothing else of it: an erased event keeps
its place and its digest, and loses its content: what happened, in which session, when, by which channel, its id. What
comes after it still fits.

A digest tells nothing of what it covered: among it was the event's id with 74 bits drawn by lot, and the id goes too.

Who could erase could also hide. So an erasure is itself an event (`ERASURE`) that names the places, and a place without
content that no erasure names is a fault (`ChainCheck.unannounced`). The announcement is written first: what was
announced and not yet erased, because the machine stopped in between, is erased by doing it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ERASED = "erased"
"""The kind of an event whose content is gone."""
ERASURE = "session_erased"
"""The kind of the event that says which places were erased."""

Place = tuple[str, int]
"""A site and a number in its chain."""


def announcement(places: Iterable[Place]) -> dict[str, Any]:
    """Give the payload that names these places, neighbours put together."""
    spans: list[list[Any]] = []
    for site, sequence in sorted(places):
        if spans and spans[-1][0] == site and spans[-1][2] == sequence - 1:
            spans[-1][2] = sequence
        else:
            spans.append([site, sequence, sequence])
    return {"v": 1, "places": spans}


def announced(payload: Mapping[str, Any]) -> Iterable[Place]:
    """Give the places that an announcement names."""
    for site, first, last in payload["places"]:
        for sequence in range(first, last + 1):
            yield site, sequence
