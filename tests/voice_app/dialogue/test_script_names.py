"""What a turn understands beside its choices can be said back, in both languages: half heard, it is asked about."""

from __future__ import annotations

import pytest

from audio_content.loader import load
from audio_content.model import PromptId
from tests.voice_app.dialogue.stage import Stage
from voice_app.dialogue.messages import Show
from voice_app.dialogue.script import name_of
from voice_app.dialogue.turn import ENTER, ERASE, EVERYWHERE, LEAVE_CODE, LESSONS, LIST, NO_NUMBER, SKIP
from voice_app.wording import Wording

BESIDE_THE_CHOICES = (*EVERYWHERE, ENTER, ERASE, LEAVE_CODE, LESSONS, LIST, NO_NUMBER, SKIP)


@pytest.mark.parametrize("meaning", BESIDE_THE_CHOICES)
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_meaning_that_no_choice_shows_has_its_words(meaning: str, locale: str) -> None:
    stage = Stage()

    name = name_of(stage.context, stage.state, meaning)  # type: ignore[arg-type]

    assert isinstance(name, str)
    assert load().prompts[locale][PromptId(name)]


def test_lessons_half_heard_at_the_welcome_are_asked_about() -> None:
    stage = Stage()
    stage.open()
    stage.press("1")

    stage.say("des leçons", doubtful=True)

    assert stage.state.doubt is not None
    shown = [effect for effect in stage.effects if isinstance(effect, Show)][-1]
    assert any("Des leçons" in part for part in Wording(load()).shown(shown).text)
