"""The words of the measuring instrument: framework, items, outcomes, observations.

Nothing here knows how a question is worded or how an answer reached us, and no type carries a duration or a
point in time: the result depends on answers only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NewType

AreaId = NewType("AreaId", str)
CompetenceId = NewType("CompetenceId", str)
TubeId = NewType("TubeId", str)
SkillId = NewType("SkillId", str)
ItemId = NewType("ItemId", str)

MAX_LEVEL = 8


class Outcome(IntEnum):
    """What an answer shows. "I don't know" is a legitimate outcome of its own, not a mistake."""

    CORRECT = 0
    INCORRECT = 1
    DONT_KNOW = 2


class Aid(IntEnum):
    """How much help came with an answer, from none to "the helper did it"."""

    NONE = 0
    READ_ALOUD = 1
    REPHRASED = 2
    HINT = 3
    DEMONSTRATED = 4
    DONE_FOR_THEM = 5


class Channel(StrEnum):
    """Where the conversation takes place."""

    KIOSK = "kiosk"
    PHONE = "phone"
    CONSOLE = "console"


class InputMode(StrEnum):
    """How an answer was given; with the channel it is the group of fairness studies."""

    VOICE = "voice"
    KEY = "key"
    BUTTON = "button"
    MEDIATOR = "mediator"


@dataclass(frozen=True, slots=True)
class Skill:
    """One level of a tube. `level` runs from 0 (a first gesture, to begin gently) to 8."""

    id: SkillId
    level: int


@dataclass(frozen=True, slots=True)
class Tube:
    """A ladder of skills on one subject, easiest first."""

    id: TubeId
    skills: tuple[Skill, ...]


@dataclass(frozen=True, slots=True)
class Competence:
    id: CompetenceId
    tubes: tuple[Tube, ...]


@dataclass(frozen=True, slots=True)
class Area:
    id: AreaId
    competences: tuple[Competence, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One question, as the engine sees it.

    `options` is the number of possible answers among which a person may guess (0: no guessing possible).
    `difficulty` (b) is in level units, None means the expert value of the skill's level; `discrimination` (a) is
    per level unit; `slip` is the probability that who knows answers wrongly all the same. `channel_shift` are
    (channel, levels) pairs: how much harder the item is there than elsewhere, where a study has shown it.
    """

    id: ItemId
    skill: SkillId
    options: int
    difficulty: float | None = None
    discrimination: float = 1.5
    slip: float = 0.03
    channel_shift: tuple[tuple[Channel, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well each outcome explains what was heard or pressed: P(signal | outcome) up to a common factor.

    A key or a button is certain; a recogniser gives calibrated likelihoods. All three equal means "unheard":
    no evidence, the estimate does not move. Raises ValueError when a value is negative, not finite, or all are zero.
    """

    correct: float
    incorrect: float
    dont_know: float

    def __post_init__(self) -> None:
        values = (self.correct, self.incorrect, self.dont_know)
        if not all(0.0 <= value < float("inf") for value in values) or not any(values):
            raise ValueError(f"evidence must be non-negative, finite and not all zero: {values}")

    @classmethod
    def certain(cls, outcome: Outcome) -> Evidence:
        """Give the evidence of an answer that leaves no doubt (a key, a button, a confirmed word)."""
        return cls(*(1.0 if outcome is o else 0.0 for o in Outcome))

    def likelihoods(self) -> tuple[float, float, float]:
        """Give the three values in the order of `Outcome`."""
        return (self.correct, self.incorrect, self.dont_know)


UNHEARD = Evidence(1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Observation:
    """One recorded response to one item."""

    item: ItemId
    evidence: Evidence
    aid: Aid = Aid.NONE
    channel: Channel = Channel.KIOSK
    input_mode: InputMode = InputMode.KEY


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """A skill of one tube that needs a skill of another one."""

    skill: SkillId
    requires: SkillId


@dataclass(frozen=True, slots=True)
class FrameworkSpec:
    """The skill map as plain data; the engine compiles it."""

    areas: tuple[Area, ...]
    prerequisites: tuple[Prerequisite, ...] = field(default=())
