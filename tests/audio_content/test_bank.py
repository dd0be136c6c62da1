"""The content of the service itself: it keeps every writing rule, and each of its turns makes a grammar."""

from __future__ import annotations

import pytest

from audio_content.check import Severity, check
from audio_content.forms import said_form
from audio_content.model import LOCALES, Content, ItemKind
from voice_app.hearing import Grammar, Meaning, MeaningId


def test_bank_breaks_no_rule(bank: Content) -> None:
    errors = [finding for finding in check(bank) if finding.severity is Severity.ERROR]

    assert errors == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_question_makes_a_grammar(bank: Content, locale: str) -> None:
    vocabulary = bank.vocabularies[locale]
    commands = [Meaning(MeaningId(f"command.{name}"), forms) for name, forms in vocabulary.commands.items()]
    yes_no = [Meaning(MeaningId("yes"), vocabulary.yes), Meaning(MeaningId("no"), vocabulary.no)]
    choices = [item for item in bank.items.values() if item.kind is ItemKind.CHOICE]

    grammars = [
        Grammar(
            locale,
            (
                *(
                    Meaning(
                        MeaningId(f"option.{option.id}"),
                        (*map(said_form, (option.text, *option.synonyms)), *vocabulary.places[place]),
                    )
                    for place, option in enumerate(item.texts[locale].options)
                ),
                *commands,
                *yes_no,
            ),
        )
        for item in choices
    ]

    assert len(grammars) == len(choices) > 0
