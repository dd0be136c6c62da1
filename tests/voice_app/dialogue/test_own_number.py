"""The organisation's own number: digits by voice and keys, letters written on the page, said back before it goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.voice_app.dialogue.stage import OFFER, Stage
from voice_app.dialogue.messages import CampaignFound, Phrase, Spelled
from voice_app.dialogue.records import ResultShared
from voice_app.dialogue.state import Phase
from voice_app.wording import Wording

LABELLED = replace(OFFER, number_label={"fr": "identifiant"})


@pytest.fixture
def stage() -> Stage:
    played = Stage()
    played.open()
    played.press("1")
    played.send(CampaignFound(LABELLED))
    played.keys("111")
    for _ in range(10):
        played.answer(right=True)
    played.press("2")
    assert played.state.phase is Phase.OWN_NUMBER
    return played


def test_the_page_offers_a_field_for_letters(stage: Stage) -> None:
    assert stage.shown[-1].view.writing


@pytest.mark.parametrize(
    ("written", "kept"), [("1234567a", "1234567A"), (" 2A 004-12.7/b ", "2A004127B"), ("4075", "4075")]
)
def test_what_is_written_is_kept_in_large_letters_without_marks(stage: Stage, written: str, kept: str) -> None:
    stage.write(written)
    assert stage.state.phase is Phase.SHARING
    stage.press("1")

    assert [shared.number for shared in stage.of_kind(ResultShared)] == [kept]  # type: ignore[union-attr]


@pytest.mark.parametrize("written", ["=1+1", "numéro", "", "---", "A" * 31, "１２３", "²"])
def test_what_is_no_number_is_told_and_asked_for_again(stage: Stage, written: str) -> None:
    stage.write(written)

    assert stage.prompts == ["own.unreadable"]
    assert stage.state.phase is Phase.OWN_NUMBER
    assert stage.shown[-1].view.writing


def test_letters_are_said_back_by_their_names_with_the_question(stage: Stage) -> None:
    stage.write("12ab")

    told = next(
        part for part in stage.said[-1].parts if isinstance(part, Phrase) and part.prompt == "sharing.with_number"
    )
    wording = Wording(stage.context.content)
    assert told.fill["digits"] == Spelled("12AB")
    assert "un, deux. a, bé" in wording.spoken(told, "fr")
    assert "one, two. ay, bee" in wording.spoken(told, "en")
    assert "12 AB" in wording.written(told, "fr")


def test_letters_cannot_be_said(stage: Stage) -> None:
    heard = stage.listens[-1].grammar

    assert heard is not None
    assert not any(form in ("a", "bé", "b") for meaning in heard.meanings for form in meaning.forms)
