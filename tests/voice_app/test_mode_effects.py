"""Is one way of answering harder than another: told where there is enough, and "too few" where there is not."""

from __future__ import annotations

import random
from functools import cache

from audio_content.loader import load
from engine.adaptive import Bank, compile_bank
from voice_app.mode_effects import Answered, compared

RIGHT, WRONG = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


@cache
def bank() -> Bank:
    content = load()
    return compile_bank(content.skill_map.spec_of("abc_diag"), content.engine_items("abc_diag"))


def people(count: int, harder_by_voice: int) -> list[Answered]:
    """Answers of so many people on each side to six questions; so many questions fail half as often again by voice."""
    luck = random.Random(5)  # noqa: S311 - simulated people
    items = [str(item.id) for item in bank().items[::10]][:6]
    told = []
    for person in range(2 * count):
        mode = ("voice", "key")[person % 2]
        for place, item in enumerate(items):
            chance = 0.35 if mode == "voice" and place < harder_by_voice else 0.75
            evidence = RIGHT if luck.random() < chance else WRONG
            told.append(Answered(f"p{person}", item, evidence, 0, "kiosk", mode))
    return told


def test_few_people_are_said_to_be_too_few() -> None:
    found = compared(bank(), people(30, 1))

    assert found["answers"] == 360
    assert found["groups"] == [{"group": "voice", "enough": 0, "most_answers": 30, "flagged": 0, "largest": 0.0}]


def test_a_question_that_is_harder_by_voice_is_found() -> None:
    (found,) = compared(bank(), people(300, 1))["groups"]
    (even,) = compared(bank(), people(300, 0))["groups"]

    assert (found["enough"], found["flagged"]) == (6, 1)
    assert found["largest"] > 0.5
    assert even["flagged"] == 0


def test_one_way_of_answering_leaves_nothing_to_compare() -> None:
    answers = [Answered("p", str(bank().items[0].id), RIGHT, 0, "phone", "voice")]

    assert compared(bank(), answers)["groups"] == []
    assert compared(bank(), [])["answers"] == 0


def test_helped_and_unknown_answers_do_not_count() -> None:
    answers = [
        Answered("p", str(bank().items[0].id), RIGHT, 2, "phone", "voice"),
        Answered("p", "gone", RIGHT, 0, "phone", "voice"),
    ]

    assert compared(bank(), answers)["answers"] == 0
