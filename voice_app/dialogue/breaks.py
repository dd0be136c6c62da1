"""The sittings of a long path: after each, the person chooses whether to stop for today or to go on.

Nothing ends by itself and nothing is counted in minutes: a sitting is a number of questions (`Policy.per_sitting`). Who
stops has everything kept and the code; who comes back by it begins the next sitting without being asked again.
"""

from __future__ import annotations

from dataclasses import replace

from engine.adaptive import StopReason
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import IssueCode
from voice_app.dialogue.pausing import goodbye
from voice_app.dialogue.reaction import Reaction, calm
from voice_app.dialogue.records import SessionPaused, SittingBegun
from voice_app.dialogue.state import DialogueState, Phase


def offer(reaction: Reaction) -> Reaction:
    """Give the reaction that asks, at the end of a sitting, whether to stop or to go on."""
    at_the_end = reaction.at(phase=Phase.SITTING, digits="", listed=False)
    return at_the_end if reaction.state.code is not None else at_the_end.request(IssueCode())


def in_new_sitting(context: DialogueContext, reaction: Reaction) -> Reaction:
    """Give the reaction with the next sitting begun, where one is over."""
    assessment = reaction.state.session.assessment
    if assessment is None or assessment.propose() is not StopReason.SITTING_OVER:
        return reaction
    return reaction.keep(context, SittingBegun())


def go_on(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction of somebody who goes on: the next sitting begins; its first question is to come."""
    return in_new_sitting(context, Reaction(replace(calm(state), phase=Phase.QUESTION))).saying("pause.over")


def stop(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction of somebody who stops for today: everything is kept, and the code is said."""
    return goodbye(state).keep(context, SessionPaused()).saying("sitting.later")
