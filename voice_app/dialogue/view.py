"""What the page shows in a turn: the same prompts as what is said, large, with its choices and a few commands.

A phone has no page and a screen may be unseen: nothing is shown that is not also said or reachable by a key that the
help tells. The page shows the whole question even when only a short sentence is spoken.
"""

from __future__ import annotations

from audio_content.model import ItemKind, OptionId, PromptId
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import (
    Button,
    ItemWords,
    LessonWords,
    Part,
    Phrase,
    Screen,
    Spelled,
    View,
    option_meaning,
)
from voice_app.dialogue.open_answers import kind_asked, number_awaited, word_awaited
from voice_app.dialogue.script import question_number, stem
from voice_app.dialogue.state import DialogueState, Phase, may_be_helped
from voice_app.dialogue.turn import NO, YES, choices, skip_offered

_SPOKEN_ONLY = frozenset({"question.number", "question.resume", "pause.code_again", "pace.intro"})
"""The heading says it already, or the page does not need it twice."""

_SCREENS = {
    Phase.CODE_ENTRY: Screen.CODE_ENTRY,
    Phase.LESSONS: Screen.LESSONS,
    Phase.OWN_NUMBER: Screen.NUMBER_ENTRY,
    Phase.PRACTICE: Screen.QUESTION,
    Phase.QUESTION: Screen.QUESTION,
    Phase.PAUSED: Screen.PAUSED,
    Phase.RESULT: Screen.RESULT,
    Phase.GOODBYE: Screen.GOODBYE,
}
_HEADINGS = {
    Phase.LANGUAGE: "language.heading",
    Phase.WELCOME: "welcome.heading",
    Phase.CODE_ENTRY: "code.heading",
    Phase.PATHS: "paths.heading",
    Phase.THEMES: "lessons.heading",
    Phase.LESSONS: "lessons.heading",
    Phase.CONSENT: "consent.heading",
    Phase.COMEBACK: "comeback.heading",
    Phase.RECOGNITION: "recognition.heading",
    Phase.PACE: "pace.heading",
    Phase.PRACTICE: "practice.heading",
    Phase.PAUSED: "pause.heading",
    Phase.SITTING: "sitting.heading",
    Phase.RESULT: "result.heading",
    Phase.OWN_NUMBER: "own.heading",
    Phase.SHARING: "sharing.heading",
    Phase.ASSISTANCE: "assist.heading",
    Phase.INFO: "info.heading",
    Phase.DATA: "info.data",
    Phase.ERASURE: "erasure.heading",
    Phase.CLAIM: "claim.heading",
    Phase.ACCOUNT: "account.heading",
    Phase.GOODBYE: "goodbye.heading",
}

_REPEAT, _DONT_KNOW, _SKIP = ("*", "repeat"), ("#", "dont_know"), ("#", "skip")
_EXPLAIN, _BACK, _PAUSE, _HELP = ("5", "explain"), ("9", "back"), ("6", "pause"), ("0", "help")
_SLOWER, _FASTER, _LOUDER, _QUIETER = ("7", "slower"), ("8", "faster"), ("+", "louder"), ("-", "quieter")

_MORE = (_REPEAT, _SLOWER, _FASTER, _LOUDER, _QUIETER, _PAUSE)
_IN_LESSONS = (_REPEAT, _SLOWER, _FASTER, ("9", "lessons.back"), _PAUSE, _HELP)
_IN_MENU = (_REPEAT, _SLOWER, _FASTER, _PAUSE, _HELP)
_COMMANDS = {
    Phase.LANGUAGE: (_REPEAT, _HELP),
    Phase.CODE_ENTRY: (("*", "help"), ("#", "lessons"), ("b", "leave_code")),
    Phase.PATHS: _IN_LESSONS,
    Phase.THEMES: _IN_LESSONS,
    Phase.LESSONS: _IN_LESSONS,
    Phase.PRACTICE: (_REPEAT, _DONT_KNOW, _EXPLAIN, _PAUSE, _HELP),
    Phase.QUESTION: (_REPEAT, _DONT_KNOW, _EXPLAIN, _BACK, _PAUSE, _HELP),
    Phase.PAUSED: (_REPEAT, _HELP),
    Phase.SITTING: (_REPEAT, _BACK, _PAUSE, _HELP),
    Phase.RESULT: (_SLOWER, _FASTER, _BACK, _HELP),
    Phase.GOODBYE: (),
}
_WITH_DIGITS = (("*", "erase"), ("#", "leave_code"))
"""While a code is entered every digit is a digit: star helps as long as there is nothing to erase."""
_IN_DOUBT = (_REPEAT, _PAUSE, _HELP)
_NUMBER_OPEN = (_REPEAT, _DONT_KNOW)
_NUMBER_TYPED = (("*", "erase"), ("#", "enter"))
_BESIDE_A_NUMBER = (("e", "explain"), ("b", "back"), ("p", "pause"), ("h", "help"))
_MORE_BESIDE_A_NUMBER = (("s", "slower"), ("f", "faster"), _LOUDER, _QUIETER)
"""The digits are the number's: commands have letters, which only a page can send."""
_NO_NUMBER = (("#", "own.none"),)
_BESIDE_OWN_NUMBER = (("b", "back"), ("p", "pause"), ("h", "help"))
_YES_NO = {
    YES: "check",
    NO: "cross",
    option_meaning(OptionId("yes")): "check",
    option_meaning(OptionId("no")): "cross",
}
"""A drawing for the two answers that have one."""


