"""How much an answer would tell: the measures by which `selection` ranks items, for a crowd of N people at once.

All are exact under the model (`bank`, `posterior`), the mixture over settings included. With p_o the probability of
outcome o:

- `area_gain`: the expected loss of variance of the area's level Y = mean of its competences' abilities,
  Var(Y) - E[Var(Y | o)] = sum_o E[Y; o]^2 / p_o - E[Y]^2. This is the value of information under squared loss (Raiffa
  and Schlaifer, "Applied Statistical Decision Theory", 1961), for the very number that is reported.
- `area_information`: the mutual information of the outcome and the area's ability, H(p) - E H(p | area) (Lindley 1956).
- `competence_information`: the same for the competence's own ability.
- `cut_information`: the same for the yes-or-no questions "is level c reached", summed over the cuts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.adaptive.bank import Bank
from engine.adaptive.posterior import Belief, Floats, Positions, grid

_SMALLEST = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """A belief about N people, and which of them (`people`) a criterion is asked for."""

    belief: Belief
    people: Positions

    def marginal(self, competence: int) -> Floats:
        return np.asarray(self.belief.competences[self.people, competence])

    def by_area(self, area: int) -> Floats:
        """Give the joint belief [n, H, G] over setting and ability of an area."""
        belief, people = self.belief, self.people
        return np.asarray(belief.areas_by_setting[people, :, area] * belief.weights[people, :, None])


def given_area(bank: Bank, crowd: Crowd, competence: int, rows: Positions) -> tuple[Floats, Floats]:
    """Give P(o | area) and E[theta; o | area], each [n or 1, H, i, O, G], of i items of one competence."""
    likelihood = crowd.belief.likelihood[crowd.people, competence]
    if np.all(likelihood == 1.0):
        return bank.area_tables[None, :, rows], bank.area_moments[None, :, rows]
    up = crowd.belief.tree.to_competence.swapaxes(-1, -2)[:, None]
    joint = bank.tables[rows] * likelihood[:, None, None, None, :]
    below = crowd.belief.upward[crowd.people, :, competence][:, :, None, None]
    return (joint @ up) / below, ((joint * grid()) @ up) / below


def means_given_area(belief: Belief, area: int) -> Floats:
    """Give E[theta_c | area ability] [N, H, c, G] of each competence of an area."""
    rows = np.flatnonzero(belief.tree.area_of_competence == area)
    moments = (belief.likelihood[:, None, rows] * grid()) @ belief.tree.to_competence.swapaxes(-1, -2)
    means: Floats = moments / belief.upward[:, :, rows]
    return means


def area_gain(bank: Bank, crowd: Crowd, competence: int, rows: Positions, means: Floats) -> Floats:
    """Give the expected loss of variance [n, i] of the level of the competence's area (square levels).

    `means` are `means_given_area` of that area, for everybody."""
    area = int(bank.tree.area_of_competence[competence])
    own = competence - int(bank.tree.first_competence[area])
    others = (means.sum(axis=2) - means[:, :, own])[crowd.people]
    posterior = crowd.by_area(area)
    chance, moment = given_area(bank, crowd, competence, rows)
    shape = (len(posterior), rows.size, -1)
    p = _over_area(posterior, chance, shape)
    level = (_over_area(posterior * others, chance, shape) + _over_area(posterior, moment, shape)) / means.shape[2]
    gained: Floats = (level**2 / p).sum(axis=-1) - level.sum(axis=-1) ** 2
    return gained


def _over_area(posterior: Floats, given: Floats, shape: tuple[int, int, int]) -> Floats:
    """Give sum_hg posterior[n, h, g] given[n or 1, h, i, o, g] as [n, i, o]."""
    if len(given) == 1:
        settings, nodes = posterior.shape[1:]
        flat = given[0].reshape(settings, -1, nodes)
        total = sum(posterior[:, h] @ flat[h].T for h in range(settings))
        return np.asarray(total).reshape(shape)
    return np.asarray(np.einsum("nhg,nhiog->nio", posterior, given, optimize=True))


def area_information(bank: Bank, crowd: Crowd, competence: int, rows: Positions) -> Floats:
    """Give the mutual information [n, i] (nats) of the outcome and the area's ability (and its setting)."""
    posterior = crowd.by_area(int(bank.tree.area_of_competence[competence]))
    chance, _ = given_area(bank, crowd, competence, rows)
    expected = _over_area(posterior, chance, (len(posterior), rows.size, -1))
    remaining = _over_area(posterior, _entropy(chance, 3)[:, :, :, None], (len(posterior), rows.size, 1))[..., 0]
    gained: Floats = _entropy(expected, -1) - remaining
    return gained


def competence_information(bank: Bank, crowd: Crowd, competence: int, rows: Positions) -> Floats:
    """Give the mutual information [n, i] (nats) of the outcome and the competence's ability."""
    marginal = crowd.marginal(competence)
    tables = bank.tables[rows]
    expected = (marginal @ tables.reshape(-1, tables.shape[-1]).T).reshape(len(marginal), rows.size, -1)
    gained: Floats = _entropy(expected, -1) - marginal @ _entropy(tables, 1).T
    return gained


def cut_information(bank: Bank, crowd: Crowd, competence: int, rows: Positions, cuts: Floats) -> Floats:
    """Give the mutual information [n, i] (nats) of the outcome and "level c is reached", summed over the cuts."""
    marginal = crowd.marginal(competence)
    tables = bank.tables[rows]
    flat = tables.reshape(-1, tables.shape[-1]).T
    shape = (len(marginal), rows.size, -1)
    total = len(cuts) * _entropy((marginal @ flat).reshape(shape), -1)
    for cut in cuts:
        for side in (grid() >= cut - 0.5, grid() < cut - 0.5):
            part = marginal * side
            mass = np.maximum(part.sum(axis=-1), _SMALLEST)[:, None]
            total = total - mass * _entropy((part @ flat).reshape(shape) / mass[..., None], -1)
    return np.asarray(total)


def _entropy(probabilities: Floats, axis: int) -> Floats:
    entropy: Floats = -(probabilities * np.log(np.maximum(probabilities, _SMALLEST))).sum(axis=axis)
    return entropy
