"""Faults of the content: a file that cannot be read, a map or an item that contradicts itself, an index that lies.

A writer makes these, not a learner: each fault names the file, the id and what to do, and all the faults of a folder
are told at once. `check.py` judges the wording of content that loads; this module is about content that does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be. `where`: the id of the node, or "" for the whole file."""

    file: str
    where: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.where}" if self.where else self.file
        return f"{place}: {self.problem}. {self.remedy}."


class ContentError(Exception):
    """The content cannot be used. `faults` is never empty; the message has one line a fault."""

    code = "content.invalid"
    retryable = False
    prompt_id = "fault.general"

    def __init__(self, faults: Sequence[Fault]) -> None:
        if not faults:
            raise ValueError("a content error needs at least one fault")
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    @classmethod
    def of(cls, file: str, where: str, problem: str, remedy: str) -> ContentError:
        """Give the error of a single fault."""
        return cls((Fault(file, where, problem, remedy),))


class InvalidLexicon(ContentError):
    """A pronunciation lexicon cannot be read or says two things of one word."""

    code = "content.invalid_lexicon"


class InvalidRecordings(ContentError):
    """The index of human recordings names a file that is not there, or one text twice."""

    code = "content.invalid_recordings"
