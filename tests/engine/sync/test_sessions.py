"""A session at several sites: one order everywhere, a lead that moves, a chain that moves."""

from __future__ import annotations

from itertools import count

import pytest

from engine.sync.batches import START
from engine.sync.events import chain_faults, content_digest
from engine.sync.moving import moved
from engine.sync.sessions import LEAD_TAKEN, Lead, Place, epoch_after, lead_of, taken
from engine.sync.upcasters import Upcasters
from tests.engine.sync.chains import chain, event


def test_the_lead_is_the_latest_epoch_and_the_later_site_of_two() -> None:
    assert lead_of([Lead(1, "z"), Lead(3, "a"), Lead(3, "b")]) == Lead(3, "b")


def test_what_was_written_before_the_lead_moved_comes_first_however_late_it_comes() -> None:
    assert sorted([Place(2, "a", 1), Place(1, "b", 90)]) == [Place(1, "b", 90), Place(2, "a", 1)]


def test_only_taking_the_lead_changes_the_epoch_and_never_backwards() -> None:
    assert epoch_after(1, "item_answered", {}) == 1
    assert epoch_after(1, LEAD_TAKEN, taken(2)) == 2
    assert epoch_after(5, LEAD_TAKEN, taken(2)) == 5


def test_a_moved_chain_is_whole_and_says_the_same() -> None:
    tail = [each.envelope for each in chain(3)]
    numbers = count(1)

    there = list(moved(START, "new", tail, lambda: f"lead{next(numbers)}", lambda _session: 4))

    assert list(chain_faults((each.envelope, each.digest) for each in there)) == []
    assert [each.envelope.kind for each in there] == [LEAD_TAKEN, *("item_answered",) * 3]
    assert there[0].envelope.payload == taken(5)
    assert [content_digest(each.envelope) for each in there[1:]] == [content_digest(each) for each in tail]


def test_each_session_of_a_moved_chain_is_led_anew() -> None:
    tail = [event(1, session="s"), event(2, session="t"), event(3, session="s")]
    numbers = count(1)

    there = list(moved(START, "new", tail, lambda: f"lead{next(numbers)}", lambda _session: 1))

    assert [(each.envelope.session_id, each.envelope.kind) for each in there if each.envelope.kind == LEAD_TAKEN] == [
        ("s", LEAD_TAKEN),
        ("t", LEAD_TAKEN),
    ]


def test_an_old_payload_is_lifted_step_by_step() -> None:
    steps = {
        ("answer", 0): lambda old: {"v": 1, "option": old["choice"]},
        ("answer", 1): lambda old: {**old, "v": 2, "aid": "none"},
    }

    assert Upcasters(steps).lift("answer", {"choice": "b"}) == {"v": 2, "option": "b", "aid": "none"}
    assert Upcasters(steps).lift("other", {"v": "x"}) == {"v": "x"}


def test_an_upcaster_that_does_not_rise_is_told() -> None:
    with pytest.raises(ValueError, match="does not lead"):
        Upcasters({("answer", 1): lambda old: dict(old)}).lift("answer", {"v": 1})
