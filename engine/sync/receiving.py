"""What the hub decides about a batch: nothing lost, nothing doubled, nobody held up.

Each place of a site's chain is filled once, in order; `head` is the highest place without a gap before it, and it is
all that the hub ever answers. For the event at each place of a batch:

| the hub holds | the event | what happens |
|---|---|---|
| this place, same digest | sent before | nothing: duplicates are harmless |
| this place, another digest | another chain under the same id: restored or cloned | **fork**: the rest is not taken |
| nothing, place is next | fits the chain, id unknown | **kept** |
| nothing, place is next | fits, id known, same content | **twin**: moved here from a forked chain; place filled |
| nothing, place is next | fits, id known with other content | **custody**: place filled, event set aside |
| nothing, place is next | erased at its site (`erasure`) | **kept**: place and digest, nothing else |
| nothing, place is next | does not fit the digest before it | **custody**: changed after it was written |
| nothing, place is next | is about a campaign of another's organisation | **custody** |
| nothing, a place before is missing | | nothing: the batch comes again after the missing one |

Custody rather than refusal: an event that is refused is sent for ever and holds up all that come after it. Set aside it
is safe, somebody is told, and the chain goes on from the digest as it stands, so that each break is told once. The same
id at the same place with other content is both: a fork (the chains differ from there on) and custody.

The answer names the last place at which hub and batch agree (`agreed`), so that a site knows which of its own
events an answer is about, however late it comes. When they differ already at the place that the batch follows, there
is none; the site goes back until they agree (`sending.judge`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.sync.batches import START, Batch, Head, Sealed
from engine.sync.erasure import ERASED
from engine.sync.events import chained, content_digest


class Reason(StrEnum):
    """Why an event is in custody."""

    OTHER_CONTENT = "other_content"
    UNVERIFIABLE = "unverifiable"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Held:
    """What the hub holds at a place of a chain."""

    event_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Custody:
    """An event set aside. `fills`: whether its place in the chain counts as filled."""

    sealed: Sealed
    reason: Reason
    fills: bool = True


@dataclass(frozen=True, slots=True)
class Receipt:
    """What becomes of a batch, to be carried out in one transaction, and the answer to give afterwards."""

    site_id: str
    head: Head
    after: int
    """The place that the batch follows."""
    agreed: Head | None
    """The last place of the batch at which both chains are the same; None when there is a gap, or none is known."""
    forked: bool = False
    """The chains part behind `agreed`."""
    kept: tuple[Sealed, ...] = ()
    twins: tuple[Sealed, ...] = ()
    custody: tuple[Custody, ...] = ()


def receive(
    head: Head,
    batch: Batch,
    held: Mapping[int, Held],
    contents: Mapping[str, str],
    refused: Collection[str] = (),
) -> Receipt:
    """Decide about a batch.

    `head`: the chain's end at the hub. `held`: what stands there at the places `batch.after` to `batch.last`, as far
    as they are filled. `contents`: `content_digest` by id, of those of the batch's events whose ids the hub knows.
    `refused`: ids of events that this site may not send.
    """
    site, after = batch.site_id, batch.after
    if after.sequence > head.sequence:
        return Receipt(site, head, after.sequence, None)
    before = START.digest if after.sequence == 0 else held[after.sequence].digest
    if before != after.digest:
        return Receipt(site, head, after.sequence, None)
    known = dict(contents)
    agreed = after
    kept: list[Sealed] = []
    twins: list[Sealed] = []
    custody: list[Custody] = []
    forked = False
    for sealed in batch.events:
        event, place = sealed.envelope, sealed.envelope.sequence
        if place <= head.sequence:
            if held[place].digest != sealed.digest:
                forked = True
                if held[place].event_id == event.id:
                    custody.append(Custody(sealed, Reason.OTHER_CONTENT, fills=False))
                break
        else:
            content = content_digest(event)
            if event.kind != ERASED and chained(agreed.digest, event) != sealed.digest:
                custody.append(Custody(sealed, Reason.UNVERIFIABLE))
            elif event.id in refused:
                custody.append(Custody(sealed, Reason.OUT_OF_SCOPE))
            elif event.id not in known:
                known[event.id] = content
                kept.append(sealed)
            elif known[event.id] == content:
                twins.append(sealed)
            else:
                custody.append(Custody(sealed, Reason.OTHER_CONTENT))
            head = sealed.head
        agreed = sealed.head
    return Receipt(site, head, after.sequence, agreed, forked, tuple(kept), tuple(twins), tuple(custody))
