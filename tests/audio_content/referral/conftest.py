"""A small territory: two EPCI, three départements, a merged commune, a city with arrondissements, two of one name."""

from __future__ import annotations

import pytest

from audio_content.referral.territory import Commune, Territory


def commune(code: str, name: str, postal: str, epci: str | None, arrondissement: str, population: int = 100) -> Commune:
    departement = code[:3] if code.startswith("97") else code[:2]
    region = {"51": "44", "10": "44", "75": "11", "974": "04"}[departement]
    return Commune(code, name, tuple(postal.split()), epci, arrondissement, departement, region, population)


REIMS = commune("51454", "Reims", "51100", "E1", "513", 180_000)
TINQUEUX = commune("51573", "Tinqueux", "51430", "E1", "513")
FISMES = commune("51250", "Fismes", "51170", "E2", "513")
EPERNAY = commune("51230", "Épernay", "51200", "E3", "512")
TROYES = commune("10387", "Troyes", "10000", "E4", "103")
PARIS = commune("75056", "Paris", "75001 75012", "E5", "751", 2_000_000)
SAINT_DENIS = commune("97411", "Saint-Denis", "97400", "E6", "9741")
SAINT_MARTIN = commune("51508", "Saint-Martin-l'Heureux", "51490", "E2", "513")
COMMUNES = (REIMS, TINQUEUX, FISMES, EPERNAY, TROYES, PARIS, SAINT_DENIS, SAINT_MARTIN)


@pytest.fixture(scope="session")
def territory() -> Territory:
    return Territory({each.code: each for each in COMMUNES}, {"75112": "75056", "51999": "51250"})
