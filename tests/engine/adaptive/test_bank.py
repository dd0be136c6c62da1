from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.adaptive import Bank, Prior, compile_bank
from engine.adaptive.bank import expert_difficulty, is_informative, weights
from engine.adaptive.posterior import grid
from engine.errors import InvalidFramework, InvalidPolicy, UnknownItem
from engine.model import UNHEARD, Aid, Evidence, FrameworkSpec, Item, ItemId, Outcome, SkillId


def known_probability(theta: float, a: float, b: float, sd_tube: float) -> float:
    """K by summing over 4,001 tube deviations within six standard deviations: no quadrature rule, no numpy."""
    deviations = [(step - 2000) / 2000 * 6.0 for step in range(4001)]
    masses = [math.exp(-0.5 * x * x) for x in deviations]
    curve = [1.0 / (1.0 + math.exp(-a * (theta + sd_tube * x - b))) for x in deviations]
    return sum(m * k for m, k in zip(masses, curve, strict=True)) / sum(masses)


@pytest.mark.parametrize("node", [0, 9, 17, 33])
def test_known_probability_integrates_the_tube_out(bank: Bank, node: int) -> None:
    row = bank.position(ItemId("1.1.t.3/a"))

    expected = known_probability(float(grid()[node]), 1.5, 2.5, 0.5)

    assert bank.know[row, node] == pytest.approx(expected, abs=1e-6)


def test_outcome_probabilities_follow_the_response_model(bank: Bank) -> None:
    row, node = bank.position(ItemId("1.1.t.3/a")), 17
    know = known_probability(float(grid()[node]), 1.5, 2.5, 0.5)

    correct, incorrect, dont_know = bank.tables[row, :, node]

    assert correct == pytest.approx(know * 0.97 + (1 - know) * 0.5 / 3, abs=1e-6)
    assert incorrect == pytest.approx(know * 0.03 + (1 - know) * 0.5 * 2 / 3, abs=1e-6)
    assert dont_know == pytest.approx((1 - know) * 0.5, abs=1e-6)


def test_outcomes_sum_to_one_under_every_aid(bank: Bank) -> None:
    totals = [bank.outcomes(row, aid).sum(axis=0) for row in range(len(bank.items)) for aid in Aid]

    np.testing.assert_allclose(totals, 1.0)


def test_aid_lets_a_part_of_those_who_do_not_know_pass(bank: Bank) -> None:
    row, node = bank.position(ItemId("1.1.t.3/a")), 5
    know = bank.know[row, node]
    aided = know + (1 - know) * 0.4

    correct, _, dont_know = bank.outcomes(row, Aid.HINT)[:, node]

    assert correct == pytest.approx(aided * 0.97 + (1 - aided) * 0.5 / 3)
    assert dont_know == pytest.approx((1 - aided) * 0.5)


def test_nothing_can_be_guessed_without_options(spec: FrameworkSpec) -> None:
    bank = compile_bank(spec, [Item(ItemId("open"), SkillId("1.1.t.4"), options=0)])

    correct = bank.tables[0, Outcome.CORRECT]

    np.testing.assert_allclose(correct, bank.know[0] * 0.97)


def test_calibrated_difficulty_replaces_the_expert_value(spec: FrameworkSpec) -> None:
    expert = Item(ItemId("expert"), SkillId("1.1.t.2"), options=3)
    harder = Item(ItemId("harder"), SkillId("1.1.t.2"), options=3, difficulty=3.0)

    bank = compile_bank(spec, [expert, harder])

    assert (bank.know[bank.position(ItemId("harder"))] < bank.know[bank.position(ItemId("expert"))]).all()


@pytest.mark.parametrize(("level", "difficulty"), [(0, -0.75), (1, 0.5), (8, 7.5)])
def test_expert_difficulty_is_half_a_level_below(level: int, difficulty: float) -> None:
    assert expert_difficulty(level) == difficulty


def test_skill_curve_is_the_mean_of_its_items(bank: Bank) -> None:
    skill = bank.framework.position[SkillId("1.1.t.3")]
    rows = [bank.position(ItemId(f"1.1.t.3/{letter}")) for letter in "ab"]

    np.testing.assert_allclose(bank.skill_know[skill], bank.know[rows].mean(axis=0))


