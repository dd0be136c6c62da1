"""Questions that people ask about the service, and the hold on one's own data: answered aloud, from the pause.

Help asked for in a pause leads here. Who has a result also hears what it lets expect of the certification, and which
accredited centre is nearest to where this service stands, with its contact for accessibility.

Erasing is asked about by itself, and a yes by voice once more, as for a result to send: neither can be fetched back.
Silence, hanging up and a half-heard word erase nothing.
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import PromptId
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.interpret import Meant
from voice_app.dialogue.messages import EraseSession, Phrase, Verbatim
from voice_app.dialogue.numbers import number_prompt
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.script import OWN_DATA
from voice_app.dialogue.state import DialogueState, Doubt, Phase, Session
from voice_app.dialogue.turn import INFO_COST, INFO_TOOLS, INFO_WORTH, YES
from voice_app.hearing import MeaningId

ANSWERS = {
    INFO_COST: ("topic.cost", "topic.account", "topic.time"),
    INFO_WORTH: ("topic.worth", "topic.eligible", "topic.accreditation", "topic.adjustments"),
    INFO_TOOLS: ("topic.languages", "topic.software"),
}
FROM_THE_PAUSE = frozenset({Phase.INFO, Phase.DATA, Phase.ERASURE})
"""The phases that lead back to the pause."""


def topics(state: DialogueState) -> Reaction:
    """Give the reaction that offers the questions."""
    return Reaction(replace(calm(state), phase=Phase.INFO))


def answered(state: DialogueState, topic: MeaningId) -> Reaction:
    """Give the reaction to a question: its answer, then the questions again."""
    return Reaction(replace(calm(state), phase=Phase.INFO), form=Form.OPTIONS).saying(*ANSWERS[topic])


def worth(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to "what is it worth": what everybody is told, where this person stands, the nearest centre."""
    reaction = answered(state, INFO_WORTH)
    told = _ready(state.session)
    near = context.centres.get(state.locale, "")
    centre = (
        Phrase(PromptId("topic.centre"), {"words": Verbatim(near)}) if near else Phrase(PromptId("topic.no_centre"))
    )
    return reaction.saying(*told, centre)


def _ready(session: Session) -> tuple[Phrase, ...]:
    """Give where a finished session leaves its person with the certification; nothing before there is a result."""
    if session.assessment is None or session.finished is None or session.gathered is not None:
        return ()
    found = session.assessment.report().certifiable
    if not found.competences:
        return (Phrase(PromptId("topic.ready_none")),)
    how = "topic.ready_not_yet" if not found.reached else "topic.ready" if found.certain else "topic.ready_likely"
    return (Phrase(PromptId(how), {"number": number_prompt(len(found.competences))}),)


def own_data(state: DialogueState) -> Reaction:
    """Give the reaction to "my data": what is kept, and the way to have it erased where there is something."""
    if state.session.started is None:
        return Reaction(calm(state), form=Form.OPTIONS).saying(*OWN_DATA)
    return Reaction(replace(calm(state), phase=Phase.DATA))


def ask_to_erase(state: DialogueState) -> Reaction:
    """Give the reaction that asks whether everything is to be erased."""
    return Reaction(replace(calm(state), phase=Phase.ERASURE))


def back_to_the_pause(state: DialogueState) -> Reaction:
    """Give the reaction that goes back to the pause."""
    return Reaction(replace(calm(state), phase=Phase.PAUSED), form=Form.OPTIONS)


def decide(state: DialogueState, meant: Meant) -> Reaction:
    """Give the reaction to yes or no: only a certain yes erases, and what follows is said when it is done."""
    if meant.meaning != YES:
        return back_to_the_pause(state).saying("erasure.kept")
    if meant.recognition is not None and not meant.confirmed:
        return Reaction(replace(state, doubt=Doubt((YES,), meant.recognition)))
    return Reaction(calm(state), form=Form.SILENT).request(EraseSession())


def erased(state: DialogueState) -> Reaction:
    """Give the reaction to an erasure that was done: nothing of the session is known here either."""
    nothing = Session(locale=state.locale, rate=state.rate, gain_db=state.session.gain_db)
    gone = replace(calm(state), session=nothing, code=None, doubt=None, offer=None, phase=Phase.GOODBYE)
    return Reaction(gone).saying("erasure.done")
