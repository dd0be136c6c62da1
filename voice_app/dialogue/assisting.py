"""A mediator beside the person: asked for aloud, said aloud, kept as records, weighed by the engine as aid.

| act | said | kept | aid of the answer |
|---|---|---|---|
| repeat, slower | the question again, slower | AidGiven | as read aloud: none |
| rephrase | the question in easier words | ItemExplained, AidGiven | rephrased |
| hint | the mediator's words, or one option that it is not | AidGiven | hint |
| demonstrate | the lesson's idea and example where there is one | AidGiven | demonstrated |
| relay | the answer, as relayed | ItemAnswered by mediator | what was given before |
| relay, done for them | that it does not count | AidGiven, ItemAnswered | done for them: no evidence |
| withdraw an answer, any | that it was misheard, and the question again | AnswerWithdrawn, ItemAsked | |

In a rehearsal no help is given, as in the certification: what would help is refused aloud, with the reason, and not
kept; repeating, speaking slower, relaying an answer and pausing stay.

An aid belongs to its question: it stays when the answer is taken back and given again. Nothing happens unless the
person has agreed (`AssistanceBegun`), and they can go on alone from any pause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from audio_content.model import ItemKind, LessonId, OptionId, PromptId
from engine.model import Aid, InputMode
from engine.organization.consent import Purpose
from voice_app.dialogue import asking
from voice_app.dialogue.assist_messages import Act, MediatorActs, MediatorAsks
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.interpret import Meant, evidence_of
from voice_app.dialogue.messages import Fill, LessonPart, LessonWords, Part, Pause, Phrase, Verbatim, option_meaning
from voice_app.dialogue.pausing import go_on, pause
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.records import (
    AidGiven,
    AssistanceBegun,
    AssistanceEnded,
    ConsentAnswered,
    ItemAnswered,
    ItemExplained,
    PreferencesSet,
)
from voice_app.dialogue.script import ASSISTANCE_QUESTION, name_of
from voice_app.dialogue.state import Asked, DialogueState, Phase, may_be_helped
from voice_app.dialogue.turn import DONT_KNOW, YES

_NOT_NOW = (Phase.CLOSED, Phase.GOODBYE, Phase.CONSENT, Phase.ASSISTANCE)


def asked_to_help(state: DialogueState, event: MediatorAsks) -> Reaction | None:
    """Give the reaction to somebody who would like to help: the person is asked; None: not at this moment.

    Before the language is chosen the question waits; the campaign of the sitting is taken in any case.
    """
    seat = event.seat
    offer = seat.offer if seat.offer is not None and state.session.started is None else state.offer
    if state.phase in _NOT_NOW or (state.session.helper is not None and state.session.helper.sitting == seat.sitting):
        return None
    here = replace(state, seat=seat, offer=offer, doubt=None, digits="")
    if state.phase is Phase.LANGUAGE:
        return Reaction(here, form=Form.SILENT)
    aside = Phase.WELCOME if state.phase is Phase.CODE_ENTRY else state.phase
    return Reaction(replace(calm(here), phase=Phase.ASSISTANCE, aside=aside))


def answered(context: DialogueContext, state: DialogueState, meant: Meant) -> Reaction:
    """Give the reaction to the person's yes or no to being helped: kept, and on with what they were at."""
    seat, agreed = state.seat, meant.meaning == YES
    back = Reaction(replace(calm(state), phase=state.aside, seat=None), form=Form.FULL)
    if seat is None:
        return back
    consent = ConsentAnswered(
        purpose=Purpose.ASSISTANCE,
        recipient=seat.sitting,
        agreed=agreed,
        wording=ASSISTANCE_QUESTION,
        locale=state.locale,
        input_mode=meant.input_mode,
    )
    back = back.keep(context, consent)
    if not agreed:
        return back.saying("assist.declined")
    return back.keep(context, AssistanceBegun(seat.sitting, seat.organization)).saying("assist.joined")


