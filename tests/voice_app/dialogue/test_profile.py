"""The result in plain words."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from audio_content.model import SkillMap
from engine.adaptive import LevelEstimate, Report, StopReason
from tests.voice_app.dialogue.stage import Stage, small_context
from voice_app.dialogue.profile import Profile, profile_of, result_phrases
from voice_app.dialogue.state import Session


def report(mean: float, low: int, *, questions: int = 10, stop: StopReason = StopReason.ENOUGH_QUESTIONS) -> Report:
    overall = LevelEstimate((1.0,) + (0.0,) * 8, mean, 0.5, (low, low + 2), questions)
    empty: MappingProxyType[str, LevelEstimate] = MappingProxyType({})
    return Report(overall, empty, empty, stop, (), (), ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "profile"),
    [
        (report(1.8, 0, questions=0), Profile.UNKNOWN),
        (report(0.99, 0), Profile.BEGINNER),
        (report(1.0, 0), Profile.ACCOMPANIED),
        (report(1.99, 1), Profile.ACCOMPANIED),
        (report(2.0, 1), Profile.ALMOST),
        (report(3.0, 1), Profile.ALMOST),
        (report(2.99, 2), Profile.ALMOST),
        (report(3.0, 2), Profile.AUTONOMOUS),
        (report(3.5, 3, stop=StopReason.FAILURES_IN_A_ROW), Profile.ACCOMPANIED),
        (report(0.5, 0, stop=StopReason.FAILURES_IN_A_ROW), Profile.BEGINNER),
    ],
)
def test_profile_follows_the_level_and_its_band(given: Report, profile: Profile) -> None:
    assert profile_of(given) is profile


def phrases(stage: Stage) -> list[str]:
    return [str(phrase.prompt) for phrase in result_phrases(stage.context, stage.state.session)]


def test_result_names_three_strengths_and_one_step() -> None:
    stage = Stage().to_question()
    for _ in range(10):
        stage.answer(right=True)

    said = phrases(stage)

    assert said.count("result.strength.first") == 1
    assert said.count("result.strength.next") == 2
    assert said.count("result.next_step") == 1


def test_nothing_known_is_told_when_nothing_could_be_asked() -> None:
    stage = Stage().to_question()
    while stage.state.session.finished is None:
        for _ in range(3):
            stage.keep_silent()
        stage.press("#")

    assert stage.prompts[1:5] == [
        "result.intro",
        "result.profile.unknown",
        "result.strength.none",
        "result.next_step.unknown",
    ]


def test_person_who_masters_everything_is_told_to_help_others() -> None:
    stage = Stage().to_question()
    for _ in range(10):
        stage.answer(right=True)
    content = stage.context.content
    no_names: SkillMap = replace(content.skill_map, names={})
    context = replace(stage.context, content=replace(content, skill_map=no_names))

    said = [phrase.prompt for phrase in result_phrases(context, stage.state.session)]

    assert "result.next_step.none" in said
    assert "result.strength.none" in said


def test_no_session_has_no_result() -> None:
    assert result_phrases(small_context(), Session()) == ()


def test_result_has_no_figure_and_no_blame() -> None:
    texts = small_context().content.prompts

    spoken = " ".join(text for locale in texts for name, text in texts[locale].items() if name.startswith("result"))

    assert not any(mark in spoken.lower() for mark in ("%", "faux", "erreur", "mauvais", "wrong", "error", "score"))
    assert not any(sign.isdigit() for sign in spoken)
