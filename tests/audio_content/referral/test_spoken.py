"""A place as it is heard: digits in pairs, hours in words, nothing guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audio_content.lexicon import spoken_form
from audio_content.model import LOCALES
from audio_content.referral.nearest import Near
from audio_content.referral.opening_hours import read_hours
from audio_content.referral.place import Place, Special
from audio_content.referral.spoken import place_words, spoken_hours, spoken_place

PLACE = Place(
    *("p", "Le Comptoir", "4 rue de l'Exemple", "51100", "Reims", "51454"),
    phones=("03 26 00 00 00",),
    opening_hours="Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00",
    specials=(Special.SIGHT,),
    fees=("gratuit",),
)


def said(place: Place, locale: str = "fr", near: Near | None = None) -> str:
    return " ".join(spoken_place(place, locale, near))


@pytest.mark.parametrize(
    ("notation", "words"),
    [
        ("Mo-Fr 09:00-12:00,14:00-18:30", "du lundi au vendredi, de 9 h à midi et de 14 h à 18 h 30"),
        ("Mo,We 10:00-12:00", "le lundi et le mercredi, de 10 h à midi"),
        ("Mo-Fr 09:00-17:00; We off", "le lundi, le mardi, le jeudi et le vendredi, de 9 h à 17 h"),
        ("Sa[1,3] 09:30-11:00", "le premier et troisième samedi du mois, de 9 h 30 à 11 h"),
        ("08:00-20:00", "tous les jours, de 8 h à 20 h"),
        ("Tu 09:00-12:00; Fr 14:00-16:00", "le mardi, de 9 h à midi, puis le vendredi, de 14 h à 16 h"),
        ("Fr-Mo 09:00-10:00", "le lundi, le vendredi, le samedi et le dimanche, de 9 h à 10 h"),
    ],
)
def test_hours_are_told_in_words(notation: str, words: str) -> None:
    hours = read_hours(notation)

    assert hours is not None
    assert spoken_hours(hours, place_words()["fr"]) == words


@pytest.mark.parametrize(
    "notation",
    ["Jan-Mar Mo 10:00-12:00", "sur rendez-vous", "Mo 25:00-26:00", "Mo 12:00-09:00", "PH 10:00-12:00", "", "Mo off"],
)
def test_hours_that_only_a_person_can_tell_are_not_read(notation: str) -> None:
    assert read_hours(notation) is None


def test_a_place_is_told_whole() -> None:
    text = said(PLACE)

    assert "Le Comptoir, à Reims." in text
    assert "03 26 00 00 00" in text
    assert "puis le samedi, de 8 h 30 à midi" in text
    assert text.index("téléphone") < text.index("adresse")


@pytest.mark.parametrize("locale", LOCALES)
def test_no_digit_is_left_to_the_voice(locale: str) -> None:
    near = Near(PLACE, 0, 12.4, None)

    spoken = spoken_form(said(PLACE, locale, near), locale)

    assert not any(character.isdigit() for character in spoken)


def test_what_is_not_known_is_said() -> None:
    text = said(replace(PLACE, phones=(), opening_hours="voir le site"))

    assert "ne donne pas de numéro" in text
    assert "horaires ne sont pas connus" in text


def test_day_and_night_and_holidays() -> None:
    assert "jour et nuit" in said(replace(PLACE, opening_hours="24/7"))
    assert "jours fériés" in said(replace(PLACE, opening_hours="Mo 09:00-12:00; PH off"))


def test_an_invented_place_says_so_first() -> None:
    assert spoken_place(replace(PLACE, invented=True), "fr")[0].startswith("Attention, ce lieu est inventé")


def test_a_centre_is_offered_as_far_as_it_is_verified() -> None:
    assert "à confirmer" in said(replace(PLACE, programmes=("certification-pix",)))
    assert "à confirmer" not in said(replace(PLACE, programmes=("certification-pix",), accredited=True))


def test_the_name_of_a_town_takes_its_article() -> None:
    assert "Le Comptoir, au Havre." in said(replace(PLACE, commune="Le Havre"))


def test_very_near_has_no_figure() -> None:
    assert "moins de deux kilomètres" in said(PLACE, near=Near(PLACE, 0, 0.4, None))