def alone(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction of somebody who goes on without the mediator."""
    helper = state.session.helper
    if helper is None:
        return go_on(context, state)
    return go_on(context, state).keep(context, AssistanceEnded(helper.sitting)).saying("assist.left")


def acted(context: DialogueContext, state: DialogueState, event: MediatorActs) -> Reaction | None:
    """Give the reaction to what the mediator does; None: it comes too late, or nobody has agreed to it."""
    helper = state.session.helper
    if helper is None or helper.sitting != event.sitting or state.phase in _NOT_NOW:
        return None
    here = replace(calm(state), doubt=None)
    if event.act in _EVERYWHERE:
        return _EVERYWHERE[event.act](context, here, event)
    asked = state.session.asked
    if event.act is Act.WITHDRAW:
        return _withdrawn(context, here, event)
    if state.phase is not Phase.QUESTION or asked is None or asked.item != event.item:
        return None
    if not may_be_helped(state.session) and (event.act is not Act.RELAY or event.done_for_them):
        return Reaction(here, form=Form.FULL).saying("rehearsal.no_help")
    return _ON_THE_QUESTION[event.act](context, here, asked, event)


# --- at any moment ----------------------------------------------------------------------------------------------


def _aided(context: DialogueContext, state: DialogueState, aid: Aid, means: Act) -> Reaction:
    asked = state.session.asked if state.phase is Phase.QUESTION else None
    kept = AidGiven(None if asked is None else asked.item, aid, means.value)
    return Reaction(state, form=Form.FULL).keep(context, kept)


def _repeat(context: DialogueContext, state: DialogueState, event: MediatorActs) -> Reaction:
    return _aided(context, state, Aid.READ_ALOUD, event.act).saying("assist.repeat")


def _slower(context: DialogueContext, state: DialogueState, event: MediatorActs) -> Reaction:
    rate = max(context.rules.rate_min, round(state.rate - context.rules.rate_step, 2))
    reaction = _aided(context, state, Aid.READ_ALOUD, event.act)
    if state.session.started is None:
        reaction = reaction.at(session=replace(reaction.state.session, rate=rate))
    else:
        reaction = reaction.keep(context, PreferencesSet(state.locale, rate, state.session.gain_db))
    return reaction.saying("voice.slower" if rate < state.rate else "voice.slowest")


def _pause(context: DialogueContext, state: DialogueState, event: MediatorActs) -> Reaction | None:
    del event
    return None if state.phase is Phase.PAUSED else pause(context, Reaction(state), "assist.paused")


def _go_on(context: DialogueContext, state: DialogueState, event: MediatorActs) -> Reaction | None:
    del event
    return go_on(context, state) if state.phase is Phase.PAUSED else None


def _leave(context: DialogueContext, state: DialogueState, event: MediatorActs) -> Reaction:
    return Reaction(state, form=Form.FULL).keep(context, AssistanceEnded(event.sitting)).saying("assist.left")


# --- on the question --------------------------------------------------------------------------------------------


def _rephrase(context: DialogueContext, state: DialogueState, asked: Asked, event: MediatorActs) -> Reaction:
    reaction = _aided(context, state, Aid.REPHRASED, event.act)
    if asked.item not in state.session.explained:
        reaction = reaction.keep(context, ItemExplained(asked.item))
    return reaction.saying("question.simpler")


def _hint(context: DialogueContext, state: DialogueState, asked: Asked, event: MediatorActs) -> Reaction:
    reaction = _aided(context, state, Aid.HINT, event.act)
    if event.words:
        return reaction.saying(Phrase(PromptId("assist.hint"), {"words": Verbatim(event.words)}))
    item = context.content.items[asked.item]
    wrong = next((option for option in asked.order if option != item.key), None)
    if wrong is None or item.kind is not ItemKind.CHOICE or len(asked.order) <= _TWO:
        return reaction.saying("assist.hint_beside")
    return reaction.saying(Phrase(PromptId("assist.hint_not"), {"option": _name(context, state, wrong)}))


def _demonstrate(context: DialogueContext, state: DialogueState, asked: Asked, event: MediatorActs) -> Reaction:
    reaction = _aided(context, state, Aid.DEMONSTRATED, event.act)
    lesson = LessonId(f"le.{context.content.items[asked.item].skill}")
    if lesson not in context.content.lessons:
        return reaction.saying("assist.demonstration_beside")
    silence = Pause(context.rules.stem_pause_ms)
    taught: tuple[Part, ...] = (
        LessonWords(lesson, LessonPart.IDEA),
        silence,
        LessonWords(lesson, LessonPart.EXAMPLE),
        silence,
    )
    return reaction.saying("assist.demonstration", *taught)


def _relay(context: DialogueContext, state: DialogueState, asked: Asked, event: MediatorActs) -> Reaction | None:
    option = event.option
    if option is not None and option not in asked.order:
        return None
    reaction = Reaction(state)
    if event.done_for_them:
        reaction = _aided(context, state, Aid.DONE_FOR_THEM, event.act).in_form(Form.USUAL)
    meant = Meant(DONT_KNOW if option is None else option_meaning(option), InputMode.MEDIATOR, confirmed=True)
    record = ItemAnswered(
        item=asked.item,
        option=option,
        evidence=evidence_of(context.content.items[asked.item], option, meant),
        aid=reaction.state.session.aid_for(asked.item),
        channel=state.channel,
        input_mode=meant.input_mode,
        confirmed=meant.confirmed,
    )
    reaction = reaction.keep(context, record)
    if option is None:
        reaction = reaction.saying("assist.relayed_dont_know")
    else:
        prompt = "assist.done_for_them" if event.done_for_them else "assist.relayed"
        reaction = reaction.saying(Phrase(PromptId(prompt), {"option": _name(context, state, option)}))
    return asking.next_question(context, reaction)


def _withdrawn(context: DialogueContext, state: DialogueState, event: MediatorActs) -> Reaction | None:
    answered = [each.asked.item for each in state.session.answers]
    if event.item not in answered or state.phase not in _MAY_TAKE_BACK:
        return None
    said = "assist.withdrawn" if answered[-1] == event.item else "assist.withdrawn_earlier"
    return replace(asking.withdraw(context, state, event.item), lead=()).saying(said)


def _name(context: DialogueContext, state: DialogueState, option: OptionId) -> Fill:
    return name_of(context, state, option_meaning(option))


_MAY_TAKE_BACK = (Phase.QUESTION, Phase.SITTING, Phase.RESULT)
_TWO = 2
"""Of so few options one that it is not would be the answer."""
_EVERYWHERE: Mapping[Act, Callable[[DialogueContext, DialogueState, MediatorActs], Reaction | None]] = {
    Act.REPEAT: _repeat,
    Act.SLOWER: _slower,
    Act.PAUSE: _pause,
    Act.GO_ON: _go_on,
    Act.LEAVE: _leave,
}
_ON_THE_QUESTION: Mapping[Act, Callable[[DialogueContext, DialogueState, Asked, MediatorActs], Reaction | None]] = {
    Act.REPHRASE: _rephrase,
    Act.HINT: _hint,
    Act.DEMONSTRATE: _demonstrate,
    Act.RELAY: _relay,
}
