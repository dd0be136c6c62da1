"""The end of a chain moved to another site id: what a restored or cloned site does with what it wrote since.

The events keep their ids and what they say; site, number and digest are new. Before the first event of each session
the new id takes the session's lead, so that the moved events count after those which stay in the old chain
(`engine.sync.sessions`). Where the hub has met a moved event before, under whatever id, it is a twin, not kept again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from engine.sync.batches import Head, Sealed
from engine.sync.events import Envelope, chained
from engine.sync.sessions import LEAD_TAKEN, taken


def moved(
    end: Head,
    site_id: str,
    events: Iterable[Envelope],
    new_id: Callable[[], str],
    epoch_of: Callable[[str], int],
) -> Iterator[Sealed]:
    """Give the events in their order as they stand in the chain of `site_id`, which ends at `end` so far.

    `epoch_of` gives the greatest epoch known of a session before the move.
    """
    led: set[str] = set()
    for event in events:
        if event.session_id not in led:
            led.add(event.session_id)
            lead = replace(event, id=new_id(), kind=LEAD_TAKEN, payload=taken(epoch_of(event.session_id) + 1))
            sealed = _next(end, site_id, lead)
            end = sealed.head
            yield sealed
        sealed = _next(end, site_id, event)
        end = sealed.head
        yield sealed


def _next(end: Head, site_id: str, event: Envelope) -> Sealed:
    placed = replace(event, site_id=site_id, sequence=end.sequence + 1)
    return Sealed(placed, chained(end.digest, placed))
