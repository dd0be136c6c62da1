from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from audio_content.model import CommandId, Content, PromptId
from audio_content.rules.prompt_rules import prompt_findings


def said(content: Content, locale: str = "fr", **prompts: str) -> Content:
    """Give the content with other prompts in one language; underscores in names stand for dots."""
    texts: Mapping[PromptId, str] = {PromptId(name.replace("__", ".")): text for name, text in prompts.items()}
    return replace(content, prompts={**content.prompts, locale: {**content.prompts[locale], **texts}})


def rules_of(content: Content) -> list[tuple[str, str]]:
    return sorted((finding.rule, finding.where) for finding in prompt_findings(content))


def test_small_content_breaks_no_rule(folder) -> None:
    assert rules_of(folder.load()) == []


def test_missing_language_is_found(folder) -> None:
    content = replace(folder.load(), prompts={}, vocabularies={})

    assert rules_of(content) == [
        ("prompt-locale", "prompts en"),
        ("prompt-locale", "prompts fr"),
        ("prompt-locale", "vocabulary en"),
        ("prompt-locale", "vocabulary fr"),
    ]


def test_prompt_of_one_language_only_is_found(folder) -> None:
    assert rules_of(said(folder.load(), extra="Oui.")) == [("prompt-locale", "extra en")]


def test_other_gaps_are_found(folder) -> None:
    content = said(folder.load(), option__full="Pour : {option}, dites {number}.")

    assert rules_of(content) == [("prompt-gaps", "option.full")]


def test_gaps_in_another_order_are_accepted(folder) -> None:
    assert rules_of(said(folder.load(), option__full="Dites {place} pour : {option}.")) == []


@pytest.mark.parametrize("text", ["Bonjour {.", "Bonjour }.", "Bonjour {0}.", "Bonjour {a!r}.", "Bonjour {a:3}."])
def test_brace_that_is_no_gap_is_found(folder, text: str) -> None:
    assert ("prompt-gaps", "welcome.intro fr") in rules_of(said(folder.load(), welcome__intro=text))


def test_acronym_of_a_prompt_is_found(folder) -> None:
    assert rules_of(said(folder.load(), welcome__intro="Le XYZ.")) == [("acronym", "welcome.intro fr")]
    assert rules_of(said(folder.load(), welcome__intro="Le SMS.")) == []


def test_judging_the_person_is_found(folder) -> None:
    content = said(said(folder.load(), answer__taken="C'est faux."), "en", answer__taken="Fine.")

    assert rules_of(content) == [("prompt-kind", "answer.taken fr")]


def test_telling_a_fault_of_the_service_is_accepted(folder) -> None:
    content = said(said(folder.load(), fault__general="Une erreur chez moi."), "en", fault__general="My mistake.")

    assert rules_of(content) == []


def test_command_of_one_language_only_is_found(folder) -> None:
    content = folder.load()
    french = content.vocabularies["fr"]
    vocabulary = replace(french, commands={**french.commands, CommandId("pause"): ("pause",)})

    found = rules_of(replace(content, vocabularies={**content.vocabularies, "fr": vocabulary}))

    assert found == [("command-locale", "pause en")]


@pytest.mark.parametrize(
    "change",
    [
        {"yes": ("oui", "répéter")},
        {"no": ("non", "la première")},
        {"places": (("un",), ("deux",), ("trois",), ("un",))},
        {"digits": (("zéro",), ("un", "zéro"))},
    ],
)
def test_wording_of_two_things_is_found(folder, change: dict[str, object]) -> None:
    content = folder.load()
    vocabulary = replace(content.vocabularies["fr"], **change)

    found = rules_of(replace(content, vocabularies={**content.vocabularies, "fr": vocabulary}))

    assert found == [("vocabulary-ambiguous", "vocabulary fr")]
