"""Near first; among those equally near, places prepared for people who do not see or read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audio_content.referral.nearest import Origin, distance_km, nearest
from audio_content.referral.place import Access, Place, Special
from audio_content.referral.shelf import keep_places, kept_places
from audio_content.referral.territory import Territory
from tests.audio_content.referral.conftest import EPERNAY, FISMES, PARIS, REIMS, TINQUEUX, TROYES

REIMS_POINT = (49.2583, 4.0317)


def place(name: str, insee: str | None = None, **fields: object) -> Place:
    return replace(Place(name, name, "1 rue A", "51100", "Reims", insee, phones=("03 26 00 00 00",)), **fields)


def names(found) -> list[str]:
    return [near.place.id for near in found]


def test_by_commune_then_epci_arrondissement_departement_region(territory: Territory) -> None:
    places = [place(each.name, each.code) for each in (TROYES, EPERNAY, PARIS, FISMES, REIMS, TINQUEUX)]

    found = nearest(places, Origin(REIMS), territory, count=9)

    assert names(found) == ["Reims", "Tinqueux", "Fismes", "Épernay", "Troyes"]
    assert [near.band for near in found] == [0, 1, 2, 3, 4]


def test_by_distance_when_points_are_known(territory: Territory) -> None:
    places = [place("loin", point=(49.9, 4.03)), place("ici", point=(49.26, 4.04)), place("là", point=(49.29, 4.03))]

    found = nearest(places, Origin(point=REIMS_POINT), territory, count=9)

    assert names(found) == ["ici", "là", "loin"]
    assert found[0].distance_km == pytest.approx(0.6, abs=0.2)


def test_a_prepared_place_comes_first_within_its_band_only(territory: Territory) -> None:
    prepared = {"specials": (Special.LITERACY,)}
    places = [
        place("à côté", point=(49.2584, 4.0318)),
        place("préparé", point=(49.29, 4.03), **prepared),
        place("préparé et loin", point=(48.9, 4.03), **prepared),
    ]

    assert names(nearest(places, Origin(point=REIMS_POINT), territory, 9)) == ["préparé", "à côté", "préparé et loin"]


def test_who_can_be_called_comes_before_who_cannot(territory: Territory) -> None:
    places = [place("muet", REIMS.code, phones=()), place("parle", REIMS.code)]

    assert names(nearest(places, Origin(REIMS), territory)) == ["parle", "muet"]


def test_a_place_that_receives_nobody_is_never_named(territory: Territory) -> None:
    closed = place("fermé", REIMS.code, access=(Access.CLOSED, Access.CALL))

    assert nearest([closed], Origin(REIMS), territory) == ()


def test_a_commune_serves_where_a_point_is_missing(territory: Territory) -> None:
    places = [place("sans point", TINQUEUX.code), place("avec point", point=(49.26, 4.04))]

    found = nearest(places, Origin(REIMS, REIMS_POINT), territory)

    assert names(found) == ["avec point", "sans point"]
    assert found[1].distance_km is None


def test_nothing_in_reach_is_nothing(territory: Territory) -> None:
    assert nearest([place("Paris", PARIS.code)], Origin(REIMS), territory) == ()
    assert nearest([place("Paris", PARIS.code)], Origin(), None) == ()


def test_the_distance_is_that_of_the_ground() -> None:
    paris, lyon = (48.8566, 2.3522), (45.7640, 4.8357)

    assert distance_km(paris, lyon) == pytest.approx(392, abs=2)
    assert distance_km(paris, paris) == 0.0


def test_places_are_kept_between_runs(tmp_path: Path) -> None:
    place_kept = place("a", point=(49.0, 4.0), specials=(Special.SIGHT,), access=(Access.CALL,))
    keep_places(tmp_path, "b", [place("old")])
    keep_places(tmp_path, "b", [place_kept])

    assert list(kept_places(tmp_path)) == [place_kept]


def test_a_file_that_is_not_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[{"name": 1}]')

    with pytest.raises(ValueError, match="does not hold places"):
        list(kept_places(tmp_path))
