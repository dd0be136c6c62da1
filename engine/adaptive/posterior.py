"""The belief over a person's abilities, kept exact on a tree: general ability -> areas -> competences.

It knows arrays and positions only: no item, no wording, no order of events (evidence multiplies, so order is
immaterial).

Theory. Abilities are in level units on a grid of 34 nodes, three a level, so that level L is the nodes within half a
level of L. The general ability g has a normal prior; an area is g plus a normal deviation, a competence its area plus
another. Each competence c carries the likelihood L_c(theta) of all that was answered in it. Because the graph is a
tree, Pearl's belief propagation ("Probabilistic Reasoning in Intelligent Systems", 1988, ch. 4) gives the exact
marginals in two passes:

    up:    U_c(area) = sum_theta T(theta | area) L_c(theta)          A_a = product of U_c over the area's competences
           M_a(g)    = sum_area T(area | g) A_a(area)                p(g) ~ prior(g) * product of M_a
    down:  p(area)   ~ A_a(area) * sum_g T(area | g) p(g) / M_a(g)
           p(theta)  ~ L_c(theta) * sum_area T(theta | area) p(area) / U_c(area)

Every product is rescaled to a maximum of 1 (the scales are kept, as logarithms, for the evidence), so nothing
underflows however long the session. An answer about one area thus moves, a little, what is believed of all the others:
this is what makes ten questions enough.

Uneven profiles. How far a person's areas and competences lie apart is itself unknown: the tree is run under three
*settings* (the two deviations times a factor), each weighted by its prior weight times the marginal likelihood of the
answers, E_h = sum_g prior(g) prod M_a(g). All marginals are mixtures over the settings, exactly (Gelman et al.,
"Bayesian Data Analysis", 2013, ch. 5, with the hyperparameter on a grid).

Two mixtures, for two questions. *Levels* ask what is most probable: the ordinary profile has nearly all the prior
weight. *Bands* must be honest for people of uneven profiles too, whom fifteen answers cannot tell from the others with
certainty: there the prior weighs very even against very uneven only, and the evidence counts twice (w_h ~ v_h E_h^2, a
power posterior). The weights v were fitted on simulated people so that an 80 % band covers 78 to 82 % of ordinary
profiles and at least 76 % of uneven ones; the mixture for levels alone covers 66 to 71 % of the latter. With more
answers the cautious weights give way (`readout`).

Shapes: H settings, A areas, C competences, G nodes; leading axes (a crowd of people) broadcast everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.adaptive.framework import Framework
from engine.errors import InvalidPolicy

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
_Number = TypeVar("_Number", np.float64, np.intp)

GRID_LOW, GRID_HIGH, GRID_NODES = -2.0, 9.0, 34
_KERNEL_FLOOR = 1e-150
"""Keeps every transition possible, so that no logarithm meets a zero even with a very narrow deviation."""

_SMALLEST = 1e-300

UNEVENNESS = ((0.3, 0.05, 0.39), (1.0, 0.90, 0.0), (3.0, 0.05, 0.61))
"""Settings of the mixture: factor on the deviations of areas and competences, prior weight for levels, for bands."""

BAND_POWER = 2.0
"""How often the evidence on unevenness counts in the weights of bands."""


def grid() -> Floats:
    """Give the abilities of the nodes, in level units."""
    return np.linspace(GRID_LOW, GRID_HIGH, GRID_NODES)


@dataclass(frozen=True, slots=True)
class Prior:
    """What is assumed of a population before its first answer, in level units. Never one per protected attribute.

    `mean` and `sd` describe the general ability (here: people whom a mediator would send to the quick diagnostic);
    `sd_area`, `sd_competence` and `sd_tube` how uneven a profile is, step by step; `settings` are the (factor,
    weight for levels, weight for bands) triples of the mixture over more and less even profiles. `dont_know` is the
    probability that a person who does not know says so instead of trying. Raises InvalidPolicy when a number is out of
    range.
    """

    mean: float = 1.8
    sd: float = 1.3
    sd_area: float = 0.6
    sd_competence: float = 0.5
    sd_tube: float = 0.5
    dont_know: float = 0.5
    settings: tuple[tuple[float, float, float], ...] = UNEVENNESS

    def __post_init__(self) -> None:
        if not GRID_LOW <= self.mean <= GRID_HIGH:
            raise InvalidPolicy(f"the prior mean must be a level between {GRID_LOW} and {GRID_HIGH}: {self.mean}")
        for name in ("sd", "sd_area", "sd_competence", "sd_tube"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InvalidPolicy(f"{name} of the prior must be positive: {getattr(self, name)}")
        if not 0.0 < self.dont_know < 1.0:
            raise InvalidPolicy(f"dont_know of the prior must be between 0 and 1: {self.dont_know}")
        columns = [*zip(*self.settings, strict=True)]
        if len(columns) != 3 or min(columns[0]) <= 0.0 or any(min(each) < 0.0 or sum(each) <= 0.0 for each in columns):
            raise InvalidPolicy(f"the settings of the prior need positive factors and some weight: {self.settings}")
        if not all(math.isfinite(value) for triple in self.settings for value in triple):
            raise InvalidPolicy(f"the settings of the prior must be finite: {self.settings}")


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The fixed part of the model: prior of g (log, [G]), the kernels of each setting ([H, G, G], rows: the upper
    ability), the settings' prior weights for levels and for bands (log, [H]), and who hangs where.

    Competences of one area are neighbours; `first_competence` is where each area begins.
    """

    log_prior: Floats
    to_area: Floats
    to_competence: Floats
    log_weights: Floats
    log_band_weights: Floats
    area_of_competence: Positions
    first_competence: Positions


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What is believed after some evidence.

    `likelihood` [..., C, G] (each row scaled to a maximum of 1) is the evidence; the rest is derived. By setting:
    `weights` and `band_weights` [..., H] (posterior), `upward` [..., H, C, G] (U_c), `areas_by_setting` [..., H, A, G],
    `competences_by_setting` [..., H, C, G]. Mixed over the settings: `overall` [..., G] (the general ability g),
    `areas` [..., A, G], `competences` [..., C, G]; each sums to 1.
    """

    tree: Tree
    likelihood: Floats
    weights: Floats
    band_weights: Floats
    upward: Floats
    areas_by_setting: Floats
    overall: Floats
    areas: Floats
    competences: Floats

    def observe(self, competence: int, likelihood: Floats) -> Belief:
        """Give the belief after evidence about one competence (not negative, not all zero, any scale, over the
        grid)."""
        product = self.likelihood.copy()
        product[..., competence, :] *= likelihood / likelihood.max()
        peak = product[..., competence, :].max()
        if peak <= 0.0:  # answers that no ability explains together: the last one alone is kept
            product[..., competence, :] = likelihood
            peak = likelihood.max()
        product[..., competence, :] /= peak
        return propagate(self.tree, product)

    def of(self, people: Positions | NDArray[np.bool_]) -> Belief:
        """Give the belief about some people of a crowd."""
        return Belief(self.tree, *(getattr(self, name)[people] for name in self.__slots__ if name != "tree"))


def build_tree(framework: Framework, prior: Prior) -> Tree:
    """Give the tree of a framework under a prior."""
    nodes = grid()
    log_prior = -0.5 * ((nodes - prior.mean) / prior.sd) ** 2
    areas = np.array(framework.area_of_competence, dtype=np.intp)
    factors, weights, band_weights = np.array(prior.settings).T
    return Tree(
        log_prior=_frozen(log_prior - np.log(np.exp(log_prior).sum())),
        to_area=_frozen(np.stack([kernel(prior.sd_area * factor) for factor in factors])),
        to_competence=_frozen(np.stack([kernel(prior.sd_competence * factor) for factor in factors])),
        log_weights=_frozen(np.log(np.maximum(weights, _SMALLEST) / weights.sum())),
        log_band_weights=_frozen(np.log(np.maximum(band_weights, _SMALLEST) / band_weights.sum())),
        area_of_competence=_frozen(areas),
        first_competence=_frozen(np.searchsorted(areas, np.arange(len(framework.areas)))),
    )


def start(tree: Tree, people: tuple[int, ...] = ()) -> Belief:
    """Give the belief before any answer, for one person or for a crowd of this shape."""
    return propagate(tree, np.ones((*people, len(tree.area_of_competence), tree.log_prior.size)))


def propagate(tree: Tree, likelihood: Floats) -> Belief:
    """Give the exact marginals for the likelihoods [..., C, G] of all competences (each row with a maximum of 1)."""
    return _spread(tree, likelihood, _upward(tree, likelihood))


def observe_many(belief: Belief, competences: Positions, likelihoods: Floats) -> Belief:
    """Give the belief about a crowd after evidence [N, G] about one competence of each person [N]."""
    people = np.arange(len(competences))
    likelihood, upward = belief.likelihood.copy(), belief.upward.copy()
    product = likelihood[people, competences] * likelihoods
    product /= np.maximum(product.max(axis=-1, keepdims=True), _SMALLEST)
    likelihood[people, competences] = product
    upward[people, :, competences] = _upward(belief.tree, product[:, None, :])[:, :, 0]
    return _spread(belief.tree, likelihood, upward)


def _upward(tree: Tree, likelihood: Floats) -> Floats:
    """Give U [..., H, C, G], at least `_KERNEL_FLOOR`."""
    settings, nodes = tree.to_competence.shape[:2]
    to_all = tree.to_competence.transpose(2, 0, 1).reshape(nodes, -1)
    flat = likelihood.reshape(-1, nodes) @ to_all
    found = np.maximum(flat, _KERNEL_FLOOR).reshape(*likelihood.shape[:-1], settings, nodes)
    return np.moveaxis(found, -2, -3)


def _spread(tree: Tree, likelihood: Floats, upward: Floats) -> Belief:
    """Give the belief of these likelihoods and of what they say upward. Rows are rescaled wherever they are multiplied,
    and never fall below the smallest number, so that contradictory evidence stays finite."""
    inside = np.maximum(np.multiply.reduceat(upward, tree.first_competence, axis=-2), _SMALLEST)
    peak = inside.max(axis=-1, keepdims=True)
    inside = inside / peak
    message = _by_setting(inside, tree.to_area.swapaxes(-1, -2))
    general = np.maximum(np.multiply.reduce(message, axis=-2) * np.exp(tree.log_prior), _SMALLEST)
    total = general.sum(axis=-1, keepdims=True)
    general = general / total
    evidence = np.log(total[..., 0]) + np.log(peak[..., 0]).sum(axis=-1)
    below = general[..., None, :] / message
    below /= below.max(axis=-1, keepdims=True)
    areas = _normalised(np.maximum(inside * _by_setting(below, tree.to_area), _SMALLEST))
    weights = _normalised(_scaled(evidence + tree.log_weights))
    return Belief(
        tree=tree,
        likelihood=_frozen(likelihood),
        weights=weights,
        band_weights=_normalised(_scaled(BAND_POWER * evidence + tree.log_band_weights)),
        upward=_frozen(upward),
        areas_by_setting=areas,
        overall=_frozen((weights[..., None, :] @ general)[..., 0, :]),
        areas=mixed(weights, areas),
        competences=_competences(tree, likelihood, upward, areas, weights),
    )


def _competences(tree: Tree, likelihood: Floats, upward: Floats, areas: Floats, weights: Floats) -> Floats:
    """Give the marginals [..., C, G] of the competences, mixed over the settings in one product."""
    settings, nodes = tree.to_competence.shape[:2]
    context = areas[..., tree.area_of_competence, :] / upward * weights[..., None, None]
    flat = np.moveaxis(context, -3, -2).reshape(-1, settings * nodes)
    mass = (flat @ tree.to_competence.reshape(settings * nodes, nodes)).reshape(likelihood.shape)
    return _normalised(np.maximum(likelihood * mass, _SMALLEST))


def _by_setting(rows: Floats, kernels: Floats) -> Floats:
    """Give rows [..., H, R, G] times the kernel [H, G, G] of their setting."""
    found = np.empty(rows.shape)
    for setting, each in enumerate(kernels):
        some = rows[..., setting, :, :]
        found[..., setting, :, :] = (some.reshape(-1, some.shape[-1]) @ each).reshape(some.shape)
    return np.maximum(found, _KERNEL_FLOOR, out=found)


def mixed(weights: Floats, by_setting: Floats) -> Floats:
    """Give the mixture [..., R, F] of rows [..., H, R, F] under weights [..., H]."""
    flat = by_setting.reshape(*by_setting.shape[:-2], -1)
    return _frozen((weights[..., None, :] @ flat).reshape(*by_setting.shape[:-3], *by_setting.shape[-2:]))


def competences_by_setting(belief: Belief) -> Floats:
    """Give the marginals [..., H, C, G] of the competences under each setting."""
    tree = belief.tree
    context = (belief.areas_by_setting[..., tree.area_of_competence, :] / belief.upward) @ tree.to_competence
    return _normalised(np.maximum(belief.likelihood[..., None, :, :] * context, _SMALLEST))


def diffused(belief: Belief, spread: float) -> Belief:
    """Give the belief after a pause in which each competence may have moved by N(0, spread) levels, either way.

    The evidence is blurred, not forgotten: L'(theta) = sum T(theta' | theta) L(theta'). `spread` 0 changes nothing.
    The caller turns a calendar gap into levels; the engine knows no calendar.
    """
    if spread == 0.0:
        return belief
    blurred = belief.likelihood @ kernel(spread).T
    return propagate(belief.tree, blurred / blurred.max(axis=-1, keepdims=True))


def kernel(sd: float) -> Floats:
    """Give T[from, to]: a normal deviation on the grid, each row summing to 1."""
    nodes = grid()
    distance = nodes[None, :] - nodes[:, None]
    return _normalised(np.maximum(np.exp(-0.5 * (distance / sd) ** 2), _KERNEL_FLOOR))


def _scaled(logs: Floats) -> Floats:
    """Give the exponentials, each row divided by its largest."""
    scaled: Floats = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return scaled


def _normalised(weights: Floats) -> Floats:
    return _frozen(weights / weights.sum(axis=-1, keepdims=True))


def _frozen(array: NDArray[_Number]) -> NDArray[_Number]:
    array.flags.writeable = False
    return array
