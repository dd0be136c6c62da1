"""Is one way of answering harder than another? The answers of a campaign, compared channel by channel.

Pure: answers in, figures out. The comparison is the engine's (`engine.adaptive.metrics.dif`); here it is put into the
few numbers that an organisation reads, with "too few" said as such. Answers with help are left out, and so are those
about questions that the bank knows no longer. A person counts in the group of most of their answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.adaptive import Bank
from engine.adaptive.matching import AnswerLog
from engine.adaptive.metrics import FEWEST_ANSWERS, Dif, dif
from engine.model import Aid, Channel, InputMode, ItemId

BUTTONS, VOICE, PHONE = "buttons", "voice", "phone"
PEOPLE = "people"
"""How many had shared, kept with what was found."""
_GROWTH = 10


@dataclass(frozen=True, slots=True)
class Compared:
    """A campaign to compare: `people` who shared until now, `people_then` at its last comparison."""

    id: str
    code: str
    title: str
    path: str
    people: int = 0
    people_then: int = 0

    @property
    def is_due(self) -> bool:
        return self.people > self.people_then and self.people * _GROWTH >= self.people_then * (_GROWTH + 1)


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer that counts. `person` is any name; `evidence`: right, wrong, don't know, up to a factor."""

    person: str
    item: str
    evidence: tuple[float, float, float]
    aid: int
    channel: str
    input_mode: str

    @property
    def group(self) -> str:
        """Give the way it was given: by telephone, by voice, by keys and buttons."""
        if self.channel == Channel.PHONE:
            return PHONE
        return VOICE if self.input_mode == InputMode.VOICE else BUTTONS


def compared(bank: Bank, answers: Iterable[Answered]) -> dict[str, Any]:
    """Give the comparison as plain data.

    `answers` used; `reference` group; `fewest` answers a question needs on each side; for each other group of `groups`:
    questions with `enough` answers, how many of them are `flagged`, the `largest` shift among these (levels), and the
    `most_answers` that any question has on its scarcer side.
    """
    used = [
        each
        for each in answers
        if each.aid == Aid.NONE and ItemId(each.item) in bank.index and max(each.evidence, default=0.0) > 0.0
    ]
    persons: dict[str, int] = {}
    modes: list[Counter[str]] = []
    for each in used:
        if persons.setdefault(each.person, len(persons)) == len(modes):
            modes.append(Counter())
        modes[persons[each.person]][each.group] += 1
    group_of = [counter.most_common(1)[0][0] for counter in modes]
    groups = tuple(sorted(set(group_of)))
    reference = BUTTONS if BUTTONS in groups or not groups else groups[0]
    found: Sequence[Dif] = ()
    if len(groups) > 1:
        log = AnswerLog(
            person=np.array([persons[each.person] for each in used], dtype=np.intp),
            item=np.array([bank.index[ItemId(each.item)] for each in used], dtype=np.intp),
            evidence=np.array([each.evidence for each in used]) / np.array([[max(each.evidence)] for each in used]),
            group=np.array([groups.index(group) for group in group_of], dtype=np.intp),
            groups=groups,
        )
        found = dif(bank, log, reference)
    return {
        "answers": len(used),
        "reference": reference,
        "fewest": FEWEST_ANSWERS,
        "groups": [_told(group, found) for group in groups if group != reference],
    }


def _told(group: str, found: Sequence[Dif]) -> dict[str, Any]:
    here = [each for each in found if each.group == group]
    scarcer = [min(each.answers, each.reference_answers) for each in here]
    flagged = [each for each in here if each.flagged]
    return {
        "group": group,
        "enough": sum(answers >= FEWEST_ANSWERS for answers in scarcer),
        "most_answers": max(scarcer, default=0),
        "flagged": len(flagged),
        "largest": max((abs(each.shift) for each in flagged), default=0.0),
    }
