"""Policies as data: what each asks, sittings, answers taken back or corrected, exposure, and what the report adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adaptive import (
    ABC_DIAG,
    POLICIES,
    Assessment,
    Bank,
    Choice,
    Reason,
    ReportRules,
    StopReason,
    compile_bank,
)
from engine.adaptive.posterior import start
from engine.adaptive.report import build_report
from engine.errors import InvalidState, UnknownItem
from engine.model import Aid, Channel, Evidence, FrameworkSpec, Item, ItemId, Observation, Outcome

RIGHT, WRONG, UNKNOWN = Outcome.CORRECT, Outcome.INCORRECT, Outcome.DONT_KNOW
Play = Callable[[Assessment, Iterable[Outcome]], Assessment]


def certain(item: str, outcome: Outcome, aid: Aid = Aid.NONE, channel: Channel = Channel.KIOSK) -> Observation:
    return Observation(ItemId(item), Evidence.certain(outcome), aid, channel)


@pytest.mark.parametrize("name", [*POLICIES])
def test_every_policy_asks_and_ends_and_reads_back(bank: Bank, play: Play, name: str) -> None:
    session = play(Assessment.start(bank, POLICIES[name], 3), [RIGHT, RIGHT, WRONG] * 70)

    assert POLICIES[name].name == name
    assert session.answered > 3
    assert isinstance(session.propose(), StopReason)
    assert Assessment.from_bytes(bank, session.to_bytes()) == session


def test_positioning_asks_each_tube_once_and_rests_after_a_sitting(bank: Bank, play: Play) -> None:
    policy = replace(POLICIES["positioning"], per_sitting=4, stop_sd=None)
    first = play(Assessment.start(bank, policy, 3), [RIGHT, WRONG] * 5)

    later = play(first.next_sitting(), [RIGHT] * 5)

    assert first.propose() is StopReason.SITTING_OVER
    assert (first.answered, later.answered) == (4, 8)
    tubes = [bank.tube[bank.position(observation.item)] for observation in later.observations]
    assert len(set(tubes)) == 8
    assert Assessment.from_bytes(bank, later.to_bytes()) == later


def test_a_new_sitting_forgets_the_run_of_failures(fresh: Assessment, play: Play) -> None:
    failed = play(fresh, [WRONG, WRONG, WRONG])

    assert failed.propose() is StopReason.FAILURES_IN_A_ROW
    assert isinstance(failed.next_sitting().propose(), Choice)


def test_change_between_sittings_blurs_what_was_known(fresh: Assessment, play: Play) -> None:
    session = play(fresh, [RIGHT] * 6)

    same, blurred = session.next_sitting(), session.next_sitting(0.8)

    assert same.report().overall == session.report().overall
    assert blurred.report().overall.sd > session.report().overall.sd
    assert Assessment.from_bytes(session.bank, blurred.to_bytes()).report() == blurred.report()
    with pytest.raises(InvalidState):
        session.next_sitting(-1.0)


def test_abc_pix_seeks_the_fringe_at_its_aim(bank: Bank, play: Play) -> None:
    session = play(Assessment.start(bank, POLICIES["abc_pix"], 3), [RIGHT] * 4)
    choice = session.propose()

    assert isinstance(choice, Choice)
    assert choice.reason == Reason.FRINGE
    assert 0.5 <= choice.p_success <= 0.9


def test_rehearsal_takes_no_aid_and_tells_what_own_answers_say(bank: Bank) -> None:
    policy = POLICIES["rehearsal"]
    session = Assessment.start(bank, policy, 1)

    helped = session.record(certain("1.1.t.2/a", RIGHT, Aid.HINT))
    alone = session.record(certain("1.1.t.2/a", RIGHT))

    assert helped.answered == 1
    assert helped.report().overall.pmf == session.report().overall.pmf
    own = alone.report().own_evidence
    assert own["1.1"].mean > own["2.1"].mean
    assert own["2.1"].mean == pytest.approx(session.report().own_evidence["2.1"].mean)
    assert alone.report().competences["2.1"].mean > session.report().competences["2.1"].mean


# --- taking back --------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(Outcome), min_size=1, max_size=7), st.integers(0, 6))
@settings(max_examples=20, deadline=None)
def test_withdrawing_is_as_if_it_had_never_been_said(
    bank: Bank, play: Play, outcomes: list[Outcome], position: int
) -> None:
    session = play(Assessment.start(bank, ABC_DIAG, 1), outcomes)
    item = session.observations[position % len(session.observations)].item
    never = Assessment.start(bank, ABC_DIAG, 1)
    for observation in session.observations:
        if observation.item != item:
            never = never.record(observation)

    assert session.withdraw(item) == never
    assert session.withdraw(item).report() == never.report()


def test_correcting_an_answer_is_having_given_the_other(fresh: Assessment) -> None:
    wrong = fresh.record(certain("1.1.t.2/a", WRONG)).record(certain("2.1.t.2/a", RIGHT))
    right = fresh.record(certain("1.1.t.2/a", RIGHT)).record(certain("2.1.t.2/a", RIGHT))

    assert wrong.correct(certain("1.1.t.2/a", RIGHT)) == right
    assert wrong.correct(certain("1.1.t.2/a", RIGHT)).to_bytes() == right.to_bytes()


def test_an_answer_that_was_not_given_cannot_be_taken_back(fresh: Assessment) -> None:
    for change in (fresh.withdraw, lambda item: fresh.correct(certain(item, RIGHT))):
        with pytest.raises(UnknownItem):
            change(ItemId("1.1.t.2/a"))


def test_withdrawing_moves_the_beginning_of_a_sitting(fresh: Assessment, play: Play) -> None:
    session = play(play(fresh, [RIGHT, RIGHT]).next_sitting(), [RIGHT])

    shorter = session.withdraw(session.observations[0].item)

    assert [sitting.begins_at for sitting in shorter.sittings] == [1]
    assert shorter.answered_in_sitting == 1


# --- exposure and channels ------------------------------------------------------------------------------------------


def test_sympson_hetter_holds_an_item_back(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    bank = compile_bank(spec, [item for item in items if item.id.startswith("1.1") and item.id.endswith("/a")])
    free = replace(POLICIES["rehearsal"], randomesque=1, near_tie=0.0)
    best = Assessment.start(bank, free, 1).propose()
    assert isinstance(best, Choice)
    held = replace(free, admit=((best.item, 0.2),))

    first = [Assessment.start(bank, held, seed).propose() for seed in range(200)]

    given_out = Counter(choice.item for choice in first if isinstance(choice, Choice))
    assert given_out[best.item] / 200 == pytest.approx(0.2, abs=0.09)


def test_an_item_that_is_harder_by_phone_says_more_there(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    shifted = [replace(item, channel_shift=((Channel.PHONE, 1.0),)) for item in items]
    session = Assessment.start(compile_bank(spec, shifted), ABC_DIAG, 1)

    kiosk, phone = (session.record(certain("1.1.t.2/a", RIGHT, channel=c)) for c in (Channel.KIOSK, Channel.PHONE))

    assert phone.report().overall.mean > kiosk.report().overall.mean


# --- what the report adds -------------------------------------------------------------------------------------------


def test_five_competences_at_level_one_are_certifiable(fresh: Assessment) -> None:
    session = fresh
    for item in ("1.1.t.4/a", "1.2.t.4/a", "2.1.t.4/a", "2.2.t.4/a", "4.1.t.4/a", "4.2.t.4/a", "5.1.t.4/a"):
        session = session.record(certain(item, RIGHT))

    able, beginner = session.report().certifiable, fresh.record(certain("1.1.t.0/a", UNKNOWN)).report().certifiable

    assert able.reached
    assert able.certain
    assert beginner.probability < able.probability


def test_highest_levels_wait_for_practice_and_the_reachable_one_bounds(bank: Bank) -> None:
    belief = start(bank.tree)
    for row in range(len(bank.items)):
        belief = belief.observe(int(bank.competence[row]), np.linspace(0.0, 1.0, 34) ** 40)

    high = build_report(bank, ABC_DIAG, belief, (), None)
    bounded = build_report(bank, ABC_DIAG, belief, (), None, ReportRules(reachable_level=5))

    assert high.overall.level >= 7
    assert high.overall.to_confirm
    assert bounded.overall.level == 5
    assert not bounded.overall.to_confirm


def test_a_skill_is_never_better_known_than_what_it_needs(fresh: Assessment) -> None:
    report = fresh.record(certain("1.1.t.1/a", UNKNOWN)).record(certain("2.1.t.3/a", RIGHT)).report()

    assert report.mastery["2.1.t.3"] <= report.mastery["1.1.t.1"]


def test_trail_tells_skill_help_and_how_far_an_answer_moved(fresh: Assessment) -> None:
    session = fresh.record(certain("1.1.t.2/a", RIGHT, Aid.REPHRASED)).record(certain("1.1.t.3/a", UNKNOWN))

    first, last = session.report().trail

    assert (first.skill, first.aid) == ("1.1.t.2", Aid.REPHRASED)
    assert first.moved > 0 > last.moved


def test_early_end_speaks_in_bands(fresh: Assessment, play: Play) -> None:
    assert play(fresh, [WRONG] * 3).report().speaks_in_bands
    assert not play(fresh, [RIGHT] * 10).report().speaks_in_bands
