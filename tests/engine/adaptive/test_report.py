from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adaptive import ABC_DIAG, Assessment, Bank, LevelEstimate, Report, compile_bank
from engine.adaptive.selection import mastery_by_ability
from engine.model import UNHEARD, Aid, Evidence, FrameworkSpec, Item, ItemId, Observation, Outcome, SkillId

RIGHT, WRONG, UNKNOWN = Outcome.CORRECT, Outcome.INCORRECT, Outcome.DONT_KNOW
Play = Callable[[Assessment, Iterable[Outcome]], Assessment]
outcome_lists = st.lists(st.sampled_from(Outcome), max_size=10)


def answered(assessment: Assessment, outcomes: dict[str, Outcome], aid: Aid = Aid.NONE) -> Report:
    for item, outcome in outcomes.items():
        assessment = assessment.record(Observation(ItemId(item), Evidence.certain(outcome), aid))
    return assessment.report()


def estimates(report: Report) -> list[LevelEstimate]:
    return [report.overall, *report.areas.values(), *report.competences.values()]


@given(outcome_lists)
@settings(max_examples=25, deadline=None)
def test_estimates_are_honest_distributions(fresh: Assessment, play: Play, outcomes: list[Outcome]) -> None:
    for estimate in estimates(play(fresh, outcomes).report()):
        low, high = estimate.band
        left, right = estimate.ability_band
        assert len(estimate.pmf) == 9
        assert sum(estimate.pmf) == pytest.approx(1.0)
        assert 0 <= low <= estimate.level <= high <= 8
        assert left < right
        assert low <= max(left, 0.0) + 0.5
        assert high >= right - 0.5


def test_estimate_before_the_first_answer_is_the_prior(fresh: Assessment) -> None:
    report = fresh.report()
    fine = np.linspace(-6, 10, 4001)
    masses = np.exp(-0.5 * ((fine - 1.8) / np.hypot(1.3, 0.3)) ** 2)
    masses /= masses.sum()

    assert report.overall.mean == pytest.approx(float(masses @ np.clip(fine, 0, 8)), abs=0.03)
    assert report.overall.pmf[2] == pytest.approx(float(masses[(fine > 1.5) & (fine < 2.5)].sum()), abs=0.02)
    assert report.overall.questions == 0
    assert report.trail == ()
    assert report.strengths == ()


def test_lowest_level_holds_everything_below_it(fresh: Assessment) -> None:
    report = answered(fresh, {f"{area}.1.t.0/a": UNKNOWN for area in range(1, 6)})

    assert report.overall.pmf[0] > 0.8
    assert report.overall.level == 0
    assert report.overall.mean >= 0.0


def test_questions_are_counted_where_they_were_asked(fresh: Assessment) -> None:
    assessment = fresh.record(Observation(ItemId("4.2.t.1/a"), Evidence.certain(RIGHT)))
    report = assessment.record(Observation(ItemId("4.1.t.1/a"), UNHEARD)).report()

    assert report.overall.questions == report.areas["4"].questions == report.competences["4.2"].questions == 1
    assert report.areas["1"].questions == report.competences["4.1"].questions == 0


def test_trail_tells_the_likeliest_outcome_in_order(fresh: Assessment) -> None:
    assessment = fresh.record(Observation(ItemId("1.1.t.0/a"), Evidence(0.7, 0.2, 0.1)))
    assessment = assessment.record(Observation(ItemId("2.1.t.4/a"), Evidence(0.0, 0.3, 0.7)))
    assessment = assessment.record(Observation(ItemId("2.2.t.4/a"), Evidence(0.0, 0.7, 0.3)))
    trail = assessment.record(Observation(ItemId("4.1.t.0/a"), UNHEARD)).report().trail

    assert [entry.item for entry in trail] == ["1.1.t.0/a", "2.1.t.4/a", "2.2.t.4/a", "4.1.t.0/a"]
    assert [entry.outcome for entry in trail] == [RIGHT, UNKNOWN, WRONG, None]
    assert trail[0].p > 0.9
    assert trail[3].p == 0.0


def test_probability_of_the_trail_follows_bayes(bank: Bank, fresh: Assessment) -> None:
    row = bank.position(ItemId("1.1.t.2/a"))
    expected = bank.tables[row] @ fresh._belief.competences[0] * np.array([0.6, 0.3, 0.1])

    trail = fresh.record(Observation(ItemId("1.1.t.2/a"), Evidence(0.6, 0.3, 0.1))).report().trail

    assert trail[0].p == pytest.approx(expected[0] / expected.sum())


