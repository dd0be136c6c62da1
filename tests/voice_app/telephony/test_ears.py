"""Places at the ear: as many as there are, the longest waiting first."""

from __future__ import annotations

import pytest

from voice_app.telephony.ears import EarPlaces, Given


class Callers:
    """Callers by name, and who was given a place afterwards, in order."""

    def __init__(self, count: int) -> None:
        self.places = EarPlaces(count)
        self.given: list[str] = []
        self._ways = {name: self._way(name) for name in "abcd"}

    def _way(self, name: str) -> Given:
        return lambda: self.given.append(name)

    def enter(self, names: str) -> list[bool]:
        return [self.places.enter(self._ways[name]) for name in names]

    def leave(self, names: str) -> None:
        for name in names:
            self.places.leave(self._ways[name])


def test_who_comes_past_the_last_place_waits() -> None:
    assert Callers(2).enter("abc") == [True, True, False]


def test_the_longest_waiting_is_given_the_free_place() -> None:
    callers = Callers(1)
    callers.enter("abc")

    callers.leave("a")

    assert callers.given == ["b"]


def test_who_has_left_is_given_nothing() -> None:
    callers = Callers(1)
    callers.enter("abc")

    callers.leave("ba")

    assert callers.given == ["c"]


@pytest.mark.parametrize("left", ["aa", "ad"])
def test_a_place_is_given_back_once(left: str) -> None:
    callers = Callers(1)
    callers.enter("abc")

    callers.leave(left)

    assert callers.given == ["b"]


def test_no_places_at_all_is_a_line_of_keys() -> None:
    callers = Callers(0)

    assert callers.enter("ab") == [False, False]
    callers.leave("ab")
    assert callers.given == []
