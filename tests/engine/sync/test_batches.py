"""Batches: cut to size, the same after their journey, and nothing unreadable gets in."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from engine.sync.batches import START, BadBatch, Batch, Head, UnknownFormat, cut, decode, encode, event_line
from tests.engine.sync.chains import batch, chain, event, seal


def test_a_batch_is_the_same_after_its_journey() -> None:
    sent = batch(chain(3))

    assert decode(encode(sent)) == sent


def test_an_empty_batch_asks_only_where_the_hub_is() -> None:
    sent = Batch("a", Head(7, "ab" * 32))

    assert decode(encode(sent)) == sent
    assert sent.last == Head(7, "ab" * 32)


def test_a_batch_has_at_most_so_many_events() -> None:
    assert len(cut("a", START, chain(30), most_events=10).events) == 10


def test_a_batch_has_at_most_so_many_bytes() -> None:
    events = chain(30)
    line = len(event_line(events[0]))

    assert len(cut("a", START, events, most_bytes=line * 3 + 1).events) == 3


def test_an_event_larger_than_a_batch_travels_alone() -> None:
    events = seal([event(1, text="x" * 400), event(2)])

    assert cut("a", START, events, most_bytes=300).events == (events[0],)


def test_a_damaged_batch_is_noticed() -> None:
    body = bytearray(encode(batch(chain(3))))
    body[len(body) // 2] ^= 0xFF

    with pytest.raises(BadBatch):
        decode(bytes(body))


def test_a_batch_that_was_cut_short_is_noticed() -> None:
    with pytest.raises(BadBatch):
        decode(encode(batch(chain(3)))[:-5])


def test_nobody_unpacks_a_bomb() -> None:
    with pytest.raises(BadBatch):
        decode(zlib.compress(b" " * 100_000_000))


def test_a_newer_format_is_told_apart_from_damage() -> None:
    with pytest.raises(UnknownFormat):
        decode(zlib.compress(b'{"format": 2}'))


def _lines(change: Callable[[list[Any]], None]) -> bytes:
    lines = [json.loads(line) for line in zlib.decompress(encode(batch(chain(2)))).split(b"\n")]
    change(lines)
    return zlib.compress(b"\n".join(json.dumps(line).encode() for line in lines))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[0].pop("site"),
        lambda lines: lines[0].update(after=[True, "00"]),
        lambda lines: lines[0].update(after=[0]),
        lambda lines: lines[1].pop("kind"),
        lambda lines: lines[1].update(payload=[]),
        lambda lines: lines[1].update(actor=5),
        lambda lines: lines[1].update(digest="no digest"),
        lambda lines: lines[1].update(sequence="1"),
        lambda lines: lines.pop(1),
        lambda lines: lines[2].update(site_id="b"),
        lambda lines: lines.append("text"),
    ],
)
def test_what_is_no_batch_is_refused(change: Callable[[list[Any]], None]) -> None:
    with pytest.raises(BadBatch):
        decode(_lines(change))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(BadBatch):
        decode(zlib.compress(b"{"))
