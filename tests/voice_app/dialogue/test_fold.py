"""The session as its records tell it, also when they tell it oddly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audio_content.model import OptionId
from engine.adaptive import ABC_DIAG, POLICIES, compile_bank
from engine.model import Aid, Channel, Evidence, InputMode, Item, ItemId, Outcome
from engine.organization.sittings import Seat
from tests.voice_app.dialogue.stage import CAMPAIGN_CODE, Stage, path_context, small_context
from tests.voice_app.dialogue.test_gathering import TOGETHER
from voice_app.dialogue.assist_messages import Act, MediatorActs, MediatorAsks
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import apply, option_order, resume
from voice_app.dialogue.records import (
    RECORD_TYPES,
    AnswerWithdrawn,
    ItemAnswered,
    ItemAsked,
    ItemNotAdministered,
    NoteTaken,
    ParticipationReleased,
    PracticeDone,
    Record,
    ResultClaimed,
    ResultsGathered,
    ResultUnclaimed,
    SessionFinished,
    SessionStarted,
    SittingBegun,
    from_payload,
    to_payload,
)
from voice_app.dialogue.state import Phase, Session

STARTED = SessionStarted("abc_diag", "small", 7, "fr", 10)
FIRST, SECOND = ItemId("it.t1.1.a"), ItemId("it.t2.1.a")
ORDER = (OptionId("c"), OptionId("a"), OptionId("b"))


def answered(item: ItemId, outcome: Outcome = Outcome.CORRECT) -> ItemAnswered:
    evidence = Evidence.certain(outcome)
    return ItemAnswered(item, OptionId("a"), evidence, Aid.NONE, Channel.KIOSK, InputMode.KEY, confirmed=False)


def session_of(*records: Record, context: DialogueContext | None = None) -> Session:
    return resume(context or small_context(), (STARTED, *records)).session


def test_no_records_are_a_fresh_conversation() -> None:
    state = resume(small_context(), ())

    assert state.origin is Phase.LANGUAGE
    assert state.session == Session()


@pytest.mark.parametrize(
    ("records", "phase"),
    [
        ((), Phase.PRACTICE),
        ((PracticeDone(),), Phase.QUESTION),
        ((PracticeDone(), ItemAsked(FIRST, ORDER)), Phase.QUESTION),
        ((PracticeDone(), SessionFinished("enough_questions")), Phase.RESULT),
        ((PracticeDone(), answered(FIRST), SessionFinished("x"), AnswerWithdrawn(FIRST)), Phase.QUESTION),
    ],
)
def test_session_goes_on_where_its_records_end(records: tuple[Record, ...], phase: Phase) -> None:
    assert resume(small_context(), (STARTED, *records)).origin is phase


def test_session_keeps_its_number_of_questions() -> None:
    session = resume(small_context(), (replace(STARTED, max_items=15),)).session

    assert session.assessment is not None
    assert session.assessment.policy.max_items == 15


def test_session_begun_before_its_path_had_a_policy_stays_a_quick_diagnostic() -> None:
    payload = {"v": 1, "path": "positionnement", "bank_version": "small", "seed": 7, "locale": "fr", "max_items": 10}
    begun = from_payload("session_started", payload)
    records = (begun, PracticeDone(), answered(FIRST), answered(SECOND, Outcome.INCORRECT))

    on_its_path = resume(path_context("positioning"), records).session
    before = resume(small_context(), records).session

    assert on_its_path == before
    assert on_its_path.assessment is not None
    assert on_its_path.assessment.policy == replace(ABC_DIAG, max_items=10)
    assert to_payload(begun) == payload


def test_session_keeps_the_policy_it_was_begun_with() -> None:
    begun = replace(STARTED, policy="rehearsal", max_items=32)

    session = resume(path_context("positioning"), (begun,)).session

    assert session.assessment is not None
    assert session.assessment.policy == POLICIES["rehearsal"]
    assert from_payload(begun.kind, to_payload(begun)) == begun


def test_policy_of_another_day_is_the_paths_own() -> None:
    session = resume(path_context("positioning"), (replace(STARTED, policy="of_tomorrow", max_items=9),)).session

    assert session.assessment is not None
    assert session.assessment.policy == path_context("positioning").policy


def test_sittings_are_the_same_when_an_answer_of_the_first_is_replaced() -> None:
    context = path_context("positioning")
    begun = replace(STARTED, policy="positioning", max_items=9)
    third = ItemId("it.t3.1.a")

    corrected = resume(
        context, (begun, answered(FIRST), answered(SECOND), SittingBegun(), AnswerWithdrawn(FIRST), answered(third))
    ).session
    straight = resume(context, (begun, answered(SECOND), SittingBegun(), answered(third))).session

    assert corrected.assessment == straight.assessment
    assert corrected.assessment is not None
    assert corrected.assessment.answered_in_sitting == 1


def test_item_asked_keeps_its_order_when_taken_back() -> None:
    session = session_of(ItemAsked(FIRST, ORDER), answered(FIRST), AnswerWithdrawn(FIRST))

    assert session.asked is not None
    assert session.asked.order == ORDER


def test_second_answer_to_an_item_is_the_last_word() -> None:
    twice = session_of(answered(FIRST, Outcome.INCORRECT), answered(SECOND), answered(FIRST))
    once = session_of(answered(SECOND), answered(FIRST))

    assert twice.assessment == once.assessment
    assert [each.asked.item for each in twice.settled] == [SECOND, FIRST]


def test_item_passed_by_may_be_answered_after_all() -> None:
    session = session_of(ItemNotAdministered(FIRST), answered(FIRST))

    assert session.assessment is not None
    assert session.assessment.answered == 1
    assert len(session.answers) == 1


def test_item_passed_by_is_no_evidence() -> None:
    session = session_of(ItemNotAdministered(FIRST))

    assert session.assessment is not None
    assert session.assessment.observations == ()
    assert session.assessment.skipped == {FIRST}


@pytest.mark.parametrize(
    "record", [ItemAsked(ItemId("it.gone"), ORDER), answered(ItemId("it.gone")), AnswerWithdrawn(ItemId("it.gone"))]
)
def test_item_that_left_the_content_is_no_evidence(record: Record) -> None:
    assert session_of(record) == session_of()


def test_item_that_left_the_bank_is_no_evidence() -> None:
    whole = small_context()
    kept = Item(SECOND, whole.content.items[SECOND].skill, 3)
    context = replace(whole, bank=compile_bank(whole.content.skill_map.spec, [kept]))

    session = session_of(answered(FIRST), answered(SECOND), context=context)

    assert session.assessment is not None
    assert session.assessment.answered == 1


def test_records_before_the_session_began_are_borne() -> None:
    context = small_context()

    session = apply(context, apply(context, Session(), answered(FIRST)), AnswerWithdrawn(FIRST))

    assert session.assessment is None
    assert session.asked is not None


def test_session_cut_between_practice_and_question_asks_one() -> None:
    stage = Stage(records=[STARTED, PracticeDone()])
    stage.state = resume(stage.context, stage.records)

    stage.open()

    assert stage.kinds()[-2:] == ["session_resumed", "item_asked"]
    assert "item.stem" in stage.prompts


def test_resumed_conversation_asks_the_same_question_in_the_same_order() -> None:
    stage = Stage().to_question()
    stage.answer(right=True)
    before = stage.state.session.asked

    again = Stage(channel=Channel.PHONE, seed=99, records=stage.records)
    again.state = resume(again.context, again.records)
    again.open()

    assert again.state.session.asked == before
    assert again.prompts[:3] == ["code.welcome_back", "question.resume", "item.stem"]
    assert again.kinds()[-1] == "session_resumed"


def test_session_cut_in_the_practice_resumes_there() -> None:
    stage = Stage().to_practice()

    again = stage.back_by_code()

    assert again.state.phase is Phase.PRACTICE


def test_orders_differ_between_seeds_and_items() -> None:
    context = small_context()
    choices = [item for item in context.content.items.values() if len(item.option_ids) == 3]

    orders = {option_order(context, seed, item.id) for seed in range(5) for item in choices}

    assert len(orders) == 6


def test_yes_and_no_keep_their_order() -> None:
    orders = {option_order(small_context(), seed, ItemId("it.t5.1.a")) for seed in range(20)}

    assert orders == {("yes", "no")}


def test_every_kind_of_record_survives_storage() -> None:
    stage = Stage()
    stage.open()
    stage.keys(f"12{CAMPAIGN_CODE}111")
    stage.keys("5+6")
    stage.press("1")
    stage.answer(right=True)
    stage.press("9")
    stage.send(MediatorAsks(Seat("sitting-1", "la Maison Bleue")))
    stage.press("1")
    for act in (Act.REPEAT, Act.LEAVE):
        stage.send(MediatorActs("sitting-1", act))
    for _ in range(4):
        stage.mumble()
    for _ in range(10):
        stage.answer(right=True)
    stage.keys("21")
    stage.records.append(SittingBegun())
    stage.records += [
        NoteTaken("note-1"),
        ResultClaimed("a"),
        ResultUnclaimed("a"),
    ]  # kept by others than the dialogue
    stage.records += [ParticipationReleased("campaign-1"), ResultsGathered(TOGETHER)]

    assert {record.kind for record in stage.records} == set(RECORD_TYPES)
    assert [from_payload(each.kind, to_payload(each)) for each in stage.records] == stage.records


@pytest.mark.parametrize(("kind", "version"), [("no_such_kind", 1), ("practice_done", 0)])
def test_unknown_records_are_refused(kind: str, version: int) -> None:
    with pytest.raises(ValueError, match="unknown record"):
        from_payload(kind, {"v": version})