# --- strengths --------------------------------------------------------------------------------------------------


def test_strengths_are_shown_and_mastered_highest_level_first(fresh: Assessment) -> None:
    report = answered(
        fresh, {"1.1.t.1/a": RIGHT, "2.1.t.3/a": RIGHT, "4.1.t.2/a": RIGHT, "5.1.t.2/a": RIGHT, "5.2.t.3/a": WRONG}
    )

    assert report.strengths[0] == "2.1.t.3"
    assert report.strengths[-1] == "1.1.t.1"
    assert "5.2.t.3" not in report.strengths


def test_a_lucky_guess_is_no_strength(fresh: Assessment) -> None:
    weak = {"1.1.t.0/a": UNKNOWN, "2.1.t.0/a": UNKNOWN, "4.1.t.0/a": UNKNOWN}

    report = answered(fresh, {**weak, "5.1.t.4/a": RIGHT})

    assert report.strengths == ()


def test_success_after_a_demonstration_is_no_strength(fresh: Assessment) -> None:
    assert answered(fresh, {"1.1.t.2/a": RIGHT}).strengths == ("1.1.t.2",)
    assert answered(fresh, {"1.1.t.2/a": RIGHT}, Aid.DEMONSTRATED).strengths == ()


# --- next steps -------------------------------------------------------------------------------------------------


@given(outcome_lists)
@settings(max_examples=25, deadline=None)
def test_there_is_always_a_next_step_within_reach(fresh: Assessment, play: Play, outcomes: list[Outcome]) -> None:
    report = play(fresh, outcomes).report()
    ancestors = fresh.bank.framework.ancestors

    assert report.next_steps
    assert not set(report.next_steps) & set(report.strengths)
    for skill in report.next_steps:
        assert ancestors[skill].isdisjoint(report.next_steps)


def test_a_failed_first_gesture_comes_before_what_stands_on_it(fresh: Assessment) -> None:
    report = answered(fresh, {"1.1.t.0/a": WRONG, "2.1.t.4/a": RIGHT, "2.2.t.4/a": RIGHT})

    in_tube = [skill for skill in report.next_steps if skill.startswith("1.1")]
    assert in_tube == ["1.1.t.0"]


def test_a_failed_prerequisite_in_another_tube_holds_its_dependants_back(fresh: Assessment) -> None:
    report = answered(
        fresh, {"2.1.t.0/a": RIGHT, "2.1.t.1/a": RIGHT, "2.1.t.2/a": RIGHT, "1.1.t.1/a": UNKNOWN, "2.2.t.4/a": RIGHT}
    )

    assert "1.1.t.1" in report.next_steps
    assert "2.1.t.3" not in report.next_steps


def test_half_known_skills_come_first(fresh: Assessment) -> None:
    framework = fresh.bank.framework
    mastery = mastery_by_ability(fresh.bank, fresh._belief)

    distances = [abs(mastery[framework.position[skill]] - 0.65) for skill in fresh.report().next_steps]

    assert len(distances) == 9
    assert distances == sorted(distances)


def test_next_steps_are_skills_of_the_bank_while_one_is_missing(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    partial = compile_bank(spec, [item for item in items if item.skill.endswith((".0", ".3"))])

    report = Assessment.start(partial, ABC_DIAG, 1).report()

    assert report.next_steps
    assert all(skill.endswith((".0", ".3")) for skill in report.next_steps)


def test_next_steps_beyond_the_bank_when_all_of_it_is_mastered(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    easy = compile_bank(spec, [item for item in items if item.skill.endswith(".0")])
    all_right = {f"{area}.1.t.0/a": RIGHT for area in range(1, 6)}

    report = answered(Assessment.start(easy, ABC_DIAG, 1), all_right)

    assert report.next_steps
    assert all(easy.framework.level_of[skill] >= 1 for skill in report.next_steps)


def test_no_next_step_when_everything_is_mastered(spec: FrameworkSpec, items: Sequence[Item], bank: Bank) -> None:
    report = answered(Assessment.start(bank, ABC_DIAG, 1), {item.id: RIGHT for item in items})

    assert report.next_steps == ()
    assert SkillId("1.1.t.4") in report.strengths
