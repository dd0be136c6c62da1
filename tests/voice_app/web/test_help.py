"""The page of questions says what the voice says."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from quart import Quart

from audio_content.loader import load
from audio_content.model import LOCALES, Content, PromptId
from voice_app.dialogue.questions import ANSWERS
from voice_app.dialogue.script import OWN_DATA
from voice_app.typography import set_spaces
from voice_app.web.help import PATH, TOPICS, help_blueprint
from voice_app.web.page_words import book_of_words


@dataclass
class Desk:
    content: Content


def test_both_locales_have_the_same_words_of_help() -> None:
    french, english = (book_of_words("help", locale) for locale in LOCALES)

    assert {section: set(names) for section, names in french.items()} == {
        section: set(names) for section, names in english.items()
    }


def test_every_answer_that_is_spoken_is_on_the_page() -> None:
    spoken = {prompt for answer in (*ANSWERS.values(), OWN_DATA) for prompt in answer}

    assert spoken == {prompt for _, answer in TOPICS for prompt in answer}


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_page_gives_the_spoken_words(locale: str) -> None:
    content = load()
    app = Quart(__name__, static_folder=None)
    app.register_blueprint(help_blueprint(lambda: Desk(content)))

    page = await (await app.test_client().get(f"{PATH}?lang={locale}")).get_data(as_text=True)

    for _, answer in TOPICS:
        for prompt in answer:
            text = set_spaces(content.prompts[locale][PromptId(prompt)], locale)
            assert text.replace("'", "&#39;") in page
