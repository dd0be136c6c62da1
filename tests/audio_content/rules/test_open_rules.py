"""Items answered by a number or a word: each rule fires on what breaks it and keeps silent beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audio_content.model import ItemKind, OptionId, OptionText
from audio_content.numerals import NumberWords
from audio_content.pronunciation import own_lexicon
from audio_content.rules.item_rules import Reading
from audio_content.rules.open_rules import OPEN_RULES
from tests.audio_content.conftest import MakeReading

RULES = {name: rule for name, _, rule in OPEN_RULES}


def number(make: MakeReading, key: int, last: int, *, also: str = "", accept: tuple[str, ...] = ()) -> Reading:
    words: NumberWords = own_lexicon("fr").numbers
    reading = make(kind=ItemKind.NUMBER, key=str(key), options={"0": ["zéro"]})
    options = tuple(
        OptionText(
            OptionId(str(value)),
            words.cardinal(value),
            (*((f"{words.cardinal(value)} {also}",) if also else ()), *(accept if value == key else ())),
        )
        for value in range(last + 1)
    )
    text = replace(reading.text, options=options, also=(f"{{}} {also}",) if also else ())
    item = replace(reading.item, texts=dict.fromkeys(("fr", "en"), text))
    return replace(reading, item=item, text=text)


@pytest.mark.parametrize(
    ("rule", "broken", "good"),
    [
        ("number-range", {"key": 9, "last": 9}, {"key": 8, "last": 9}),
        ("number-range", {"key": 9, "last": 40}, {"key": 9, "last": 31}),
        ("number-accept", {"key": 9, "last": 12, "accept": ("neuf heures",)}, {"key": 9, "last": 12, "also": "heures"}),
        (
            "number-accept",
            {"key": 9, "last": 12, "also": "heures", "accept": ("à neuf heures",)},
            {"key": 9, "last": 12, "also": "heures", "accept": ("le matin",)},
        ),
    ],
)
def test_numbers(make_reading: MakeReading, rule: str, broken: dict[str, object], good: dict[str, object]) -> None:
    assert list(RULES[rule](number(make_reading, **broken)))
    assert list(RULES[rule](number(make_reading, **good))) == []


WORDS = {"umbrella": ["un parapluie", "le parapluie"], "other_1": ["un chapeau"], "other_2": ["un manteau"]}


@pytest.mark.parametrize(
    ("rule", "broken", "good"),
    [
        ("word-others", {"options": {"umbrella": ["un parapluie"], "other_1": ["un chapeau"]}}, {}),
        ("word-given", {"stem": "Le parapluie est là. Quel est son nom ?"}, {"stem": "Il pleut. Que prenez-vous ?"}),
        ("word-given", {"simpler": "Un parapluie, c'est quoi ?"}, {}),
    ],
)
def test_words(make_reading: MakeReading, rule: str, broken: dict[str, object], good: dict[str, object]) -> None:
    usual: dict[str, object] = {"kind": ItemKind.WORD, "key": "umbrella", "options": WORDS}

    assert list(RULES[rule](make_reading(**usual | broken)))
    assert list(RULES[rule](make_reading(**usual | good))) == []


def test_other_kinds_are_left_alone(make_reading: MakeReading) -> None:
    assert [message for rule in RULES.values() for message in rule(make_reading())] == []
