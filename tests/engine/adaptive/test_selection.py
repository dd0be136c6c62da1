"""What the next question is like: gentle first, easy after a failure, balanced, informative, repeatable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adaptive import ABC_DIAG, Assessment, Bank, Choice, Prior, Reason, StopReason, compile_bank
from engine.adaptive.criteria import Crowd, area_gain, area_information, means_given_area
from engine.adaptive.posterior import Belief, Floats, grid, start
from engine.adaptive.selection import crowd_of_one
from engine.model import UNHEARD, Evidence, FrameworkSpec, Item, ItemId, Observation, Outcome

RIGHT, WRONG, UNKNOWN = Outcome.CORRECT, Outcome.INCORRECT, Outcome.DONT_KNOW
Play = Callable[[Assessment, Iterable[Outcome]], Assessment]

outcome_lists = st.lists(st.sampled_from(Outcome), min_size=15, max_size=15)
seeds = st.integers(0, 2**32)


def entropy(p: Floats) -> float:
    return float(-(p * np.log(p)).sum())


def choice_of(assessment: Assessment) -> Choice:
    choice = assessment.propose()
    assert isinstance(choice, Choice)
    return choice


def areas_asked(assessment: Assessment) -> Counter[str]:
    framework, items = assessment.bank.framework, assessment.bank.items
    rows = [assessment.bank.position(observation.item) for observation in assessment.observations]
    return Counter(framework.area_of(items[row].skill) for row in rows)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_first_item_is_very_probably_known(bank: Bank, seed: int) -> None:
    choice = choice_of(Assessment.start(bank, ABC_DIAG, seed))

    assert choice.reason == Reason.START
    assert choice.p_success >= 0.85
    assert bank.level[bank.position(choice.item)] <= 1


def test_first_item_is_a_first_gesture_even_for_able_people(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    able = compile_bank(spec, items, Prior(mean=6.0))

    choice = choice_of(Assessment.start(able, ABC_DIAG, 1))

    assert able.level[able.position(choice.item)] <= 1


@given(outcome_lists, seeds)
@settings(max_examples=25, deadline=None)
def test_an_easy_item_follows_every_failure(bank: Bank, play: Play, outcomes: list[Outcome], seed: int) -> None:
    assessment = Assessment.start(bank, ABC_DIAG, seed)

    for outcome in outcomes:
        assessment = play(assessment, [outcome])
        proposal = assessment.propose()
        if isinstance(proposal, Choice) and outcome is not RIGHT:
            assert proposal.reason == Reason.RECOVER
            assert proposal.p_success >= min(0.85, easiest(assessment) * 0.95)


def easiest(assessment: Assessment) -> float:
    """The best probability of success among the skills not asked yet, all ready."""
    policy = replace(
        ABC_DIAG, floor=1.0, recover_floor=1.0, start_floor=1.0, stop_after=100, max_items=15, near_tie=0.0
    )
    return choice_of(replace(assessment, policy=policy)).p_success


def test_a_success_ends_the_recovery(fresh: Assessment, play: Play) -> None:
    assessment = play(fresh, [RIGHT, WRONG, RIGHT])

    assert choice_of(assessment).reason in (Reason.INFORM, Reason.BALANCE)


def test_items_after_a_success_are_above_the_floor(fresh: Assessment, play: Play) -> None:
    choice = choice_of(play(fresh, [RIGHT]))

    assert choice.reason == Reason.BALANCE
    assert 0.5 <= choice.p_success < 0.85


def test_the_easiest_item_is_taken_when_nothing_reaches_the_floor(bank: Bank, play: Play) -> None:
    impossible = replace(ABC_DIAG, floor=1.0)

    choice = choice_of(play(Assessment.start(bank, impossible, 1), [RIGHT]))

    assert choice.reason == Reason.EASIEST
    assert bank.level[bank.position(choice.item)] == 0


def test_first_item_without_an_easy_one_is_the_easiest(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    hard = compile_bank(spec, [item for item in items if item.skill.endswith((".3", ".4")) and item.skill[0] != "2"])

    choice = choice_of(Assessment.start(hard, ABC_DIAG, 1))

    assert choice.reason == Reason.START
    assert hard.level[hard.position(choice.item)] == 3


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_areas_are_asked_in_turn(bank: Bank, play: Play, seed: int) -> None:
    five = play(Assessment.start(bank, ABC_DIAG, seed), [RIGHT] * 5)

    assert sorted(areas_asked(five).values()) == [1, 1, 1, 1, 1]
    assert choice_of(five).reason == Reason.INFORM


def test_ten_questions_touch_every_competence(fresh: Assessment, play: Play) -> None:
    ten = play(fresh, [RIGHT] * 10)

    rows = [ten.bank.position(observation.item) for observation in ten.observations]
    assert len({int(ten.bank.competence[row]) for row in rows}) == 9


def test_competence_not_yet_asked_comes_first_even_if_it_tells_less(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    bank = compile_bank(spec, [item for item in items if item.skill in ("1.1.t.0", "1.1.t.2", "1.2.t.0")])
    first = Observation(ItemId("1.1.t.0/a"), Evidence.certain(RIGHT))

    choice = choice_of(Assessment.start(bank, ABC_DIAG, 1).record(first))

    assert choice.item in ("1.2.t.0/a", "1.2.t.0/b")


@given(outcome_lists, seeds)
@settings(max_examples=25, deadline=None)
def test_a_skill_is_asked_once(bank: Bank, play: Play, outcomes: list[Outcome], seed: int) -> None:
    patient = replace(ABC_DIAG, max_items=15, stop_after=None, stop_sd=None)

    assessment = play(Assessment.start(bank, patient, seed), outcomes)

    skills = [bank.items[bank.position(observation.item)].skill for observation in assessment.observations]
    assert len(skills) == len(set(skills)) == 15


def test_an_exhausted_area_does_not_end_the_session(bank: Bank, play: Play) -> None:
    fifteen = play(Assessment.start(bank, replace(ABC_DIAG, max_items=15), 3), [RIGHT] * 15)

    assert fifteen.propose() is StopReason.ENOUGH_QUESTIONS
    assert areas_asked(fifteen)["3"] == 2


def test_session_ends_when_every_skill_is_behind(spec: FrameworkSpec, items: Sequence[Item], play: Play) -> None:
    tiny = compile_bank(spec, [item for item in items if item.skill.startswith("3.1")])

    assessment = play(Assessment.start(tiny, ABC_DIAG, 1), [RIGHT] * 10)

    assert assessment.answered == 2
    assert assessment.propose() is StopReason.NO_ITEM_LEFT


def test_skill_waits_for_what_it_needs_in_another_tube(spec: FrameworkSpec, items: Sequence[Item], play: Play) -> None:
    bank = compile_bank(spec, [item for item in items if item.skill in ("1.1.t.1", "1.1.t.2", "2.1.t.3", "2.2.t.4")])
    generous = replace(ABC_DIAG, start_max_level=8, start_floor=0.0, floor=0.0, recover_floor=0.0)

    failed = play(Assessment.start(bank, replace(generous, prerequisite_floor=1.0), 1), [WRONG] * 2)

    asked = [bank.items[bank.position(observation.item)].skill for observation in failed.observations]
    assert "2.1.t.3" not in asked
    assert choice_of(failed).item[:7] in ("1.1.t.1", "1.1.t.2", "2.2.t.4")


def test_unready_skill_is_asked_rather_than_ending_the_session(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    bank = compile_bank(spec, [item for item in items if item.skill == "2.1.t.3"])

    choice = choice_of(Assessment.start(bank, replace(ABC_DIAG, prerequisite_floor=1.0), 1))

    assert choice.item in ("2.1.t.3/a", "2.1.t.3/b")


def test_skipped_item_is_not_proposed_again_nor_its_twin(fresh: Assessment) -> None:
    first = choice_of(fresh)

    second = choice_of(fresh.skip(first.item))

    assert second.reason == Reason.START
    assert second.item.split("/")[0] != first.item.split("/")[0]


def test_twin_of_a_skipped_item_is_asked_when_nothing_else_is_left(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    bank = compile_bank(spec, [item for item in items if item.skill == "1.1.t.1"])

    choice = choice_of(Assessment.start(bank, ABC_DIAG, 1).skip(ItemId("1.1.t.1/a")))

    assert choice.item == "1.1.t.1/b"


def test_unheard_item_is_set_aside_like_a_skipped_one(fresh: Assessment) -> None:
    first = choice_of(fresh)

    second = choice_of(fresh.record(Observation(first.item, UNHEARD)))

    assert second == choice_of(fresh.skip(first.item))


@given(st.lists(st.sampled_from(Outcome), max_size=9), seeds)
@settings(max_examples=25, deadline=None)
def test_proposal_is_the_same_at_every_call(bank: Bank, play: Play, outcomes: list[Outcome], seed: int) -> None:
    assessment = play(Assessment.start(bank, ABC_DIAG, seed), outcomes)

    assert assessment.propose() == assessment.propose()


def test_seeds_spread_the_first_item(bank: Bank) -> None:
    first = {choice_of(Assessment.start(bank, ABC_DIAG, seed)).item for seed in range(40)}

    assert len(first) >= 8


def gain_of(bank: Bank, belief: Belief, row: int) -> float:
    """The gain that the choice goes by, of one item."""
    competence = int(bank.competence[row])
    crowd = Crowd(crowd_of_one(belief), np.array([0]))
    means = means_given_area(crowd.belief, int(bank.area[row]))
    return float(area_gain(bank, crowd, competence, np.array([row]), means)[0, 0])


def level_of_area(bank: Bank, belief: Belief, area: int) -> float:
    return float((belief.competences[bank.tree.area_of_competence == area] @ grid()).mean())


@pytest.mark.parametrize("item", ["1.1.t.1/a", "1.2.t.3/b"])
def test_gain_is_the_variance_that_the_answer_is_expected_to_remove(bank: Bank, item: str) -> None:
    """Checked by really observing each outcome, in a competence that already holds an answer and in a fresh one."""
    belief = start(bank.tree).observe(0, bank.tables[bank.position(ItemId("1.1.t.2/a")), WRONG])
    row = bank.position(ItemId(item))
    competence, area = int(bank.competence[row]), int(bank.area[row])

    p = bank.tables[row] @ belief.competences[competence]
    after = [level_of_area(bank, belief.observe(competence, bank.tables[row, o]), area) for o in Outcome]
    expected = float(p @ np.square(after)) - level_of_area(bank, belief, area) ** 2

    assert gain_of(bank, belief, row) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("item", ["1.1.t.1/a", "1.2.t.3/b"])
def test_information_is_the_entropy_that_the_answer_is_expected_to_remove(
    spec: FrameworkSpec, items: Sequence[Item], item: str
) -> None:
    bank = compile_bank(spec, items, Prior(settings=((1.0, 1.0, 1.0),)))
    belief = start(bank.tree).observe(0, bank.tables[bank.position(ItemId("1.1.t.2/a")), WRONG])
    row = bank.position(ItemId(item))
    competence, area = int(bank.competence[row]), int(bank.area[row])

    p = bank.tables[row] @ belief.competences[competence]
    after = [entropy(belief.observe(competence, bank.tables[row, o]).areas[area]) for o in Outcome]
    told = area_information(bank, Crowd(crowd_of_one(belief), np.array([0])), competence, np.array([row]))

    assert told[0, 0] == pytest.approx(entropy(belief.areas[area]) - float(p @ np.array(after)), abs=1e-9)


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_item_as_good_as_the_best_is_chosen_when_nothing_guards(bank: Bank, seed: int) -> None:
    bare = replace(ABC_DIAG, start_floor=0.0, start_max_level=8)
    best = max(gain_of(bank, start(bank.tree), row) for row in range(len(bank.items)))

    choice = choice_of(Assessment.start(bank, bare, seed))

    assert gain_of(bank, start(bank.tree), bank.position(choice.item)) >= 0.8 * best


def test_probability_of_success_is_the_expectation_of_the_table(bank: Bank, fresh: Assessment) -> None:
    choice = choice_of(fresh)
    row = bank.position(choice.item)

    assert choice.p_success == pytest.approx(
        float(bank.tables[row, RIGHT] @ start(bank.tree).competences[bank.competence[row]])
    )


def test_evidence_of_a_doubtful_failure_is_read_with_the_expectation(fresh: Assessment) -> None:
    easy = choice_of(fresh)

    assessment = fresh.record(Observation(easy.item, Evidence(0.4, 0.6, 0.0)))

    assert choice_of(assessment).reason != Reason.RECOVER
