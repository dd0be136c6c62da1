"""The page's own words: both languages say everything, French spaces hold."""

import re
from importlib import resources

import pytest

from voice_app.web.page_words import book_of_words, page_words, set_spaces


def test_both_locales_have_the_same_words():
    french, english = page_words("fr"), page_words("en")

    assert {section: set(names) for section, names in french.items()} == {
        section: set(names) for section, names in english.items()
    }


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_nothing_is_empty(locale):
    assert all(text.strip() for names in page_words(locale).values() for text in names.values())


def test_no_word_is_named_as_something_that_a_dictionary_does():
    folder = resources.files("voice_app.web") / "templates" / "words"
    books = {each.name.removesuffix(".fr.toml") for each in folder.iterdir() if each.name.endswith(".fr.toml")}

    taken = {
        (book, section, name)
        for book in books
        for section, names in book_of_words(book, "fr").items()
        for name in (section, *names)
        if hasattr(dict, name)
    }

    assert len(books) >= 8
    assert taken == set()  # a template that writes `words.seat.clear` would show the dictionary's own method


def test_an_unknown_locale_is_refused():
    with pytest.raises(KeyError):
        page_words("../fr")


@pytest.mark.parametrize(
    ("text", "set_text"),
    [
        ("Que faites-vous ?", "Que faites-vous\u00a0?"),
        ("Un point fort : lire.", "Un point fort\u00a0: lire."),
        ("Dites « oui » !", "Dites «\u00a0oui\u00a0»\u00a0!"),
        ("À 10:30, 5 %", "À 10:30, 5\u00a0%"),
    ],
)
def test_french_signs_keep_their_space(text, set_text):
    assert set_spaces(text, "fr") == set_text


def test_english_is_left_alone():
    assert set_spaces("Why ?", "en") == "Why ?"


def test_every_word_that_a_script_uses_exists():
    folder = resources.files("voice_app.web") / "static" / "js"
    scripts = "".join((folder / name).read_text() for name in ("main.js", "view.js"))
    used = set(re.findall(r"(?:text|words)\.(page|state|reader|fault)\.(\w+)", scripts))

    assert used
    assert all(name in page_words("fr")[section] for section, name in used)
