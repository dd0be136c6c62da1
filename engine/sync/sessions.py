"""A session that is begun at one site and goes on at another: who leads it, and in which order its events count.

One site at a time leads a session: the one where its person is. The lead moves when the person gives their code at
another site, by an event like any other, `lead_taken`, that names the next epoch. No site has to be asked or reached.

Events of a session count in the order of (epoch, site, number). An event's epoch is that of its site's last
`lead_taken` in this session, or 1 where the session was opened. So

- what a site wrote before the lead moved comes before what was written after, even when it arrives late (it was still
  in the outbox while the person walked over);
- two sites that took the same epoch without knowing of each other (both cut off) are put in line by their ids: every
  copy of the session has the same order, hence the same state;
- an item that was answered at both, because the second site did not know of the first answer, counts once: the fold of
  a session takes the last word on an item (`voice_app/dialogue/fold.py`).

(The epoch is a Lamport clock that ticks only when the lead moves; L. Lamport, "Time, Clocks, and the Ordering of Events
in a Distributed System", 1978.) A site that knows of a later lead writes nothing more into the session: the page that
was left open there is told, and the code takes the lead back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LEAD_TAKEN = "lead_taken"
CODE_ISSUED = "code_issued"
STORE_KINDS = frozenset({LEAD_TAKEN, CODE_ISSUED})
"""Kinds that are about a session, not part of its conversation."""
FIRST_EPOCH = 1


@dataclass(frozen=True, slots=True, order=True)
class Lead:
    """Who leads a session; the greatest of all that are known is the lead."""

    epoch: int
    site_id: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an event stands in its session."""

    epoch: int
    site_id: str
    sequence: int


def taken(epoch: int) -> dict[str, Any]:
    """Give the payload of a `lead_taken` event."""
    return {"v": 1, "epoch": epoch}


def epoch_after(epoch: int, kind: str, payload: Mapping[str, Any]) -> int:
    """Give the epoch that a site is in once it has written this event; `epoch` is the one before.

    It never falls: a chain that was moved to another id (`moved`) takes the lead first, and repeats older ones after.
    """
    return max(epoch, int(payload["epoch"])) if kind == LEAD_TAKEN else epoch


def lead_of(leads: Iterable[Lead]) -> Lead:
    """Give who leads, of all the leads that were ever taken, the opening's among them. Raises ValueError for none."""
    return max(leads)
