"""The rules of the ear."""

from __future__ import annotations

from tests.voice_app.dialogue.stage import Stage, prompts_of
from voice_app.dialogue.messages import Earcon, ItemWords, OptionWords, Part, Pause, Phrase
from voice_app.dialogue.script import name_of, stem
from voice_app.dialogue.state import DialogueState, Phase
from voice_app.dialogue.turn import REPEAT


def question_parts(stage: Stage) -> list[Part]:
    """The parts of the question said last, from its stem on."""
    parts = list(stage.said[-1].parts)
    start = next(place for place, part in enumerate(parts) if isinstance(part, ItemWords))
    return parts[start:]


def choice_question() -> Stage:
    stage = Stage().to_question()
    while len(stage.asked_item().option_ids) < 3:
        stage.answer(right=True)
    return stage


def test_question_has_its_pauses_and_place_sounds() -> None:
    parts = question_parts(choice_question())

    assert [part for part in parts if not isinstance(part, ItemWords | Phrase)] == [
        Pause(600),
        Earcon("place.1"),
        Pause(350),
        Earcon("place.2"),
        Pause(350),
        Earcon("place.3"),
    ]


def test_last_thing_heard_is_the_last_option() -> None:
    stage = choice_question()
    asked = stage.state.session.asked
    assert asked is not None

    last = stage.said[-1].parts[-1]

    assert isinstance(last, Phrase)
    assert last.fill["option"] == OptionWords(asked.item, asked.order[-1])


def test_voice_may_interrupt_from_the_first_option_on() -> None:
    stage = choice_question()
    say = stage.said[-1]
    assert say.voice_bargein_from is not None

    assert say.parts[say.voice_bargein_from] == Earcon("place.1")


def test_short_sentence_may_be_interrupted_at_once() -> None:
    stage = Stage().to_question()

    stage.keep_silent()

    assert stage.said[-1].voice_bargein_from == 0


def test_full_form_ends_after_three_questions_and_returns_with_help() -> None:
    stage = Stage().to_question()
    for _ in range(3):
        stage.answer(right=True)
    while len(stage.asked_item().option_ids) < 3:
        stage.answer(right=True)
    tapered = stage.prompts

    stage.press("*")

    assert "option.short.1" in tapered
    assert "option.full.1" in stage.prompts


def test_yes_or_no_is_announced_before_the_question() -> None:
    stage = Stage().to_question()
    while len(stage.asked_item().option_ids) != 2:
        stage.answer(right=True)
    first = stage.prompts[-2:]

    stage.mumble()
    stage.mumble()

    assert first in (["question.yes_no", "item.stem"], ["question.yes_no_short", "item.stem"])
    assert stage.prompts == ["unheard.second", "unheard.talk", "question.yes_no", "item.stem"]


def test_yes_or_no_without_an_ear_names_the_keys() -> None:
    stage = Stage(microphone=False).to_question()
    while len(stage.asked_item().option_ids) != 2:
        stage.answer(right=True)

    assert stage.prompts[-2:] == ["question.yes_no_keys", "item.stem"]


def test_yes_of_a_question_is_said_back_by_its_word() -> None:
    stage = Stage().to_question()
    while len(stage.asked_item().option_ids) != 2:
        stage.answer(right=True)

    stage.say("oui", doubtful=True)

    ask = stage.said[-1].parts[0]
    assert isinstance(ask, Phrase)
    assert ask.fill == {"heard": "option.yes"}


def test_answers_after_the_third_are_not_said_back() -> None:
    stage = Stage().to_question()

    echoes = []
    for _ in range(5):
        stage.answer(right=True)
        echoes.append(stage.prompts[0])

    assert echoes == ["answer.echo"] * 3 + ["answer.taken"] * 2


def test_closed_conversation_has_nothing_to_say() -> None:
    stage = Stage()

    assert stem(stage.context, DialogueState()) == ()
    assert stem(stage.context, DialogueState(phase=Phase.QUESTION)) == ()


def test_command_is_named_by_its_prompt() -> None:
    stage = Stage().to_question()

    assert name_of(stage.context, stage.state, REPEAT) == "command.repeat"


def test_welcome_and_practice_let_the_person_answer_soon() -> None:
    """Words before the first answers: at 140 words a minute, 93 words are 40 seconds."""
    stage = Stage().to_practice()
    texts = stage.context.content.prompts["fr"]

    longest = max(sum(len(texts[prompt].split()) for prompt in prompts_of(say)) for say in stage.said)

    assert longest <= 93
