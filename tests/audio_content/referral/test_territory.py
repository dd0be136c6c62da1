"""Communes are found by what people write."""

from __future__ import annotations

import pytest

from audio_content.referral.territory import Closeness, Commune, Territory, closeness
from tests.audio_content.referral.conftest import EPERNAY, FISMES, PARIS, REIMS, SAINT_DENIS, TINQUEUX, TROYES


@pytest.mark.parametrize(
    ("code", "found"), [("51454", "Reims"), ("75112", "Paris"), ("51999", "Fismes"), (" 51454 ", "Reims")]
)
def test_codes_of_today_of_yesterday_and_of_arrondissements(territory: Territory, code: str, found: str) -> None:
    commune = territory.commune(code)

    assert commune is not None
    assert commune.name == found


def test_an_unknown_code_is_none(territory: Territory) -> None:
    assert territory.commune("99999") is None


@pytest.mark.parametrize(
    ("name", "postal", "found"),
    [
        ("REIMS CEDEX 2", "51100", "Reims"),
        ("epernay", "", "Épernay"),
        ("St Denis", "97400", "Saint-Denis"),
        ("ST-MARTIN L HEUREUX", "51490", "Saint-Martin-l'Heureux"),
        ("Reims Sud", "51100", "Reims"),
        ("Paris 12e", "75012", "Paris"),
    ],
)
def test_names_are_read_as_they_are_written(territory: Territory, name: str, postal: str, found: str) -> None:
    commune = territory.named(name, postal)

    assert commune is not None
    assert commune.name == found


def test_a_name_nobody_has_is_none(territory: Territory) -> None:
    assert territory.named("Atlantide", "51100") is None


@pytest.mark.parametrize(
    ("other", "tie"),
    [
        (REIMS, Closeness.COMMUNE),
        (TINQUEUX, Closeness.EPCI),
        (FISMES, Closeness.ARRONDISSEMENT),
        (EPERNAY, Closeness.DEPARTEMENT),
        (TROYES, Closeness.REGION),
        (PARIS, Closeness.ELSEWHERE),
        (SAINT_DENIS, Closeness.ELSEWHERE),
    ],
)
def test_communes_belong_together(other: Commune, tie: Closeness) -> None:
    assert closeness(REIMS, other) is tie
    assert closeness(other, REIMS) is tie