def view(context: DialogueContext, state: DialogueState, lead: tuple[Part, ...]) -> View:
    """Give the page of a turn that begins with `lead`."""
    parts = (*lead, *stem(context, state))
    shown = (part for part in parts if isinstance(part, Phrase | ItemWords | LessonWords))
    typed = (Phrase(PromptId("figure.typed"), {"digits": Spelled(state.digits)}),) if _typing(context, state) else ()
    is_number = number_awaited(context, state)
    return View(
        screen=Screen.NUMBER_ENTRY if is_number else _screen(state),
        heading=_heading(state),
        text=(
            *(part for part in shown if not (isinstance(part, Phrase) and part.prompt in _SPOKEN_ONLY)),
            *typed,
        ),
        choices=_choices(context, state),
        commands=_commands(context, state),
        code=state.code,
        progress=_progress(state),
        talk=state.noisy and state.listening,
        writing=kind_asked(context, state) is ItemKind.WORD or _number_may_be_written(state),
    )


def _number_may_be_written(state: DialogueState) -> bool:
    return state.phase is Phase.OWN_NUMBER and state.doubt is None


def _screen(state: DialogueState) -> Screen:
    if state.phase is Phase.RESULT and state.session.gathered is not None:
        return Screen.MENU  # there is no sheet of it to take along
    return _SCREENS.get(state.phase, Screen.MENU)


def _typing(context: DialogueContext, state: DialogueState) -> bool:
    return bool(state.digits) and number_awaited(context, state)


def _heading(state: DialogueState) -> Phrase:
    if state.doubt is not None:
        return Phrase(PromptId("confirm.heading"))
    if state.phase is Phase.QUESTION:
        return Phrase(PromptId("question.heading"), {"number": question_number(state)})
    return Phrase(PromptId(_HEADINGS[state.phase]))


def _choices(context: DialogueContext, state: DialogueState) -> tuple[Button, ...]:
    if word_awaited(context, state):
        return (Button("1", Phrase(PromptId("command.list")), pictogram="list"),)
    if state.phase in (Phase.CODE_ENTRY, Phase.OWN_NUMBER) or number_awaited(context, state):
        return tuple(Button(key, Phrase(PromptId("code.key"), {"digits": Spelled(key)})) for key in ("1234567890"))
    return tuple(
        Button(str(each.place), each.label, place=each.place, pictogram=_YES_NO.get(each.meaning))
        for each in choices(context, state)
    )


def _commands(context: DialogueContext, state: DialogueState) -> tuple[Button, ...]:
    offered: tuple[tuple[str, str], ...]
    if number_awaited(context, state):
        beside = _MORE_BESIDE_A_NUMBER if state.more else _BESIDE_A_NUMBER
        offered = (*(_NUMBER_TYPED if state.digits else _NUMBER_OPEN), *beside)
    elif state.doubt is not None:
        offered = _IN_DOUBT
    elif state.phase is Phase.CODE_ENTRY and (state.digits or state.claim is not None):
        offered = _WITH_DIGITS
    elif state.phase is Phase.OWN_NUMBER and state.doubt is None:
        offered = (*(_NUMBER_TYPED if state.digits else _NO_NUMBER), *_BESIDE_OWN_NUMBER)
    elif state.more and state.phase is not Phase.CODE_ENTRY:
        offered = _MORE
    else:
        offered = _COMMANDS.get(state.phase, _IN_MENU)
    if state.phase is Phase.QUESTION and not may_be_helped(state.session):
        offered = tuple(each for each in offered if each[1] != _EXPLAIN[1])
    if skip_offered(state):
        offered = tuple(_SKIP if each is _DONT_KNOW else each for each in offered)
    return tuple(
        Button(key, Phrase(PromptId(name if "." in name else f"command.{name}")), pictogram=name)
        for key, name in offered
    )


def _progress(state: DialogueState) -> tuple[int, int] | None:
    started = state.session.started
    return (
        None
        if started is None or state.session.gathered is not None
        else (len(state.session.answers), started.max_items)
    )
