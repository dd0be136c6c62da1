"""The questions: which comes next, what an answer does, taking it back, and the help ladder of silence and noise.

The ladder (content notes, 2.4), per question; anything that is understood leads back to its foot:

| rung | silence | not understood |
|---|---|---|
| 1 | "take your time" | "I did not hear well" |
| 2 | the whole question again, full form | the options again, full form, slower and louder |
| 3 | passing, a pause, help are offered | keys, passing, help are offered |
| 4 | quiet pause, the code said; waits without limit | the item is passed by: not administered, no evidence |

The second item in a row that cannot be heard leads to the quiet pause too: a room that loud must not eat the questions.
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import ItemKind, OptionId, PromptId
from engine.adaptive import StopReason
from engine.model import Channel, ItemId
from voice_app.dialogue import breaks, open_answers
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import option_order
from voice_app.dialogue.interpret import Meant, evidence_of
from voice_app.dialogue.messages import Phrase
from voice_app.dialogue.open_answers import number_awaited
from voice_app.dialogue.pausing import pause
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.records import (
    AnswerWithdrawn,
    ItemAnswered,
    ItemAsked,
    ItemExplained,
    ItemNotAdministered,
    SessionFinished,
)
from voice_app.dialogue.script import by_channel, keyed, name_of, question_number
from voice_app.dialogue.state import Asked, DialogueState, Phase, may_be_helped
from voice_app.dialogue.turn import LAST_RUNG
from voice_app.hearing import HearingOutcome


def next_question(context: DialogueContext, reaction: Reaction) -> Reaction:
    """Give the reaction that goes on with the item the engine proposes, or with the result."""
    session = reaction.state.session
    if session.assessment is None or session.started is None:
        return reaction.at(phase=Phase.WELCOME)
    proposal = session.assessment.propose()
    if proposal is StopReason.SITTING_OVER:
        return breaks.offer(reaction)
    if isinstance(proposal, StopReason):
        return reaction.keep(context, SessionFinished(proposal.value)).at(phase=Phase.RESULT)
    order = option_order(context, session.started.seed, proposal.item)
    asking = reaction.keep(context, ItemAsked(proposal.item, order)).at(phase=Phase.QUESTION, digits="", listed=False)
    return asking.saying(Phrase(PromptId("question.number"), {"number": question_number(asking.state)}))


def answer(
    context: DialogueContext, state: DialogueState, asked: Asked, option: OptionId | None, meant: Meant
) -> Reaction:
    """Give the reaction to an answer (`option` None: "I don't know"): kept first, then acknowledged, then the next."""
    record = ItemAnswered(
        item=asked.item,
        option=option,
        evidence=evidence_of(context.content.items[asked.item], option, meant),
        aid=state.session.aid_for(asked.item),
        channel=state.channel,
        input_mode=meant.input_mode,
        confirmed=meant.confirmed,
    )
    reaction = Reaction(calm(state)).keep(context, record)
    if option is None:
        told = any(each.answer is not None and each.answer.option is None for each in state.session.answers)
        reaction = reaction.saying("answer.taken" if told else "answer.dont_know")
    elif state.correcting or half_heard(meant) or len(state.session.answers) < context.rules.echo_items:
        reaction = reaction.saying(Phrase(PromptId("answer.echo"), {"option": name_of(context, state, meant.meaning)}))
    else:
        reaction = reaction.saying("answer.taken")
    return next_question(context, reaction)


def half_heard(meant: Meant) -> bool:
    """Tell whether an answer was taken though it was heard in doubt: it is said back, so that it can be corrected."""
    heard = meant.recognition
    return heard is not None and heard.outcome is HearingOutcome.DOUBTFUL and not meant.confirmed


def pass_by(context: DialogueContext, state: DialogueState, asked: Asked) -> Reaction:
    """Give the reaction that sets the item aside: it says nothing about the person."""
    reaction = Reaction(calm(state)).keep(context, ItemNotAdministered(asked.item))
    return next_question(context, reaction.saying("answer.passed"))


def withdraw(context: DialogueContext, state: DialogueState, item: ItemId | None = None) -> Reaction:
    """Give the reaction to "correct my last answer": it is taken back and its item asked again; the answer to `item`
    where one is named. A question that was waiting for its answer meanwhile may be asked later."""
    answers = [each for each in state.session.answers if item is None or each.asked.item == item]
    if not answers:
        return Reaction(calm(state)).saying("back.none")
    asked = answers[-1].asked
    reaction = Reaction(calm(state)).keep(context, AnswerWithdrawn(asked.item))
    reaction = reaction.keep(context, ItemAsked(asked.item, asked.order))
    return reaction.at(phase=Phase.QUESTION, digits="", listed=False).saying("back.done").in_form(Form.FULL)


def explain(context: DialogueContext, state: DialogueState, asked: Asked) -> Reaction:
    """Give the reaction to "what does it mean": the same question in easier words, counted as help; as it stands, and
    why, where nobody may be helped."""
    reaction = Reaction(calm(state), form=Form.FULL)
    if not may_be_helped(state.session):
        return reaction.saying("rehearsal.no_explaining")
    if asked.item not in state.session.explained:
        reaction = reaction.keep(context, ItemExplained(asked.item))
    return reaction.saying("question.simpler")


def silence(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to a silence in a question."""
    if state.digits and number_awaited(context, state):
        return open_answers.ended_by_silence(context, state)
    rung = state.silences + 1
    here = Reaction(replace(state, silences=rung))
    if rung == 1:
        form = Form.LEAD_ONLY if state.doubt is None else Form.USUAL
        return here.saying("silence.first").in_form(form)
    if rung == 2:
        return here.at(doubt=None, listed=True).saying("silence.second").in_form(Form.FULL)
    if rung == LAST_RUNG:
        return here.at(doubt=None).saying(keyed(state, "silence.offer")).in_form(Form.LEAD_ONLY)
    return pause(context, here, "silence.quiet", quiet=True)


def not_understood(context: DialogueContext, state: DialogueState, asked: Asked) -> Reaction:
    """Give the reaction to a sound that fits nothing in a question."""
    rung = state.misses + 1
    here = Reaction(replace(state, misses=rung))
    if rung == 1:
        form = Form.LEAD_ONLY if state.doubt is None else Form.USUAL
        return here.saying("unheard.first").in_form(form)
    if rung == 2:
        is_number = context.content.items[asked.item].kind is ItemKind.NUMBER
        prompt = "unheard.second_figure" if is_number else "unheard.second"
        heard_badly = here.at(doubt=None, listed=True).saying(prompt).in_form(Form.OPTIONS)
        if state.channel is Channel.KIOSK and state.listening and not state.noisy:
            heard_badly = heard_badly.at(noisy=True).saying("unheard.talk")
        return replace(heard_badly, emphasised=True)
    if rung == LAST_RUNG:
        return here.at(doubt=None).saying("unheard.offer").in_form(Form.LEAD_ONLY)
    unheard = state.unheard_run + 1
    passed = pass_by(context, state, asked).at(unheard_run=unheard)
    if unheard < context.rules.unheard_items_before_pause or passed.state.phase is not Phase.QUESTION:
        return passed
    return pause(context, replace(passed, lead=()).at(unheard_run=0), by_channel(state, "unheard.quiet"), quiet=True)
