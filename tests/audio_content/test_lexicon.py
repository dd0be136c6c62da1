from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_content.lexicon import spoken_form, spoken_with
from audio_content.manifest import utterances
from audio_content.model import Content
from audio_content.pronunciation import own_lexicon

FRENCH = [
    ("Le Wi-Fi, l'USB et un SMS.", "Le oui fi, l'u esse bé et un esse emme esse."),
    ("Écrivez à marie.dupont@exemple.fr.", "Écrivez à marie point dupont arobase exemple point èffe ère."),
    (
        "Allez sur www.mon-site.fr/aide.",
        "Allez sur trois double v point mon tiret site point èffe ère barre oblique aide.",
    ),
    ("https://exemple.org", "hache té té pé esse deux points barre oblique barre oblique exemple point org"),
    ("Allez sur impots.gouv.fr, puis revenez.", "Allez sur impots point gouv point èffe ère, puis revenez."),
    ("le 01 23 45 67 89", "le zéro un, vingt-trois, quarante-cinq, soixante-sept, quatre-vingt-neuf"),
    ("le 0123456789", "le zéro un, vingt-trois, quarante-cinq, soixante-sept, quatre-vingt-neuf"),
    ("le 01.23.45.67.89", "le zéro un, vingt-trois, quarante-cinq, soixante-sept, quatre-vingt-neuf"),
    ("le +33 1 23 45 67 89", "le plus trente-trois, un, vingt-trois, quarante-cinq, soixante-sept, quatre-vingt-neuf"),
    ("le 0 800 123 456", "le zéro, huit cents, cent vingt-trois, quatre cent cinquante-six"),
    ("Votre code : 12 34 56 78.", "Votre code : douze, trente-quatre, cinquante-six, soixante-dix-huit."),
    ("à 21 h 30", "à vingt et une heures trente"),
    ("à 8h", "à huit heures"),
    ("à 1 h", "à une heure"),
    ("à 21:05", "à vingt et une heures cinq"),
    ("24 h/24", "vingt-quatre heures sur vingt-quatre"),
    ("le 12/05/2024", "le douze mai deux mille vingt-quatre"),
    ("le 01/03/2025", "le premier mars deux mille vingt-cinq"),
    ("le 2026-11-23", "le vingt-trois novembre deux mille vingt-six"),
    ("le 05/12", "le cinq décembre"),
    ("le 45/13/2024", "le quarante-cinq sur treize sur deux mille vingt-quatre"),
    ("20/20 et 1/2", "vingt sur vingt et un demi"),
    ("la 1re fois, le 1er jour, la 2e, la 3ème", "la première fois, le premier jour, la deuxième, la troisième"),
    ("n° 3 et N°12", "numéro trois et numéro douze"),
    ("M. Dupont et Mme Martin", "monsieur Dupont et madame Martin"),
    ("5 €, 5,50 €, 0,50 €, 1 €", "cinq euros, cinq euros cinquante, cinquante centimes, un euro"),
    ("1 234,50 €", "mille deux cent trente-quatre euros cinquante"),
    ("1 £", "une livre"),
    ("90 km/h", "quatre-vingt-dix kilomètres à l'heure"),
    ("1,5 kg et 16 Go", "un virgule cinq kilo et seize giga-octets"),
    ("1 min", "une minute"),
    ("25 % de 3,14", "vingt-cinq pour cent de trois virgule quatorze"),
    ("il fait -5 °C", "il fait moins cinq degrés"),
    ("Louis XIV au XXIe siècle", "Louis quatorze au vingt et unième siècle"),
    ("1 page, 21 pages, 21 jours", "une page, vingt et une pages, vingt et un jours"),
    ("1 000 000 personnes", "un million personnes"),
    ("12 345", "douze mille trois cent quarante-cinq"),
    ("le 3018 et le 33700", "le trente dix-huit et le trois, trois, sept, zéro, zéro"),
    ("8-10 ans", "huit à dix ans"),
    ("B3, MP3", "B trois, MP trois"),
    ("code 007", "code zéro zéro sept"),
    ("12345678901", "un deux trois quatre cinq six sept huit neuf zéro un"),
    ("« Bonjour » dit-il…", "Bonjour dit-il."),
    ("l’eau aujourd’hui", "l'eau aujourd'hui"),
    ("touche # ou *", "touche dièse ou étoile"),
    ("un courriel (ou mail)", "un courriel, ou mèle"),
    ("et/ou", "et ou"),
    ("autonome·s", "autonomes"),
    ("des fruits, etc.", "des fruits, et cetera"),
    ("Quoi ?", "Quoi ?"),
    ("", ""),
]
ENGLISH = [
    ("Wi-Fi and a USB stick", "why fye and a you ess bee stick"),
    ("mary@example.co.uk", "mary at example dot see oh dot you kay"),
    ("9.30 am, 9 pm, 21:30", "nine thirty ay em, nine pee em, nine thirty pee em"),
    ("9:05, 9:00, 00:15", "nine oh five, nine o'clock, twelve fifteen ay em"),
    ("It is 9.30 am.", "It is nine thirty ay em."),
    ("12/05/2024", "the twelfth of May twenty twenty-four"),
    ("on 12 May 2024", "on the twelfth of May twenty twenty-four"),
    ("the 3rd of June 2005", "the third of June two thousand and five"),
    ("1 May 1900, 1 May 1905", "the first of May nineteen hundred, the first of May nineteen oh five"),
    ("£5.50, £1, $20, £0.50", "five pounds fifty, one pound, twenty dollars, fifty pence"),
    ("1,234.56", "one thousand two hundred and thirty-four point five six"),
    ("1st, 22nd", "first, twenty-second"),
    ("Henry VIII", "Henry the eighth"),
    ("Mr Smith, No. 5", "mister Smith, number five"),
    ("020 7946 0018", "zero two zero, seven nine four six, zero zero one eight"),
    ("25% of 1 km", "twenty-five per cent of one kilometre"),
    ("24/7", "twenty-four seven"),
    ("2 cats & 1 dog", "two cats and one dog"),
    ("no. Not now", "no. Not now"),
    ("3-5 days", "three to five days"),
]
HOSTILE = [
    ("-x", "x"),
    ("--help me", "help me"),
    ("<b>gras</b>", "gras"),
    ("<break time='9s'/>oui", "oui"),
    ("a < b", "a b"),
    ("[[x]] {y} |z|", "x y z"),
    ("oui 😀 non", "oui non"),
    ("a\x00b\x07c\nd", "a b c d"),
    ("in\u200bvisible", "invisible"),
]


