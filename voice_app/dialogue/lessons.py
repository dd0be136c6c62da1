"""Lessons by themselves: chosen by theme, then one after the other, without questions and without a session.

Two choices in each turn, so that a telephone is enough: take this one, or hear the next. "Back" leads from the lessons
to the themes and from the themes to the welcome. Nothing is kept: who only listens leaves no trace.
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import Lesson, LessonId, PromptId
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import LessonPart, LessonWords, NodeName, Pause, Phrase
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.state import DialogueState, Phase

_OFFER_THEME, _OFFER_LESSON = PromptId("lessons.theme"), PromptId("lessons.lesson")


def themes(context: DialogueContext) -> tuple[tuple[str, tuple[Lesson, ...]], ...]:
    """Give the modules that have lessons, each with its lessons in the order of its skills."""
    content = context.content
    listed = (
        (
            module,
            tuple(content.lessons[each] for skill in skills if (each := LessonId(f"le.{skill}")) in content.lessons),
        )
        for module, skills in content.skill_map.modules.items()
    )
    return tuple((module, lessons) for module, lessons in listed if lessons)


def open_themes(state: DialogueState) -> Reaction:
    """Give the reaction to "lessons": the first theme is offered."""
    return Reaction(replace(calm(state), phase=Phase.THEMES, digits="", theme=0, lesson=0)).saying("lessons.intro")


def take_theme(state: DialogueState) -> Reaction:
    """Give the reaction that goes into the theme that was offered, to its first lesson."""
    return Reaction(replace(calm(state), phase=Phase.LESSONS, lesson=0))


def offer_next(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction that offers the next theme or lesson; after the last one the first comes again."""
    listed = themes(context)
    here = calm(state)
    if state.phase is Phase.THEMES:
        following = (state.theme + 1) % len(listed)
        reaction = Reaction(replace(here, theme=following))
    else:
        following = (state.lesson + 1) % len(listed[state.theme][1])
        reaction = Reaction(replace(here, lesson=following))
    return reaction.saying("lessons.first_again") if following == 0 else reaction


def hear(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction that tells the lesson that was offered; it can be heard again, or the next one."""
    lesson = offered_lesson(context, state)
    return Reaction(calm(state), form=Form.OPTIONS).saying(*told(context, lesson.id))


def told(context: DialogueContext, lesson: LessonId) -> tuple[LessonWords | Pause, ...]:
    """Give a lesson as it is said: its three parts, with a silence after each."""
    pause = Pause(context.rules.stem_pause_ms)
    return tuple(part for name in LessonPart for part in (LessonWords(lesson, name), pause))


def leave(state: DialogueState) -> Reaction:
    """Give the reaction to "back": from the lessons to the themes, from the themes to the welcome."""
    if state.phase is Phase.LESSONS:
        return Reaction(replace(calm(state), phase=Phase.THEMES))
    return Reaction(replace(calm(state), phase=Phase.WELCOME), form=Form.OPTIONS)


def offered_lesson(context: DialogueContext, state: DialogueState) -> Lesson:
    """Give the lesson that the turn is about."""
    return themes(context)[state.theme][1][state.lesson]


def offer(context: DialogueContext, state: DialogueState) -> Phrase:
    """Give what the turn offers: a theme by its name, a lesson by its skill."""
    module, _ = themes(context)[state.theme]
    if state.phase is Phase.THEMES:
        return Phrase(_OFFER_THEME, {"theme": f"theme.{module.replace('-', '_')}"})
    return Phrase(_OFFER_LESSON, {"skill": NodeName(offered_lesson(context, state).skill)})
