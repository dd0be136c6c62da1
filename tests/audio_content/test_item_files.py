"""The fields of an item: what may be written, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from audio_content.errors import ContentError
from audio_content.model import AssistantKind, ItemKind
from engine.model import ItemId
from tests.audio_content.conftest import Folder

NUMBER = """
items:
- id: it.web.trust.1.a
  skill: web.trust.1
  type: number
  key: "3"
  range: "0-5"
  difficulty: "0.7"
  assistant: {kind: screen_reader, fr: "Avec un lecteur d'écran.", en: "With a screen reader."}
  fr: {stem: "Combien ?", simpler: "Dites combien ?", also: ["{une} heures"], accept: [un trio], feedback: "Trois."}
  en: {stem: "How many?", simpler: "Say how many?", accept: [a trio], feedback: "Three."}
"""
WORD = """
items:
- id: it.web.trust.1.a
  skill: web.trust.1
  type: word
  key: browser
  fr:
    {stem: "Mot ?", simpler: "Dit ?", accept: [navigateur, le navigateur], others: [moteur, clavier], feedback: "F."}
  en:
    {stem: "Which word?", simpler: "Say?", accept: [browser, the browser], others: [engine, keyboard], feedback: "Yes."}
"""
SIGHT = """
items:
- id: it.web.trust.1.a
  skill: web.trust.1
  type: yes_no
  key: "yes"
  requires_sight: "true"
  twin: it.web.trust.1.b
  fr: {stem: "Un ?", simpler: "Deux ?", feedback: "Trois."}
  en: {stem: "One?", simpler: "Two?", feedback: "Three."}
- id: it.web.trust.1.b
  skill: web.trust.1
  type: yes_no
  key: "yes"
  fr: {stem: "Un ?", simpler: "Deux ?", feedback: "Trois."}
  en: {stem: "One?", simpler: "Two?", feedback: "Three."}
"""


def test_a_number_item_listens_for_its_range(folder: Folder) -> None:
    folder.write("items/b.yaml", NUMBER)

    item = folder.load().items[ItemId("it.web.trust.1.a")]

    assert item.kind is ItemKind.NUMBER
    assert item.option_ids == ("0", "1", "2", "3", "4", "5")
    assert [option.text for option in item.texts["fr"].options][:4] == ["zéro", "un", "deux", "trois"]
    assert [option.synonyms for option in item.texts["en"].options if option.synonyms] == [("a trio",)]


def test_a_wording_of_a_number_item_is_made_for_every_number(folder: Folder) -> None:
    folder.write("items/b.yaml", NUMBER)

    options = folder.load().items[ItemId("it.web.trust.1.a")].texts["fr"].options

    assert [option.synonyms[0] for option in options[:3]] == ["zéro heures", "une heures", "deux heures"]
    assert options[3].synonyms == ("trois heures", "un trio")


def test_a_wording_may_say_the_rank(folder: Folder) -> None:
    folder.write("items/b.yaml", NUMBER.replace("accept: [a trio]", 'also: ["the {rank}"]').replace("0-5", "1-5"))

    options = folder.load().items[ItemId("it.web.trust.1.a")].texts["en"].options

    assert [option.synonyms for option in options[:3]] == [("the first",), ("the second",), ("the third",)]


def test_a_word_item_listens_for_the_word_and_the_others(folder: Folder) -> None:
    folder.write("items/b.yaml", WORD)

    item = folder.load().items[ItemId("it.web.trust.1.a")]

    assert item.option_ids == ("browser", "other_1", "other_2")
    assert item.texts["fr"].options[0].synonyms == ("le navigateur",)
    assert item.texts["en"].options[2].text == "keyboard"


def test_an_item_has_a_difficulty_and_a_variant_for_an_assistive_technology(folder: Folder) -> None:
    folder.write("items/b.yaml", NUMBER)

    item = folder.load().items[ItemId("it.web.trust.1.a")]

    assert item.difficulty == 0.7
    assert item.assistant is not None
    assert item.assistant.kind is AssistantKind.SCREEN_READER
    assert item.assistant.by_locale["en"] == "With a screen reader."


def test_the_twin_is_the_item_that_needs_no_sight(folder: Folder) -> None:
    folder.write("items/b.yaml", SIGHT)

    item = folder.load().items[ItemId("it.web.trust.1.a")]

    assert item.twin == "it.web.trust.1.b"


Spoil = Callable[[str], str]


@pytest.mark.parametrize(
    ("text", "spoil", "problem"),
    [
        (NUMBER, lambda text: text.replace('"0-5"', '"5-0"'), "cannot be listened for"),
        (NUMBER, lambda text: text.replace('key: "3"', 'key: "7"'), "is not one of the options"),
        (NUMBER, lambda text: text.replace('"0.7"', '"3.5"'), "is not near the level"),
        (NUMBER, lambda text: text.replace("screen_reader", "mind_reader"), "unknown kind"),
        (NUMBER, lambda text: text.replace("{une} heures", "heures"), "where the number stands"),
        (NUMBER, lambda text: text.replace("{une} heures", "{trois} heures {}"), "where the number stands"),
        (WORD, lambda text: text.replace(", clavier", ""), "do not have the same options"),
        (WORD, lambda text: text.replace("others: [moteur, clavier], ", ""), "is missing"),
        (WORD, lambda text: text.replace("type: word", 'type: word\n  range: "0-9"'), "only a number item"),
        (SIGHT, lambda text: text.replace("twin: it.web.trust.1.b", "twin: it.web.trust.1.c"), "the twin"),
        (SIGHT, lambda text: text.replace('requires_sight: "true"', 'requires_sight: "false"'), "requires sight has"),
    ],
)
def test_what_contradicts_itself_is_told(folder: Folder, text: str, spoil: Spoil, problem: str) -> None:
    folder.write("items/b.yaml", spoil(text))

    with pytest.raises(ContentError, match=problem):
        folder.load()


def test_numbers_and_words_are_asked(folder: Folder) -> None:
    folder.write("items/b.yaml", WORD)

    content = folder.load()

    assert [item.id for item in content.path_items("positionnement")] == ["it.web.search.1.a", "it.web.trust.1.a"]
    assert [item.options for item in content.engine_items("positionnement")] == [2, 3]


def test_an_item_that_requires_sight_is_left_to_its_twin(folder: Folder) -> None:
    folder.write("items/b.yaml", SIGHT)

    asked = [item.id for item in folder.load().engine_items("positionnement")]

    assert asked == ["it.web.search.1.a", "it.web.trust.1.b"]
