"""One person in one campaign: STARTED, COMPLETED, SHARED, moved by the events of their session alone.

| state | event | next |
|---|---|---|
| none | campaign_joined | STARTED |
| STARTED | session_finished | COMPLETED |
| COMPLETED | answer_withdrawn (the question is asked again) | STARTED |
| COMPLETED | result_shared | SHARED |
| SHARED | anything | SHARED: what was shared is frozen, and shared once |
| any | participation_released | none: the organisation's time is over, a count stays; the session is its person's |

Sharing is the person's own act: it needs a complete result, consent to this very campaign and a campaign that is not
archived. Until then the organisation sees a count, nothing else (`visible`).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

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


def require_sharing(state: State | None, *, agreed: bool, archived: bool) -> None:
    """Check that a result may be shared. Raises SharingRefused with the reason."""
    if state is None:
        raise SharingRefused("no_campaign")
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
