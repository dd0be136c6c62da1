"""The figures of a pilot: every recording through the ear of this machine, in the turns where its word may be said.

Test figures only: nothing here trains or calibrates anything. The recordings are listened to as an utterance cut out of
a conversation would be; who was heard badly is told by number, so that the mediator can look at the microphone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audio_content.model import Vocabulary
from voice_app.errors import SoundUnreadable
from voice_app.hearing import HearingOutcome, Recognition
from voice_app.pilot.recordings import PilotFolder
from voice_app.pilot.words import grammars, words
from voice_app.ports import Recognizer

Z95 = 1.96


@dataclass(frozen=True, slots=True)
class Heard:
    """One recording in one turn."""

    person: str
    device: str
    set: str
    word: str
    right: bool
    outcome: HearingOutcome
    instead: str


@dataclass(slots=True)
class Row:
    """Counts of one set of recordings: `accepted_wrong` is what nobody would notice, `confirmed` costs a question."""

    said: int = 0
    right: int = 0
    accepted_right: int = 0
    accepted_wrong: int = 0
    confirmed: int = 0
    again: int = 0

    def add(self, heard: Heard) -> None:
        self.said += 1
        self.right += heard.right
        accepted = heard.outcome is HearingOutcome.MATCH
        self.accepted_right += accepted and heard.right
        self.accepted_wrong += accepted and not heard.right
        self.confirmed += heard.outcome is HearingOutcome.DOUBTFUL
        self.again += heard.outcome in (HearingOutcome.NO_MATCH, HearingOutcome.NO_INPUT)


@dataclass(slots=True)
class Figures:
    """Rows by what they are of ("set numbers", "device phone", "person 483920"), confusions, and unreadable files."""

    rows: dict[str, Row] = field(default_factory=dict)
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreadable: int = 0

    def add(self, heard: Heard) -> None:
        for name in (f"set {heard.set}", f"device {heard.device}", f"person {heard.person}"):
            self.rows.setdefault(name, Row()).add(heard)
        if not heard.right:
            self.confusions[heard.word, heard.instead] += 1

    def as_json(self) -> dict[str, Any]:
        """Give all of it as JSON data, shares with their 95 % interval."""
        rows = {
            name: {**_counts(row), "right_interval": interval(row.right, row.said)} for name, row in self.rows.items()
        }
        return {
            "rows": rows,
            "confusions": [[word, instead, count] for (word, instead), count in self.confusions.most_common()],
            "unreadable": self.unreadable,
        }


async def listen(
    folder: PilotFolder, recognizer: Recognizer, vocabularies: Mapping[str, Vocabulary], figures: Figures
) -> AsyncIterator[Heard]:
    """Listen to every recording and add it to the figures; a recording that cannot be read is counted and left out."""
    for person in folder.people():
        vocabulary = vocabularies[person.locale]
        turns = grammars(person.locale, vocabulary)
        known = {word.text: word for word in words(vocabulary)}
        for place in person.recorded:
            word = known.get(person.words[place])
            if word is None:  # said in a pilot with other words
                continue
            try:
                sound = folder.word(person.number, place)
            except SoundUnreadable:
                figures.unreadable += 1
                continue
            for name in word.sets:
                recognition = await recognizer.recognize(sound, turns[name])
                heard = _judged(person.number, person.device, name, word.text, word.meaning, recognition)
                figures.add(heard)
                yield heard


def interval(right: int, said: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson 1927), in percent; everything for nothing said."""
    if not said:
        return (0.0, 100.0)
    share, spread = right / said, Z95**2 / said
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(share * (1 - share) / said + Z95**2 / (4 * said**2)) / (1 + spread)
    return (round(100 * max(0.0, middle - half), 1), round(100 * min(1.0, middle + half), 1))


def _counts(row: Row) -> dict[str, int]:
    return {name: getattr(row, name) for name in Row.__dataclass_fields__}


def _judged(person: str, device: str, name: str, word: str, meaning: str, recognition: Recognition) -> Heard:
    best = recognition.best or ""
    return Heard(person, device, name, word, best == meaning, recognition.outcome, best)
