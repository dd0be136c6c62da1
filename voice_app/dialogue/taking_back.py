"""Acting early, and taking it back: "deux... non, attendez... trois" is one answer, however early "deux" was acted on.

An utterance may be acted on before the whole patience for it has passed, when the evidence is overwhelming and what is
done can be undone. Who goes on speaking is then heard from the beginning: the whole utterance comes as `Reheard`, what
its first half brought about is taken back (an answer by the same records as "correct my last answer"), and the whole is
acted on in the turn where it was said. The answer is then always said back, and after a few corrections the person is
given more time from the start.

What cannot be undone (beginning a session, a pause, the end, a digit of a code after which the next digit follows at
once) waits for the whole patience.
"""

from __future__ import annotations

from dataclasses import replace

from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.interpret import HARMLESS
from voice_app.dialogue.messages import Early, option_meaning
from voice_app.dialogue.reaction import Reaction
from voice_app.dialogue.records import AnswerWithdrawn, ItemAsked
from voice_app.dialogue.state import DialogueState, Phase
from voice_app.dialogue.turn import (
    DONT_KNOW,
    ENGLISH,
    FRENCH,
    HAVE_CODE,
    HEAR,
    LESSONS,
    NEXT,
    NO,
    OTHERS,
    PACE_OK,
    TAKE,
    YES,
)
from voice_app.hearing import MeaningId

_OF_MENUS = {
    Phase.LANGUAGE: frozenset({FRENCH, ENGLISH}),
    Phase.WELCOME: frozenset({HAVE_CODE, LESSONS, OTHERS}),
    Phase.THEMES: frozenset({TAKE, NEXT}),
    Phase.LESSONS: frozenset({HEAR, NEXT}),
    Phase.PACE: frozenset({PACE_OK}),
}


def early(context: DialogueContext, state: DialogueState) -> Early | None:
    """Give when an utterance of this turn may be acted on early; None: never."""
    meanings = _undoable(state)
    if not state.listening or not meanings:
        return None
    rules = context.rules
    slow = needs_time(context, state)
    return Early(
        meanings=meanings,
        pause_ms=rules.early_pause_slow_ms if slow else rules.early_pause_ms,
        sure_ms=rules.early_sure_slow_ms if slow else rules.early_sure_ms,
        above=rules.early_above,
    )


def needs_time(context: DialogueContext, state: DialogueState) -> bool:
    """Tell whether the person chose a slow voice, asked for a moment, or was taken for finished too early too often."""
    rules = context.rules
    hurried = state.corrections >= rules.corrections_before_slow
    return hurried or state.unhurried or state.rate < rules.slow_below


def taken_back(context: DialogueContext, state: DialogueState, before: DialogueState) -> Reaction:
    """Give the reaction that stands again where the person was `before`, with nothing done since but what is kept."""
    unsaved = state.session.started is None
    restored = replace(
        before,
        session=before.session if unsaved else state.session,
        turn=state.turn,
        code=state.code,
        microphone=state.microphone,
        hearing=state.hearing,
        before=None,
        correcting=True,
        corrections=state.corrections + 1,
    )
    reaction = Reaction(restored)
    asked = before.session.asked
    if asked is None or not any(each.asked.item == asked.item for each in state.session.settled):
        return reaction
    reaction = reaction.keep(context, AnswerWithdrawn(asked.item))
    return reaction.keep(context, ItemAsked(asked.item, asked.order))


def _undoable(state: DialogueState) -> frozenset[MeaningId]:
    if state.phase is not Phase.QUESTION or state.session.asked is None:
        return frozenset() if state.doubt is not None else _OF_MENUS.get(state.phase, frozenset())
    if state.doubt is None:
        return HARMLESS | {DONT_KNOW} | {option_meaning(option) for option in state.session.asked.order}
    is_answer = state.doubt.candidates[0] == DONT_KNOW or state.doubt.candidates[0].startswith("option.")
    return frozenset({YES, NO}) if is_answer else frozenset()
