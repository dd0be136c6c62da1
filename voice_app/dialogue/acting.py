"""What the person does: an event becomes an intent (`interpret`), and the intent a `Reaction`.

Key and voice meet here and never part again. A meaning half heard is a doubt, which is asked about or settled; a
meaning that the phase has no use for is a command (`commands`).
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import ItemKind, OptionId
from engine.model import InputMode
from voice_app.dialogue import asking, assisting, claiming, menus, open_answers, own_number, questions, sharing
from voice_app.dialogue.commands import ACTIONS
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.interpret import (
    HARMLESS,
    Doubtful,
    Intent,
    Meant,
    NotAChoice,
    NotUnderstood,
    intent_of_key,
    intent_of_voice,
    weighed_by_yes,
)
from voice_app.dialogue.messages import EndConversation, GoOnSaying, Heard, Pressed, Reheard, SilenceKept
from voice_app.dialogue.pausing import go_on
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.render import listening_again
from voice_app.dialogue.state import Asked, DialogueState, Doubt, Phase
from voice_app.dialogue.taking_back import taken_back
from voice_app.dialogue.turn import (
    BACK,
    DONT_KNOW,
    ENTER,
    ERASE,
    EXPLAIN,
    FINISH,
    HELP,
    LEAVE_CODE,
    LIST,
    NO,
    SKIP,
    STAR,
    YES,
    choices,
    grammar,
)
from voice_app.dialogue.worth_asking import settled_without_asking
from voice_app.hearing import HearingOutcome, MeaningId, Recognition


def spoken_or_pressed(
    context: DialogueContext, state: DialogueState, event: Pressed | Heard | SilenceKept
) -> Reaction | None:
    """Give the reaction to a key, an utterance or a silence of this turn; None: it changes nothing."""
    if state.phase is Phase.GOODBYE:
        return _after_goodbye(state, event)
    match event:
        case Pressed(_, key, input_mode):
            return _intend(context, state, intent_of_key(context, state, key, input_mode))
        case Heard(_, recognition, over_prompt):
            return _heard(context, state, recognition, over_prompt=over_prompt)
        case SilenceKept():
            if state.phase is Phase.QUESTION:
                return asking.silence(context, state)
            return listening_again(context, menus.silence(state))


def _heard(
    context: DialogueContext, state: DialogueState, recognition: Recognition, *, over_prompt: bool = False
) -> Reaction | None:
    if not state.listening:
        return None
    if recognition.outcome is HearingOutcome.NO_INPUT:
        if over_prompt:
            return Reaction(state, form=Form.SILENT).request(GoOnSaying(state.turn))
        return listening_again(context, Reaction(state, form=Form.SILENT))
    known = frozenset(meaning.id for meaning in grammar(context, state).meanings)
    intent = intent_of_voice(context, state, recognition, known)
    if over_prompt and not state.barged and isinstance(intent, NotUnderstood):
        return Reaction(replace(state, barged=True), form=Form.SILENT).request(GoOnSaying(state.turn, "attention"))
    return _intend(context, state, intent)


def reheard(context: DialogueContext, state: DialogueState, event: Reheard) -> Reaction | None:
    """Give the reaction to the whole of an utterance whose beginning was acted on; None: it comes too late."""
    before = state.before
    if before is None or before.turn != event.turn:
        return None
    if event.recognition is None:
        unknown = taken_back(context, state, before).saying("unheard.first")
        return unknown.in_form(Form.FULL)
    if not state.listening:
        return None
    known = frozenset(meaning.id for meaning in grammar(context, before).meanings)
    intent = intent_of_voice(context, before, event.recognition, known)
    acted_on = state.acted_on
    meant = intent.meaning if isinstance(intent, Meant) else None
    silent = event.recognition.outcome is HearingOutcome.NO_INPUT
    is_same = isinstance(intent, NotUnderstood) or meant == acted_on
    if acted_on is None or silent or (is_same and (acted_on in HARMLESS or (meant and event.recognition.words))):
        return Reaction(state, form=Form.SILENT).request(GoOnSaying(state.turn))
    if is_same:  # more was said, and nobody knows what: never a silent guess
        intent = Doubtful((acted_on,), event.recognition)
    restored = taken_back(context, state, before)
    reaction = _intend(context, restored.state, intent)
    return replace(reaction, effects=(*restored.effects, *reaction.effects))


def _intend(context: DialogueContext, state: DialogueState, intent: Intent) -> Reaction:
    match intent:
        case Meant():
            return _act(context, state, intent)
        case Doubtful(candidates, recognition):
            settled = settled_without_asking(context, state, candidates, recognition)
            if settled is not None:
                return _act(context, state, settled)
            return Reaction(replace(state, doubt=Doubt(candidates, recognition)))
        case NotUnderstood():
            asked = state.session.asked
            if state.phase is Phase.QUESTION and asked is not None:
                return asking.not_understood(context, state, asked)
            return listening_again(context, menus.not_understood(context, state))
        case NotAChoice():
            return _not_a_choice(context, state)


def _act(context: DialogueContext, state: DialogueState, meant: Meant) -> Reaction:
    if state.doubt is not None:
        if meant.meaning == YES:
            return _confirmed(context, state, state.doubt, meant)
        if meant.meaning == NO:
            return _refused(state, state.doubt)
        if meant.meaning not in HARMLESS:
            state = replace(state, doubt=None)
    if state.phase is Phase.PAUSED and state.quiet and meant.meaning != FINISH:
        return go_on(context, state)
    asked = state.session.asked
    if state.phase is Phase.QUESTION and asked is not None and state.doubt is None:
        reaction = _answered(context, state, asked, meant)
        if reaction is not None:
            return reaction
    if state.phase is Phase.CONSENT and meant.meaning in (YES, NO):
        return menus.consent(state, given=meant.meaning == YES)
    if state.phase is Phase.RECOGNITION and meant.meaning in (YES, NO):
        return menus.recognise(state, wished=meant.meaning == YES)
    if state.phase is Phase.CODE_ENTRY:
        reaction = _code_entered(context, state, meant.meaning)
        if reaction is not None:
            return reaction
    if state.phase is Phase.OWN_NUMBER and state.doubt is None:
        reaction = own_number.meant(state, meant.meaning)
        if reaction is not None:
            return reaction
    if state.phase is Phase.ASSISTANCE and state.doubt is None and meant.meaning in (YES, NO):
        return assisting.answered(context, state, meant)
    if state.phase is Phase.ACCOUNT and state.doubt is None and meant.meaning in (YES, NO):
        return claiming.sure(state, agreed=meant.meaning == YES)
    if state.phase is Phase.SHARING and state.doubt is None and meant.meaning in (YES, NO):
        return sharing.decide(context, state, meant)
    if state.phase is Phase.ERASURE and state.doubt is None and meant.meaning in (YES, NO):
        return questions.decide(state, meant)
    return ACTIONS[meant.meaning](context, state)


def _confirmed(context: DialogueContext, state: DialogueState, doubt: Doubt, reply: Meant) -> Reaction:
    meaning = doubt.candidates[0]
    certain = reply.recognition is None or reply.recognition.outcome is HearingOutcome.MATCH
    if certain or reply.recognition is None:
        meant = Meant(meaning, doubt.input_mode, doubt.recognition, confirmed=True)
    else:
        meant = Meant(meaning, doubt.input_mode, weighed_by_yes(doubt.recognition, meaning, reply.recognition))
    return _act(context, replace(state, doubt=None), meant)


def _refused(state: DialogueState, doubt: Doubt) -> Reaction:
    others = doubt.candidates[1:]
    if others:
        return Reaction(replace(state, doubt=replace(doubt, candidates=others)))
    return Reaction(replace(state, doubt=None), form=Form.LEAD_ONLY).saying("confirm.no")


def _answered(context: DialogueContext, state: DialogueState, asked: Asked, meant: Meant) -> Reaction | None:
    kind, _, name = meant.meaning.partition(".")
    if kind == "option":
        return asking.answer(context, state, asked, OptionId(name), meant)
    if meant.meaning == DONT_KNOW:
        return asking.answer(context, state, asked, None, meant)
    if meant.meaning == SKIP:
        return asking.pass_by(context, state, asked)
    if meant.meaning == EXPLAIN:
        return asking.explain(context, state, asked)
    return _openly_answered(context, state, asked, meant)


def _openly_answered(context: DialogueContext, state: DialogueState, asked: Asked, meant: Meant) -> Reaction | None:
    kind, _, name = meant.meaning.partition(".")
    if kind == "digit":
        return open_answers.type_digit(state, name)
    if meant.meaning == ERASE:
        return open_answers.erase(state)
    if meant.meaning == STAR:
        return open_answers.repeat_by_star(state)
    if meant.meaning == LIST:
        return open_answers.list_words(state)
    if meant.meaning != ENTER:
        return None
    typed = open_answers.typed_number(context, state)
    if typed is None:
        return open_answers.outside(state)
    return _answered(context, replace(state, digits=""), asked, replace(meant, meaning=typed))


def written(context: DialogueContext, state: DialogueState, text: str) -> Reaction | None:
    """Give the reaction to a word, or a number with letters, that was written; None where none is asked for."""
    if state.phase is Phase.OWN_NUMBER and state.doubt is None:
        return own_number.written(state, text)
    if open_answers.kind_asked(context, state) is not ItemKind.WORD:
        return None
    meaning, is_literal = open_answers.written_word(context, state, text)
    if meaning is None:
        return open_answers.unknown_word(state)
    return (
        _act(context, state, Meant(meaning, InputMode.KEY)) if is_literal else open_answers.asked_about(state, meaning)
    )


def _code_entered(context: DialogueContext, state: DialogueState, meaning: MeaningId) -> Reaction | None:
    kind, _, name = meaning.partition(".")
    if kind == "digit":
        return menus.enter_digit(state, name)
    if meaning == ERASE:
        return menus.erase(state) if state.digits else ACTIONS[HELP](context, state)
    if meaning == LEAVE_CODE:
        return menus.leave_code(state)
    if meaning == BACK:
        return menus.erase_last(state)
    return None


def _not_a_choice(context: DialogueContext, state: DialogueState) -> Reaction:
    if state.phase is Phase.PAUSED and state.quiet:
        return go_on(context, state)
    offered = len(choices(context, state))
    if not offered:
        helps = {Phase.CODE_ENTRY: "help.code_keys", Phase.OWN_NUMBER: "help.own_keys"}
        return Reaction(calm(state)).saying(helps.get(state.phase, "help.figure_keys"))
    return Reaction(calm(state), form=Form.OPTIONS).saying(f"answer.choices_{offered}")


def _after_goodbye(state: DialogueState, event: Pressed | Heard | SilenceKept) -> Reaction | None:
    if not isinstance(event, Pressed):
        return None
    if event.key == "*":
        return Reaction(state)
    return Reaction(state, form=Form.SILENT).request(EndConversation())
