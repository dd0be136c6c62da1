"""Places at the ear: who speaks takes one, who finds none is told, who waited longest is next."""

from __future__ import annotations

import pytest

from tests.voice_app.fakes import SPEECH, FakeRecognizer
from voice_app.ear_places import EarIsFull, EarPlaces, Seat
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId

GRAMMAR = Grammar("fr", (Meaning(MeaningId("a"), ("un",)),))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Room:
    """Two places, and a clock that is moved by hand."""

    def __init__(self, places: int = 2) -> None:
        self.clock = Clock()
        self.full = 0
        self.ear = FakeRecognizer(hears=[(HearingOutcome.NO_INPUT, "")] * 50)
        self.places = EarPlaces(self.ear, places, 60.0, note_full=self.note, clock_s=self.clock)

    def note(self) -> None:
        self.full += 1

    async def speak(self, *seats: Seat) -> None:
        for seat in seats:
            await seat.recognize(SPEECH, GRAMMAR)


async def test_who_does_not_speak_takes_no_place() -> None:
    room = Room()
    quiet = [room.places.seat() for _ in range(100)]

    assert room.places.taken == 0
    assert all(seat.available for seat in quiet)


async def test_one_more_speaker_than_places_is_told() -> None:
    room = Room()
    one, two, three = (room.places.seat() for _ in range(3))
    await room.speak(one, two)

    with pytest.raises(EarIsFull):
        await room.speak(three)

    assert (one.available, two.available, three.available) == (True, True, False)
    assert room.full == 1
    assert len(room.ear.utterances) == 2


async def test_who_has_a_place_keeps_it() -> None:
    room = Room()
    one, two, three = (room.places.seat() for _ in range(3))
    await room.speak(one, two)
    with pytest.raises(EarIsFull):
        await room.speak(three)

    await room.speak(one, two, one)

    assert len(room.ear.utterances) == 5


async def test_a_place_goes_to_who_waited_longest() -> None:
    room = Room(places=1)
    one, two, three = (room.places.seat() for _ in range(3))
    await room.speak(one)
    for seat in (two, three):
        with pytest.raises(EarIsFull):
            await room.speak(seat)

    one.leave()

    assert (three.available, two.available, three.available) == (False, True, False)


async def test_a_place_that_is_not_used_is_given_away_when_somebody_waits() -> None:
    room = Room(places=1)
    one, two = room.places.seat(), room.places.seat()
    await room.speak(one)
    with pytest.raises(EarIsFull):
        await room.speak(two)

    before = two.available
    room.clock.now = 61.0

    assert (before, two.available) == (False, True)
    with pytest.raises(EarIsFull):
        await room.speak(one)


async def test_who_leaves_while_waiting_stands_in_nobodys_way() -> None:
    room = Room(places=1)
    one, two, three = (room.places.seat() for _ in range(3))
    await room.speak(one)
    for seat in (two, three):
        with pytest.raises(EarIsFull):
            await room.speak(seat)

    two.leave()
    one.leave()

    assert three.available


async def test_without_a_limit_everybody_is_heard() -> None:
    room = Room(places=0)

    await room.speak(*(room.places.seat() for _ in range(40)))

    assert room.full == 0


async def test_a_dead_ear_is_dead_for_everybody() -> None:
    room = Room()
    room.ear.available = False

    assert not room.places.seat().available
