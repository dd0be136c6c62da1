"""A mediator beside the person: asked for, said, kept, weighed; taken back without a trace in the estimate."""

from __future__ import annotations

import pytest

from audio_content.model import OptionId
from engine.adaptive.explanations import explain
from engine.model import Aid, InputMode
from engine.organization.consent import Purpose
from engine.organization.sittings import Seat
from tests.voice_app.dialogue.stage import OFFER, Stage, path_context
from voice_app.dialogue.assist_messages import Act, MediatorActs, MediatorAsks
from voice_app.dialogue.fold import resume
from voice_app.dialogue.records import (
    AidGiven,
    AssistanceBegun,
    AssistanceEnded,
    CampaignJoined,
    ConsentAnswered,
    ItemAnswered,
)
from voice_app.dialogue.state import Phase

SEAT = Seat("sitting-1", "la Maison Bleue")


def at_a_question(*, helped: bool = True) -> Stage:
    stage = Stage()
    stage.open()
    stage.keys("11111")  # the first question asks yes or no, and is behind
    assert stage.state.phase is Phase.QUESTION
    if helped:
        stage.send(MediatorAsks(SEAT))
        stage.press("1")
    return stage


def act(stage: Stage, kind: Act, **how: object) -> int:
    """Let the mediator act on the question asked; gives the number of effects."""
    asked = stage.state.session.asked
    item = how.pop("item", None if asked is None else asked.item)
    return len(stage.send(MediatorActs(SEAT.sitting, kind, item, **how)))  # type: ignore[arg-type]


def key_of(stage: Stage) -> OptionId:
    asked = stage.state.session.asked
    assert asked is not None
    return stage.context.content.items[asked.item].key


def given(stage: Stage) -> list[ItemAnswered]:
    return [record for record in stage.records if isinstance(record, ItemAnswered)]


def answer_right(stage: Stage) -> None:
    asked = stage.state.session.asked
    assert asked is not None
    stage.press(str(asked.order.index(key_of(stage)) + 1))


def estimate(stage: Stage) -> tuple[float, ...]:
    assessment = stage.state.session.assessment
    assert assessment is not None
    return assessment.report().overall.pmf


def test_the_person_is_asked_before_anybody_helps() -> None:
    stage = at_a_question(helped=False)
    asked = stage.state.session.asked

    stage.send(MediatorAsks(SEAT))
    assert stage.state.phase is Phase.ASSISTANCE
    assert stage.prompts[:2] == ["assist.ask", "assist.what"]
    assert act(stage, Act.REPEAT) == 0
    stage.say("oui")

    assert stage.state.phase is Phase.QUESTION
    assert stage.state.session.asked == asked
    assert stage.prompts[0] == "assist.joined"
    consent = next(record for record in stage.records if isinstance(record, ConsentAnswered))
    assert (consent.purpose, consent.recipient, consent.agreed) == (Purpose.ASSISTANCE, "sitting-1", True)
    assert AssistanceBegun("sitting-1", "la Maison Bleue") in stage.records
    assert not stage.state.session.consent  # nothing is shared by it


@pytest.mark.parametrize("reply", ["no", "silence", "noise"])
def test_without_a_yes_nobody_helps(reply: str) -> None:
    stage = at_a_question(helped=False)
    stage.send(MediatorAsks(SEAT))

    if reply == "no":
        stage.say("non")
    for _ in range(4):
        stage.keep_silent() if reply == "silence" else stage.mumble() if reply == "noise" else None

    assert stage.state.session.helper is None
    assert act(stage, Act.HINT, words="Regardez en haut.") == 0
    assert not any(isinstance(record, AssistanceBegun) for record in stage.records)


def test_a_sitting_with_a_campaign_asks_first_and_begins_the_campaign() -> None:
    stage = Stage()
    stage.open()
    stage.send(MediatorAsks(Seat("sitting-1", "la Maison Bleue", OFFER)))
    assert stage.state.phase is Phase.LANGUAGE
    stage.press("1")
    assert stage.state.phase is Phase.ASSISTANCE
    stage.press("1")
    assert stage.prompts[:2] == ["assist.joined", "campaign.welcome"]
    stage.press("1")

    assert any(isinstance(record, CampaignJoined) for record in stage.records)
    assert stage.state.session.helper is not None


def test_another_sitting_s_mediator_can_do_nothing() -> None:
    stage = at_a_question()

    assert stage.send(MediatorActs("sitting-2", Act.REPEAT)) == []


@pytest.mark.parametrize(
    ("kind", "how", "aid", "said"),
    [
        (Act.REPEAT, {}, Aid.READ_ALOUD, "assist.repeat"),
        (Act.SLOWER, {}, Aid.READ_ALOUD, "voice.slower"),
        (Act.REPHRASE, {}, Aid.REPHRASED, "question.simpler"),
        (Act.HINT, {"words": "Pensez à la banque."}, Aid.HINT, "assist.hint"),
        (Act.HINT, {}, Aid.HINT, "assist.hint_not"),
        (Act.DEMONSTRATE, {}, Aid.DEMONSTRATED, "assist.demonstration_beside"),
    ],
)
def test_each_help_is_said_and_kept_and_comes_with_the_answer(
    kind: Act, how: dict[str, object], aid: Aid, said: str
) -> None:
    stage = at_a_question()
    asked = stage.state.session.asked
    assert asked is not None

    act(stage, kind, **how)
    assert stage.prompts[0] == said
    assert AidGiven(asked.item, aid, kind.value) in stage.records
    answer_right(stage)

    answer = given(stage)[-1]
    assert answer.aid is aid


