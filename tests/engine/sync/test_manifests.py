"""Lists of what there is: the same bytes for the same things, and only what is new is fetched."""

from __future__ import annotations

import pytest

from engine.sync.batches import BadBatch
from engine.sync.manifests import Difference, Entry, difference, digest_of_row, read, written

CAMPAIGN, MEMBER = Entry("campaign", "1", "aa"), Entry("member", "2", "bb")
CLIP = Entry("speech", "a/b.wav", "cc", 4_000)


def test_a_list_is_the_same_after_its_journey_and_in_any_order() -> None:
    assert read(written([CLIP, CAMPAIGN])) == (CAMPAIGN, CLIP)
    assert written([CLIP, CAMPAIGN]) == written([CAMPAIGN, CLIP])
    assert read(b"") == ()


def test_only_what_is_new_or_changed_is_fetched() -> None:
    here = {("campaign", "1"): "aa", ("member", "2"): "old", ("member", "9"): "dd"}

    assert difference([CAMPAIGN, MEMBER, CLIP], here) == Difference((MEMBER, CLIP), (Entry("member", "9", "dd"),))


def test_the_digest_of_a_row_does_not_depend_on_its_order() -> None:
    assert digest_of_row({"a": 1, "b": "é"}) == digest_of_row({"b": "é", "a": 1})
    assert digest_of_row({"a": 1}) != digest_of_row({"a": 2})


@pytest.mark.parametrize("body", [b"{", b'["a"]', b'[1, "b", "c", 0]', b'["a", "b", "c", "x"]'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(BadBatch):
        read(body)
