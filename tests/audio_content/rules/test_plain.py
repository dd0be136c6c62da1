"""Everyday words, syllables and reading ease."""

from __future__ import annotations

import pytest

from audio_content.glossary import glossary, terms_in
from audio_content.rules.plain import rare_words, readability, syllables


@pytest.mark.parametrize(
    ("word", "locale", "count"),
    [
        *(("ordinateur", "fr", 4), ("porte", "fr", 1), ("l'eau", "fr", 2), ("aimables", "fr", 2), ("home", "en", 1)),
        *(("water", "en", 2), ("computer", "en", 3), ("33700", "fr", 1)),
    ],
)
def test_syllables_are_those_that_are_heard(word: str, locale: str, count: int) -> None:
    assert syllables(word, locale) == count


def test_reading_ease_follows_its_formula() -> None:
    french = readability(["Le chat dort."], "fr")
    english = readability(["The cat sleeps."], "en")

    assert french == pytest.approx(207 - 1.015 * 3 - 73.6 * 1)
    assert english == pytest.approx(206.835 - 1.015 * 3 - 84.6 * 1)


def test_long_words_are_harder() -> None:
    easy, hard = "Vous ouvrez la porte.", "L'administration départementale institutionnalise."

    assert readability([easy], "fr") > 60 > readability([hard], "fr")


def test_nothing_is_no_figure() -> None:
    assert readability([], "fr") == 0.0


def test_inflected_words_are_plain_and_names_are_not_judged() -> None:
    assert list(rare_words("Vous rangez les papiers de Nadia.", "fr")) == []
    assert list(rare_words("Un escogriffe range, un escogriffe dort.", "fr")) == ["escogriffe"]
    assert list(rare_words("A curmudgeon walked.", "en", known={"curmudgeon"})) == []


def test_terms_are_found_as_whole_words() -> None:
    found = {term.id for term in terms_in("Elle ouvre l'onglet et la pièce jointe du courriel.", "fr")}

    assert found == {"tab", "attachment", "email"}


def test_every_gloss_is_short_and_every_idea_stands_once() -> None:
    for terms in glossary().values():
        ids = [term.id for term in terms]
        assert len(ids) == len(set(ids)) > 100
        assert [term.id for term in terms if len(term.gloss.split()) > 15 or not term.words] == []
