"""What it is worth to know an answer for sure: the value of asking "you said two?" before an answer is recorded.

It knows a belief and soft evidence; it has never heard of a microphone or a question of confirmation.

Theory (value of information; Howard 1966, "Information value theory"). The answer was one of three outcomes; given the
belief and the signal, outcome o has probability P(o). Recording the signal as it is gives the belief mixed over the
outcomes, with area means m; knowing o gives m_o. Since m = sum_o P(o) m_o, what certainty takes off the squared error
of the areas' levels is, on average,

    sum_o P(o) (m_o - m)^2         its square root, for the area that it moves most, is `spread`, in levels

Two wrong options that cannot be told apart are one outcome: the spread is 0 and nothing is worth asking. A doubt is
*decisive* when the session would go on after one outcome and end after another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.adaptive.bank import Bank, weights
from engine.adaptive.posterior import Belief, grid
from engine.model import Observation, Outcome

POSSIBLE = 0.02
"""Outcomes less probable than this decide nothing."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """`spread`: how far apart the possible outcomes would put the area that they move most (standard deviation, in
    levels); `p_correct`: the probability that the answer was right; `decisive`: see above."""

    spread: float
    p_correct: float
    decisive: bool = False


def measure_doubt(bank: Bank, belief: Belief, row: int, observation: Observation) -> Doubt:
    """Give the doubt that soft evidence about the item in a row of the bank leaves. Certain evidence leaves none."""
    competence = int(bank.competence[row])
    outcomes = bank.outcomes(row, observation.aid, observation.channel)
    mass = weights(observation.evidence) * (outcomes @ belief.competences[competence])
    if mass.sum() <= 0.0:
        return Doubt(0.0, 0.0)
    p = mass / mass.sum()
    possible = [outcome for outcome in Outcome if p[outcome] >= POSSIBLE]
    means = np.array([belief.observe(competence, outcomes[outcome]).areas @ grid() for outcome in possible])
    shares = p[possible] / p[possible].sum()
    variance = shares @ (means - shares @ means) ** 2
    return Doubt(spread=float(np.sqrt(variance.max())), p_correct=float(p[Outcome.CORRECT]))
