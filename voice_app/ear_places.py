"""Places at the ear: how many conversations are heard at once; the others are told, truthfully, to use the keys.

The recogniser answers one utterance after the other. With more speakers than it can hear, every reply would come late
for everybody; so a conversation takes a place with its first utterance and keeps it. Without a place its ear is "not
available": the dialogue says so and goes on by keys. A place is free again when its conversation ends, or after
`idle_s` without an utterance when somebody waits; who waited longest has it next, and hears that they may speak.

It decides by who spoke, not by who came: a hundred people with keys take none. Pages only: a caller is let in to the
ear at the beginning of the call or not (`telephony.ears`).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from voice_app.audio import Sound
from voice_app.errors import RecognizerDown
from voice_app.hearing import Grammar, Recognition
from voice_app.ports import Recognizer


class EarIsFull(RecognizerDown):
    """As many people as this machine can hear are speaking."""

    code = "speech.ear_full"


class EarPlaces:
    """The places of one recogniser; `places` 0: as many as come. `note_full` is called for each that finds none."""

    def __init__(
        self,
        recognizer: Recognizer,
        places: int,
        idle_s: float,
        *,
        note_full: Callable[[], None] = lambda: None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.recognizer = recognizer
        self._places = places
        self._idle_s = idle_s
        self._note_full = note_full
        self._clock_s = clock_s
        self._spoke_at: dict[Seat, float] = {}
        self._waiting: deque[Seat] = deque()

    @property
    def taken(self) -> int:
        """Places that are taken."""
        return len(self._spoke_at)

    def seat(self) -> Seat:
        """Give a conversation its ear. It has no place yet."""
        return Seat(self)

    def take(self, seat: Seat) -> bool:
        """Give a seat a place, or keep it; False, and a number in the queue, when there is none."""
        if self._places <= 0 or seat in self._spoke_at or self._is_free(seat):
            self._spoke_at[seat] = self._clock_s()
            if seat in self._waiting:
                self._waiting.remove(seat)
            return True
        if seat not in self._waiting:
            self._waiting.append(seat)
            self._note_full()
        return False

    def waits(self, seat: Seat) -> bool:
        """Whether a seat was refused and is still without a place; gives it one when it is its turn."""
        return seat in self._waiting and not (self._is_free(seat) and self.take(seat))

    def leave(self, seat: Seat) -> None:
        """Take a seat away: its conversation is over."""
        self._spoke_at.pop(seat, None)
        if seat in self._waiting:
            self._waiting.remove(seat)

    def _is_free(self, seat: Seat) -> bool:
        """Whether there is a place for this seat; one that nobody has spoken from is taken from its holder."""
        if self._waiting and self._waiting[0] is not seat:
            return False
        if len(self._spoke_at) < self._places:
            return True
        quietest = min(self._spoke_at, key=lambda each: self._spoke_at[each])
        if self._clock_s() - self._spoke_at[quietest] < self._idle_s:
            return False
        del self._spoke_at[quietest]
        return True


class Seat:
    """The `Recognizer` of one conversation. `leave` when it is over."""

    def __init__(self, places: EarPlaces) -> None:
        self._places = places

    @property
    def available(self) -> bool:
        """Whether this conversation is heard at this moment."""
        return self._places.recognizer.available and not self._places.waits(self)

    async def prepare(self, grammar: Grammar) -> None:
        """Compute ahead what this grammar needs."""
        await self._places.recognizer.prepare(grammar)

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Score an utterance. Raises EarIsFull without a place, RecognizerDown."""
        if not self._places.take(self):
            raise EarIsFull("as many people as this machine can hear are speaking")
        return await self._places.recognizer.recognize(utterance, grammar)

    def leave(self) -> None:
        """Give the place back."""
        self._places.leave(self)

    async def close(self) -> None:
        """Nothing: the recogniser is everybody's."""
