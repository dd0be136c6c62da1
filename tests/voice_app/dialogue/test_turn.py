"""What may be said in a turn."""

from __future__ import annotations

import pytest

from tests.voice_app.dialogue.stage import CODE, Stage
from voice_app.dialogue.messages import option_meaning
from voice_app.dialogue.turn import EVERYWHERE
from voice_app.hearing import Grammar


def grammar(stage: Stage) -> Grammar:
    found = stage.listens[-1].grammar
    assert found is not None
    return found


def forms(stage: Stage, meaning: str) -> tuple[str, ...]:
    return next((each.forms for each in grammar(stage).meanings if each.id == meaning), ())


WAYS = {
    "language": "",
    "welcome": "1",
    "code_entry": "12",
    "pace": "11",
    "practice": "111",
    "question": "1111",
    "paused": "11116",
    "result": "1111" + "1" * 10,
    "in_english": "2111",
}


@pytest.mark.parametrize("keys", WAYS.values(), ids=WAYS.keys())
def test_all_commands_may_be_said_at_every_moment(keys: str) -> None:
    stage = Stage()
    stage.open()

    stage.keys(keys)

    said = {meaning.id for meaning in grammar(stage).meanings}
    assert set(EVERYWHERE) <= said


def test_all_commands_may_be_said_in_a_doubt() -> None:
    stage = Stage().to_question()

    stage.say("je ne sais pas", doubtful=True)

    assert set(EVERYWHERE) <= {meaning.id for meaning in grammar(stage).meanings}


def choice_question() -> Stage:
    stage = Stage().to_question()
    while len(stage.asked_item().option_ids) < 3:
        stage.answer(right=True)
    return stage


def test_option_is_said_by_its_words_its_synonyms_and_its_place() -> None:
    stage = choice_question()
    place = stage.place_of(right=True)
    number = ("un", "deux", "trois")[place - 1]

    assert {"je raccroche", "raccrocher", f"réponse {number}", number} <= set(forms(stage, "option.a"))


def test_wording_shared_by_two_options_belongs_to_neither() -> None:
    stage = choice_question()

    assert all("demain" not in meaning.forms for meaning in grammar(stage).meanings)


def test_yes_no_question_knows_no_places() -> None:
    stage = Stage().to_question()
    while len(stage.asked_item().option_ids) != 2:
        stage.answer(right=True)

    assert forms(stage, "option.yes") == ("oui", "oui c'est ça", "tout à fait")


def test_passing_may_be_said_once_it_was_offered() -> None:
    stage = Stage().to_question()
    before = forms(stage, "command.skip")

    for _ in range(3):
        stage.keep_silent()

    assert before == ()
    assert forms(stage, "command.skip") == ("passer la question", "on passe")


def test_digits_may_be_said_while_a_code_is_entered() -> None:
    stage = Stage().to_welcome()
    stage.press("2")

    assert [forms(stage, f"digit.{value}")[0] for value in (0, 9)] == ["zéro", "neuf"]
    assert forms(stage, "option.a") == ()


def test_nothing_is_listened_to_without_a_microphone() -> None:
    stage = Stage(microphone=False).to_question()

    assert all(listen.grammar is None for listen in stage.listens)


def test_code_is_never_part_of_a_grammar() -> None:
    stage = Stage().to_question()

    assert CODE not in str(grammar(stage))


def test_the_last_and_the_middle_of_three_answers_can_be_said_so() -> None:
    stage = Stage().to_question()
    stage.answer(right=True)
    asked = stage.state.session.asked
    assert asked is not None

    owner = {form: meaning.id for meaning in grammar(stage).meanings for form in meaning.forms}

    assert owner["celle du milieu"] == option_meaning(asked.order[1])
    assert owner["la dernière"] == option_meaning(asked.order[2])


def test_of_two_choices_none_is_the_middle_one() -> None:
    stage = Stage().to_practice()

    said = [form for meaning in grammar(stage).meanings for form in meaning.forms]

    assert "celle du milieu" not in said
    assert "la dernière" in said


def test_who_asks_for_a_moment_is_given_more_time_from_then_on() -> None:
    stage = Stage().to_question()
    before = stage.listens[-1]

    stage.say("je réfléchis")

    after = stage.listens[-1]
    assert (after.patience_ms, after.hang_ms) == (
        stage.context.rules.patience_slow_ms,
        stage.context.rules.hang_slow_ms,
    )
    assert before.patience_ms == stage.context.rules.patience_ms
