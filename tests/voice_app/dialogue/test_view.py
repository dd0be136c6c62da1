"""The page says what the voice says."""

from __future__ import annotations

import pytest

from audio_content.forms import said_form
from audio_content.loader import load
from audio_content.model import LOCALES, CommandId
from tests.voice_app.dialogue.stage import CODE, Stage
from voice_app.dialogue.messages import ItemField, ItemWords, Phrase, Screen


def test_question_page_has_places_code_and_progress() -> None:
    stage = Stage().to_question()
    stage.answer(right=True)

    view = stage.shown[-1].view

    assert view.screen is Screen.QUESTION
    assert [button.place for button in view.choices] == list(range(1, len(view.choices) + 1))
    assert (view.code, view.progress) == (CODE, (1, 10))


def test_page_keeps_the_question_when_only_a_sentence_is_said() -> None:
    stage = Stage().to_question()

    stage.keep_silent()

    assert ItemWords(stage.asked_item().id, ItemField.STEM) in stage.shown[-1].view.text


def test_help_page_shows_the_other_commands() -> None:
    stage = Stage().to_question()
    usual = [button.pictogram for button in stage.shown[-1].view.commands]

    stage.press("0")

    others = [button.pictogram for button in stage.shown[-1].view.commands]
    assert usual == ["repeat", "dont_know", "explain", "back", "pause", "help"]
    assert others == ["repeat", "slower", "faster", "louder", "quieter", "pause"]


def test_offered_passing_replaces_dont_know_on_the_page() -> None:
    stage = Stage().to_question()

    for _ in range(3):
        stage.keep_silent()

    commands = {button.key: button.pictogram for button in stage.shown[-1].view.commands}
    assert commands["#"] == "skip"


def test_code_page_has_ten_digits_and_its_commands() -> None:
    stage = Stage().to_welcome()

    stage.press("2")

    view = stage.shown[-1].view
    assert view.screen is Screen.CODE_ENTRY
    assert "".join(button.key for button in view.choices) == "1234567890"
    assert [button.pictogram for button in view.commands] == ["help", "lessons", "leave_code"]


def test_code_page_offers_to_erase_what_is_there() -> None:
    stage = Stage().to_welcome()

    stage.keys("24")

    assert [button.pictogram for button in stage.shown[-1].view.commands] == ["erase", "leave_code"]


@pytest.mark.parametrize("locale", LOCALES)
def test_the_words_of_a_button_can_be_said(locale: str) -> None:
    content = load()
    words = content.vocabularies[locale].commands
    labels = {
        CommandId(name.partition(".")[2]): text
        for name, text in content.prompts[locale].items()
        if name.startswith("command.")
    }

    assert {name: said_form(text) for name, text in labels.items() if said_form(text) not in words[name]} == {}


def test_doubt_page_offers_yes_and_no() -> None:
    stage = Stage().to_question()

    stage.say("je ne sais pas", doubtful=True)

    view = stage.shown[-1].view
    assert [button.key for button in view.choices] == ["1", "2"]
    assert view.heading == Phrase("confirm.heading")  # type: ignore[arg-type]


def test_result_page_lists_what_is_said() -> None:
    stage = Stage().to_question()
    for _ in range(10):
        stage.answer(right=True)

    spoken = [part for part in stage.said[-1].parts if isinstance(part, Phrase)]
    shown = stage.shown[-1].view.text

    assert list(shown) == [part for part in spoken if part.prompt.rpartition("_")[2] not in ("say", "keys")]
