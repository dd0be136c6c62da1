from __future__ import annotations

import pytest

from audio_content.errors import ContentError
from audio_content.model import CommandId, ItemKind, OptionId, PromptId
from engine.model import ItemId

ITEMS = "items/a.yaml"


def test_items_are_read_with_their_wordings(folder) -> None:
    item = folder.load().items[ItemId("it.web.search.0.a")]

    assert (item.kind, item.key, item.skill, item.country) == (ItemKind.CHOICE, "b", "web.search.0", None)
    assert item.texts["fr"].options[1].synonyms == ("mon parapluie",)
    assert item.texts["en"].stem == "It rains. What do you take?"


def test_yes_no_item_takes_its_words_from_the_vocabulary(folder) -> None:
    item = folder.load().items[ItemId("it.web.search.1.a")]

    assert [(option.id, option.text) for option in item.texts["fr"].options] == [("yes", "oui"), ("no", "non")]
    assert (item.key, item.country) == (OptionId("no"), "FR")


def test_prompts_and_vocabulary_are_read(folder) -> None:
    content = folder.load()

    assert content.prompts["fr"][PromptId("welcome.intro")] == "Bonjour."
    assert content.vocabularies["en"].commands[CommandId("repeat")] == ("repeat", "again")
    assert content.vocabularies["en"].no == ("no", "not at all")
    assert len(content.vocabularies["fr"].digits) == 10


def test_engine_sees_the_items_of_a_path(folder) -> None:
    items = folder.load().engine_items("abc_diag")

    assert [(item.id, item.options) for item in items] == [("it.web.search.0.a", 2), ("it.web.search.1.a", 2)]


def test_version_changes_with_a_spoken_comma(folder) -> None:
    before = folder.load().version

    folder.change(ITEMS, "Le parapluie protège", "Le parapluie, protège")

    assert folder.load().version != before


def test_version_ignores_comments_and_layout(folder) -> None:
    before = folder.load().version

    folder.change(ITEMS, "items:\n", "# a comment\nitems:\n\n")

    assert folder.load().version == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("type: choice", "type: open", "unknown type 'open'"),
        ("key: b", "key: c", "the key 'c' is not one of the options"),
        ("it.web.search.0.a", "it.web.search.9.a", "the id is not"),
        ("skill: web.search.0", "skill: web.search.2", "the id is not"),
        ("country: FR", "country: France", "is not a country"),
        ('requires_sight: "false"', 'requires_sight: "no"', 'Write "true" or "false"'),
        ("  key: b\n", "", "field 'key' is missing"),
        ("  key: b\n", "  key: b\n  level: 2\n", "unknown field 'level'"),
        ('    simpler: "Il y a de la pluie. Que prenez-vous avec vous ?"\n', "", "field 'simpler' is missing"),
        (
            '{id: a, text: "A cake", synonyms: [the cake]}',
            '{id: z, text: "A cake"}',
            "the languages do not have the same",
        ),
        ('    - {id: a, text: "Un gâteau", synonyms: [le gâteau]}\n', "", "too few or repeated"),
        ('{id: a, text: "Un gâteau", synonyms: [le gâteau]}', '{id: b, text: "Un gâteau"}', "too few or repeated"),
        ("it.web.search.1.a\n  skill: web.search.1", "it.web.gone.1.a\n  skill: web.gone.1", "not a skill of the map"),
        ('feedback: "Un moteur est gratuit."', 'feedback: "Bien.", options: []', "unknown field 'options'"),
    ],
)
def test_item_that_contradicts_itself_is_refused(folder, old: str, new: str, message: str) -> None:
    folder.change(ITEMS, old, new)

    with pytest.raises(ContentError, match=message):
        folder.load()


def test_two_items_of_one_id_are_refused(folder) -> None:
    folder.write("items/sub/b.yaml", (folder.root / ITEMS).read_text(encoding="utf-8"))

    with pytest.raises(ContentError, match=r"items/sub/b.yaml: it.web.search.0.a: this item is written twice"):
        folder.load()


def test_all_faults_are_told_at_once(folder) -> None:
    folder.change(ITEMS, "type: choice", "type: open")
    folder.change(ITEMS, 'key: "no"', 'key: "maybe"')
    folder.change("prompts/fr.yaml", "welcome.intro", "Welcome Intro")
    folder.write("items/b.yaml", "- not items")
    folder.write("items/c.yaml", "items: [")

    with pytest.raises(ContentError) as caught:
        folder.load()

    assert [fault.file for fault in caught.value.faults] == [
        "prompts/fr.yaml",
        ITEMS,
        ITEMS,
        "items/b.yaml",
        "items/c.yaml",
    ]
    assert caught.value.code == "content.invalid"


def test_missing_prompts_are_a_fault(folder) -> None:
    (folder.root / "prompts/fr.yaml").unlink()

    with pytest.raises(ContentError, match=r"prompts/fr.yaml: the file is missing"):
        folder.load()


def test_missing_prompts_are_no_fault_for_a_writer_at_work(folder) -> None:
    (folder.root / "prompts/fr.yaml").unlink()
    (folder.root / "prompts/vocabulary.fr.yaml").unlink()

    content = folder.load(partial=True)

    assert set(content.prompts) == set(content.vocabularies) == {"en"}
    assert content.items[ItemId("it.web.search.1.a")].texts["fr"].options[0].text == "yes"


def test_missing_map_is_a_fault_even_for_a_writer(folder) -> None:
    (folder.root / "framework/skills.yaml").unlink()

    with pytest.raises(ContentError, match=r"framework/skills.yaml: the file is missing"):
        folder.load(partial=True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[répéter, encore]", "[]", "'repeat' has no wording"),
        ("[répéter, encore]", "[Répéter]", "is not lower case"),
        (", [quatre, la quatrième]]", "]", "'places' must have 4 lists"),
        (", [neuf]]", "]", "'digits' must have 10 lists"),
        ('"no": [non, pas du tout]\n', "", "'no' has no wording"),
        ("commands:", "orders:", "unknown field 'orders'"),
    ],
)
def test_badly_written_vocabulary_is_refused(folder, old: str, new: str, message: str) -> None:
    folder.change("prompts/vocabulary.fr.yaml", old, new)

    with pytest.raises(ContentError, match=message):
        folder.load()
