from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adaptive import ABC_DIAG, Assessment, Bank, Choice, Reason, StopReason, compile_bank
from engine.errors import AlreadyRecorded, EngineError, InvalidState, UnknownItem
from engine.model import (
    UNHEARD,
    Aid,
    Channel,
    Evidence,
    FrameworkSpec,
    InputMode,
    Item,
    ItemId,
    Observation,
    Outcome,
)

RIGHT, WRONG, UNKNOWN = Outcome.CORRECT, Outcome.INCORRECT, Outcome.DONT_KNOW
Play = Callable[[Assessment, Iterable[Outcome]], Assessment]

ITEMS = [ItemId(f"{competence}.t.{level}/a") for competence in ("1.1", "2.2", "4.1", "5.1") for level in range(5)]
likelihoods = st.floats(0.0, 1.0)
evidences = st.builds(Evidence, likelihoods, likelihoods, st.floats(0.01, 1.0))
observations = st.lists(
    st.builds(
        Observation,
        item=st.sampled_from(ITEMS),
        evidence=evidences,
        aid=st.sampled_from(Aid),
        channel=st.sampled_from(Channel),
        input_mode=st.sampled_from(InputMode),
    ),
    unique_by=lambda observation: observation.item,
    max_size=12,
)
PROPERTY = settings(max_examples=40, deadline=None)


def recorded(assessment: Assessment, given: Iterable[Observation]) -> Assessment:
    for observation in given:
        assessment = assessment.record(observation)
    return assessment


def certain(item: str, outcome: Outcome, aid: Aid = Aid.NONE) -> Observation:
    return Observation(ItemId(item), Evidence.certain(outcome), aid)


def means(assessment: Assessment) -> list[float]:
    report = assessment.report()
    return [
        report.overall.mean,
        *(estimate.mean for estimate in report.areas.values()),
        *(estimate.mean for estimate in report.competences.values()),
    ]


# --- what answers do to the estimate ----------------------------------------------------------------------------


@PROPERTY
@given(observations, st.sampled_from(ITEMS), st.sampled_from(Aid), st.floats(1e-300, 1e300))
def test_unheard_never_moves_the_estimate(
    fresh: Assessment, before: list[Observation], item: ItemId, aid: Aid, scale: float
) -> None:
    assessment = recorded(fresh, [observation for observation in before if observation.item != item])

    after = assessment.record(Observation(item, Evidence(scale, scale, scale), aid))

    assert after.report().overall == assessment.report().overall
    assert after.report().areas == assessment.report().areas
    assert after.report().competences == assessment.report().competences
    assert (after.answered, after.failures_in_a_row) == (assessment.answered, assessment.failures_in_a_row)


@PROPERTY
@given(observations)
def test_order_of_answers_does_not_change_the_estimate(fresh: Assessment, given_: list[Observation]) -> None:
    forwards, backwards = recorded(fresh, given_), recorded(fresh, given_[::-1])

    assert means(forwards) == pytest.approx(means(backwards), abs=1e-9)


@PROPERTY
@given(observations, st.sampled_from(ITEMS))
def test_a_better_answer_raises_every_mean(fresh: Assessment, given_: list[Observation], item: ItemId) -> None:
    others = recorded(fresh, [observation for observation in given_ if observation.item != item])

    unknown, wrong, right = (means(others.record(certain(item, outcome))) for outcome in (UNKNOWN, WRONG, RIGHT))

    assert all(low < middle < high for low, middle, high in zip(unknown, wrong, right, strict=True))


@PROPERTY
@given(st.sampled_from(ITEMS), st.floats(0.0, 0.99), st.floats(0.001, 1.0))
def test_surer_evidence_moves_further(fresh: Assessment, item: ItemId, doubt: float, gain: float) -> None:
    sure = fresh.record(Observation(item, Evidence(1.0, doubt * (1.0 - gain), 0.0)))
    unsure = fresh.record(Observation(item, Evidence(1.0, doubt, 0.0)))

    assert sure.report().overall.mean >= unsure.report().overall.mean - 1e-9


