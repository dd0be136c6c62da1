"""Half-heard answers: asked about where the reply matters to the estimate, said back where it does not."""

from __future__ import annotations

from tests.voice_app.dialogue.stage import Stage
from voice_app.dialogue.messages import Heard, option_meaning
from voice_app.dialogue.turn import DONT_KNOW, PAUSE
from voice_app.hearing import HearingOutcome, MeaningId, Recognition, Scored


def hear(stage: Stage, likelihood: dict[MeaningId, float], none_of_these: float) -> None:
    """Let the ear half hear these meanings."""
    grammar = stage.listens[-1].grammar
    assert grammar is not None
    ranked = sorted(
        (Scored(meaning.id, likelihood.get(meaning.id, 0.0)) for meaning in grammar.meanings),
        key=lambda scored: -scored.likelihood,
    )
    stage.send(Heard(stage.state.turn, Recognition(HearingOutcome.DOUBTFUL, tuple(ranked), none_of_these, "stage")))


def question(stage: Stage, options: int) -> tuple[MeaningId, list[MeaningId]]:
    """Come to a question with so many options; give what is right and what is wrong there."""
    stage.to_question()
    while len(stage.asked_item().option_ids) < options:
        stage.answer(right=True)
    item = stage.asked_item()
    return option_meaning(item.key), [option_meaning(each) for each in item.option_ids if each != item.key]


def test_doubt_between_two_wrong_options_is_not_asked_about() -> None:
    stage = Stage()
    _, (wrong, other, *_) = question(stage, 3)
    before = len(stage.state.session.answers)

    hear(stage, {wrong: 0.6, other: 0.4}, 0.0)

    assert (stage.state.doubt, len(stage.state.session.answers)) == (None, before + 1)


def test_answer_taken_in_doubt_is_said_back() -> None:
    stage = Stage()
    _, (wrong, other, *_) = question(stage, 3)
    for _ in range(4):
        stage.answer(right=True)
    while len(stage.asked_item().option_ids) < 3:
        stage.answer(right=True)
    item = stage.asked_item()
    wrong, other = (option_meaning(each) for each in item.option_ids if each != item.key)

    hear(stage, {wrong: 0.6, other: 0.4}, 0.0)

    assert "answer.echo" in stage.prompts


def test_doubt_between_right_and_wrong_is_asked_about() -> None:
    stage = Stage()
    right, (wrong, *_) = question(stage, 3)

    hear(stage, {right: 0.6, wrong: 0.38}, 0.02)

    assert stage.state.doubt is not None
    assert stage.state.doubt.candidates == (right, wrong)


def test_doubt_whether_it_was_an_answer_is_asked_about() -> None:
    stage = Stage()
    _, (wrong, other, *_) = question(stage, 3)

    hear(stage, {wrong: 0.6, other: 0.3}, 0.1)

    assert stage.state.doubt is not None


def test_half_heard_command_is_asked_about() -> None:
    stage = Stage()
    question(stage, 3)

    hear(stage, {PAUSE: 0.7, DONT_KNOW: 0.28}, 0.02)

    assert stage.state.doubt is not None


def test_evidence_of_an_answer_taken_in_doubt_stays_uncertain() -> None:
    stage = Stage()
    right, (wrong, other, *_) = question(stage, 3)

    hear(stage, {wrong: 0.6, other: 0.3999, right: 0.0001}, 0.0)

    evidence = stage.state.session.answers[-1].answer
    assert evidence is not None
    assert 0.0 < evidence.evidence.correct < evidence.evidence.incorrect < 1.0
