"""The simulated people behave as said, and the diagnostic does them good."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from engine.adaptive import ABC_DIAG, Bank, compile_bank
from engine.adaptive.simulee import (
    LOW,
    Metrics,
    Simulee,
    answer,
    draw_simulee,
    expert_view,
    hear,
    simulate,
    simulated_framework,
    simulated_items,
    take,
)
from engine.errors import InvalidFramework
from engine.model import FrameworkSpec, Item, ItemId, Outcome

PEOPLE = 150


@pytest.fixture(scope="module")
def map_of_study() -> FrameworkSpec:
    return simulated_framework(np.random.default_rng(11))


@pytest.fixture(scope="module")
def true_items(map_of_study: FrameworkSpec) -> dict[ItemId, Item]:
    return {item.id: item for item in simulated_items(map_of_study, np.random.default_rng(12))}


@pytest.fixture(scope="module")
def study_bank(map_of_study: FrameworkSpec, true_items: dict[ItemId, Item]) -> Bank:
    return compile_bank(map_of_study, list(true_items.values()))


@pytest.fixture(scope="module")
def people(map_of_study: FrameworkSpec) -> list[Simulee]:
    rng = np.random.default_rng(5)
    return [draw_simulee(map_of_study, LOW, rng) for _ in range(PEOPLE)]


@pytest.fixture(scope="module")
def diagnostic(study_bank: Bank, people: list[Simulee], true_items: dict[ItemId, Item]) -> Metrics:
    return simulate(study_bank, replace(ABC_DIAG, max_items=15), people, true_items)


def test_bank_of_the_study_has_first_gestures_in_every_competence(study_bank: Bank) -> None:
    easiest = Counter(study_bank.competence[study_bank.level == 0].tolist())

    assert len(study_bank.framework.competences) == 16
    assert easiest == dict.fromkeys(range(16), 3)


def test_fifteen_questions_place_low_skilled_people_within_a_level(diagnostic: Metrics) -> None:
    assert diagnostic.within_one > 0.90
    assert diagnostic.exact > 0.42


def test_few_people_fail_three_times_in_a_row(diagnostic: Metrics) -> None:
    assert diagnostic.discouraged < 0.20
    assert diagnostic.success > 0.60


def test_bands_hold_the_true_level_at_least_as_often_as_promised(diagnostic: Metrics) -> None:
    assert diagnostic.covered > 0.80


def test_expert_parameters_and_misheard_answers_cost_little(
    study_bank: Bank, people: list[Simulee], true_items: dict[ItemId, Item], map_of_study: FrameworkSpec
) -> None:
    expert = compile_bank(map_of_study, expert_view(list(true_items.values())))

    metrics = simulate(expert, replace(ABC_DIAG, max_items=15), people, true_items, error_rate=0.1)

    assert metrics.within_one > 0.86
    assert metrics.covered > 0.80


def test_a_session_is_repeated_by_its_seed(
    study_bank: Bank, people: list[Simulee], true_items: dict[ItemId, Item]
) -> None:
    first, second = (take(study_bank, ABC_DIAG, people[0], true_items, 7, error_rate=0.2) for _ in range(2))

    assert first.to_bytes() == second.to_bytes()


def test_answers_follow_the_response_model(study_bank: Bank, people: list[Simulee]) -> None:
    rng = np.random.default_rng(1)
    item = next(item for item in study_bank.items if item.options == 2)
    ability = people[0].tubes[study_bank.framework.tube_of[item.skill]]
    even = replace(item, difficulty=ability)

    counts = Counter(answer(study_bank, people[0], even, rng) for _ in range(8000))

    assert counts[Outcome.CORRECT] / 8000 == pytest.approx(0.5 * 0.97 + 0.5 * 0.5 * 0.5, abs=0.02)
    assert counts[Outcome.DONT_KNOW] / 8000 == pytest.approx(0.25, abs=0.02)


def test_simulated_person_needs_true_parameters(study_bank: Bank, people: list[Simulee]) -> None:
    unknown = replace(study_bank.items[0], difficulty=None)

    with pytest.raises(InvalidFramework):
        answer(study_bank, people[0], unknown, np.random.default_rng(1))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_evidence_without_errors_is_certain(outcome: Outcome) -> None:
    evidence = hear(outcome, 0.0, np.random.default_rng(1))

    assert evidence.likelihoods()[outcome] == 1.0
    assert sum(evidence.likelihoods()) == 1.0


def test_evidence_of_the_simulated_ear_is_calibrated() -> None:
    """Over equally frequent outcomes, what the posterior gives to the truth is what it expects to give: E[p(true)] =
    E[sum p squared], which holds only when the posterior tells the frequencies."""
    rng = np.random.default_rng(2)
    truths = [outcome for outcome in Outcome for _ in range(4000)]

    heard = np.array([hear(outcome, 0.3, rng).likelihoods() for outcome in truths])
    posterior = heard / heard.sum(axis=1, keepdims=True)

    said_of_the_truth = posterior[np.arange(len(truths)), truths].mean()
    assert said_of_the_truth == pytest.approx(float((posterior**2).sum(axis=1).mean()), abs=0.02)