@pytest.mark.parametrize(("written", "said"), FRENCH)
def test_french_text_becomes_words(written: str, said: str) -> None:
    assert spoken_form(written, "fr") == said


@pytest.mark.parametrize(("written", "said"), ENGLISH)
def test_english_text_becomes_words(written: str, said: str) -> None:
    assert spoken_form(written, "en") == said


@pytest.mark.parametrize(("written", "said"), HOSTILE)
@pytest.mark.parametrize("locale", ["fr", "en", "de"])
def test_nothing_in_a_text_is_a_command(written: str, said: str, locale: str) -> None:
    assert spoken_form(written, locale) == said


@pytest.mark.parametrize("locale", ["fr-FR", "fr_CA", "FR"])
def test_region_of_a_locale_does_not_matter(locale: str) -> None:
    assert spoken_form("le Wi-Fi", locale) == "le oui fi"


def test_lexicon_without_words_still_says_numbers() -> None:
    lexicon = replace(own_lexicon("fr"), words={}, short_forms={})

    assert spoken_with("Le Wi-Fi a 3 barres, etc.", lexicon) == "Le Wi-Fi a trois barres, etc."


def test_language_without_lexicon_is_only_cleaned() -> None:
    assert spoken_form("21 h 30 « Wi-Fi »", "de") == spoken_with("21 h 30 « Wi-Fi »", None) == "21 h 30 Wi-Fi"


@pytest.mark.parametrize("written", [written for written, _ in FRENCH])
def test_saying_it_again_changes_nothing(written: str) -> None:
    once = spoken_form(written, "fr")

    assert spoken_form(once, "fr") == once


@pytest.mark.parametrize("locale", ["fr", "en"])
@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_gives_one_safe_line(locale: str, text: str) -> None:
    said = spoken_form(text, locale)

    assert not said.startswith(("-", " "))
    assert not set(said) & set("<>[]{}|\\&\n\x00")


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_everything_the_service_says_ends_as_words(bank: Content, locale: str) -> None:
    said = [spoken_form(utterance.text, locale) for utterance in utterances(bank, locale)]

    assert all(text and not any(character.isdigit() for character in text) for text in said)
