"""Each rule fires on a wording that breaks it, and keeps silent on its neighbour that does not."""

from __future__ import annotations

import pytest

from audio_content.model import ItemKind
from audio_content.rules.item_rules import ITEM_RULES, count_figures

RULES = {name: rule for name, _, rule in ITEM_RULES}
LONG_26 = " ".join(["mot"] * 12) + ". " + " ".join(["mot"] * 13) + " quoi ?"
LONG_27 = " ".join(["mot"] * 13) + ". " + " ".join(["mot"] * 13) + " quoi ?"
SENTENCE_15 = " ".join(["mot"] * 14) + " quoi ?"
SENTENCE_16 = " ".join(["mot"] * 15) + " quoi ?"

CASES = [
    ("stem-length", {"stem": LONG_27}, {"stem": LONG_26}),
    ("stem-length", {"simpler": LONG_27}, {"simpler": LONG_26}),
    ("sentence-length", {"stem": SENTENCE_16}, {"stem": SENTENCE_15}),
    ("sentence-length", {"simpler": SENTENCE_16}, {"simpler": SENTENCE_15}),
    ("question-last", {"stem": "Que faire ? Il pleut."}, {"stem": "Il pleut. Que faire ?"}),
    ("question-last", {"simpler": "Dites ce qu'il faut"}, {"simpler": "Un ami demande : « Que faire ? »"}),
    ("question-single", {"stem": "Qui ? Que faire ?"}, {"stem": "On dit « qui ? ». Que faire ?"}),
    (
        "simpler-differs",
        {"stem": "Il pleut, que faire ?", "simpler": "Il pleut. Que faire ?"},
        {"stem": "Il pleut. Que faire ?", "simpler": "La pluie tombe. Que faire ?"},
    ),
    ("option-count", {"options": {"b": ["un chat"]}}, {"options": {"a": ["un chat"], "b": ["des fleurs"]}}),
    (
        "option-count",
        {"options": {i: [f"mot {i}"] for i in "abcde"}},
        {"options": {i: [f"mot {i}"] for i in "abcd"}},
    ),
    (
        "option-count",
        {"options": {"a": ["x"], "b": ["y"], "c": ["z"], "d": ["un deux trois quatre cinq"]}},
        {"options": {"a": ["x"], "b": ["y"], "c": ["z"], "d": ["un deux trois quatre"]}},
    ),
    (
        "option-length",
        {"options": {"a": ["a b c d e f g h i"], "b": ["x"]}},
        {"options": {"a": ["a b c d e f g h"], "b": ["x"]}},
    ),
    (
        "option-catch-all",
        {"options": {"a": ["Toutes les réponses"], "b": ["x"]}},
        {"options": {"a": ["Toutes les clés"], "b": ["x"]}},
    ),
    ("option-catch-all", {"options": {"a": ["Aucune"], "b": ["x"]}}, {"options": {"a": ["Une carte"], "b": ["x"]}}),
    (
        "option-negated",
        {"options": {"a": ["Je n'ouvre rien"], "b": ["x"]}},
        {"options": {"a": ["J'ouvre une note"], "b": ["x"]}},
    ),
    (
        "option-negated",
        {"options": {"a": ["Ne pas répondre"], "b": ["x"]}},
        {"options": {"a": ["Répondre à une personne"], "b": ["x"]}},
    ),
    (
        "option-contained",
        {"options": {"a": ["Le code"], "b": ["Donner le code"]}},
        {"options": {"a": ["Le code"], "b": ["Donner les codes"]}},
    ),
    (
        "wordings-disjoint",
        {"options": {"a": ["Un chat", "l'animal"], "b": ["Un chien", "L’animal"]}},
        {"options": {"a": ["Un chat", "le félin"], "b": ["Un chien", "l'animal"]}},
    ),
    (
        "wordings-vocabulary",
        {"options": {"a": ["Un chat", "répéter"], "b": ["Un chien"]}},
        {"options": {"a": ["Un chat", "répéter le mot"], "b": ["Un chien"]}},
    ),
    (
        "wordings-vocabulary",
        {"options": {"a": ["Un chat", "la première"], "b": ["Un chien"]}},
        {"options": {"a": ["Un chat", "la première carte"], "b": ["Un chien"]}},
    ),
    (
        "wordings-vocabulary",
        {"options": {"a": ["Oui"], "b": ["Un chien"]}},
        {"options": {"a": ["Oui au téléphone"], "b": ["Un chien"]}},
    ),
    (
        "wordings-sayable",
        {"options": {"a": ["12 rue des Lilas"], "b": ["x"]}},
        {"options": {"a": ["Douze rue des Lilas"], "b": ["x"]}},
    ),
    ("wordings-sayable", {"options": {"a": ["…"], "b": ["x"]}}, {"options": {"a": ["point"], "b": ["x"]}}),
    ("figures", {"stem": "À 8 h, il a vingt-cinq ans ?"}, {"stem": "À 8 h, il a deux amis ?"}),
    ("figures", {"stem": "Entre trois et quatre ?"}, {"stem": "Vers vingt et un ?"}),
    ("sight", {"stem": "Où est l'icône ?"}, {"stem": "Où est l'iconoclaste ?"}),
    ("sight", {"options": {"a": ["Cliquer"], "b": ["x"]}}, {"options": {"a": ["Valider"], "b": ["x"]}}),
    ("sight", {"feedback": "Le cadenas rassure."}, {"feedback": "Le mot https rassure."}),
    ("sight", {"stem": "Où est le logo ?"}, {"stem": "Où est le logo ?", "requires_sight": True}),
    (
        "sight",
        {"options": {"a": ["La souris"], "b": ["x"]}},
        {"options": {"a": ["La souris"], "b": ["x"]}, "skill": "env.input.2"},
    ),
    ("feedback-length", {"feedback": " ".join(["mot"] * 27)}, {"feedback": " ".join(["mot"] * 26)}),
    ("feedback-kind", {"feedback": "C'est faux."}, {"feedback": "Il faut du temps."}),
    ("feedback-kind", {"feedback": "C'est une erreur."}, {"feedback": "C'est une idée."}),
    ("acronym", {"stem": "Que veut dire XYZ ?"}, {"stem": "Que veut dire USB ?"}),
    ("acronym", {"feedback": "Un DVD aide."}, {"feedback": "Un SMS aide."}),
    ("brand-alone", {"stem": "Avec Firefox, que faire ?"}, {"stem": "Avec Firefox ou Chrome, que faire ?"}),
    ("brand-alone", {"stem": "Avec Chrome ou Edge, que faire ?"}, {"stem": "Avec Edge ou Firefox, que faire ?"}),
    ("brand-alone", {"stem": "Avec Signal ou Firefox, que faire ?"}, {"stem": "Avec Signal ou WhatsApp, que faire ?"}),
    ("brand-alone", {"feedback": "Word aide."}, {"feedback": "LibreOffice Writer ou Word aident."}),
]


