from __future__ import annotations

import pytest

from audio_content.forms import said_form, sentences, tokens, words


@pytest.mark.parametrize(
    ("text", "count"),
    [("Que faites-vous ?", 2), ("« L'eau », dit-il.", 2), ("", 0), ("… ?", 0), ("Un, deux : trois", 3)],
)
def test_words_are_counted_as_heard(text: str, count: int) -> None:
    assert len(words(text)) == count


def test_sentences_end_with_their_marks() -> None:
    assert sentences("Il pleut ! Vous sortez. Que prenez-vous ?") == ("Il pleut", "Vous sortez", "Que prenez-vous")


def test_title_does_not_end_a_sentence() -> None:
    assert sentences("M. Dupont arrive. Il sonne.") == ("M. Dupont arrive", "Il sonne")


def test_said_form_is_what_a_grammar_takes() -> None:
    assert said_form("« L’EAU, c'est bon ! »") == "l'eau c'est bon"


def test_tokens_take_elisions_apart() -> None:
    assert tokens("Je n'ouvre pas") == ("je", "n'", "ouvre", "pas")
    assert tokens("I don't open it") == ("i", "don't", "open", "it")
