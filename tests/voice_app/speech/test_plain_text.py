import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_app.speech.plain_text import clean


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Bonjour", "Bonjour"),
        ("  deux \n mots\t", "deux mots"),
        ("<speed level='20'>vite</speed>", "vite"),
        ("1 < 2 & 3 > 2", "1 2 & 3 2"),
        ("[[slnc 5000]] oui", "slnc 5000 oui"),
        ("nul\x00ici", "nul ici"),
        ("cou\u00adpure", "coupure"),
        ("e\u0301te\u0301", "été"),
        ("bravo 👩\u200d💻 !", "bravo !"),
        ("👍🏽 oui", "oui"),
        ("1\ufe0f\u20e3 puis 2", "1 puis 2"),
        ("21 °C", "21 °C"),
        ("5 €", "5 €"),
        ("€", "€"),
        ("- un tiret", "- un tiret"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("한국어", "한국어"),
    ],
)
def test_only_what_is_said_stays(text: str, spoken: str) -> None:
    assert clean(text) == spoken


@pytest.mark.parametrize("text", ["", "  \n", "...", "?!", "<b></b>", "😀", "\u200d", "-"])
def test_nothing_to_say_is_empty(text: str) -> None:
    assert clean(text) == ""


@given(st.text(max_size=200))
def test_no_text_carries_a_command(text: str) -> None:
    cleaned = clean(text)

    assert not any(sign in cleaned for sign in ("<", ">", "[[", "]]", "\x00", "\n"))
    assert clean(cleaned) == cleaned
