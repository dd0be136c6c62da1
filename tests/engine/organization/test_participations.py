"""A participation goes from started to completed to shared, and never back from shared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.organization.consent import Consent, Purpose, is_given
from engine.organization.participations import (
    CONSENT,
    FINISHED,
    JOINED,
    SHARED,
    WITHDRAWN,
    Again,
    SharingRefused,
    State,
    advance,
    may_repeat,
    require_sharing,
    state_of,
    visible,
)

KINDS = st.lists(st.sampled_from([JOINED, FINISHED, WITHDRAWN, CONSENT, SHARED, "item_answered"]))


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ([], None),
        ([FINISHED, SHARED], None),
        ([JOINED], State.STARTED),
        ([JOINED, SHARED], State.STARTED),
        ([JOINED, "item_answered", FINISHED], State.COMPLETED),
        ([JOINED, FINISHED, WITHDRAWN], State.STARTED),
        ([JOINED, FINISHED, WITHDRAWN, FINISHED, SHARED], State.SHARED),
        ([JOINED, FINISHED, SHARED, WITHDRAWN, JOINED], State.SHARED),
    ],
)
def test_a_participation_follows_the_events_of_its_session(kinds: list[str], state: State | None) -> None:
    assert state_of(kinds) is state


@settings(deadline=None)
@given(KINDS, KINDS)
def test_what_was_shared_stays_shared(before: list[str], after: list[str]) -> None:
    state = state_of([*before, JOINED, FINISHED, SHARED])

    assert state_of([*before, JOINED, FINISHED, SHARED, *after]) is state


@settings(deadline=None)
@given(KINDS)
def test_nothing_is_shared_without_the_event(kinds: list[str]) -> None:
    assert (state_of(kinds) is State.SHARED) <= (SHARED in kinds)


@pytest.mark.parametrize(
    ("state", "agreed", "archived", "reason"),
    [
        (None, True, False, "no_campaign"),
        (State.SHARED, True, False, "already_shared"),
        (State.STARTED, True, False, "not_complete"),
        (State.COMPLETED, False, False, "no_consent"),
        (State.COMPLETED, True, True, "archived"),
    ],
)
def test_sharing_is_refused_with_its_reason(state: State | None, agreed: bool, archived: bool, reason: str) -> None:
    with pytest.raises(SharingRefused) as told:
        require_sharing(state, agreed=agreed, archived=archived)

    assert told.value.reason == reason


def test_a_complete_result_is_shared_with_consent() -> None:
    require_sharing(State.COMPLETED, agreed=True, archived=False)

    assert advance(State.COMPLETED, SHARED) is State.SHARED


def test_only_what_is_shared_is_visible() -> None:
    assert [state for state in State if visible(state)] == [State.SHARED]


@pytest.mark.parametrize(
    ("state", "repeated", "rested", "left", "told"),
    [
        (State.SHARED, True, True, True, Again.YES),
        (State.SHARED, False, True, True, Again.ONLY_ONCE),
        (State.COMPLETED, True, True, True, Again.NOT_SHARED),
        (State.SHARED, True, True, False, Again.ALL_SHOWN),
        (State.SHARED, True, False, True, Again.TOO_SOON),
        (State.SHARED, True, False, False, Again.ALL_SHOWN),
    ],
)
def test_who_shared_and_has_rested_and_has_something_to_learn_takes_part_again(
    state: State, repeated: bool, rested: bool, left: bool, told: Again
) -> None:
    assert may_repeat(state, repeated=repeated, rested=rested, left_to_learn=left) is told


def test_a_result_that_shares_nothing_is_not_shared() -> None:
    with pytest.raises(SharingRefused, match="shares_nothing"):
        require_sharing(State.COMPLETED, agreed=True, archived=False, shares=False)


def test_the_last_answer_counts_and_none_is_no() -> None:
    def said(agreed: bool, recipient: str = "c1") -> Consent:
        return Consent(Purpose.SHARE_RESULT, recipient, agreed, "sharing.ask")

    assert not is_given([], Purpose.SHARE_RESULT, "c1")
    assert not is_given([said(True, "c2")], Purpose.SHARE_RESULT, "c1")
    assert not is_given([said(True), said(False)], Purpose.SHARE_RESULT, "c1")
    assert is_given([said(False), said(True)], Purpose.SHARE_RESULT, "c1")
