"""Views become HTML that is escaped, in the right language, in reading order."""

import re
from dataclasses import replace

import pytest

from tests.journeys.kiosk_rig import ENGLISH, FRENCH
from voice_app.dialogue import view as dialogue_view
from voice_app.ports import ShownButton, ShownView
from voice_app.web.rendering import _templates, render_page, render_view

PLAIN = ShownView(3, "fr", "question", "Titre", ("Texte",), (), (), None, None)
SCENES = [pytest.param(shown, id=f"{shown.locale}-{name}") for name, shown in (*FRENCH, *ENGLISH)]


@pytest.mark.parametrize("shown", SCENES)
def test_every_button_of_a_view_is_there_once(shown):
    html = render_view(shown)

    keys = re.findall(r'data-key="(.)"', html)
    assert sorted(keys) == sorted(button.key for button in (*shown.choices, *shown.commands))


@pytest.mark.parametrize("shown", SCENES)
def test_a_view_has_one_heading_that_can_take_the_focus(shown):
    html = render_view(shown)

    assert re.findall(r"<h1[^>]*>", html) == ['<h1 id="heading" tabindex="-1">']


def test_words_are_escaped():
    wild = replace(PLAIN, heading="<b>", text=("a & b",), choices=(ShownButton("1", '"><script>', 1, None),))

    html = render_view(wild)

    assert "<script>" not in html
    assert "&lt;b&gt;" in html
    assert "a &amp; b" in html


def test_a_label_in_another_language_says_so():
    html = render_view(replace(PLAIN, choices=(ShownButton("2", "English", 2, None, "en"),)))

    assert '<span lang="en">English</span>' in html


@pytest.mark.parametrize("screen", ["code_entry", "number_entry"])
def test_digits_stand_as_on_a_telephone(screen):
    keypad = tuple(ShownButton(key, key, None, None) for key in "0987654321")

    html = render_view(replace(PLAIN, screen=screen, choices=keypad))

    assert re.findall(r'data-key="(.)"', html) == list("1234567890")


def test_each_place_has_its_own_shape():
    buttons = tuple(ShownButton(str(place), "mot", place, None) for place in (1, 2, 3, 4))

    html = render_view(replace(PLAIN, choices=buttons))

    assert len(set(re.findall(r'<g class="shape">(.*?)</g>', html))) == 4


def test_the_result_can_be_printed_and_goodbye_leads_back():
    assert 'data-action="print"' in render_view(replace(PLAIN, screen="result"))
    assert 'data-action="restart"' in render_view(replace(PLAIN, screen="goodbye"))
    assert "data-action" not in render_view(PLAIN)


def test_a_word_can_be_written_where_one_is_asked_for():
    asked = render_view(replace(PLAIN, writing=True))

    assert re.findall(r'<label for="(\w+)">', asked) == re.findall(r'<input id="(\w+)"', asked) == ["written"]
    assert "<form" not in render_view(PLAIN)


def test_every_command_of_the_dialogue_has_its_drawing():
    drawings = _templates().get_template("pictograms.html").module
    known = set(drawings.drawings) | set(drawings.aliases)
    offered = {
        value[1]
        for name, value in vars(dialogue_view).items()
        if name.startswith("_") and isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str)
    } | {name for _, name in (*dialogue_view._NUMBER_TYPED, *dialogue_view._MORE_BESIDE_A_NUMBER)}

    assert len(offered) > 8
    assert offered <= known


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("page", ["start", "about"])
def test_pages_name_their_language_and_no_other_host(page, locale):
    html = render_page(page, locale)

    assert f'<html lang="{locale}">' in html
    assert not re.findall(r"""(?:src|href)=["'](?!/)""", html)
    assert " style=" not in html
    assert " onclick" not in html
