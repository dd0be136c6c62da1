"""The conversation as a pure machine: `step(context, state, event)` gives the next state and the effects.

It reads no clock, rolls no dice, opens nothing. An event becomes an intent (`interpret`), a handler turns the intent
into a `Reaction` (next state, records to keep, what to say first), and `render` turns that into effects, always in this
order: Save, requests, SetLoudness, Show, Say, Listen. So nothing is acknowledged that was not kept, and the page never
disagrees with the voice.

Theory of operation
-------------------
The phases, and what moves them (c: a choice by voice, key or button; anything else below the table):

| phase | event | next phase | records |
|---|---|---|---|
| CLOSED | Opened | LANGUAGE (or where the session stood) | (SessionResumed) |
| CLOSED | Opened, and it is we who call | CONSENT | |
| CONSENT | c yes | LANGUAGE or COMEBACK | |
| CONSENT | c no | GOODBYE | |
| CLOSED | Opened, and a session of this caller waits | COMEBACK | |
| COMEBACK | c continue, then SessionFound | PRACTICE, QUESTION or RESULT | SessionResumed |
| COMEBACK | c begin | LANGUAGE | |
| LANGUAGE | c French, English | WELCOME | |
| WELCOME | c begin | PACE, or RECOGNITION on a telephone whose number is shown | SessionStarted (CampaignJoined) |
| RECOGNITION | c yes, no | PACE | |
| WELCOME | c "I have a code" | CODE_ENTRY | |
| CODE_ENTRY | last digit, then SessionFound | PRACTICE, QUESTION or RESULT | SessionResumed |
| CODE_ENTRY | last digit, then CampaignFound | WELCOME, in the campaign's words | |
| CODE_ENTRY | SessionNotFound | CODE_ENTRY, or WELCOME after too many | |
| PACE | c as now | PRACTICE | |
| PRACTICE | c anything | QUESTION | PracticeDone, ItemAsked |
| QUESTION | an answer, "I don't know" | QUESTION or RESULT | ItemAnswered, ItemAsked or SessionFinished |
| QUESTION | passed by, or never heard | QUESTION or RESULT | ItemNotAdministered, ItemAsked or SessionFinished |
| QUESTION, RESULT | back | QUESTION | AnswerWithdrawn, ItemAsked |
| any but GOODBYE | pause, stop; a fourth silence in a question | PAUSED | SessionPaused |
| PAUSED | c continue; any key or word if nobody asked for the pause | where it was | SessionResumed |
| RESULT | c lesson (of the next step, where there is one) | RESULT | |
| RESULT | c go on, in a campaign, not yet asked | SHARING | |
| SHARING | c yes | GOODBYE | ConsentAnswered, ResultShared |
| SHARING | c no | GOODBYE | ConsentAnswered |
| PAUSED, RESULT | c finish | GOODBYE | |

Over every phase lies the doubt: a half-heard meaning is asked about (yes, no; keys 1 and 2) before it acts, unless it
is an answer that would not move the estimate one way or the other (`worth_asking`): that is said back. "No" leads
to the next likeliest meaning or to the turn as it was, and counts for nothing. The commands that are valid at every
moment (`commands`) need no row: they change the voice, repeat or help, and the phase stays.

Who goes on speaking after an utterance was acted on is heard again from its beginning (`Reheard`): see `taking_back`.
An unclear sound over a prompt only interrupts it: it goes on where it stopped (`GoOnSaying`); the second one counts.

Turns: whatever is said or shown makes a new turn; an event of another turn is ignored. Faults of the outside
(`Failed`, `RecognizerLost`) say the truth and ask the same turn again. Only `ItemAnswered` moves the estimate.
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import OptionId, PromptId
from voice_app.dialogue import asking, menus, sharing
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
from voice_app.dialogue.messages import (
    CampaignFound,
    CodeIssued,
    Effect,
    EndConversation,
    Event,
    Failed,
    GoOnSaying,
    Heard,
    Left,
    MicrophoneChanged,
    Opened,
    Phrase,
    Pressed,
    RecognizerBack,
    RecognizerLost,
    Reheard,
    SessionFound,
    SessionNotFound,
    SilenceKept,
)
from voice_app.dialogue.pausing import go_on
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.render import listen_again, render, show_again
from voice_app.dialogue.state import Asked, DialogueState, Doubt, Phase
from voice_app.dialogue.taking_back import early, taken_back
from voice_app.dialogue.turn import (
    BACK,
    DONT_KNOW,
    ERASE,
    EXPLAIN,
    FINISH,
    HELP,
    LEAVE_CODE,
    NO,
    SKIP,
    YES,
    choices,
    grammar,
)
from voice_app.dialogue.worth_asking import settled_without_asking
from voice_app.hearing import HearingOutcome, MeaningId, Recognition

_BEFORE_AND_AFTER = (Phase.CLOSED, Phase.GOODBYE)


def start(context: DialogueContext) -> DialogueState:
    """Give the state of a conversation that waits for `Opened`."""
    del context  # every conversation begins the same; the signature leaves room for settings
    return DialogueState()


def step(context: DialogueContext, state: DialogueState, event: Event) -> tuple[DialogueState, tuple[Effect, ...]]:
    """Give the state after an event, and the effects to carry out in order. No effects: the event changes nothing."""
    reaction = _react(context, state, event)
    if reaction is None:
        return state, ()
    after, effects = render(context, state, reaction)
    if after.turn == state.turn:
        return after, effects
    match event:
        case Heard(_, recognition):
            undoable = early(context, state)
            if undoable is not None and recognition.best in undoable.meanings:
                after = replace(after, before=replace(state, before=None), acted_on=recognition.best)
            return after, effects
        case _:
            return after, effects


def _react(context: DialogueContext, state: DialogueState, event: Event) -> Reaction | None:
    match event:
        case Opened():
            return _opened(context, state, event) if state.phase is Phase.CLOSED else None
        case Pressed(turn) | Heard(turn) | SilenceKept(turn):
            if turn != state.turn or state.phase is Phase.CLOSED:
                return None
            return _spoken_or_pressed(context, state, event)
        case Reheard():
            return _reheard(context, state, event)
        case RecognizerLost() | RecognizerBack() | MicrophoneChanged():
            return _ear_changed(context, state, event)
        case SessionFound(records):
            waiting = state.session.started is None and state.phase not in _BEFORE_AND_AFTER
            return menus.found(context, state, records) if waiting else None
        case CampaignFound(offer):
            waiting = state.session.started is None and state.phase not in _BEFORE_AND_AFTER
            return menus.invited(state, offer) if waiting else None
        case SessionNotFound(prompt):
            return menus.not_found(state, prompt) if state.phase in (Phase.CODE_ENTRY, Phase.COMEBACK) else None
        case CodeIssued(code):
            return _code_issued(context, state, code)
        case Failed(prompt):
            return _failed(state, prompt)
        case Left():
            return None


# --- what the person does ---------------------------------------------------------------------------------------


def _spoken_or_pressed(
    context: DialogueContext, state: DialogueState, event: Pressed | Heard | SilenceKept
) -> Reaction | None:
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
            return _listening_again(context, menus.silence(state))


def _heard(
    context: DialogueContext, state: DialogueState, recognition: Recognition, *, over_prompt: bool = False
) -> Reaction | None:
    if not state.listening:
        return None
    if recognition.outcome is HearingOutcome.NO_INPUT:
        if over_prompt:
            return Reaction(state, form=Form.SILENT).request(GoOnSaying(state.turn))
        return _listening_again(context, Reaction(state, form=Form.SILENT))
    known = frozenset(meaning.id for meaning in grammar(context, state).meanings)
    intent = intent_of_voice(context, state, recognition, known)
    if over_prompt and not state.barged and isinstance(intent, NotUnderstood):
        return Reaction(replace(state, barged=True), form=Form.SILENT).request(GoOnSaying(state.turn, "attention"))
    return _intend(context, state, intent)


def _reheard(context: DialogueContext, state: DialogueState, event: Reheard) -> Reaction | None:
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
            return _listening_again(context, menus.not_understood(context, state))
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
    if state.phase is Phase.SHARING and state.doubt is None and meant.meaning in (YES, NO):
        return sharing.decide(context, state, meant)
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
    return None


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
        return Reaction(calm(state)).saying("help.code_keys")
    return Reaction(calm(state), form=Form.OPTIONS).saying(f"answer.choices_{offered}")


def _after_goodbye(state: DialogueState, event: Pressed | Heard | SilenceKept) -> Reaction | None:
    if not isinstance(event, Pressed):
        return None
    if event.key == "*":
        return Reaction(state)
    return Reaction(state, form=Form.SILENT).request(EndConversation())


# --- what the outside does --------------------------------------------------------------------------------------


def _opened(context: DialogueContext, state: DialogueState, event: Opened) -> Reaction:
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
        return menus.go_on_with(context, here, here, state.session.locale)
    return Reaction(replace(here, phase=Phase.CONSENT)) if here.calling is not None else menus.first_menu(here)


def _ear_changed(
    context: DialogueContext, state: DialogueState, event: RecognizerLost | RecognizerBack | MicrophoneChanged
) -> Reaction:
    match event:
        case MicrophoneChanged(available):
            changed, trouble = replace(state, microphone=available), "fault.no_microphone"
        case RecognizerLost() | RecognizerBack():
            changed, trouble = replace(state, hearing=isinstance(event, RecognizerBack)), "fault.use_keys"
    waiting = state.quiet or state.phase is Phase.PAUSED or state.phase in _BEFORE_AND_AFTER
    if waiting or changed.listening == state.listening:
        return _listening_again(context, Reaction(changed, form=Form.SILENT))
    return Reaction(changed, form=Form.FULL).saying("ear.back" if changed.listening else trouble)


def _code_issued(context: DialogueContext, state: DialogueState, code: str) -> Reaction:
    known = replace(state, code=code)
    if state.phase is Phase.PAUSED and state.code is None:
        return Reaction(known, quiet=state.quiet)
    reaction = Reaction(known, form=Form.SILENT)
    if state.phase in _BEFORE_AND_AFTER:
        return reaction
    return reaction.request(show_again(context, known))


def _failed(state: DialogueState, prompt: PromptId) -> Reaction | None:
    if state.phase is Phase.GOODBYE:
        return None
    if state.phase is Phase.CLOSED:
        return Reaction(replace(state, phase=Phase.GOODBYE), (Phrase(prompt),))
    return Reaction(replace(state, digits=""), (Phrase(prompt),), Form.FULL)


def _listening_again(context: DialogueContext, reaction: Reaction) -> Reaction:
    """Give the reaction with the ear open again, when nothing is said."""
    if reaction.form is not Form.SILENT or reaction.state.phase in _BEFORE_AND_AFTER:
        return reaction
    return reaction.request(listen_again(context, reaction.state))
