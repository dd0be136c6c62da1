"""The numbers to tune of a session, and when to stop asking.

ABC Diag is built for dignity first: it begins with something the person very probably knows, comes back to such an
item after every failure, and ends after three failures in a row, which are evidence enough. With `simulee.simulate`
(1,000 low-skilled people, 15 questions) 4.5 % of the people fail three times in a row, against 58 % under the most
informative test without these guards; 52.2 % of the area levels are exact and 95.3 % within one, against 52.6 % and
97.0 %. Simulated people rank policies; they do not prove accuracy in the field.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from engine.adaptive.posterior import Belief, Floats, grid
from engine.errors import InvalidPolicy
from engine.model import MAX_LEVEL

MIN_QUESTIONS, MAX_QUESTIONS = 8, 15
"""Below 8 an area is asked once or not at all; above 15 the quick diagnostic is no longer quick."""


class StopReason(StrEnum):
    """Why no further question is proposed."""

    ENOUGH_QUESTIONS = "enough_questions"
    FAILURES_IN_A_ROW = "failures_in_a_row"
    PRECISE_ENOUGH = "precise_enough"
    NO_ITEM_LEFT = "no_item_left"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a session is conducted. Probabilities are of a correct answer. Raises InvalidPolicy when a number is out of
    range.

    `start_floor` and `start_max_level` bound the first item, `recover_floor` the item after `recover_after` failures
    in a row, `floor` all others. `stop_after` failures in a row end the session, as does a mean standard deviation of
    the areas at or below `stop_sd` (levels; None: never). A skill is asked only when what it needs from other tubes
    is mastered with probability `prerequisite_floor`. Items within `near_tie` of the best (relative) are as good as
    the best.
    """

    max_items: int = 10
    start_floor: float = 0.85
    start_max_level: int = 1
    floor: float = 0.50
    recover_floor: float = 0.85
    recover_after: int = 1
    stop_after: int = 3
    stop_sd: float | None = None
    prerequisite_floor: float = 0.5
    near_tie: float = 0.05

    def __post_init__(self) -> None:
        if not MIN_QUESTIONS <= self.max_items <= MAX_QUESTIONS:
            raise InvalidPolicy(f"max_items must be {MIN_QUESTIONS} to {MAX_QUESTIONS}: {self.max_items}")
        for name in ("start_floor", "floor", "recover_floor", "prerequisite_floor", "near_tie"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InvalidPolicy(f"{name} must be between 0 and 1: {getattr(self, name)}")
        for name in ("recover_after", "stop_after"):
            if getattr(self, name) < 1:
                raise InvalidPolicy(f"{name} must be at least 1: {getattr(self, name)}")
        if not 0 <= self.start_max_level <= MAX_LEVEL:
            raise InvalidPolicy(f"start_max_level must be 0 to {MAX_LEVEL}: {self.start_max_level}")
        if self.stop_sd is not None and not 0.0 < self.stop_sd < math.inf:
            raise InvalidPolicy(f"stop_sd must be positive: {self.stop_sd}")


ABC_DIAG = Policy()


def stop_reason(policy: Policy, belief: Belief, answered: int, failures_in_a_row: int) -> StopReason | None:
    """Give the reason to end the session, or None to go on. When several hold, the failures are named."""
    if failures_in_a_row >= policy.stop_after:
        return StopReason.FAILURES_IN_A_ROW
    if answered >= policy.max_items:
        return StopReason.ENOUGH_QUESTIONS
    if policy.stop_sd is not None and answered > 0 and mean_area_sd(belief) <= policy.stop_sd:
        return StopReason.PRECISE_ENOUGH
    return None


def mean_area_sd(belief: Belief) -> float:
    """Give the mean over the areas of the standard deviation of the ability, in levels."""
    nodes = grid()
    mean: Floats = belief.areas @ nodes
    variance = belief.areas @ nodes**2 - mean**2
    return float(np.sqrt(np.maximum(variance, 0.0)).mean())