@pytest.mark.parametrize(
    ("less", "more"),
    [(Aid.DEMONSTRATED, Aid.HINT), (Aid.HINT, Aid.REPHRASED), (Aid.REPHRASED, Aid.NONE)],
)
def test_success_with_more_help_says_less(fresh: Assessment, less: Aid, more: Aid) -> None:
    item = "1.1.t.2/a"

    assert means(fresh.record(certain(item, RIGHT, less))) < means(fresh.record(certain(item, RIGHT, more)))


def test_read_aloud_is_no_help(fresh: Assessment) -> None:
    item = "1.1.t.2/a"

    assert means(fresh.record(certain(item, WRONG, Aid.READ_ALOUD))) == means(fresh.record(certain(item, WRONG)))


def test_done_by_the_helper_counts_as_a_question_but_says_nothing(fresh: Assessment) -> None:
    assessment = fresh.record(certain("1.1.t.2/a", RIGHT, Aid.DONE_FOR_THEM))

    assert assessment.answered == 1
    assert means(assessment) == means(fresh)
    assert assessment.report().trail[0].outcome is None


def test_channel_and_input_mode_do_not_change_the_estimate(fresh: Assessment) -> None:
    evidence = Evidence.certain(RIGHT)
    by_phone = Observation(ItemId("1.1.t.2/a"), evidence, channel=Channel.PHONE, input_mode=InputMode.VOICE)

    assert means(fresh.record(by_phone)) == means(fresh.record(Observation(ItemId("1.1.t.2/a"), evidence)))


# --- failures, length, skipping ---------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [WRONG, UNKNOWN])
def test_three_failures_in_a_row_end_the_session(fresh: Assessment, play: Play, failure: Outcome) -> None:
    two, three = play(fresh, [RIGHT, failure, failure]), play(fresh, [RIGHT, failure, failure, failure])

    assert isinstance(two.propose(), Choice)
    assert three.propose() is StopReason.FAILURES_IN_A_ROW
    assert three.report().stop is StopReason.FAILURES_IN_A_ROW


def test_a_success_begins_the_count_again(fresh: Assessment, play: Play) -> None:
    assessment = play(fresh, [WRONG, WRONG, RIGHT, WRONG, WRONG])

    assert assessment.failures_in_a_row == 2
    assert isinstance(assessment.propose(), Choice)


@pytest.mark.parametrize("max_items", [8, 10, 15])
def test_session_ends_after_its_questions(bank: Bank, play: Play, max_items: int) -> None:
    assessment = play(Assessment.start(bank, replace(ABC_DIAG, max_items=max_items), 5), [RIGHT] * 20)

    assert assessment.answered == max_items
    assert assessment.propose() is StopReason.ENOUGH_QUESTIONS


def test_unheard_and_helped_answers_leave_the_run_of_failures(fresh: Assessment) -> None:
    failed = fresh.record(certain("1.1.t.0/a", WRONG))

    unheard = failed.record(Observation(ItemId("2.2.t.0/a"), UNHEARD))
    helped = failed.record(certain("2.2.t.0/a", RIGHT, Aid.DONE_FOR_THEM))

    assert unheard.failures_in_a_row == helped.failures_in_a_row == 1


def test_twelve_unheard_answers_do_not_end_the_session(fresh: Assessment) -> None:
    assessment = recorded(fresh, [Observation(item, UNHEARD) for item in ITEMS[:12]])

    choice = assessment.propose()

    assert isinstance(choice, Choice)
    assert choice.reason == Reason.START
    assert assessment.answered == 0


@PROPERTY
@given(observations, st.sampled_from(ITEMS))
def test_skipping_is_no_evidence_and_no_question(fresh: Assessment, given_: list[Observation], item: ItemId) -> None:
    assessment = recorded(fresh, [observation for observation in given_ if observation.item != item])

    skipped = assessment.skip(item)

    assert means(skipped) == means(assessment)
    assert (skipped.answered, skipped.failures_in_a_row) == (assessment.answered, assessment.failures_in_a_row)


