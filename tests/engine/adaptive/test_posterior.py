"""Belief propagation against brute force, and the properties that make it trustworthy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adaptive import Bank
from engine.adaptive.posterior import Belief, Floats, Tree, grid, propagate, start

NODES = 4
TREE_AREAS = (0, 0, 1)


def small_tree() -> Tree:
    """Two areas, three competences, four nodes, arbitrary kernels."""
    rng = np.random.default_rng(3)
    to_area, to_competence = (rng.random((NODES, NODES)) + 0.05 for _ in range(2))
    return Tree(
        log_prior=np.log(rng.random(NODES)),
        to_area=(to_area / to_area.sum(axis=1, keepdims=True))[None],
        to_competence=(to_competence / to_competence.sum(axis=1, keepdims=True))[None],
        log_weights=np.zeros(1),
        log_band_weights=np.zeros(1),
        area_of_competence=np.array(TREE_AREAS),
        first_competence=np.array([0, 2]),
    )


def enumerated(tree: Tree, likelihood: Floats) -> tuple[Floats, Floats, Floats]:
    """The marginals by adding up all 4 ** 6 states of the world."""
    overall, areas, competences = np.zeros(NODES), np.zeros((2, NODES)), np.zeros((3, NODES))
    for g, *rest in itertools.product(range(NODES), repeat=6):
        area, competence = rest[:2], rest[2:]
        mass = math.exp(tree.log_prior[g])
        mass *= math.prod(tree.to_area[0, g, node] for node in area)
        mass *= math.prod(
            tree.to_competence[0, area[TREE_AREAS[c]], competence[c]] * likelihood[c, competence[c]] for c in range(3)
        )
        overall[g] += mass
        areas[range(2), area] += mass
        competences[range(3), competence] += mass
    return overall / overall.sum(), areas / overall.sum(), competences / overall.sum()


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(0.01, 1.0), min_size=12, max_size=12))
def test_marginals_are_exact(values: list[float]) -> None:
    tree = small_tree()
    likelihood = np.array(values).reshape(3, NODES)

    belief = propagate(tree, likelihood)
    overall, areas, competences = enumerated(tree, likelihood)

    np.testing.assert_allclose(belief.overall, overall, rtol=1e-9)
    np.testing.assert_allclose(belief.areas, areas, rtol=1e-9)
    np.testing.assert_allclose(belief.competences, competences, rtol=1e-9)


def test_grid_has_three_nodes_a_level() -> None:
    nodes = grid()

    assert (nodes[0], nodes[-1], nodes.size) == (-2.0, 9.0, 34)
    assert [int((np.rint(nodes) == level).sum()) for level in range(9)] == [3] * 9


def test_prior_belief_spreads_with_the_depth(bank: Bank) -> None:
    belief = start(bank.tree)

    means = [float(p @ grid()) for p in (belief.overall, belief.areas[0], belief.competences[0])]
    deviations = [spread(p) for p in (belief.overall, belief.areas[0], belief.competences[0])]

    assert means == pytest.approx([1.8, 1.8, 1.8], abs=0.05)
    assert deviations == pytest.approx([1.3, math.hypot(1.3, 0.6), math.hypot(1.3, 0.6, 0.5)], abs=0.05)


def test_an_answer_moves_its_own_competence_most_and_the_others_a_little(bank: Bank) -> None:
    before = start(bank.tree)

    after = before.observe(0, bank.tables[0, 2])

    shift = (before.competences - after.competences) @ grid()
    assert shift[0] > shift[1] > shift[2] > 0.01


def test_constant_likelihood_changes_nothing(bank: Bank) -> None:
    before = start(bank.tree).observe(0, bank.tables[4, 0])

    after = before.observe(3, np.full(34, 0.2))

    np.testing.assert_allclose(after.competences, before.competences, rtol=1e-12)


def test_contradictory_evidence_of_a_long_session_stays_finite(bank: Bank) -> None:
    belief = start(bank.tree)

    for row in range(len(bank.items)):
        for _ in range(20):
            belief = belief.observe(int(bank.competence[row]), bank.tables[row, row % 3])

    everything = np.concatenate([belief.overall[None], belief.areas, belief.competences])
    np.testing.assert_allclose(everything.sum(axis=1), 1.0)


def spread(marginal: Floats) -> float:
    mean = marginal @ grid()
    return float(np.sqrt(marginal @ (grid() - mean) ** 2))


def test_belief_cannot_be_written(bank: Bank) -> None:
    belief: Belief = start(bank.tree)

    with pytest.raises(ValueError, match="read-only"):
        belief.areas[0, 0] = 1.0
