"""The chain of a site's events: any change, gap or swap shows, and it shows where."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sync.events import GENESIS, ChainFault, Envelope, canonical, chain_faults, chained


def envelope(sequence: int, site: str = "site-1", **payload: object) -> Envelope:
    return Envelope(
        id=f"id-{site}-{sequence}",
        site_id=site,
        sequence=sequence,
        session_id="session-1",
        kind="item_answered",
        payload=payload or {"option": "é"},
        channel="kiosk",
        actor="participant",
        bank_version="bank-1",
        recorded_at="2026-01-01T00:00:00+00:00",
    )


def chain(*envelopes: Envelope) -> list[tuple[Envelope, str]]:
    digest, made = GENESIS, []
    for each in envelopes:
        digest = chained(digest if each.sequence > 1 else GENESIS, each)
        made.append((each, digest))
    return made


def test_the_canonical_form_is_sorted_compact_and_readable() -> None:
    text = canonical(envelope(1, b=1, a=0.5)).decode()

    assert '"payload":{"a":0.5,"b":1}' in text
    assert text.startswith('{"actor":"participant","bank_version":"bank-1"')


def test_the_order_in_which_a_payload_was_written_changes_nothing() -> None:
    assert canonical(envelope(1, a=1, b=2)) == canonical(envelope(1, b=2, a=1))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical(envelope(1, x=value))


def test_whole_chains_of_two_sites_have_no_fault() -> None:
    events = chain(*(envelope(n) for n in (1, 2, 3)), *(envelope(n, "site-2") for n in (1, 2)))

    assert list(chain_faults(events)) == []


def test_a_changed_event_is_found() -> None:
    events = chain(*(envelope(n) for n in (1, 2, 3)))
    events[1] = (replace(events[1][0], payload={"option": "b"}), events[1][1])

    assert [fault.sequence for fault in chain_faults(events)] == [2]


def test_an_event_changed_with_its_digest_is_found_at_the_next_one() -> None:
    events = chain(*(envelope(n) for n in (1, 2, 3)))
    forged = replace(events[1][0], payload={"option": "b"})
    events[1] = (forged, chained(events[0][1], forged))

    assert [fault.sequence for fault in chain_faults(events)] == [3]


def test_a_missing_event_is_found() -> None:
    events = chain(*(envelope(n) for n in (1, 2, 3)))

    assert list(chain_faults([events[0], events[2]])) == [ChainFault("site-1", 3, "follows number 1")]


@given(st.integers(1, 12), st.data())
def test_one_changed_field_anywhere_always_shows(length: int, data: st.DataObject) -> None:
    events = chain(*(envelope(n) for n in range(1, length + 1)))
    place = data.draw(st.integers(0, length - 1))
    field = data.draw(st.sampled_from(["id", "session_id", "kind", "channel", "actor", "bank_version", "recorded_at"]))
    one, digest = events[place]
    events[place] = (replace(one, **{field: getattr(one, field) + "x"}), digest)

    assert [fault.sequence for fault in chain_faults(events)] == [place + 1]
