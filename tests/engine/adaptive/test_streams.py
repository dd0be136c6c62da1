"""Whatever comes in, in whatever order: beliefs stay distributions, and more ability never lowers a right answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from engine.adaptive import Bank, Prior, compile_bank
from engine.adaptive.posterior import GRID_NODES, Belief, observe_many, start
from engine.adaptive.readout import abilities, competence_abilities
from engine.errors import InvalidPolicy
from engine.model import Aid, FrameworkSpec, Item

STREAMS, LENGTH = 1000, 30


def assert_distributions(belief: Belief) -> None:
    for marginals in (belief.overall, belief.areas, belief.competences, belief.weights, belief.band_weights):
        np.testing.assert_allclose(marginals.sum(axis=-1), 1.0, atol=1e-9)
        assert (marginals >= 0.0).all()


def test_a_thousand_streams_of_contradictory_and_impossible_evidence_stay_distributions(bank: Bank) -> None:
    rng = np.random.default_rng(8)
    belief = start(bank.tree, (STREAMS,))
    for turn in range(LENGTH):
        rows = rng.integers(0, len(bank.items), STREAMS)
        evidence = rng.random((STREAMS, 3)) ** 8
        evidence[::3] = np.eye(3)[rng.integers(0, 3, len(evidence[::3]))]
        told = np.einsum("no,nog->ng", evidence, bank.tables[rows])
        told[1::7] = np.eye(GRID_NODES)[rng.integers(0, GRID_NODES, len(told[1::7]))]  # all but one ability impossible
        if turn == LENGTH - 1:
            told[2::9] = 0.0  # nothing explains it
        belief = observe_many(belief, bank.competence[rows], told)
        assert_distributions(belief)

    read, ends = abilities(belief, LENGTH), competence_abilities(belief, LENGTH)
    np.testing.assert_allclose(read.levels().sum(axis=-1), 1.0)
    assert np.isfinite(read.mean).all()
    assert (read.band()[0] <= read.band()[1]).all()
    assert np.isfinite(ends.sd).all()


def test_one_person_meets_impossible_evidence_too(bank: Bank) -> None:
    belief = start(bank.tree)
    for node in (0, 33, 5, 20):
        belief = belief.observe(0, np.eye(GRID_NODES)[node])

    assert_distributions(belief)


@pytest.mark.parametrize("aid", list(Aid))
def test_more_ability_never_lowers_a_right_answer_nor_raises_not_knowing(bank: Bank, aid: Aid) -> None:
    for row in range(len(bank.items)):
        right, _, unknown = bank.outcomes(row, aid)
        assert (np.diff(right) >= -1e-12).all()
        assert (np.diff(unknown) <= 1e-12).all()
        np.testing.assert_allclose(bank.outcomes(row, aid).sum(axis=0), 1.0)


def test_crowd_and_single_updates_agree(bank: Bank) -> None:
    rows = np.array([3, 40, 70])
    single = start(bank.tree)
    crowd = start(bank.tree, (1,))
    for row in rows:
        single = single.observe(int(bank.competence[row]), bank.tables[row, row % 3])
        crowd = observe_many(crowd, bank.competence[[row]], bank.tables[[row], row % 3])

    np.testing.assert_allclose(crowd.competences[0], single.competences, rtol=1e-9)
    np.testing.assert_allclose(crowd.band_weights[0], single.band_weights, rtol=1e-9)


@pytest.mark.parametrize(
    "wrong", [(), ((1.0, 0.0, 1.0),), ((0.0, 1.0, 1.0),), ((1.0, -1.0, 1.0), (2.0, 3.0, 1.0)), ((np.inf, 1.0, 1.0),)]
)
def test_mixture_without_meaning_is_refused(
    spec: FrameworkSpec, items: Sequence[Item], wrong: tuple[tuple[float, float, float], ...]
) -> None:
    with pytest.raises(InvalidPolicy):
        compile_bank(spec, items, Prior(settings=wrong))
