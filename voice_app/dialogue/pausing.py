"""The pause: everything is kept, the code is said, and any key or word goes on; also the way out."""

from __future__ import annotations

from dataclasses import replace

from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import IssueCode
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.records import SessionPaused, SessionResumed
from voice_app.dialogue.state import DialogueState, Phase


def pause(context: DialogueContext, reaction: Reaction, lead: str | None = None, *, quiet: bool = False) -> Reaction:
    """Give the reaction that pauses where the person is. `quiet`: nobody asked for it; any key or word brings back."""
    before = reaction.state
    paused = reaction.at(
        phase=Phase.PAUSED, origin=before.phase, doubt=None, silences=0, misses=0, unheard_run=0
    ).in_form(Form.USUAL)
    if before.session.started is not None and before.session.finished is None:
        paused = paused.keep(context, SessionPaused())
    if before.session.started is not None and before.code is None:
        paused = paused.request(IssueCode())
    if lead is not None:
        paused = paused.saying(lead)
    return replace(paused, quiet=quiet)


def go_on(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction that goes back to where the pause began."""
    reaction = Reaction(replace(calm(state), phase=state.origin), form=Form.FULL)
    if state.session.started is not None and state.session.finished is None:
        reaction = reaction.keep(context, SessionResumed(state.channel))
    return reaction.saying("pause.over")


def goodbye(state: DialogueState) -> Reaction:
    """Give the reaction that ends the conversation; the session stays, its code opens it again."""
    return Reaction(replace(calm(state), phase=Phase.GOODBYE))
