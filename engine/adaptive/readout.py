"""The abilities that are reported, as distributions: of each competence, each area and over all.

An area's ability is the mean of its competences' abilities, and the ability over all is the mean of all competences':
what a person would be told if every competence had been measured. (The nodes "area" and "general" of the tree are
where profiles scatter around; they are means to an end.) Given the node above, competences are independent, so mean and
variance of an average add up, and the belief over the node mixes the normal curves

    F_h(y) = sum_a p_h(a) Phi((y - mu_h(a)) / s_h(a))

under each setting h, mixed with the weights for levels and with the weights for bands (why two: `posterior`). The more
answers, the better they tell even from uneven profiles by themselves, and the cautious weights give way: their share is
min(1, (15 / n)^2) after n answers.

The mean of two to four competences with bell-shaped posteriors is taken as normal given the node; the mixture itself
may be as skewed as it likes. Two readings follow, and they are not the same:

- the *ability band* (continuous): from the 10 % to the 90 % quantile. It covers the true ability 80 % of the time; this
  is the figure that `coverage80` reports;
- the *band of levels*: whole levels that hold at least 80 % and leave at most 10 % on either side. Rounding outward
  makes it cover more (about 93 %), never less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.adaptive.posterior import Belief, Floats, Positions, competences_by_setting, grid, mixed
from engine.model import MAX_LEVEL

BAND = 0.8
"""Probability inside a band."""

NEIGHBOUR_WORTH = 0.4
"""A level off by one is worth this much of the right one. 0 would name the most probable level, 1 the safest."""

_FINE = np.linspace(-2.5, 9.5, 49)
"""Four points a level: where the distribution functions are kept; between them they are straight lines."""

_CUTS = np.arange(MAX_LEVEL) + 0.5
_NARROWEST = 0.15
"""Keeps a curve wider than half the distance of two nodes, so that the mixture stays smooth."""

_GELU = np.sqrt(2.0 / np.pi)
"""Phi(z) is (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2 within 0.0003."""

_CAUTIOUS_UP_TO = 15.0
"""Answers up to which bands are drawn with the cautious weights alone."""

_BLOCK = 60
"""Curves drawn at once: they stay in the processor's second cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Abilities:
    """Reported abilities, leading axes a crowd, then R rows: `mean` and `sd` [..., R] (levels, within 0 to 8), the
    distribution functions `cdf` (for levels) and `band_cdf` (for bands) [..., R, F] at `points()`."""

    mean: Floats
    sd: Floats
    cdf: Floats
    band_cdf: Floats

    def band(self, probability: float = BAND) -> tuple[Floats, Floats]:
        """Give the ends [..., R] of the central band, in levels, not clipped to 0 to 8."""
        tail = 0.5 * (1.0 - probability)
        return quantile(self.band_cdf, tail), quantile(self.band_cdf, 1.0 - tail)

    def levels(self) -> Floats:
        """Give P(level) [..., R, 9]: level L is the ability within half a level of L, the ends open."""
        return level_masses(self.cdf)

    def band_levels(self) -> Floats:
        """Give P(level) [..., R, 9] under the mixture for bands."""
        return level_masses(self.band_cdf)

    @classmethod
    def of_marginals(cls, marginals: Floats) -> Abilities:
        """Give the abilities [..., R] of marginals [..., R, G] over the grid that know no settings."""
        cdf = _marginal_cdf(marginals)
        return cls(*moments(cdf), cdf, cdf)

    @classmethod
    def joined(cls, parts: list[Abilities]) -> Abilities:
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


def points() -> Floats:
    """Give the abilities at which distribution functions are kept."""
    return _FINE


def abilities(belief: Belief, answered: int | Positions) -> Abilities:
    """Give the abilities of the areas (in their order) and, in the last row, over all.

    `answered` is the number of answers behind the belief, of each person of a crowd."""
    tree = belief.tree
    up = tree.to_competence.swapaxes(-1, -2)
    likelihood = belief.likelihood[..., None, :, :]
    mean = ((likelihood * grid()) @ up) / belief.upward  # [..., H, C, G]: given the area's node
    square = ((likelihood * grid() ** 2) @ up) / belief.upward
    variance = np.maximum(square - mean**2, 0.0)
    first = tree.first_competence
    sizes = np.diff(np.append(first, len(tree.area_of_competence)))[:, None]
    total, spread = np.add.reduceat(mean, first, axis=-2), np.add.reduceat(variance, first, axis=-2)
    by_area = _mixture(belief.areas_by_setting, total / sizes, np.sqrt(spread) / sizes)
    general, overall_mean, overall_sd = _over_all(belief, total, spread)
    over_all = _mixture(general[..., None, :], overall_mean[..., None, :], overall_sd[..., None, :])
    return _abilities(belief, np.concatenate([by_area, over_all], axis=-2), answered)


def competence_abilities(belief: Belief, answered: int | Positions) -> Abilities:
    """Give the abilities of the competences, in their order."""
    return _abilities(belief, _marginal_cdf(competences_by_setting(belief)), answered)


def _abilities(belief: Belief, by_setting: Floats, answered: int | Positions) -> Abilities:
    cautious = np.minimum(1.0, (_CAUTIOUS_UP_TO / np.maximum(answered, 1)) ** 2)[..., None]
    band_weights = cautious * belief.band_weights + (1.0 - cautious) * belief.weights
    cdf = mixed(belief.weights, by_setting)
    return Abilities(*moments(cdf), cdf, mixed(band_weights, by_setting))


def _over_all(belief: Belief, total: Floats, spread: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the belief over the general ability [..., H, G], and mean and deviation given it of the mean of all
    competences."""
    tree, competences = belief.tree, len(belief.tree.area_of_competence)
    log_inside = np.add.reduceat(np.log(belief.upward), tree.first_competence, axis=-2)
    inside = np.exp(log_inside - log_inside.max(axis=-1, keepdims=True))
    up = tree.to_area.swapaxes(-1, -2)
    message = inside @ up
    mean = ((inside * total) @ up) / message
    square = ((inside * (spread + total**2)) @ up) / message
    variance = np.maximum(square - mean**2, 0.0).sum(axis=-2)
    log_general = tree.log_prior + np.log(message).sum(axis=-2)
    general = np.exp(log_general - log_general.max(axis=-1, keepdims=True))
    general = general / general.sum(axis=-1, keepdims=True)
    return general, mean.sum(axis=-2) / competences, np.sqrt(variance) / competences


def _mixture(weights: Floats, mean: Floats, sd: Floats) -> Floats:
    """Give sum_g w Phi((y - mean) / sd) [..., F] of arrays [..., G]."""
    shape, nodes = mean.shape[:-1], mean.shape[-1]
    weights, mean, sd = (values.reshape(-1, nodes) for values in (weights, mean, sd))
    cdf = np.empty((len(mean), len(_FINE)))
    for begin in range(0, len(mean), _BLOCK):
        some = slice(begin, begin + _BLOCK)
        z = ((_FINE - mean[some, :, None]) / np.maximum(sd[some], _NARROWEST)[..., None]).astype(np.float32)
        z += np.float32(0.044715) * z * z * z
        z *= np.float32(_GELU)
        np.tanh(z, out=z)
        share = weights[some, None, :].astype(np.float32)
        cdf[some] = 0.5 * (share.sum(axis=-1) + (share @ z)[:, 0])
    return cdf.reshape(*shape, len(_FINE))


def _marginal_cdf(marginal: Floats) -> Floats:
    """Give the distribution function [..., F] of a marginal over the grid, each mass spread over its cell."""
    step = grid()[1] - grid()[0]
    edges = np.append(grid() - 0.5 * step, grid()[-1] + 0.5 * step)
    left = np.searchsorted(edges, _FINE).clip(1, len(edges) - 1)
    cumulated = np.concatenate([np.zeros((*marginal.shape[:-1], 1)), np.cumsum(marginal, axis=-1)], axis=-1)
    share = ((_FINE - edges[left - 1]) / step).clip(0.0, 1.0)
    found: Floats = cumulated[..., left - 1] + share * (cumulated[..., left] - cumulated[..., left - 1])
    return found


def quantile(cdf: Floats, probability: float) -> Floats:
    """Give the ability [...] below which this probability lies."""
    above = np.minimum((cdf < probability).sum(axis=-1), len(_FINE) - 1)
    right = np.maximum(above, 1)
    low = np.take_along_axis(cdf, right[..., None] - 1, axis=-1)[..., 0]
    high = np.take_along_axis(cdf, right[..., None], axis=-1)[..., 0]
    share = np.clip((probability - low) / np.maximum(high - low, 1e-12), 0.0, 1.0)
    return np.asarray(_FINE[right - 1] + share * (_FINE[right] - _FINE[right - 1]))


def level_masses(cdf: Floats) -> Floats:
    """Give P(level 0 .. 8) [..., 9] of a distribution function."""
    at = cdf[..., np.searchsorted(_FINE, _CUTS)]
    ends = np.zeros((*cdf.shape[:-1], 1)), np.ones((*cdf.shape[:-1], 1))
    masses: Floats = np.clip(np.diff(np.concatenate([ends[0], at, ends[1]], axis=-1), axis=-1), 0.0, 1.0)
    return np.asarray(masses / masses.sum(axis=-1, keepdims=True))


def named_level(masses: Floats) -> Positions:
    """Give the level [...] to name of P(level) [..., 9]: the one with the greatest expected use, where the true level
    is worth 1 and its neighbours are worth `NEIGHBOUR_WORTH`."""
    padded = np.pad(masses, [(0, 0)] * (masses.ndim - 1) + [(1, 1)])
    level: Positions = (masses + NEIGHBOUR_WORTH * (padded[..., :-2] + padded[..., 2:])).argmax(axis=-1)
    return level


def moments(cdf: Floats) -> tuple[Floats, Floats]:
    """Give mean and standard deviation [...] of the ability, within 0 to 8."""
    middle = np.clip(0.5 * (_FINE[1:] + _FINE[:-1]), 0.0, MAX_LEVEL)
    mass = np.diff(cdf, axis=-1)
    mass = mass / mass.sum(axis=-1, keepdims=True)
    mean = mass @ middle
    return mean, np.sqrt(np.maximum(mass @ middle**2 - mean**2, 0.0))
