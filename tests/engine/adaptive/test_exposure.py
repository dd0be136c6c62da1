"""Sympson-Hetter rounds bring the most used item down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.adaptive import POLICIES
from engine.adaptive.exposure import tune_exposure
from engine.adaptive.people import LOW, draw_people
from engine.adaptive.simulee import study_bank
from engine.errors import InvalidPolicy

SHORT = replace(POLICIES["rehearsal"], max_items=4, randomesque=1, near_tie=0.0)


def test_rounds_bring_the_most_used_item_down() -> None:
    spec, bank, truth = study_bank()
    people = draw_people(spec, LOW, 120, 4)

    before = tune_exposure(bank, SHORT, people, truth, rounds=1)[1]
    tuned, after = tune_exposure(bank, SHORT, people, truth, rounds=5)

    assert before == 1.0
    assert after < 0.45
    assert tuned.admit


def test_exposure_must_be_a_share() -> None:
    spec, bank, truth = study_bank()

    with pytest.raises(InvalidPolicy):
        tune_exposure(bank, SHORT, draw_people(spec, LOW, 2, 4), truth, most=1.0)
