"""The dialogue on the content that people hear: every question can be asked and answered, in both languages."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from audio_content.loader import load
from audio_content.model import LOCALES, ItemKind, PromptId
from engine.adaptive import ABC_DIAG, compile_bank
from engine.model import ItemId
from tests.voice_app.dialogue.stage import Stage
from voice_app.app import dialogue_context
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import option_order
from voice_app.dialogue.lessons import themes
from voice_app.dialogue.levels import details
from voice_app.dialogue.messages import ItemWords, LessonPart, LessonWords, Phrase, option_meaning
from voice_app.dialogue.profile import next_lesson
from voice_app.dialogue.records import ItemAnswered, ItemAsked
from voice_app.dialogue.state import Asked, DialogueState, Phase, Session
from voice_app.dialogue.turn import EVERYWHERE, LESSON, grammar
from voice_app.settings import Settings
from voice_app.wording import Wording


@cache
def real_context() -> DialogueContext:
    content = load()
    return DialogueContext(content, compile_bank(content.skill_map.spec, content.engine_items("abc_diag")), ABC_DIAG)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_option_may_be_said_in_its_own_words(locale: str) -> None:
    poor = [item for item in real_context().content.items if not _sayable(item, locale)]

    assert poor == []


def _sayable(item: ItemId, locale: str) -> bool:
    context = real_context()
    asked = Asked(item, option_order(context, 1, item))
    state = DialogueState(Session(locale=locale, asked=asked), Phase.QUESTION)
    forms = {meaning.id: meaning.forms for meaning in grammar(context, state).meanings}
    own_words = 4 if context.content.items[item].kind is ItemKind.CHOICE else 0  # beside those of its place
    return set(EVERYWHERE) <= forms.keys() and all(
        len(forms.get(option_meaning(option), ())) > own_words for option in asked.order
    )


@pytest.mark.parametrize("opening", ["1111", "2111"])
@pytest.mark.parametrize("pattern", ["right", "wrong", "dont_know", "mixed"])
@pytest.mark.parametrize("seed", [1, 20, 300])
def test_a_diagnostic_reaches_its_result(seed: int, pattern: str, opening: str) -> None:
    stage = Stage(context=real_context(), seed=seed)
    stage.open()
    stage.keys(opening)

    for turn in range(15):
        if stage.state.phase is Phase.QUESTION:
            _answer(stage, pattern, turn)

    assert stage.state.phase is Phase.RESULT
    assert len({record.item for record in stage.of_kind(ItemAsked)}) == len(stage.of_kind(ItemAnswered))
    assert all(_spoken_words(stage))


def _answer(stage: Stage, pattern: str, turn: int) -> None:
    if pattern == "dont_know" or (pattern == "mixed" and turn % 4 == 1):
        stage.press("#")
    else:
        stage.answer(right=pattern == "right" or (pattern == "mixed" and turn % 4 != 3))


def _spoken_words(stage: Stage) -> list[str]:
    wording = Wording(stage.context.content)
    return [
        wording.spoken(part, say.locale)
        for say in stage.said
        for part in say.parts
        if isinstance(part, Phrase | ItemWords)
    ]


@pytest.mark.parametrize(("path", "sittings"), [("positionnement", 2), ("emploi", 1), ("courriel", 0)])
def test_a_long_path_is_taken_by_keys_to_its_levels(path: str, sittings: int) -> None:
    stage = Stage(context=dialogue_context(Settings(), load(), path), seed=3).to_question()

    stopped = 0
    while stage.state.phase is not Phase.RESULT:
        if stage.state.phase is Phase.SITTING:
            stopped += 1
            stage.press("1")
        else:
            _answer(stage, "mixed", len(stage.state.session.answers))
    answered = len(stage.of_kind(ItemAnswered))
    for _ in details(stage.context, stage.state.session):
        stage.press("1")

    assert stopped <= sittings
    assert answered <= stage.context.most
    assert (stage.said[-1].parts[0] == Phrase(PromptId("result.intro"))) is (path == "courriel")
    assert all(_spoken_words(stage))


def test_fifteen_questions_are_counted_in_words() -> None:
    rules = replace(real_context().rules, max_items=15)
    context = replace(real_context(), rules=rules)
    stage = Stage(context=context).to_question()

    for _ in range(15):
        stage.answer(right=True)

    assert "Question quinze." in _spoken_words(stage)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_lesson_can_be_found_by_its_theme(locale: str) -> None:
    context = real_context()
    listed = themes(context)

    names = [context.content.prompts[locale][PromptId(f"theme.{module.replace('-', '_')}")] for module, _ in listed]

    assert len(set(names)) == len(listed) == 9
    assert {lesson.id for _, lessons in listed for lesson in lessons} == set(context.content.lessons)


def _result(pattern: str, seed: int = 1) -> Stage:
    stage = Stage(context=real_context(), seed=seed)
    stage.open()
    stage.keys("1111")
    for turn in range(15):
        if stage.state.phase is Phase.QUESTION:
            _answer(stage, pattern, turn)
    return stage


def test_the_result_offers_the_lesson_of_the_next_step_and_says_it() -> None:
    stage = _result("mixed")
    lesson = next_lesson(stage.context, stage.state.session)
    assert lesson is not None

    stage.press("3")

    told = [part for part in stage.said[-1].parts if isinstance(part, LessonWords)]
    assert told == [LessonWords(lesson, part) for part in LessonPart]
    wording = Wording(stage.context.content)
    assert wording.spoken(told[0], "fr") == stage.context.content.lessons[lesson].texts["fr"].idea
    assert stage.state.phase is Phase.RESULT
    assert LESSON in {meaning.id for meaning in grammar(stage.context, stage.state).meanings}


def test_without_a_lesson_nothing_is_offered() -> None:
    stage = _result("mixed")
    bare = replace(stage.context, content=replace(stage.context.content, lessons={}))

    assert LESSON in {meaning.id for meaning in grammar(stage.context, stage.state).meanings}
    assert LESSON not in {meaning.id for meaning in grammar(bare, stage.state).meanings}
    assert next_lesson(bare, stage.state.session) is None
