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

Products and quotients are sums and differences of logarithms, so nothing underflows however long the session. An answer
about one area thus moves, a little, what is believed of all the others: this is what makes ten questions enough.
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


def grid() -> Floats:
    """Give the abilities of the nodes, in level units."""
    return np.linspace(GRID_LOW, GRID_HIGH, GRID_NODES)


@dataclass(frozen=True, slots=True)
class Prior:
    """What is assumed of a population before its first answer, in level units. Never one per protected attribute.

    `mean` and `sd` describe the general ability (here: people whom a mediator would send to the quick diagnostic);
    `sd_area`, `sd_competence` and `sd_tube` how uneven a profile is, step by step. `dont_know` is the probability
    that a person who does not know says so instead of trying. Raises InvalidPolicy when a number is out of range.
    """

    mean: float = 1.8
    sd: float = 1.3
    sd_area: float = 0.6
    sd_competence: float = 0.5
    sd_tube: float = 0.5
    dont_know: float = 0.5

    def __post_init__(self) -> None:
        if not GRID_LOW <= self.mean <= GRID_HIGH:
            raise InvalidPolicy(f"the prior mean must be a level between {GRID_LOW} and {GRID_HIGH}: {self.mean}")
        for name in ("sd", "sd_area", "sd_competence", "sd_tube"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InvalidPolicy(f"{name} of the prior must be positive: {getattr(self, name)}")
        if not 0.0 < self.dont_know < 1.0:
            raise InvalidPolicy(f"dont_know of the prior must be between 0 and 1: {self.dont_know}")


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The fixed part of the model: prior of g (log), the two kernels (rows: the upper ability), and who hangs where.

    Competences of one area are neighbours; `first_competence` is where each area begins.
    """

    log_prior: Floats
    to_area: Floats
    to_competence: Floats
    area_of_competence: Positions
    first_competence: Positions


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What is believed after some evidence. Rows are competences or areas, columns the nodes of the grid.

    `likelihood` (each row scaled to a maximum of 1) is the evidence; the rest is derived: `upward` holds U_c, the
    marginals sum to 1.
    """

    tree: Tree
    likelihood: Floats
    upward: Floats
    overall: Floats
    areas: Floats
    competences: Floats

    def observe(self, competence: int, likelihood: Floats) -> Belief:
        """Give the belief after evidence about one competence (positive, any scale, over the grid)."""
        product = self.likelihood.copy()
        product[competence] *= likelihood
        product[competence] /= product[competence].max()
        return propagate(self.tree, product)


def build_tree(framework: Framework, prior: Prior) -> Tree:
    """Give the tree of a framework under a prior."""
    nodes = grid()
    log_prior = -0.5 * ((nodes - prior.mean) / prior.sd) ** 2
    areas = np.array(framework.area_of_competence, dtype=np.intp)
    return Tree(
        log_prior=_frozen(log_prior),
        to_area=_kernel(nodes, prior.sd_area),
        to_competence=_kernel(nodes, prior.sd_competence),
        area_of_competence=_frozen(areas),
        first_competence=_frozen(np.searchsorted(areas, np.arange(len(framework.areas)))),
    )


def start(tree: Tree) -> Belief:
    """Give the belief before any answer."""
    return propagate(tree, np.ones((len(tree.area_of_competence), tree.log_prior.size)))


def propagate(tree: Tree, likelihood: Floats) -> Belief:
    """Give the exact marginals for the likelihoods of all competences (each row with a maximum of 1)."""
    upward = likelihood @ tree.to_competence.T
    log_upward = np.log(upward)
    log_inside = np.add.reduceat(log_upward, tree.first_competence, axis=0)
    log_message = np.log(_scaled(log_inside) @ tree.to_area.T)
    log_general = tree.log_prior + log_message.sum(axis=0)
    log_area = log_inside + np.log(_scaled(log_general - log_message) @ tree.to_area)
    context = _scaled(log_area[tree.area_of_competence] - log_upward) @ tree.to_competence
    return Belief(
        tree=tree,
        likelihood=_frozen(likelihood),
        upward=_frozen(upward),
        overall=_normalised(_scaled(log_general)),
        areas=_normalised(_scaled(log_area)),
        competences=_normalised(likelihood * context),
    )


def _kernel(nodes: Floats, sd: float) -> Floats:
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
