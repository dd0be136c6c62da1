"""What whole sentences mean in a turn, as a recogniser may have written them down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_content.model import ItemKind
from tests.voice_app.dialogue.stage import Stage, small_content, small_context
from voice_app.dialogue.sounds_like import distance, likeness, sound_of
from voice_app.dialogue.turn import DONT_KNOW, EVERYWHERE, HELP, NO, PAUSE, REPEAT, SLOWER, WAIT, YES, place_wordings
from voice_app.dialogue.understanding import NOTHING, Reading, read
from voice_app.hearing import Grammar, Meaning, MeaningId

A, B, C = MeaningId("option.a"), MeaningId("option.b"), MeaningId("option.c")
OPTIONS = {
    "fr": ("je raccroche", "je donne le code", "je rappelle demain"),
    "en": ("i hang up", "i give the code", "i call back tomorrow"),
}


def turn(language: str = "fr", options: int = 3) -> Grammar:
    words = small_content().vocabularies[language]
    choices = [
        Meaning(meaning, (OPTIONS[language][place], *place_wordings(words, place + 1, options)))
        for place, meaning in enumerate((A, B, C)[:options])
    ]
    commands = [Meaning(each, words.commands[each.partition(".")[2]]) for each in EVERYWHERE]  # type: ignore[index]
    return Grammar(language, (*choices, *commands))


def understood(sentence: str, language: str = "fr", options: int = 3) -> Reading:
    return read(sentence, turn(language, options), small_content().vocabularies[language])


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("Euh, 12.", "12"),
        ("Je dirais 12 pages", "12"),
        ("C'est dix-neuf, je crois.", "19"),
        ("12, non, 14", "14"),
        ("Je pense 19 pages.", "19"),
        ("3", "3"),
    ],
)
def test_a_number_in_a_sentence(sentence: str, number: str) -> None:
    stage = Stage(context=small_context(kind=ItemKind.NUMBER)).to_question()
    asked = stage.listens[-1].grammar
    assert asked is not None

    reading = read(sentence, asked, small_content().vocabularies["fr"])

    assert reading.candidates[:1] == (MeaningId(f"option.{number}"),)


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("Euh, la 2.", B),
        ("Ben, je dirais la deuxième.", B),
        ("Je pense que c'est la réponse 3.", C),
        ("Moi, je raccroche tout de suite", A),
        ("Deux, non trois.", C),
        ("Noix attendais, la première.", A),
        ("La première... euh, non, la dernière", C),
        ("Je raccroche, enfin non, je donne le code", B),
        ("Pas la deux, la trois", C),
        ("pas du tout la une, la deux", B),
        ("Sel du milieu.", B),
        ("La dernière, s'il vous plaît.", C),
        ("deux, oui, deux", B),
        ("Je rappelle de main", C),
        ("Je sais pas trop.", DONT_KNOW),
        ("Franchement, aucune idée", DONT_KNOW),
        ("Est-ce que vous pouvez répéter, s'il vous plaît ?", REPEAT),
        ("Vous pouvez parler plus lentement", SLOWER),
        ("Je voudrais faire une pause", PAUSE),
        ("Attendez, je réfléchis.", WAIT),
        ("Est-ce que je peux parler à quelqu'un ?", HELP),
    ],
)
def test_french_sentences(sentence: str, meaning: MeaningId) -> None:
    assert understood(sentence).candidates == (meaning,)


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("Well, I would say the second one.", B),
        ("Two, no wait, three", C),
        ("Not the second one, the third one.", C),
        ("The one in the middle", B),
        ("Oh, I'm not sure at all", DONT_KNOW),
        ("Could you say it again please?", REPEAT),
        ("I think I hang up", A),
    ],
)
def test_english_sentences(sentence: str, meaning: MeaningId) -> None:
    assert understood(sentence, "en").candidates[:1] == (meaning,)


@pytest.mark.parametrize(
    "sentence",
    [
        "J'ai deux enfants à la maison", "Il est trois heures et quart", "Il fait beau aujourd'hui",
        "C'est quoi déjà la question ?", "une baguette et deux croissants", "", "...",
    ],
)  # fmt: skip
def test_other_speech_means_nothing_here(sentence: str) -> None:
    assert understood(sentence) == NOTHING


def test_two_answers_without_a_correction_are_both_possible_the_last_one_first() -> None:
    reading = understood("la une, la deux")

    assert (reading.candidates, reading.sure) == ((B, A), False)


def test_of_two_choices_one_turned_away_means_the_other() -> None:
    assert understood("pas la deux", options=2) == Reading((A,))
    assert understood("pas la deux", options=3) == NOTHING


def test_a_long_wording_word_for_word_is_literal_and_one_that_slips_is_not() -> None:
    assert understood("alors je rappelle demain").literal
    assert not understood("alors je rappelle de main").literal
    assert not understood("euh la deux").literal


@pytest.mark.parametrize(
    ("sentence", "meaning"), [("oui, c'est bien ça", YES), ("ah non, pas du tout", NO), ("non non", NO)]
)
def test_yes_and_no_in_a_sentence(sentence: str, meaning: MeaningId) -> None:
    words = small_content().vocabularies["fr"]
    grammar = Grammar("fr", (Meaning(YES, words.yes), Meaning(NO, words.no)))

    assert read(sentence, grammar, words).candidates[:1] == (meaning,)


@given(st.text(max_size=80), st.sampled_from(["fr", "en"]))
def test_any_text_can_be_read(sentence: str, language: str) -> None:
    known = {meaning.id for meaning in turn(language).meanings}

    reading = understood(sentence, language)

    assert set(reading.candidates) <= known
    assert not reading.sure or len(reading.candidates) == 1


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_long_wording_is_understood_inside_a_sentence(language: str) -> None:
    grammar = turn(language)
    for meaning in grammar.meanings:
        for form in meaning.forms:
            if len("".join(sound_of(word, language) for word in form.split())) >= 6:
                assert understood(f"hum {form} hum", language).candidates[:1] == (meaning.id,), form


@pytest.mark.parametrize(
    ("one", "other"), [("celle", "sel"), ("attendez", "attendais"), ("répéter", "répétez"), ("pause", "pose")]
)
def test_words_that_sound_alike_have_one_key(one: str, other: str) -> None:
    assert sound_of(one, "fr") == sound_of(other, "fr")


words = st.text(alphabet="abcdefgS", max_size=9)


@given(words, words, words)
def test_distance_is_a_metric(one: str, two: str, three: str) -> None:
    assert distance(one, two) == distance(two, one)
    assert (distance(one, two) == 0) == (one == two)
    assert distance(one, three) <= distance(one, two) + distance(two, three)
    assert 0.0 <= likeness(one, two) <= 1.0