@pytest.mark.parametrize(("rule", "bad", "good"), CASES)
def test_rule_fires(make_reading, rule: str, bad: dict[str, object], good: dict[str, object]) -> None:
    assert list(RULES[rule](make_reading(**bad)))


@pytest.mark.parametrize(("rule", "bad", "good"), CASES)
def test_rule_keeps_silent(make_reading, rule: str, bad: dict[str, object], good: dict[str, object]) -> None:
    assert list(RULES[rule](make_reading(**good))) == []


ENGLISH = [
    ("option-catch-all", {"options": {"a": ["None of them"], "b": ["x"]}}, {"options": {"a": ["A nun"], "b": ["x"]}}),
    (
        "option-negated",
        {"options": {"a": ["Don't open it"], "b": ["x"]}},
        {"options": {"a": ["Open the note"], "b": ["x"]}},
    ),
    ("sight", {"stem": "What do you click?"}, {"stem": "What do you look for?"}),
    ("feedback-kind", {"feedback": "That was wrong."}, {"feedback": "That was a wrought gate."}),
    ("feedback-kind", {"feedback": "Mistakes happen."}, {"feedback": "A badge helps."}),
    ("figures", {"stem": "Twenty-one or forty?"}, {"stem": "Twenty-one or two?"}),
]


@pytest.mark.parametrize(("rule", "bad", "good"), ENGLISH)
def test_rule_fires_in_english(make_reading, rule: str, bad: dict[str, object], good: dict[str, object]) -> None:
    assert list(RULES[rule](make_reading("en", **bad)))


@pytest.mark.parametrize(("rule", "bad", "good"), ENGLISH)
def test_rule_keeps_silent_in_english(make_reading, rule: str, bad: dict[str, object], good: dict[str, object]) -> None:
    assert list(RULES[rule](make_reading("en", **good))) == []


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _, _ in CASES} == set(RULES)


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_good_item_breaks_no_rule(make_reading, locale: str) -> None:
    reading = make_reading(locale)

    assert [message for rule in RULES.values() for message in rule(reading)] == []


def test_yes_and_no_are_allowed_where_they_are_the_options(make_reading) -> None:
    reading = make_reading(kind=ItemKind.YES_NO, options={"yes": ["oui"], "no": ["non"]}, key="yes")

    assert [message for rule in RULES.values() for message in rule(reading)] == []


def test_vocabulary_may_not_be_written_yet(make_reading) -> None:
    from dataclasses import replace

    reading = replace(make_reading(options={"a": ["Oui"], "b": ["x"]}), vocabulary=None)

    assert list(RULES["wordings-vocabulary"](reading)) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("un ami, deux amies, une clé", 0),
        ("trois clés", 1),
        ("cent vingt-trois clés", 1),
        ("quatre-vingt-dix-neuf clés", 1),
        ("3018 ou 33700", 2),
        ("et puis et alors", 0),
    ],
)
def test_figures_are_counted_as_numbers_to_remember(make_reading, text: str, count: int) -> None:
    reading = make_reading()

    assert count_figures(text, reading.lexicon, reading.style) == count
