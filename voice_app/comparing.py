"""Channels are compared by themselves, once a day and campaign by campaign, as work beside the conversations.

A campaign is due when a tenth more people than at its last comparison have shared their result: fewer change nothing
that is told. The reckoning runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from voice_app.chores import Chore
from voice_app.mode_effects import PEOPLE, Answered, Compared, compared
from voice_app.session_memory import ContextOf

NAME = "comparison"
EVERY_S = 24 * 3600.0


class Comparisons(Protocol):
    """Where answers come from, and where what was found is kept. Every method raises StoreError."""

    async def campaigns(self) -> Sequence[Compared]:
        """Give all campaigns, by code."""

    async def answers(self, campaign: str) -> Sequence[Answered]:
        """Give the answers of all people who shared their result with this campaign, the last word of each."""

    async def keep(self, campaign: str, found: Mapping[str, Any]) -> None:
        """Keep what a comparison found, in place of the one before."""


@dataclass(slots=True)
class Comparing:
    """One campaign a call. `context_of`: asked for once there is something to compare."""

    comparisons: Comparisons
    context_of: Callable[[], ContextOf]
    _left: list[Compared] = field(default_factory=list)

    async def run_once(self) -> bool:
        """Compare the next campaign that is due; tell whether another one is."""
        if not self._left:
            self._left = [each for each in await self.comparisons.campaigns() if each.is_due]
        if self._left:
            await compare(self.comparisons, self._left.pop(0), self.context_of())
        return bool(self._left)


async def compare(comparisons: Comparisons, campaign: Compared, context_of: ContextOf) -> Mapping[str, Any] | None:
    """Compare the channels of a campaign and keep what was found; None when the content has its path no longer."""
    context = context_of(campaign.path)
    if context is None:
        return None
    answers = await comparisons.answers(campaign.id)
    found = await asyncio.to_thread(compared, context.bank, answers)
    await comparisons.keep(campaign.id, {**found, PEOPLE: campaign.people})
    return found


def comparison_chore(comparisons: Comparisons, context_of: Callable[[], ContextOf]) -> Chore:
    """Give the chore that looks once a day. Two processes that have it find the same."""
    return Chore(NAME, EVERY_S, Comparing(comparisons, context_of).run_once)
