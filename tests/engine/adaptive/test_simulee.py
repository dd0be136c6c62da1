"""The simulated people behave as said, a crowd plays what the live engine plays, and the diagnostic does them good."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from engine.adaptive import ABC_DIAG, POLICIES, Bank
from engine.adaptive.crowd import Played, play
from engine.adaptive.draws import draw, uniform, words
from engine.adaptive.people import LOW, POPULATIONS, Ear, People, Truth, answers, draw_people, hear, truth_of
from engine.adaptive.simulee import Metrics, measure, simulate, study_bank, take
from engine.model import FrameworkSpec, Item, Outcome

PEOPLE = 300
FIFTEEN = replace(ABC_DIAG, max_items=15)
Study = tuple[FrameworkSpec, Bank, Truth]


@pytest.fixture(scope="module")
def study() -> Study:
    return study_bank()


@pytest.fixture(scope="module")
def people(study: Study) -> People:
    return draw_people(study[0], LOW, PEOPLE, 5)


@pytest.fixture(scope="module")
def diagnostic(study: Study, people: People) -> Played:
    return play(study[1], FIFTEEN, people, study[2])


@pytest.fixture(scope="module")
def figures(study: Study, people: People, diagnostic: Played) -> Metrics:
    return measure(study[1], people, diagnostic)


def test_bank_of_the_study_has_first_gestures_in_every_competence(study: Study) -> None:
    bank = study[1]
    easiest = Counter(bank.competence[bank.level == 0].tolist())

    assert len(bank.framework.competences) == 16
    assert easiest == dict.fromkeys(range(16), 3)


def test_fifteen_questions_place_low_skilled_people_within_a_level(figures: Metrics) -> None:
    assert figures.within_one > 0.93
    assert figures.exact > 0.49


def test_few_people_fail_three_times_in_a_row(figures: Metrics) -> None:
    assert figures.three_failures < 0.12
    assert 0.6 < figures.success < 0.8
    assert figures.mean_questions < 14.8


def test_ability_band_is_honest_and_the_band_of_levels_is_wider(figures: Metrics) -> None:
    assert 0.75 < figures.coverage80 < 0.85
    assert figures.level_coverage > figures.coverage80


def test_bands_stay_honest_for_uneven_profiles(study: Study) -> None:
    uneven = draw_people(study[0], POPULATIONS["low_uneven"], PEOPLE, 5)

    assert simulate(study[1], FIFTEEN, uneven, study[2]).coverage80 > 0.72


def test_tube_rules_discourage_more_and_tell_less(study: Study, people: People, figures: Metrics) -> None:
    rules = simulate(study[1], POLICIES["pix_rules"], people, study[2])

    assert rules.three_failures > 3 * figures.three_failures
    assert rules.tubes_exact is not None
    assert rules.tubes_exact < rules.exact
    assert rules.mean_questions == 15


@pytest.mark.parametrize("name", [*POLICIES])
def test_crowd_plays_what_the_live_engine_plays(study: Study, people: People, name: str) -> None:
    _, bank, truth = study
    policy, ear = replace(POLICIES[name], max_items=12, per_sitting=None), Ear(0.1)

    crowd = play(bank, policy, people.of(slice(0, 3)), truth, ear)

    for person in range(3):
        live = take(bank, policy, people, truth, person, ear)
        assert [bank.index[observation.item] for observation in live.observations] == [
            row for row in crowd.rows[person].tolist() if row >= 0
        ]
        means = [estimate.mean for estimate in live.report().areas.values()]
        assert means == pytest.approx(crowd.abilities.mean[person, :-1].tolist(), abs=1e-6)


def test_expert_parameters_and_misheard_answers_cost_little(people: People) -> None:
    _, bank, truth = study_bank(expert=True)

    figures = simulate(bank, FIFTEEN, people, truth, Ear(0.1, reask=0.8))

    assert figures.within_one > 0.88
    assert figures.coverage80 > 0.72
    assert figures.asked_again > 0.5


def test_ignoring_doubt_costs_honesty_and_accuracy(study: Study, people: People) -> None:
    ignored = simulate(study[1], FIFTEEN, people, study[2], Ear(0.15, soft=False))
    soft = simulate(study[1], FIFTEEN, people, study[2], Ear(0.15))

    assert ignored.coverage80 < soft.coverage80
    assert ignored.within_one < soft.within_one


def test_a_session_is_repeated_by_its_seed(study: Study, people: People) -> None:
    first, twin = (take(study[1], ABC_DIAG, people, study[2], 7, Ear(0.2)) for _ in range(2))

    assert first.to_bytes() == twin.to_bytes()


def test_people_do_not_depend_on_the_chunk(study: Study, people: People, diagnostic: Played) -> None:
    alone = play(study[1], FIFTEEN, people.of(slice(255, 265)), study[2])

    assert np.array_equal(alone.rows, diagnostic.rows[255:265])


def test_answers_follow_the_response_model(study: Study) -> None:
    _, bank, truth = study
    row = next(row for row, item in enumerate(bank.items) if item.options == 2)
    n = 8000
    tubes = np.full((n, int(bank.tube.max()) + 1), truth.b[row])
    even = People(tubes, np.zeros((n, 16)), words(range(n)))

    counts = Counter(answers(bank, truth, even, np.full(n, row)).tolist())

    assert counts[Outcome.CORRECT] / n == pytest.approx(0.5 * 0.97 + 0.5 * 0.5 * 0.5, abs=0.02)
    assert counts[Outcome.DONT_KNOW] / n == pytest.approx(0.25, abs=0.02)


def test_items_without_true_parameters_follow_the_expert(bank: Bank, items: tuple[Item, ...]) -> None:
    assert truth_of(bank).b[bank.index[items[0].id]] == -0.75


def test_evidence_without_errors_is_certain() -> None:
    evidence, again = hear(Ear(), np.arange(3), np.zeros(3, dtype=np.intp), words([1, 2, 3]))

    assert np.array_equal(evidence, np.eye(3))
    assert again == 0


def test_evidence_of_the_simulated_ear_is_calibrated() -> None:
    """Over equally frequent outcomes, what the posterior gives to the truth is what it expects to give: E[p(true)] =
    E[sum p squared], which holds only when the posterior tells the frequencies."""
    truths = np.tile(np.arange(3), 4000)

    heard, _ = hear(Ear(0.3), truths, np.zeros(len(truths), dtype=np.intp), words(range(len(truths))))
    posterior = heard / heard.sum(axis=1, keepdims=True)

    said_of_the_truth = posterior[np.arange(len(truths)), truths].mean()
    assert said_of_the_truth == pytest.approx(float((posterior**2).sum(axis=1).mean()), abs=0.02)


def test_draws_are_even_and_the_same_for_ever() -> None:
    seeds = words(range(20000))
    ranks = draw(seeds, np.full(20000, 3), np.full(20000, 5))

    assert np.bincount(ranks, minlength=5) / 20000 == pytest.approx([0.2] * 5, abs=0.015)
    assert uniform(words([1, -1]), 2).tolist() == pytest.approx([0.7376992526901169, 0.3190935449185015], abs=1e-12)
