"""The numbers to tune of a session, and when to stop asking. The ready policies are in `policies`.

ABC Diag is built for dignity first: it begins with something the person very probably knows, comes back to such an
item after every failure, and ends after three failures in a row, which are evidence enough. What each guard costs and
gives is measured by `scripts/bench_engine.py`; simulated people rank policies, they do not prove accuracy in the field.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.adaptive.posterior import Belief, Floats, Positions, grid
from engine.errors import InvalidPolicy
from engine.model import MAX_LEVEL, ItemId

MIN_QUESTIONS, MAX_QUESTIONS = 8, 15
"""Of the quick diagnostic: below 8 an area is asked once or not at all; above 15 it is no longer quick."""

MOST_QUESTIONS = 200
"""Of any policy: more than a full positioning over several sittings ever needs."""


class StopReason(StrEnum):
    """Why no further question is proposed."""

    ENOUGH_QUESTIONS = "enough_questions"
    FAILURES_IN_A_ROW = "failures_in_a_row"
    PRECISE_ENOUGH = "precise_enough"
    SITTING_OVER = "sitting_over"
    NO_ITEM_LEFT = "no_item_left"


class Target(StrEnum):
    """What the next question should tell.

    AREA: the level of the least asked area. COMPETENCE: the competence that is known least. FRINGE: whether the person
    is ready to learn a skill that stands on mastered ones. CUT: whether levels are reached, yes or no. TUBES: the rules
    of Pix (`tubes`).
    """

    AREA = "area"
    COMPETENCE = "competence"
    FRINGE = "fringe"
    CUT = "cut"
    TUBES = "tubes"


class Balance(StrEnum):
    """Whose turn it is: the area asked least (a new competence first), the competence asked least, or nobody's."""

    AREA = "area"
    COMPETENCE = "competence"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a session is conducted. Probabilities are of a correct answer. Raises InvalidPolicy when a number is out of
    range.

    `start_floor` and `start_max_level` bound the first item, `recover_floor` the item after `recover_after` failures
    in a row, `floor` all others; `aim` is the probability of success sought by FRINGE. `stop_after` failures in a row
    end the session (None: never), as does a mean standard deviation at or below `stop_sd` (levels; of areas, or of
    competences when these are the target), as do `cuts` (levels) that are all decided at `cut_certainty`.
    `per_sitting` questions end a sitting, not the session. A skill is asked only when what it needs from other tubes
    is mastered with probability `prerequisite_floor`; `one_per_tube` asks a tube once. Items within `near_tie` of the
    best (relative), or among the `randomesque` best and within four times that, are as good as the best. `admit` are
    the Sympson-Hetter probabilities that a chosen item is given (1 for the items not named). `aid_allowed` False: an
    answer that was helped is no evidence. `own_evidence`: a competence is certified on its own answers alone.
    """

    name: str = "abc_diag"
    max_items: int = 10
    target: Target = Target.AREA
    balance: Balance = Balance.AREA
    start_floor: float = 0.85
    start_max_level: int = 1
    floor: float = 0.50
    recover_floor: float = 0.85
    recover_after: int = 1
    aim: tuple[float, float] = (0.65, 0.75)
    stop_after: int | None = 3
    stop_sd: float | None = None
    cuts: tuple[float, ...] = ()
    cut_certainty: float = 0.95
    per_sitting: int | None = None
    prerequisite_floor: float = 0.5
    one_per_tube: bool = False
    near_tie: float = 0.05
    randomesque: int = 5
    admit: tuple[tuple[ItemId, float], ...] = ()
    aid_allowed: bool = True
    own_evidence: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.max_items <= MOST_QUESTIONS:
            raise InvalidPolicy(f"max_items must be 1 to {MOST_QUESTIONS}: {self.max_items}")
        for name in ("start_floor", "floor", "recover_floor", "prerequisite_floor", "near_tie", "cut_certainty"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InvalidPolicy(f"{name} must be between 0 and 1: {getattr(self, name)}")
        for name in ("recover_after", "stop_after", "per_sitting", "randomesque"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise InvalidPolicy(f"{name} must be at least 1: {getattr(self, name)}")
        if not 0 <= self.start_max_level <= MAX_LEVEL:
            raise InvalidPolicy(f"start_max_level must be 0 to {MAX_LEVEL}: {self.start_max_level}")
        if self.stop_sd is not None and not 0.0 < self.stop_sd < math.inf:
            raise InvalidPolicy(f"stop_sd must be positive: {self.stop_sd}")
        if not 0.0 <= self.aim[0] <= self.aim[1] <= 1.0:
            raise InvalidPolicy(f"aim must be two rising probabilities: {self.aim}")
        if not all(0.0 < share <= 1.0 for _, share in self.admit):
            raise InvalidPolicy("admit must hold probabilities above 0")
        if not all(0.0 < cut <= MAX_LEVEL for cut in self.cuts):
            raise InvalidPolicy(f"cuts must be levels from 1 to {MAX_LEVEL}: {self.cuts}")


def stop_reason(
    policy: Policy, belief: Belief, answered: int, failures_in_a_row: int, in_sitting: int | None = None
) -> StopReason | None:
    """Give the reason to end the session, or None to go on. When several hold, the failures are named.

    `in_sitting` is the number of questions since this sitting began (None: all of them).
    """
    if policy.stop_after is not None and failures_in_a_row >= policy.stop_after:
        return StopReason.FAILURES_IN_A_ROW
    if answered >= policy.max_items:
        return StopReason.ENOUGH_QUESTIONS
    if answered > 0 and bool(precise_enough(policy, belief)):
        return StopReason.PRECISE_ENOUGH
    if policy.per_sitting is not None and (answered if in_sitting is None else in_sitting) >= policy.per_sitting:
        return StopReason.SITTING_OVER
    return None


def precise_enough(policy: Policy, belief: Belief) -> NDArray[np.bool_]:
    """Tell (for each person of a crowd) whether the belief is as sharp as the policy wishes; never without a wish."""
    enough = np.zeros(belief.overall.shape[:-1], dtype=np.bool_)
    if policy.stop_sd is not None:
        marginals = belief.competences if policy.target is Target.COMPETENCE else belief.areas
        enough = enough | (deviation(marginals).mean(axis=-1) <= policy.stop_sd)
    if policy.cuts:
        reached = above(belief.competences, np.array(policy.cuts))
        doubt = np.minimum(reached, 1.0 - reached) > 1.0 - policy.cut_certainty
        enough = enough | ~doubt.any(axis=(-1, -2))
    return enough


def above(marginals: Floats, cuts: Floats) -> Floats:
    """Give P(level >= cut) [..., cut] of marginals over the grid."""
    reached: Floats = marginals @ (grid()[:, None] >= cuts[None, :] - 0.5)
    return reached


def deviation(marginals: Floats) -> Floats:
    """Give the standard deviation, in levels, of marginals over the grid."""
    nodes = grid()
    mean: Floats = marginals @ nodes
    spread: Floats = np.sqrt(np.maximum(marginals @ nodes**2 - mean**2, 0.0))
    return spread


def mean_area_sd(belief: Belief) -> float:
    """Give the mean over the areas of the standard deviation of the ability, in levels."""
    return float(deviation(belief.areas).mean())


def counted(positions: Positions, size: int) -> Positions:
    """Give how often each position below `size` occurs."""
    return np.bincount(positions, minlength=size)
