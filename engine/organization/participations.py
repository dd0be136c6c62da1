"""One person in one campaign: STARTED, COMPLETED, SHARED, moved by the events of their session alone.

| state | event | next |
|---|---|---|
| none | campaign_joined | STARTED |
| STARTED | session_finished | COMPLETED |
| COMPLETED | answer_withdrawn (the question is asked again) | STARTED |
| none | campaign_joined by a result that was there | COMPLETED |
| COMPLETED | result_shared | SHARED |
| SHARED | anything | SHARED: what was shared is frozen, and shared once |
| any | participation_released | none: the organisation's time is over, a count stays; the session is its person's |

Sharing is the person's own act: it needs a complete result, consent to this very campaign and a campaign that is not
archived. Until then the organisation sees a count, nothing else (`visible`).

A person may take part again where the campaign allows it, once the result before was shared, some days have passed, and
there is something left to learn (`may_repeat`): a participation of its own, that names the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from engine.errors import EngineError

JOINED, FINISHED, WITHDRAWN, CONSENT, SHARED = (
    "campaign_joined",
    "session_finished",
    "answer_withdrawn",
    "consent_answered",
    "result_shared",
)
"""Kinds of the session's events that a participation follows."""
RELEASED = "participation_released"
"""The kind that ends a participation whose session goes on being kept, because its person keeps it in an account."""


class State(StrEnum):
    """Where a participation stands."""

    STARTED = "started"
    COMPLETED = "completed"
    SHARED = "shared"


class Again(StrEnum):
    """Whether somebody may take part once more, and why not."""

    YES = "yes"
    ONLY_ONCE = "only_once"
    NOT_SHARED = "not_shared"
    TOO_SOON = "too_soon"
    ALL_SHOWN = "all_shown"


class SharingRefused(EngineError):
    """This result cannot be shared. `reason` is a stable word."""

    code = "organization.sharing_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the result cannot be shared: {reason}")
        self.reason = reason


def advance(state: State | None, kind: str) -> State | None:
    """Give the state after an event of this kind; other kinds change nothing."""
    if kind == JOINED:
        return state or State.STARTED
    if kind == FINISHED and state is State.STARTED:
        return State.COMPLETED
    if kind == WITHDRAWN and state is State.COMPLETED:
        return State.STARTED
    if kind == SHARED and state is State.COMPLETED:
        return State.SHARED
    return state


def state_of(kinds: Iterable[str]) -> State | None:
    """Give the state that these events, oldest first, lead to; None when no campaign was joined."""
    state: State | None = None
    for kind in kinds:
        state = advance(state, kind)
    return state


def may_repeat(state: State, *, repeated: bool, rested: bool, left_to_learn: bool) -> Again:
    """Tell whether the person of this participation may take part again.

    `repeated`: the campaign allows it; `rested`: enough days have passed since the result was shared.
    """
    if not repeated:
        return Again.ONLY_ONCE
    if state is not State.SHARED:
        return Again.NOT_SHARED
    if not left_to_learn:
        return Again.ALL_SHOWN
    return Again.YES if rested else Again.TOO_SOON


def joined_state(payload: Mapping[str, Any]) -> State:
    """Give the state that joining leads to: the session may bring a result that was there before."""
    return State.COMPLETED if payload.get("complete") else State.STARTED


def require_sharing(state: State | None, *, agreed: bool, archived: bool, shares: bool = True) -> None:
    """Check that a result may be shared. `shares`: the campaign collects results. Raises SharingRefused."""
    if state is None:
        raise SharingRefused("no_campaign")
    if not shares:
        raise SharingRefused("shares_nothing")
    if state is State.SHARED:
        raise SharingRefused("already_shared")
    if state is not State.COMPLETED:
        raise SharingRefused("not_complete")
    if not agreed:
        raise SharingRefused("no_consent")
    if archived:
        raise SharingRefused("archived")


def visible(state: State) -> bool:
    """Tell whether the organisation may see more of this participation than that there is one."""
    return state is State.SHARED