def test_skill_without_items_has_the_expert_curve(spec: FrameworkSpec, items: Sequence[Item], bank: Bank) -> None:
    partial = compile_bank(spec, [item for item in items if item.skill != "1.1.t.3"])

    skill = bank.framework.position[SkillId("1.1.t.3")]

    np.testing.assert_allclose(partial.skill_know[skill], bank.skill_know[skill])


def test_version_does_not_depend_on_the_order_of_items(spec: FrameworkSpec, items: Sequence[Item], bank: Bank) -> None:
    shuffled = compile_bank(spec, items[::-1])

    assert shuffled.version == bank.version
    assert shuffled == bank
    assert hash(shuffled) == hash(bank)


def test_version_depends_on_items_prior_and_framework(spec: FrameworkSpec, items: Sequence[Item], bank: Bank) -> None:
    changed = [
        compile_bank(spec, items[1:]),
        compile_bank(spec, [replace(items[0], slip=0.04), *items[1:]]),
        compile_bank(spec, items, Prior(mean=2.0)),
        compile_bank(replace(spec, prerequisites=()), items),
    ]

    assert len({bank.version, *(other.version for other in changed)}) == 5
    assert changed[0] != bank


def test_tables_cannot_be_written(bank: Bank) -> None:
    with pytest.raises(ValueError, match="read-only"):
        bank.tables[0, 0, 0] = 1.0


def test_unknown_item_is_named(bank: Bank) -> None:
    with pytest.raises(UnknownItem, match="no item nowhere"):
        bank.position(ItemId("nowhere"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"skill": "nothing"}, "unknown skill"),
        ({"options": 1}, "two options"),
        ({"options": -2}, "two options"),
        ({"difficulty": math.nan}, "difficulty"),
        ({"discrimination": 0.0}, "discrimination"),
        ({"discrimination": math.inf}, "discrimination"),
        ({"slip": 0.5}, "slip"),
        ({"slip": -0.1}, "slip"),
    ],
)
def test_faulty_item_is_refused(
    spec: FrameworkSpec, items: Sequence[Item], change: dict[str, object], complaint: str
) -> None:
    faulty = replace(items[0], **change)

    with pytest.raises(InvalidFramework, match=complaint):
        compile_bank(spec, [faulty])


def test_empty_bank_and_duplicate_items_are_refused(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    with pytest.raises(InvalidFramework, match="at least one"):
        compile_bank(spec, [])
    with pytest.raises(InvalidFramework, match="twice"):
        compile_bank(spec, [items[0], items[1], items[0]])


@pytest.mark.parametrize(
    "change",
    [{"mean": 12.0}, {"mean": math.nan}, {"sd": 0.0}, {"sd_tube": -1.0}, {"sd_area": math.inf}, {"dont_know": 1.0}],
)
def test_meaningless_prior_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(InvalidPolicy):
        Prior(**change)


@pytest.mark.parametrize(
    ("evidence", "aid", "informative"),
    [
        (Evidence.certain(Outcome.CORRECT), Aid.NONE, True),
        (Evidence.certain(Outcome.CORRECT), Aid.DEMONSTRATED, True),
        (Evidence.certain(Outcome.CORRECT), Aid.DONE_FOR_THEM, False),
        (UNHEARD, Aid.NONE, False),
        (Evidence(0.2, 0.2, 0.2), Aid.NONE, False),
    ],
)
def test_only_heard_answers_of_the_person_inform(evidence: Evidence, aid: Aid, informative: bool) -> None:
    assert is_informative(evidence, aid) is informative


def test_weights_do_not_depend_on_the_scale() -> None:
    np.testing.assert_allclose(weights(Evidence(2e-300, 1e-300, 0.0)), [1.0, 0.5, 0.0])


def test_bank_shows_its_version_not_its_tables(bank: Bank) -> None:
    assert repr(bank) == f"Bank(version='{bank.version}', items=84)"