def test_all_skipped_items_leave_nothing_to_ask(spec: FrameworkSpec, items: Sequence[Item]) -> None:
    assessment = Assessment.start(compile_bank(spec, items[:2]), ABC_DIAG, 1)

    skipped = assessment.skip(items[0].id).skip(items[1].id).skip(items[0].id)

    assert skipped.propose() is StopReason.NO_ITEM_LEFT


def test_skipped_item_may_be_answered_after_all(fresh: Assessment) -> None:
    assessment = fresh.skip(ITEMS[0]).record(certain(ITEMS[0], RIGHT))

    assert assessment.answered == 1
    assert assessment.undo() == fresh.skip(ITEMS[0])


# --- faults -----------------------------------------------------------------------------------------------------


def test_item_of_another_bank_is_refused(fresh: Assessment) -> None:
    with pytest.raises(UnknownItem):
        fresh.record(certain("nowhere", RIGHT))
    with pytest.raises(UnknownItem):
        fresh.skip(ItemId("nowhere"))


def test_second_answer_to_an_item_is_refused(fresh: Assessment) -> None:
    assessment = fresh.record(certain(ITEMS[0], RIGHT))

    with pytest.raises(AlreadyRecorded) as caught:
        assessment.record(certain(ITEMS[0], WRONG))
    with pytest.raises(AlreadyRecorded):
        assessment.skip(ITEMS[0])

    assert isinstance(caught.value, EngineError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.code == "engine.already_recorded"


# --- replay -----------------------------------------------------------------------------------------------------


@PROPERTY
@given(observations, st.sampled_from(ITEMS), evidences)
def test_undo_takes_the_last_answer_back(
    fresh: Assessment, given_: list[Observation], item: ItemId, evidence: Evidence
) -> None:
    before = recorded(fresh, [observation for observation in given_ if observation.item != item])
    before = before.skip(ItemId("3.1.t.2/b"))

    after = before.record(Observation(item, evidence)).undo()

    assert after == before
    assert after.report() == before.report()
    assert after.propose() == before.propose()


def test_undo_of_nothing_is_nothing(fresh: Assessment) -> None:
    assert fresh.undo() == fresh


@PROPERTY
@given(observations, st.sets(st.sampled_from(ITEMS), max_size=3), st.integers(0, 2**40))
def test_same_events_give_the_same_bytes_and_the_same_session(
    bank: Bank, given_: list[Observation], skipped: set[ItemId], seed: int
) -> None:
    kept = [observation for observation in given_ if observation.item not in skipped]
    first, second = (recorded(Assessment.start(bank, ABC_DIAG, seed), kept) for _ in range(2))
    for item in sorted(skipped):
        first = first.skip(item)
    for item in sorted(skipped, reverse=True):
        second = second.skip(item)

    read = Assessment.from_bytes(bank, first.to_bytes())

    assert first.to_bytes() == second.to_bytes() == read.to_bytes()
    assert read == first
    assert read.report() == first.report()
    assert read.propose() == first.propose()


def test_session_of_another_bank_is_refused(spec: FrameworkSpec, items: Sequence[Item], fresh: Assessment) -> None:
    other = compile_bank(spec, items[1:])

    with pytest.raises(InvalidState, match="does not fit"):
        Assessment.from_bytes(other, fresh.to_bytes())


@pytest.mark.parametrize(
    "change",
    [
        {"v": 99},
        {"policy": {"max_items": 3}},
        {"policy": {"patience": 3}},
        {"observations": [{"item": "nowhere"}]},
        {"observations": 5},
        {"skipped": ["nowhere"]},
        {"seed": None},
    ],
)
def test_damaged_state_is_refused(bank: Bank, fresh: Assessment, change: dict[str, object]) -> None:
    state = {**json.loads(fresh.to_bytes()), **change}

    with pytest.raises(InvalidState):
        Assessment.from_bytes(bank, json.dumps(state).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b"null"])
def test_bytes_that_are_no_state_are_refused(bank: Bank, data: bytes) -> None:
    with pytest.raises(InvalidState):
        Assessment.from_bytes(bank, data)
