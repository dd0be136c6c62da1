"""Parameters are found again from answers; statistics add up; channels are compared fairly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.adaptive import ABC_DIAG, Bank
from engine.adaptive.bank_calibration import calibrate_bank
from engine.adaptive.calibration import (
    CalibrationRules,
    Parameters,
    attenuated,
    calibrate,
    chunk_of,
    em_step,
    one_pass,
    unattenuated,
)
from engine.adaptive.crowd import Played, play
from engine.adaptive.drift import drift, new_items, seed_difficulty
from engine.adaptive.matching import AnswerLog
from engine.adaptive.metrics import (
    benjamini_hochberg,
    classification,
    conditional_sem,
    coverage,
    dif,
    discouragement,
    exposure,
    item_fit,
    reliability,
    success_rate,
)
from engine.adaptive.people import LOW, Ear, People, Truth, answers, draw_people
from engine.adaptive.posterior import Floats, grid
from engine.adaptive.simulee import study_bank
from engine.errors import InvalidPolicy
from engine.model import FrameworkSpec

PEOPLE, ITEMS = 1500, 40
PLAYERS = 500
Study = tuple[FrameworkSpec, Bank, Truth]


@pytest.fixture(scope="module")
def dense() -> tuple[Floats, Floats, Floats]:
    """True a and b, and who was right."""
    rng = np.random.default_rng(1)
    theta, a, b = rng.normal(0, 1, PEOPLE), rng.lognormal(0, 0.3, ITEMS), rng.normal(0, 1, ITEMS)
    return a, b, rng.random((PEOPLE, ITEMS)) < 1 / (1 + np.exp(-a * (theta[:, None] - b)))


def parameters(items: int = ITEMS) -> Parameters:
    ones, zeros = np.ones(items), np.zeros(items)
    known, unknown = np.tile([1.0, 0, 0], (items, 1)), np.tile([0, 1.0, 0], (items, 1))
    none = np.zeros(items, dtype=np.bool_)
    return Parameters(ones, zeros, ones, zeros, known, unknown, none, np.zeros(1), np.ones(1))


def evidence(right: Floats, doubt: float = 0.0) -> Floats:
    sure = np.stack([right, ~right.astype(np.bool_), np.zeros_like(right)], axis=-1).astype(np.float64)
    return sure + doubt * sure[..., [1, 0, 2]]


def columns(right: Floats) -> tuple[np.ndarray, np.ndarray]:
    person, item = np.indices(right.shape)
    return person.ravel(), item.ravel()


def test_two_parameters_are_found_again(dense: tuple[Floats, Floats, Floats]) -> None:
    a, b, right = dense
    person, item = columns(right)

    told = calibrate([chunk_of(person, item, evidence(right.ravel()))], parameters(), CalibrationRules(sd_b=2.0))

    assert np.corrcoef(told.parameters.b, b)[0, 1] > 0.99
    assert np.sqrt(np.mean((told.parameters.b - b) ** 2)) < 0.12
    assert np.corrcoef(told.parameters.a, a)[0, 1] > 0.85
    assert np.mean(np.abs(told.parameters.b - b) < 3 * told.se_b) > 0.85


def test_one_parameter_leaves_discriminations(dense: tuple[Floats, Floats, Floats]) -> None:
    _, b, right = dense
    person, item = columns(right)
    rules = CalibrationRules(two_parameters=False, sd_b=2.0, iterations=10)

    told = calibrate([chunk_of(person, item, evidence(right.ravel()))], parameters(), rules)

    assert np.array_equal(told.parameters.a, np.ones(ITEMS))
    assert np.corrcoef(told.parameters.b, b)[0, 1] > 0.97


def test_statistics_of_chunks_add_up(dense: tuple[Floats, Floats, Floats]) -> None:
    right = dense[2][:200]
    person, item = columns(right)
    whole = em_step(chunk_of(person, item, evidence(right.ravel())), parameters())

    first, rest = person < 90, person >= 90
    halves = [
        chunk_of(person[some] - person[some].min(), item[some], evidence(right.ravel()[some])) for some in (first, rest)
    ]
    merged = one_pass(halves, parameters())

    np.testing.assert_allclose(merged.known, whole.known, rtol=1e-4)
    np.testing.assert_allclose(merged.groups, whole.groups, rtol=1e-4)
    assert merged.answers == whole.answers
    assert merged.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-5)


def test_certain_and_nearly_certain_evidence_agree(dense: tuple[Floats, Floats, Floats]) -> None:
    right = dense[2][:300]
    person, item = columns(right)

    sure = em_step(chunk_of(person, item, evidence(right.ravel())), parameters())
    soft = em_step(chunk_of(person, item, evidence(right.ravel(), 1e-9)), parameters())

    np.testing.assert_allclose(soft.known, sure.known, atol=1e-3)


def test_unheard_answers_tell_nothing_of_the_item(dense: tuple[Floats, Floats, Floats]) -> None:
    right = dense[2][:300]
    person, item = columns(right)
    heard = np.where((item == 0)[:, None], 1.0, evidence(right.ravel()))

    told = calibrate([chunk_of(person, item, heard)], parameters(), CalibrationRules(iterations=5))

    assert told.parameters.b[0] == pytest.approx(0.0, abs=0.02)


def test_anchors_hold_the_scale_and_let_the_people_move(dense: tuple[Floats, Floats, Floats]) -> None:
    a, b, right = dense
    person, item = columns(right)
    kept = np.arange(ITEMS) < 25
    start = replace(parameters(), a=np.where(kept, a, 1.0), b=np.where(kept, b + 1.0, 0.0), anchored=kept)

    told = calibrate([chunk_of(person, item, evidence(right.ravel()))], start, CalibrationRules(sd_b=2.0)).parameters

    assert np.array_equal(told.b[kept], (b + 1.0)[kept])
    assert told.mean[0] == pytest.approx(1.0, abs=0.1)
    assert np.mean(told.b[~kept] - b[~kept]) == pytest.approx(1.0, abs=0.15)


def test_impossible_evidence_is_refused() -> None:
    person = np.zeros(1, dtype=np.intp)

    for values in ([0.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [np.nan, 1.0, 0.0]):
        with pytest.raises(InvalidPolicy):
            chunk_of(person, person, np.array([values]))
    with pytest.raises(InvalidPolicy):
        calibrate([], parameters())


def test_attenuation_is_undone() -> None:
    a = np.array([0.8, 1.5, 2.2])

    assert unattenuated(attenuated(a, 0.5), 0.5) == pytest.approx(a)


# --- the bank's own sessions ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study() -> Study:
    return study_bank()


def log_of(played: Played, people: int, groups: tuple[str, ...] = ("buttons",)) -> AnswerLog:
    asked = played.rows >= 0
    person = np.nonzero(asked)[0]
    group = np.arange(people) * len(groups) // people
    return AnswerLog(person, played.rows[asked], played.evidence[asked], group, groups)


def shifted(people: People, some: slice, by: float) -> People:
    tubes, competences = people.tubes.copy(), people.competences.copy()
    tubes[some] += by
    competences[some] += by
    return People(tubes, competences, people.seeds)


@pytest.fixture(scope="module")
def crowd(study: Study) -> People:
    return draw_people(study[0], LOW, PLAYERS, 2)


@pytest.fixture(scope="module")
def own_log(study: Study, crowd: People) -> AnswerLog:
    return log_of(play(study[1], replace(ABC_DIAG, max_items=15), crowd, study[2]), PLAYERS)


def asked_most(log: AnswerLog) -> int:
    return int(np.bincount(log.item).argmax())


def harder(study: Study, crowd: People, log: AnswerLog, row: int, by: float, who: np.ndarray) -> AnswerLog:
    """The log as it would be had this item been harder for some of the people."""
    _, bank, truth = study
    there = (log.item == row) & who[log.person]
    changed = replace(truth, b=truth.b + by * (np.arange(len(truth.b)) == row))
    outcome = answers(bank, changed, crowd.of(log.person[there]), log.item[there])
    heard = log.evidence.copy()
    heard[there] = np.eye(3)[outcome]
    return replace(log, evidence=heard)


def test_adaptive_answers_do_not_bias_difficulties(study: Study, own_log: AnswerLog) -> None:
    told = calibrate_bank(study[1], own_log, CalibrationRules(iterations=12))
    some = told.answers > 50

    away = (told.parameters.b - study[2].b)[some]
    assert some.sum() > 20
    assert abs(away.mean()) < 0.08
    assert np.sqrt((away**2).mean()) < 0.3


def test_items_that_behave_fit(study: Study, own_log: AnswerLog) -> None:
    fits = [fit for fit in item_fit(study[1], own_log) if fit.answers >= 50]

    assert np.mean([fit.outfit for fit in fits]) == pytest.approx(1.0, abs=0.1)
    assert np.mean([fit.infit for fit in fits]) == pytest.approx(1.0, abs=0.1)
    assert not any(fit.flagged for fit in fits)
    assert not any(each.alarm for each in drift(study[1], own_log))


def test_an_item_that_became_hard_rings_the_alarm(study: Study, crowd: People, own_log: AnswerLog) -> None:
    row = asked_most(own_log)
    everybody = np.ones(PLAYERS, dtype=np.bool_)

    moved = {each.item: each for each in drift(study[1], harder(study, crowd, own_log, row, 2.5, everybody))}

    assert moved[row].alarm
    assert moved[row].z < 0 < moved[row].moved


def test_an_item_harder_on_a_channel_is_found(study: Study, crowd: People, own_log: AnswerLog) -> None:
    row = asked_most(own_log)
    phone = np.arange(PLAYERS) % 2 == 1
    log = replace(
        harder(study, crowd, own_log, row, 1.5, phone), group=phone.astype(np.intp), groups=("buttons", "phone")
    )

    found = {each.item: each for each in dif(study[1], log, "buttons")}

    assert found[row].p == min(each.p for each in found.values())
    assert found[row].p < 0.001
    assert found[row].shift == pytest.approx(1.5, abs=0.8)
    assert found[row].raw > 0


def test_a_weaker_channel_is_not_called_unfair(study: Study, crowd: People) -> None:
    half = PLAYERS // 2
    people = shifted(crowd, slice(half, PLAYERS), -0.9)
    played = play(study[1], ABC_DIAG, people, study[2], Ear(0.05))

    found = dif(study[1], log_of(played, PLAYERS, ("buttons", "phone")), "buttons")

    tested = [each for each in found if min(each.answers, each.reference_answers) >= 20]
    assert len(tested) > 10
    assert np.mean([each.p < 0.05 for each in tested]) < 0.2


def test_reference_must_be_a_channel_of_the_log(study: Study, own_log: AnswerLog) -> None:
    with pytest.raises(InvalidPolicy):
        dif(study[1], own_log, "phone")


def test_log_that_does_not_fit_is_refused() -> None:
    one = np.zeros(1, dtype=np.intp)

    with pytest.raises(InvalidPolicy):
        AnswerLog(one, one, np.ones((1, 2)), one, ("a",))
    with pytest.raises(InvalidPolicy):
        AnswerLog(one + 3, one, np.ones((1, 3)), one, ("a",))


def test_false_discoveries_are_limited() -> None:
    assert benjamini_hochberg([0.001, 0.008, 0.039, 0.041, 0.6], 0.05) == 0.008
    assert benjamini_hochberg([0.2, 0.9], 0.05) < 0
    assert benjamini_hochberg([], 0.05) < 0


def test_new_items_begin_with_the_expert_and_follow_their_answers(study: Study, own_log: AnswerLog) -> None:
    belief = np.exp(-0.5 * ((grid() - 2.0) / 0.5) ** 2)
    belief /= belief.sum()

    before = seed_difficulty(2.0, 1.7, np.zeros(0), np.zeros((0, 34)))
    after = seed_difficulty(2.0, 1.7, np.zeros(20), np.tile(belief, (20, 1)))

    assert before == pytest.approx((2.0, 0.5), abs=0.01)
    assert after[0] > 2.8
    assert after[1] < 0.5
    assert len(new_items(study[1], own_log)) > 300


def test_summaries_of_sessions() -> None:
    rows = np.array([[0, 1, -1], [0, 2, 1]])
    outcomes = np.array([[1, 2, -1], [1, 2, 1]])

    shown = exposure(rows, 4)

    assert shown.rates == (1.0, 1.0, 0.5, 0.0)
    assert (shown.most, shown.unused) == (1.0, 0.25)
    assert shown.overlap == pytest.approx(2 / 2.5)
    assert discouragement(outcomes) == 0.5
    assert success_rate(np.array([[0, 1, -1]])) == 0.5
    assert coverage(np.array([1.0, 3.0]), np.zeros(2), np.full(2, 2.0)) == 0.5
    assert reliability(np.array([1.0, 3.0]), np.array([0.5, 0.5])) == pytest.approx(0.8)
    assert conditional_sem(np.array([1, 1]), np.array([0.3, 0.5]))[1] == pytest.approx(np.sqrt(0.17))
    assert classification(np.array([[0.8, 0.2]])) == pytest.approx((0.8, 0.68))
