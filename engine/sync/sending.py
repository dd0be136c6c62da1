"""What a site decides: how much to send next, and what an answer of the hub means.

The site keeps one number for each of its chains, `acknowledged`: all up to there is at the hub. The hub's answer is its
head, and the head is the truth, whatever the number says:

- head further than acknowledged: settled up to there, the outbox is emptied so far;
- head before acknowledged: the hub was restored from a backup (or an old answer came late): sent anew from there;
- the hub has other events behind the last place at which both agree: this database is a copy of one that went on
  elsewhere (restored backup, cloned disk). The chain ends at that place; the site takes a new id, and what it wrote
  since goes on under it (`Forked`).

Lost answers, repeated answers and answers in the wrong order do no harm: each only says what the hub had at some moment
and at which place it agreed, and sending again is harmless. An answer that agrees at a place where this database has
something else was meant for what was here before a backup was restored: ignored.

Pace: after a failure the batch is halved, down to one event, and grows again when things go well, so that a line that
carries little at a time still carries something. Waits double and are drawn by lot between nothing and their length
("full jitter"; M. Brooker, "Exponential Backoff And Jitter", 2015), so that sites which lost the hub at one moment do
not come back at one moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.sync.batches import MOST_EVENTS, START, Head
from engine.sync.receiving import Receipt


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub answers to a batch."""

    site_id: str
    head: Head
    after: int
    agreed: Head | None
    forked: bool = False
    custody: tuple[int, ...] = ()
    """Numbers of events that the hub set aside."""


@dataclass(frozen=True, slots=True)
class Settled:
    """All up to this number is at the hub."""

    upto: int


@dataclass(frozen=True, slots=True)
class SendFrom:
    """What follows this number has to be sent anew."""

    after: int


@dataclass(frozen=True, slots=True)
class Forked:
    """The hub has another chain from `first` on; `hub_last` is the last number it has."""

    first: int
    hub_last: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """The answer is about another chain than the one that is here."""


Verdict = Settled | SendFrom | Forked | Ignored


def answer_of(receipt: Receipt) -> Answer:
    """Give what the hub tells the site about a receipt."""
    aside = tuple(each.sealed.envelope.sequence for each in receipt.custody)
    return Answer(receipt.site_id, receipt.head, receipt.after, receipt.agreed, receipt.forked, aside)


def judge(
    site_id: str, last: int, acknowledged: int, digest_at: Callable[[int], str | None], answer: Answer
) -> Verdict:
    """Give what an answer means for a chain that ends at `last`. `digest_at` gives the digest at a place, or None."""
    head, agreed = answer.head, answer.agreed
    if answer.site_id != site_id:
        return Ignored()

    def here(place: Head) -> bool:
        mine = START.digest if place.sequence == 0 else digest_at(place.sequence)
        return mine == place.digest

    if agreed is None:
        gap = answer.after > head.sequence and here(head)
        return SendFrom(head.sequence if gap else min(answer.after, last) // 2)
    if not here(agreed):
        return Ignored()
    if answer.forked or (head.sequence > last and agreed.sequence == last):
        return Forked(agreed.sequence + 1, head.sequence)
    if not here(head):
        return SendFrom(agreed.sequence)
    return SendFrom(head.sequence) if head.sequence < acknowledged else Settled(head.sequence)


FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 900.0
"""A quarter of an hour: a village that is connected twice a day should not miss its moment."""
MOST_DOUBLINGS = 12


@dataclass(frozen=True, slots=True)
class Pace:
    """How often sending failed in a row, and how many events go into the next batch."""

    failures: int = 0
    most_events: int = MOST_EVENTS

    def failed(self) -> Pace:
        return Pace(self.failures + 1, max(1, self.most_events // 2))

    def succeeded(self) -> Pace:
        return replace(self, failures=0, most_events=min(MOST_EVENTS, self.most_events * 2))

    def wait_s(self, luck: float) -> float:
        """Give how long to wait before the next try; `luck` is drawn evenly from 0 to 1."""
        if self.failures == 0:
            return 0.0
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * float(2 ** min(self.failures - 1, MOST_DOUBLINGS)))
        return longest * luck
