"""Whom an item is for: each rule fires on what breaks it and keeps silent beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audio_content.model import Assistant, AssistantKind
from audio_content.rules.item_rules import Reading
from audio_content.rules.variant_rules import VARIANT_RULES
from engine.model import ItemId
from tests.audio_content.conftest import MakeReading

RULES = {name: rule for name, _, rule in VARIANT_RULES}


def test_sight_needs_a_twin(make_reading: MakeReading) -> None:
    reading = make_reading(requires_sight=True)
    twinned = replace(reading, item=replace(reading.item, twin=ItemId("it.web.search.1.b")))

    assert list(RULES["twin"](reading))
    assert list(RULES["twin"](twinned)) == []


def test_a_service_of_france_needs_its_country(make_reading: MakeReading) -> None:
    reading = make_reading(stem="Vous transférez le message au 33700. Que fait ce service ?")
    flagged = replace(reading, item=replace(reading.item, country="FR"))

    assert list(RULES["country"](reading))
    assert list(RULES["country"](flagged)) == []


def variant(reading: Reading, text: str) -> Reading:
    said = Assistant(AssistantKind.KEYBOARD, {"fr": text, "en": text})
    return replace(reading, item=replace(reading.item, assistant=said))


def test_an_assistant_variant_is_short_and_speaks_no_unknown_acronym(make_reading: MakeReading) -> None:
    reading = make_reading()

    assert list(RULES["assistant"](variant(reading, "Ouvrez le QZX avec le clavier.")))
    assert list(RULES["assistant"](variant(reading, "Un mot. " * 30)))
    assert list(RULES["assistant"](variant(reading, "Ouvrez la boîte avec le clavier."))) == []


@pytest.mark.parametrize(
    "stem", ["Vous subodorez la pluie. Que prenez-vous ?", "Un parangon arrive. Que faites-vous ?"]
)
def test_rare_words_are_told_up_to_level_four(make_reading: MakeReading, stem: str) -> None:
    reading = make_reading(stem=stem)

    assert list(RULES["plain-words"](reading))
    assert list(RULES["plain-words"](replace(reading, level=5))) == []


def test_words_of_the_glossary_and_names_are_plain(make_reading: MakeReading) -> None:
    reading = make_reading(stem="Xanthippe ouvre l'onglet de sa messagerie. Que fait-elle ?")

    assert list(RULES["plain-words"](reading)) == []


def test_long_words_are_told(make_reading: MakeReading) -> None:
    stem = "L'authentification institutionnelle nécessite habituellement l'administration départementale ?"
    reading = make_reading(stem=stem, simpler=stem)

    assert list(RULES["reading-ease"](reading))
    assert list(RULES["reading-ease"](make_reading())) == []


def test_an_acronym_of_the_stem_is_in_the_glossary(make_reading: MakeReading) -> None:
    assert list(RULES["acronym-gloss"](make_reading(stem="Vous lisez un XML. Que faites-vous ?")))
    assert list(RULES["acronym-gloss"](make_reading(stem="Vous recevez un SMS. Que faites-vous ?"))) == []
