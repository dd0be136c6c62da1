"""The hub's table of cases, one test a line."""

from __future__ import annotations

from dataclasses import replace

from engine.sync.batches import START, Head, Sealed
from engine.sync.events import content_digest
from engine.sync.receiving import Custody, Reason, receive
from tests.engine.sync.chains import batch, chain, event, held, seal


def test_what_fits_is_kept() -> None:
    events = chain(3)

    receipt = receive(START, batch(events), {}, {})

    assert receipt.kept == tuple(events)
    assert receipt.head == receipt.agreed == events[-1].head


def test_what_was_sent_before_changes_nothing() -> None:
    events = chain(3)

    receipt = receive(events[-1].head, batch(events), held(events), {})

    assert (receipt.kept, receipt.head, receipt.agreed) == ((), events[-1].head, events[-1].head)


def test_a_batch_that_overlaps_is_kept_from_where_the_hub_ends() -> None:
    events = chain(5)

    receipt = receive(events[1].head, batch(events[1:], events[0].head), held(events[:2]), {})

    assert receipt.kept == tuple(events[2:])


def test_behind_a_gap_nothing_is_kept() -> None:
    events = chain(5)

    receipt = receive(events[0].head, batch(events[3:], events[2].head), held(events[:1]), {})

    assert (receipt.kept, receipt.head, receipt.agreed, receipt.forked) == ((), events[0].head, None, False)


def test_another_event_at_a_filled_place_is_a_fork() -> None:
    events = chain(3)
    other = seal([*(each.envelope for each in events[:2]), event(9)])

    receipt = receive(events[-1].head, batch(other), held(events), {})

    assert (receipt.forked, receipt.agreed, receipt.custody) == (True, events[1].head, ())


def test_the_same_event_changed_is_a_fork_and_taken_into_custody() -> None:
    events = chain(3)
    changed = seal([events[0].envelope, replace(events[1].envelope, payload={"v": 1, "option": "b"})])

    receipt = receive(events[-1].head, batch(changed), held(events), {})

    assert receipt.forked
    assert receipt.custody == (Custody(changed[1], Reason.OTHER_CONTENT, fills=False),)


def test_chains_that_differ_already_before_the_batch_agree_nowhere() -> None:
    events = chain(3)

    receipt = receive(events[-1].head, batch([], Head(2, "ab" * 32)), held(events), {})

    assert (receipt.agreed, receipt.forked) == (None, False)


def test_an_event_known_under_another_site_is_not_kept_again() -> None:
    old = event(1, "old")
    moved = seal([replace(old, site_id="a")])

    receipt = receive(START, batch(moved), {}, {old.id: content_digest(old)})

    assert (receipt.kept, receipt.twins, receipt.head) == ((), tuple(moved), moved[0].head)


def test_a_known_id_with_other_content_fills_its_place_from_custody() -> None:
    events = chain(2)

    receipt = receive(START, batch(events), {}, {"a1": "something else"})

    assert receipt.custody == (Custody(events[0], Reason.OTHER_CONTENT),)
    assert receipt.kept == (events[1],)


def test_an_event_changed_after_it_was_written_does_not_hold_up_the_next() -> None:
    events = chain(3)
    events[1] = Sealed(replace(events[1].envelope, actor="somebody"), events[1].digest)

    receipt = receive(START, batch(events), {}, {})

    assert receipt.custody == (Custody(events[1], Reason.UNVERIFIABLE),)
    assert receipt.kept == (events[0], events[2])
    assert receipt.head == events[2].head


def test_the_same_id_twice_in_a_batch_is_kept_once() -> None:
    events = seal([event(1), replace(event(1), sequence=2)])

    receipt = receive(START, batch(events), {}, {})

    assert (receipt.kept, receipt.twins) == ((events[0],), (events[1],))


def test_what_a_site_may_not_send_is_set_aside() -> None:
    events = chain(2)

    receipt = receive(START, batch(events), {}, {}, refused={"a1"})

    assert receipt.custody == (Custody(events[0], Reason.OUT_OF_SCOPE),)
    assert receipt.kept == (events[1],)
