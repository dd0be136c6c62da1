"""A shared result, frozen: what the organisation sees of one participation, and nothing that it does not need.

No answer, no item, no word, no code: a profile, and by area the skills shown and the skills to learn. It is data of its
own, so that a bank or an engine of tomorrow changes nothing that was shared today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSION = 1


@dataclass(frozen=True, slots=True)
class AreaResult:
    """`questions` answered in the area; skill ids in the order of the framework. No question: nothing is known."""

    questions: int
    mastered: tuple[str, ...] = ()
    to_learn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`profile` is the word of the spoken result ("almost"); `helped` counts the answers that came with an aid.

    `answers`: how many were given by each input mode. `next_step`: the skill named aloud, None when there was none.
    `results`: of how many results it is made; more than one: the person put those of their account together.
    """

    path: str
    locale: str
    channel: str
    profile: str
    helped: int
    answers: Mapping[str, int]
    areas: Mapping[str, AreaResult]
    next_step: str | None = None
    results: int = 1

    @property
    def mastered(self) -> tuple[str, ...]:
        """Give the skills shown, area by area."""
        return tuple(skill for area in self.areas.values() for skill in area.mastered)

    @property
    def is_all_shown(self) -> bool:
        """Tell whether nothing of this result is left to learn."""
        return not self.to_learn and self.next_step is None

    @property
    def to_learn(self) -> tuple[str, ...]:
        """Give the skills that an answer showed to be still to learn, area by area."""
        return tuple(skill for area in self.areas.values() for skill in area.to_learn)

    def to_data(self) -> dict[str, Any]:
        """Give the snapshot as JSON data."""
        return {
            "v": VERSION,
            "path": self.path,
            "locale": self.locale,
            "channel": self.channel,
            "profile": self.profile,
            "helped": self.helped,
            "answers": dict(self.answers),
            "areas": {
                area: {
                    "questions": result.questions,
                    "mastered": list(result.mastered),
                    "to_learn": list(result.to_learn),
                }
                for area, result in self.areas.items()
            },
            "next_step": self.next_step,
            **({} if self.results == 1 else {"results": self.results}),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Snapshot:
        """Give the snapshot back. Raises ValueError for another version or a missing part."""
        if data.get("v") != VERSION:
            raise ValueError(f"unknown version of a shared result: {data.get('v')!r}")
        try:
            return cls(
                path=data["path"],
                locale=data["locale"],
                channel=data["channel"],
                profile=data["profile"],
                helped=data["helped"],
                answers=dict(data["answers"]),
                areas={
                    area: AreaResult(result["questions"], tuple(result["mastered"]), tuple(result["to_learn"]))
                    for area, result in data["areas"].items()
                },
                next_step=data["next_step"],
                results=data.get("results", 1),
            )
        except KeyError as fault:
            raise ValueError(f"a shared result lacks {fault}") from fault