def test_a_hint_that_the_voice_gives_is_not_the_answer() -> None:
    stage = at_a_question()

    act(stage, Act.HINT)

    phrase = stage.said[-1].parts[0]
    assert phrase.fill["option"].option != key_of(stage)  # type: ignore[union-attr]


def test_the_same_answers_with_and_without_aid_give_different_explained_estimates() -> None:
    alone, helped, shown = at_a_question(), at_a_question(), at_a_question()

    act(helped, Act.HINT)
    act(shown, Act.DEMONSTRATE)
    for stage in (alone, helped, shown):
        answer_right(stage)

    levels = []
    for stage in (alone, helped, shown):
        assessment = stage.state.session.assessment
        assert assessment is not None
        levels.append(assessment.report().overall.mean)
    assert levels[0] > levels[1] > levels[2]
    assessment = helped.state.session.assessment
    assert assessment is not None
    because = explain(assessment.report(), "fr", str)
    assert any("aide" in sentence for sentence in because)


def test_a_withdrawn_answer_restores_the_earlier_estimate_exactly() -> None:
    stage = at_a_question()
    answer_right(stage)
    before, asked = estimate(stage), stage.state.session.asked
    assert asked is not None
    stage.press("1")
    assert estimate(stage) != before

    act(stage, Act.WITHDRAW, item=asked.item)

    assert estimate(stage) == before
    assert stage.state.session.asked == asked
    assert stage.prompts[0] == "assist.withdrawn"
    assert resume(stage.context, stage.records).session == stage.state.session


def test_an_earlier_answer_is_taken_back_as_if_it_had_never_been_given() -> None:
    stage = at_a_question()
    first = stage.state.session.answers[0].asked
    answer_right(stage)
    waiting = stage.state.session.asked
    kept = len(stage.records)

    act(stage, Act.WITHDRAW, item=first.item)

    assert stage.prompts[0] == "assist.withdrawn_earlier"
    assert stage.state.session.asked == first != waiting
    assert [record.kind for record in stage.records[kept:]] == ["answer_withdrawn", "item_asked"]
    assert first.item not in {each.asked.item for each in stage.state.session.answers}
    assert resume(stage.context, stage.records).session == stage.state.session

    answer_right(stage)
    assert stage.state.session.answers[-1].asked == first


def test_an_answer_that_was_not_given_is_not_taken_back() -> None:
    stage = at_a_question()
    waiting = stage.state.session.asked
    assert waiting is not None

    assert act(stage, Act.WITHDRAW, item=waiting.item) == 0


def test_an_aid_outlives_the_withdrawal_of_its_answer() -> None:
    stage = at_a_question()
    asked = stage.state.session.asked
    assert asked is not None
    act(stage, Act.HINT)
    answer_right(stage)

    act(stage, Act.WITHDRAW, item=asked.item)
    answer_right(stage)

    assert [answer.aid for answer in given(stage)[1:]] == [Aid.HINT, Aid.HINT]


def test_a_relayed_answer_is_said_and_recorded_as_relayed() -> None:
    stage = at_a_question()

    act(stage, Act.RELAY, option=key_of(stage))

    answer = given(stage)[-1]
    assert (answer.input_mode, answer.aid, answer.evidence.correct) == (InputMode.MEDIATOR, Aid.NONE, 1.0)
    assert stage.prompts[0] == "assist.relayed"


def test_an_answer_done_for_them_moves_nothing() -> None:
    stage = at_a_question()
    before = estimate(stage)

    act(stage, Act.RELAY, option=key_of(stage), done_for_them=True)

    assert stage.prompts[0] == "assist.done_for_them"
    assert estimate(stage) == before


def test_what_comes_too_late_does_nothing() -> None:
    stage = at_a_question()
    asked = stage.state.session.asked
    assert asked is not None
    answer_right(stage)
    records = list(stage.records)

    assert act(stage, Act.RELAY, item=asked.item, option=asked.order[0]) == 0
    assert act(stage, Act.HINT, item=asked.item) == 0
    assert stage.records == records


def test_the_person_goes_on_alone_from_a_pause() -> None:
    stage = at_a_question()
    act(stage, Act.PAUSE)
    assert stage.prompts[0] == "assist.paused"

    stage.press("3")

    assert AssistanceEnded("sitting-1") in stage.records
    assert stage.state.phase is Phase.QUESTION
    assert act(stage, Act.REPEAT) == 0


def test_help_survives_a_cut() -> None:
    stage = at_a_question()
    act(stage, Act.HINT)

    again = resume(stage.context, stage.records)

    assert again.session == stage.state.session
    assert again.session.helper == AssistanceBegun("sitting-1", "la Maison Bleue")


@pytest.mark.parametrize(
    ("kind", "how"), [(Act.REPHRASE, {}), (Act.HINT, {"words": "Pensez-y."}), (Act.DEMONSTRATE, {})]
)
def test_in_a_rehearsal_help_is_refused_aloud_and_leaves_no_trace(kind: Act, how: dict[str, str]) -> None:
    stage = rehearsing()
    before = list(stage.records)

    act(stage, kind, **how)

    assert stage.prompts[0] == "rehearsal.no_help"
    assert "item.stem" in stage.prompts
    assert stage.records == before


def test_in_a_rehearsal_an_answer_is_relayed_and_not_given_for_the_person() -> None:
    stage = rehearsing()

    act(stage, Act.RELAY, option=key_of(stage), done_for_them=True)
    refused = given(stage)
    act(stage, Act.RELAY, option=key_of(stage))

    assert refused == []
    assert [record.aid for record in given(stage)] == [Aid.NONE]


def rehearsing() -> Stage:
    stage = Stage(context=path_context("rehearsal")).to_question()
    stage.send(MediatorAsks(SEAT))
    stage.press("1")
    return stage
