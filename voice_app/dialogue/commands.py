"""The commands that are valid at every moment, and the choices of the menus: what each meaning does.

A command never changes what is known about the person; "explain" marks the question as helped, "back" takes an answer
away, everything else only changes the voice, repeats, helps, or moves between phases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from audio_content.model import REHEARSAL_PATH, ItemKind
from engine.model import Channel
from voice_app.dialogue import (
    asking,
    assisting,
    breaks,
    claiming,
    gathering,
    lessons,
    menus,
    other_paths,
    questions,
    sharing,
)
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.interpret import DIGIT_BY_DIGIT
from voice_app.dialogue.levels import details
from voice_app.dialogue.messages import AskCallback, HandOver
from voice_app.dialogue.open_answers import kind_asked, word_awaited
from voice_app.dialogue.pausing import go_on, goodbye, pause
from voice_app.dialogue.profile import next_lesson
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.script import by_channel, keyed
from voice_app.dialogue.state import DialogueState, Phase, may_be_helped
from voice_app.dialogue.turn import (
    ALONE,
    BACK,
    BEGIN,
    COFFEE,
    CONTINUE,
    DETAILS,
    DONT_KNOW,
    ENGLISH,
    ERASE_ACCOUNT,
    ERASE_ALL,
    EXPLAIN,
    FASTER,
    FINISH,
    FRENCH,
    HAVE_ACCOUNT,
    HAVE_CODE,
    HEAR,
    HELP,
    INFO_COST,
    INFO_DATA,
    INFO_TOOLS,
    INFO_WORTH,
    KEEP,
    LANGUAGES,
    LESSON,
    LESSONS,
    LOUDER,
    NEW_ACCOUNT,
    NEXT,
    OTHERS,
    PACE_OK,
    PAUSE,
    POSITIONING_PATH,
    QUICK_PATH,
    QUIETER,
    REHEARSAL,
    REPEAT,
    RETAKE,
    SLOWER,
    TAKE,
    TAKE_OUT,
    TEA,
    WAIT,
    may_gather,
)
from voice_app.hearing import MeaningId


def _repeat(context: DialogueContext, state: DialogueState) -> Reaction:
    del context
    return Reaction(calm(state), form=Form.FULL)


def _slower(context: DialogueContext, state: DialogueState) -> Reaction:
    rate = max(context.rules.rate_min, round(state.rate - context.rules.rate_step, 2))
    return _pace_set(context, state, rate, "voice.slower" if rate < state.rate else "voice.slowest")


def _faster(context: DialogueContext, state: DialogueState) -> Reaction:
    rate = min(context.rules.rate_max, round(state.rate + context.rules.rate_step, 2))
    return _pace_set(context, state, rate, "voice.faster" if rate > state.rate else "voice.fastest")


def _pace_set(context: DialogueContext, state: DialogueState, rate: float, prompt: str) -> Reaction:
    reaction = menus.prefer(context, state, rate=rate, gain_db=state.session.gain_db).saying(prompt)
    if state.phase is Phase.PACE and state.doubt is None:
        return reaction.saying("pace.again").in_form(Form.OPTIONS)
    return reaction


def _louder(context: DialogueContext, state: DialogueState) -> Reaction:
    gain_db = min(context.rules.gain_max_db, state.session.gain_db + context.rules.gain_step_db)
    prompt = "voice.louder" if gain_db > state.session.gain_db else "voice.loudest"
    return menus.prefer(context, state, rate=state.rate, gain_db=gain_db).saying(prompt)


def _quieter(context: DialogueContext, state: DialogueState) -> Reaction:
    gain_db = max(context.rules.gain_min_db, state.session.gain_db - context.rules.gain_step_db)
    prompt = "voice.quieter" if gain_db < state.session.gain_db else "voice.quietest"
    return menus.prefer(context, state, rate=state.rate, gain_db=gain_db).saying(prompt)


def _help(context: DialogueContext, state: DialogueState) -> Reaction:
    if state.phase is Phase.PAUSED and state.doubt is None:
        return questions.topics(state)
    if state.person_reachable and state.more and state.doubt is None:  # asked twice: to a person, not to more help
        return Reaction(calm(state), form=Form.LEAD_ONLY).request(HandOver()).saying("phone.hand_over")
    if state.callback_possible and not state.person_reachable and state.more and state.doubt is None:
        noted = Reaction(replace(calm(state), callback_possible=False), form=Form.FULL)
        return noted.request(AskCallback()).saying("phone.callback_noted")
    person = _person(state)
    subject = _HELP_SUBJECTS.get(state.phase, "help.menu")
    if kind_asked(context, state) is ItemKind.NUMBER:
        subject = "help.figure"
    elif word_awaited(context, state):
        subject = "help.word"
    elif may_gather(state):
        subject = "help.result"
    form = Form.OPTIONS if state.phase in _TOLD_AT_LENGTH and state.doubt is None else Form.FULL
    reaction = Reaction(calm(state), form=form, more=True)
    reaction = reaction.saying(subject if subject == "help.word" else keyed(state, subject))
    if state.phase not in DIGIT_BY_DIGIT and subject != "help.figure":
        reaction = reaction.saying(keyed(state, "help.voice"))
    if state.phase is Phase.QUESTION and not may_be_helped(state.session):
        reaction = reaction.saying("path.no_aid")
    return reaction.saying(person)


def _person(state: DialogueState) -> str:
    """Give the prompt that tells how to speak to a person."""
    if state.person_reachable:
        return "help.person_by_phone"
    if state.callback_possible:
        return "help.callback"
    return "help.person_kiosk" if state.channel is Channel.KIOSK else by_channel(state, "help.person")


def _explain(context: DialogueContext, state: DialogueState) -> Reaction:
    if state.phase is not Phase.PRACTICE:
        return _help(context, state)
    return Reaction(replace(calm(state), simpler=True), form=Form.FULL).saying("question.simpler")


def _dont_know(context: DialogueContext, state: DialogueState) -> Reaction:
    if state.phase is not Phase.PRACTICE:
        return _help(context, state)
    return menus.practised(context, state, dont_know=True)


def _back(context: DialogueContext, state: DialogueState) -> Reaction:
    if state.phase is Phase.WELCOME:
        if state.offer is not None and len(state.offer.locales) == 1:
            return _repeat(context, state)
        return Reaction(replace(calm(state), phase=Phase.LANGUAGE))
    if state.phase is Phase.ASSISTANCE:
        return _repeat(context, state)
    if state.phase is Phase.SHARING:
        return Reaction(replace(calm(state), phase=Phase.RESULT, number=None), form=Form.OPTIONS)
    if state.phase is Phase.PATHS:
        return other_paths.leave(state)
    if state.phase in (Phase.THEMES, Phase.LESSONS):
        return lessons.leave(state)
    if state.phase in questions.FROM_THE_PAUSE:
        return questions.back_to_the_pause(state)
    return asking.withdraw(context, state)


def _pause(context: DialogueContext, state: DialogueState) -> Reaction:
    if state.phase is Phase.PAUSED:
        return _repeat(context, state)
    if state.phase in questions.FROM_THE_PAUSE:
        return questions.back_to_the_pause(state)
    return pause(context, Reaction(state))


def _wait(context: DialogueContext, state: DialogueState) -> Reaction:
    del context
    return Reaction(replace(calm(state), unhurried=True), form=Form.LEAD_ONLY).saying("silence.first")


def _begin(context: DialogueContext, state: DialogueState) -> Reaction:
    if state.phase is Phase.COMEBACK:
        return Reaction(replace(calm(state), phase=Phase.LANGUAGE))
    return menus.begin(context, state)


def _have_code(context: DialogueContext, state: DialogueState) -> Reaction:
    del context
    return Reaction(replace(calm(state), phase=Phase.CODE_ENTRY, claim=None))


def _pace_ok(context: DialogueContext, state: DialogueState) -> Reaction:
    del context
    return Reaction(replace(calm(state), phase=Phase.PRACTICE))


def _continue(context: DialogueContext, state: DialogueState) -> Reaction:
    match state.phase:
        case Phase.COMEBACK:
            return menus.come_back(state)
        case Phase.RESULT:
            return sharing.ask(state)
        case Phase.SITTING:
            return asking.next_question(context, breaks.go_on(context, state))
        case Phase.PAUSED if state.origin is Phase.SITTING:
            return asking.next_question(context, breaks.go_on(context, state))
        case Phase.ACCOUNT:
            return gathering.gather(context, state)
        case Phase.DATA:
            return questions.back_to_the_pause(state)
        case _:
            return go_on(context, state)


def _finish(context: DialogueContext, state: DialogueState) -> Reaction:
    return breaks.stop(context, state) if state.phase is Phase.SITTING else goodbye(state)


def _details(context: DialogueContext, state: DialogueState) -> Reaction:
    areas = details(context, state.session)
    if state.phase is not Phase.RESULT or not areas:
        return _help(context, state)
    told = state.told if state.told < len(areas) else 0
    is_last = told + 1 == len(areas)
    reaction = Reaction(replace(calm(state), told=told + 1), form=Form.OPTIONS)
    return reaction.saying(*areas[told], "detail.end" if is_last else "detail.more")


def _lesson(context: DialogueContext, state: DialogueState) -> Reaction:
    lesson = next_lesson(context, state.session)
    if lesson is None:
        return _help(context, state)
    return Reaction(calm(state), form=Form.OPTIONS).saying("result.lesson_begins", *lessons.told(context, lesson))


def _lessons(context: DialogueContext, state: DialogueState) -> Reaction:
    return lessons.open_themes(state) if lessons.themes(context) else _help(context, state)


_Action = Callable[[DialogueContext, DialogueState], Reaction]

ACTIONS: Mapping[MeaningId, _Action] = {
    REPEAT: _repeat,
    SLOWER: _slower,
    FASTER: _faster,
    LOUDER: _louder,
    QUIETER: _quieter,
    HELP: _help,
    EXPLAIN: _explain,
    DONT_KNOW: _dont_know,
    BACK: _back,
    PAUSE: _pause,
    WAIT: _wait,
    FRENCH: lambda _context, state: menus.choose_language(state, LANGUAGES[FRENCH]),
    ENGLISH: lambda _context, state: menus.choose_language(state, LANGUAGES[ENGLISH]),
    BEGIN: _begin,
    HAVE_CODE: _have_code,
    PACE_OK: _pace_ok,
    TEA: menus.practised,
    COFFEE: menus.practised,
    CONTINUE: _continue,
    FINISH: _finish,
    LESSON: _lesson,
    DETAILS: _details,
    ALONE: assisting.alone,
    LESSONS: _lessons,
    OTHERS: lambda _context, state: other_paths.open_list(state),
    QUICK_PATH: lambda _context, state: other_paths.take(state, other_paths.USUAL),
    POSITIONING_PATH: lambda _context, state: other_paths.take(state, other_paths.POSITIONING),
    REHEARSAL: lambda _context, state: other_paths.take(state, REHEARSAL_PATH),
    TAKE: lambda _context, state: lessons.take_theme(state),
    NEXT: lessons.offer_next,
    HEAR: lessons.hear,
    INFO_COST: lambda _context, state: questions.answered(state, INFO_COST),
    INFO_WORTH: questions.worth,
    INFO_TOOLS: lambda _context, state: questions.answered(state, INFO_TOOLS),
    INFO_DATA: lambda _context, state: questions.own_data(state),
    ERASE_ALL: lambda _context, state: questions.ask_to_erase(state),
    KEEP: claiming.keep,
    RETAKE: menus.retake,
    NEW_ACCOUNT: claiming.new_account,
    HAVE_ACCOUNT: claiming.have_account,
    TAKE_OUT: claiming.take_out,
    ERASE_ACCOUNT: claiming.erase_account,
}

_HELP_SUBJECTS = {
    Phase.PRACTICE: "help.question",
    Phase.QUESTION: "help.question",
    Phase.CODE_ENTRY: "help.code",
    Phase.THEMES: "help.lessons",
    Phase.LESSONS: "help.lessons",
    Phase.RESULT: "help.result",
    Phase.SHARING: "help.sharing",
    Phase.OWN_NUMBER: "help.own",
    Phase.ASSISTANCE: "help.assist",
    Phase.CLAIM: "help.claim",
    Phase.ACCOUNT: "help.account",
}
_TOLD_AT_LENGTH = (Phase.WELCOME, Phase.RESULT)
"""Who asks for help here hears what can be done, not the whole telling once more."""
