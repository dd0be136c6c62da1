"""Channels are compared by themselves: what is due, one campaign after the other, kept with how many people it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.voice_app.test_assisted_conversation import usual_context
from tests.voice_app.test_mode_effects import people
from voice_app.chores import run_through
from voice_app.comparing import comparison_chore
from voice_app.dialogue.context import DialogueContext
from voice_app.mode_effects import Answered, Compared

PATH = "abc_diag"


@dataclass
class Campaigns:
    """Campaigns in memory; each comparison is kept as the store keeps it."""

    listed: list[Compared]
    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    async def campaigns(self) -> Sequence[Compared]:
        return self.listed

    async def answers(self, campaign: str) -> Sequence[Answered]:
        del campaign
        return people(30, 1)

    async def keep(self, campaign: str, found: Mapping[str, Any]) -> None:
        self.kept[campaign] = found


def context_of(path: str) -> DialogueContext | None:
    return usual_context() if path == PATH else None


def campaign(name: str, path: str = PATH, now: int = 60, then: int = 0) -> Compared:
    return Compared(name, f"code of {name}", name, path, now, then)


async def test_every_campaign_that_is_due_is_compared_and_kept() -> None:
    known = Campaigns([campaign("gone", "no path"), campaign("one"), campaign("old", now=60, then=58), campaign("two")])

    await run_through(comparison_chore(known, lambda: context_of))

    assert set(known.kept) == {"one", "two"}
    assert (known.kept["one"]["answers"], known.kept["one"]["people"]) == (360, 60)
    assert known.kept["one"]["groups"][0]["most_answers"] == 30


@pytest.mark.parametrize(
    ("now", "then", "due"),
    [(0, 0, False), (1, 0, True), (10, 10, False), (11, 10, True), (109, 100, False), (110, 100, True)],
)
def test_a_tenth_more_people_make_a_comparison_due(now: int, then: int, due: bool) -> None:
    assert campaign("one", now=now, then=then).is_due is due
