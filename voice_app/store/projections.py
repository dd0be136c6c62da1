"""What follows from a session's events: its row, its code, who leads it, participation, seats, account. A pure fold.

The same fold keeps these tables at a hub, where events of one session come from several sites in any order, and proves
them in `voice-app db check`. Where a site writes its own events, `participations.follow` makes the same rows step by
step and refuses what may not be; the check compares the two.

Merged events may hold what one conversation alone would not: a result shared at one site while an answer was corrected
at another. A share is the person's explicit yes: the first one in the session's order counts, whatever stands beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.organization.claims import CLAIMED, UNCLAIMED
from engine.organization.participations import (
    FINISHED,
    JOINED,
    RELEASED,
    SHARED,
    WITHDRAWN,
    State,
    advance,
    joined_state,
)
from engine.organization.sittings import BEGUN, ENDED
from engine.sync.events import Envelope
from engine.sync.sessions import CODE_ISSUED, Lead, Place, lead_of

FOLLOWED = frozenset({JOINED, FINISHED, WITHDRAWN, SHARED, RELEASED})
"""Kinds that a participation follows."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An event with where it counts in its session."""

    place: Place
    event: Envelope


@dataclass(slots=True)
class Participation:
    """A participation as its events tell it; moments are texts (RFC 3339, UTC)."""

    id: str
    campaign: str
    begun_at: str
    state: State = State.STARTED
    completed_at: str | None = None
    shared_at: str | None = None
    snapshot: Mapping[str, Any] | None = None
    person_number: str = ""
    again_of: str | None = None


@dataclass(slots=True)
class Projection:
    """All that follows from the events of one session."""

    session_id: str
    site_id: str
    channel: str
    bank_version: str
    opened_at: str
    lead: Lead
    code: str | None = None
    code_at: str | None = None
    participation: Participation | None = None
    learner: str | None = None
    """The account that the session was put into last, unless it was taken out of it."""
    seats: Mapping[str, bool] = field(default_factory=dict)
    """Sitting -> whether the person is still in it."""
    epochs: dict[str, int] = field(default_factory=dict)


def fold(counted: Iterable[Counted]) -> Projection:
    """Give what follows from a session's events, in the order in which they count. Raises ValueError for none."""
    events = list(counted)
    if not events:
        raise ValueError("a session without events has no projection")
    first = events[0].event
    lead = lead_of(Lead(each.place.epoch, each.place.site_id) for each in events)
    told = Projection(first.session_id, first.site_id, first.channel, first.bank_version, first.recorded_at, lead)
    for each in events:
        if each.event.kind == CODE_ISSUED and told.code is None:
            told.code, told.code_at = str(each.event.payload["code"]), each.event.recorded_at
    told.participation = participation_of(each.event for each in events)
    told.learner = learner_of(each.event for each in events)
    told.seats = seats_of(each.event for each in events)
    return told


def participation_of(events: Iterable[Envelope]) -> Participation | None:
    """Give the participation that these events, in their order, make; None where there is none, or none any more."""
    made: Participation | None = None
    for event in events:
        if event.kind == RELEASED:
            made = None
        elif event.kind == JOINED and made is None:
            state = joined_state(event.payload)
            made = Participation(
                event.id,
                str(event.payload["campaign"]),
                event.recorded_at,
                state,
                event.recorded_at if state is State.COMPLETED else None,
                again_of=event.payload.get("again"),
            )
        elif made is not None and event.kind in FOLLOWED:
            _advance(made, event)
    return made


def released_of(events: Iterable[Envelope]) -> tuple[str, ...]:
    """Give the ids of the participations that these events, in their order, made and ended."""
    ended: list[str] = []
    joined: str | None = None
    for event in events:
        if event.kind == JOINED and joined is None:
            joined = event.id
        elif event.kind == RELEASED and joined is not None:
            ended.append(joined)
            joined = None
    return tuple(ended)


def learner_of(events: Iterable[Envelope]) -> str | None:
    """Give the account that holds the session after these events; a claim takes it out of the one before."""
    learner: str | None = None
    for event in events:
        if event.kind == CLAIMED:
            learner = str(event.payload["learner"])
        elif event.kind == UNCLAIMED and event.payload["learner"] == learner:
            learner = None
    return learner


def seats_of(events: Iterable[Envelope]) -> dict[str, bool]:
    """Give the sittings that these events lead into, and whether the person is still there."""
    seats: dict[str, bool] = {}
    for event in events:
        if event.kind == BEGUN:
            seats[str(event.payload["sitting"])] = True
        elif event.kind == ENDED and event.payload["sitting"] in seats:
            seats[str(event.payload["sitting"])] = False
    return seats


def _advance(made: Participation, event: Envelope) -> None:
    if event.kind == SHARED:
        if made.state is State.SHARED or event.payload["campaign"] != made.campaign:
            return
        made.state = State.SHARED
        made.completed_at = made.completed_at or event.recorded_at
        made.shared_at, made.snapshot = event.recorded_at, dict(event.payload["snapshot"])
        made.person_number = str(event.payload.get("number", ""))
        return
    after = advance(made.state, event.kind) or made.state
    if after is State.COMPLETED and made.state is not after:
        made.completed_at = event.recorded_at
    made.state = after
