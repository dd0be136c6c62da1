"""What the outside does to a conversation: a channel opens, the ear fails or comes back, a code is known, a fault."""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import PromptId
from engine.model import Channel
from voice_app.dialogue import menus
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import (
    CallerChanged,
    MicrophoneChanged,
    Opened,
    Phrase,
    RecognizerBack,
    RecognizerLost,
)
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.records import AssistanceEnded
from voice_app.dialogue.render import BEFORE_AND_AFTER, listening_again, show_again
from voice_app.dialogue.state import DialogueState, Phase


def opened(context: DialogueContext, state: DialogueState, event: Opened) -> Reaction:
    """Give the reaction to a channel that is ready: the first menu, or where the session stood."""
    here = replace(
        state,
        channel=event.channel,
        microphone=event.microphone,
        recognisable=event.recognisable,
        person_reachable=event.person_reachable,
        callback_possible=event.callback_possible,
        calling=event.calling,
        waiting_locale=event.waiting_locale,
        seed=event.seed if state.session.started is None else state.seed,
    )
    if state.session.started is not None:
        reaction = menus.go_on_with(context, here, here, state.session.locale)
        reaction = reaction.saying("campaign.again_later") if event.again_later else reaction
    elif here.calling is not None:
        reaction = Reaction(replace(here, phase=Phase.CONSENT))
    else:
        reaction = menus.first_menu(here)
    by_keys = here.channel is Channel.PHONE and not here.microphone
    return reaction.saying("phone.keys_only") if by_keys else reaction


def ear_changed(
    context: DialogueContext, state: DialogueState, event: RecognizerLost | RecognizerBack | MicrophoneChanged
) -> Reaction:
    """Give the reaction to an ear lost or back: the person is told, once, which ways there are."""
    match event:
        case MicrophoneChanged(available):
            changed, trouble = replace(state, microphone=available), "fault.no_microphone"
        case RecognizerLost() | RecognizerBack():
            changed, trouble = replace(state, hearing=isinstance(event, RecognizerBack)), "fault.use_keys"
    waiting = state.quiet or state.phase is Phase.PAUSED or state.phase in BEFORE_AND_AFTER
    if waiting or changed.listening == state.listening:
        return listening_again(context, Reaction(changed, form=Form.SILENT))
    return Reaction(changed, form=Form.FULL).saying("ear.back" if changed.listening else trouble)


def caller_changed(context: DialogueContext, state: DialogueState, event: CallerChanged) -> Reaction | None:
    """Give the reaction to a call that was transferred: the turn in full, for somebody who has heard nothing of it.

    Being helped needs the yes of the person who is helped, so that of the first caller ends here. Nothing is recorded
    as an answer, and an answer that was only half understood is forgotten.
    """
    if state.phase in BEFORE_AND_AFTER:
        return None
    phase = Phase.LANGUAGE if state.phase is Phase.COMEBACK else state.phase
    here = replace(
        calm(state),
        phase=phase,
        doubt=None,
        digits="",
        before=None,
        acted_on=None,
        waiting_locale=None,
        recognisable=event.recognisable,
        recognised=False,
    )
    reaction = Reaction(here, form=Form.FULL)
    if state.session.helper is not None:
        reaction = reaction.keep(context, AssistanceEnded(state.session.helper.sitting))
    return reaction.saying("phone.caller_changed")


def code_issued(context: DialogueContext, state: DialogueState, code: str) -> Reaction:
    """Give the reaction to the code of this session."""
    known = replace(state, code=code)
    if state.phase in (Phase.PAUSED, Phase.SITTING) and state.code is None:
        return Reaction(known, quiet=state.quiet)
    reaction = Reaction(known, form=Form.SILENT)
    if state.phase in BEFORE_AND_AFTER:
        return reaction
    return reaction.request(show_again(context, known))


def failed(state: DialogueState, prompt: PromptId) -> Reaction | None:
    """Give the reaction to a fault: the truth, and the same turn again."""
    if state.phase is Phase.GOODBYE:
        return None
    if state.phase is Phase.CLOSED:
        return Reaction(replace(state, phase=Phase.GOODBYE), (Phrase(prompt),))
    return Reaction(replace(state, digits=""), (Phrase(prompt),), Form.FULL)
