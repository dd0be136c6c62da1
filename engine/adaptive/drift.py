"""Items that change, and items that are new: an alarm and a first guess between two calibrations.

- *Drift*: Elo ratings (Elo 1978; Pelanek 2016, "Applications of the Elo rating system in adaptive educational
  systems"), with the step K = .5 / (1 + .02 n) for items. Their scale shrinks by about a third, so they are an alarm
  and never published as parameters. The alarm compares the last answers with what the published item lets expect: |z|
  > 4.
- *Seeding*: a new item begins at its expert difficulty with a spread of half a level; its first answers move it by
  Bayes, on a grid, given what is believed of the people who answered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.adaptive.bank import Bank
from engine.adaptive.matching import AnswerLog
from engine.adaptive.metrics import residuals
from engine.adaptive.posterior import Floats, Positions, grid

ALARM = 4.0
_STEP, _DECAY = 0.5, 0.02
_SEED_POINTS = 61


@dataclass(frozen=True, slots=True)
class Drift:
    """One item: `z` of its answers against the published curve (negative: harder than published), and how far its Elo
    difficulty `moved` (levels, shrunken; positive: harder)."""

    item: int
    answers: int
    z: float
    moved: float

    @property
    def alarm(self) -> bool:
        return abs(self.z) > ALARM


def drift(bank: Bank, log: AnswerLog) -> tuple[Drift, ...]:
    """Give the drift of every item, from answers in the order in which they came."""
    matched = residuals(bank, log)
    slope = {row: bank.items[row].discrimination for row in np.unique(log.item).tolist()}
    moved = dict.fromkeys(slope, 0.0)
    seen = dict.fromkeys(slope, 0)
    residual = np.zeros(len(slope))
    variance = np.zeros(len(slope))
    place = {row: position for position, row in enumerate(slope)}
    for row, y, p in zip(log.item.tolist(), matched.observed.tolist(), matched.expected.tolist(), strict=True):
        shifted = 1.0 / (1.0 + (1.0 - p) / max(p, 1e-9) * math.exp(slope[row] * moved[row]))
        moved[row] += _STEP / (1.0 + _DECAY * seen[row]) * (shifted - y) / max(slope[row], 0.1)
        seen[row] += 1
        residual[place[row]] += y - p
        variance[place[row]] += max((y - p) ** 2, 1e-9)
    return tuple(
        Drift(row, seen[row], float(residual[place[row]] / math.sqrt(variance[place[row]])), moved[row])
        for row in slope
    )


def seed_difficulty(
    expert: float, a: float, right: Floats, posteriors: Floats, chance: float = 0.0, sd: float = 0.5
) -> tuple[float, float]:
    """Give the difficulty and its standard deviation (levels) of a new item after its first answers.

    `right` [n] is P(right | what was heard) of each answer, `posteriors` [n, G] the belief over the ability of who
    gave it, without that answer; `expert` and `sd` the belief before. Without answers: these two."""
    points = np.linspace(expert - 4.0 * sd, expert + 4.0 * sd, _SEED_POINTS)
    mass = np.exp(-0.5 * ((points - expert) / sd) ** 2)
    curves = 1.0 / (1.0 + np.exp(-a * (grid()[None, :] - points[:, None])))
    curves = curves + (1.0 - curves) * chance
    logs = np.log(mass)
    for y, belief in zip(right, posteriors, strict=True):
        p = curves @ belief
        logs = logs + np.log(np.maximum(y * p + (1.0 - y) * (1.0 - p), 1e-12))
    mass = np.exp(logs - logs.max())
    mass /= mass.sum()
    mean = float(mass @ points)
    return mean, math.sqrt(max(float(mass @ points**2) - mean**2, 0.0))


def new_items(bank: Bank, log: AnswerLog, fewest: int = 50) -> Positions:
    """Give the rows of the bank with fewer answers than this: their parameters are the experts'."""
    return np.asarray(np.flatnonzero(np.bincount(log.item, minlength=len(bank.items)) < fewest))
