"""The results of an account, put together, sent where profiles are collected: said first, then asked, no by default.

Who has entered the code of such a campaign and then the number and PIN of their account may send what all their results
show. That is a session of its own, without questions: what it has to send is frozen when it begins (`ResultsGathered`),
said like every result, and goes the way of every result from there: the organisation's own number, the question, the
consent as an event. The sessions of the account, and the campaigns that they were taken in, stay as they are.
"""

from __future__ import annotations

from dataclasses import replace

from voice_app.dialogue import menus
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import IssueCode
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.records import ResultsGathered
from voice_app.dialogue.state import DialogueState, Phase
from voice_app.dialogue.turn import may_gather


def gather(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction that begins the session of the results put together: what it has to send is said."""
    offer, account = state.offer, state.account
    if not may_gather(state) or offer is None or account is None or account.gathered is None:
        return Reaction(calm(state), form=Form.FULL)
    snapshot = replace(account.gathered, path=context.rules.path, locale=state.locale, channel=state.channel.value)
    here = replace(calm(state), phase=Phase.RESULT, claim=None, account=None, digits="")
    reaction = Reaction(here, form=Form.FULL).keep(context, menus.started(context, state))
    reaction = reaction.keep(context, menus.joining(offer, complete=True)).keep(context, ResultsGathered(snapshot))
    return menus.with_preferences(context, state, reaction).request(IssueCode())
