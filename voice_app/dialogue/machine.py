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
| CODE_ENTRY, a profile is collected | last digit, then SessionFound | as above, in the campaign | CampaignJoined |
| CODE_ENTRY | last digit, then CampaignFound | WELCOME, in the campaign's words | |
| WELCOME | c other paths | PATHS | |
| PATHS | c a path, then PathTaken; back | WELCOME, on that path | |
| WELCOME, CODE_ENTRY | c lessons | THEMES | |
| THEMES, LESSONS | c take, next, hear | LESSONS, THEMES | |
| THEMES, LESSONS | back | WELCOME, THEMES | |
| CODE_ENTRY | SessionNotFound | CODE_ENTRY, or WELCOME after too many | |
| PACE | c as now | PRACTICE | |
| PRACTICE | c anything | QUESTION | PracticeDone, ItemAsked |
| QUESTION | an answer, "I don't know" | QUESTION or RESULT | ItemAnswered, ItemAsked or SessionFinished |
| QUESTION that asks for a number | digits; then hash, or a silence and a yes | as an answer | as an answer |
| QUESTION that asks for a word | a word written; "give me the answers" | as an answer; QUESTION with a list | |
| QUESTION | passed by, or never heard | QUESTION or RESULT | ItemNotAdministered, ItemAsked or SessionFinished |
| QUESTION, SITTING, RESULT | back | QUESTION | AnswerWithdrawn, ItemAsked |
| QUESTION | the last answer of a sitting of a long path | SITTING | as an answer |
| SITTING | c continue | QUESTION or RESULT | SittingBegun, ItemAsked or SessionFinished |
| SITTING | c finish | GOODBYE | SessionPaused |
| any but GOODBYE | pause, stop; a fourth silence in a question | PAUSED | SessionPaused |
| PAUSED | c continue; any key or word if nobody asked for the pause | where it was | SessionResumed |
| RESULT | c lesson (of the next step, where there is one) | RESULT | |
| RESULT | c details (where every competence is measured) | RESULT, one area told | |
| RESULT | c go on, in a campaign, not yet asked | SHARING, or OWN_NUMBER first | |
| ACCOUNT, a profile is collected | c go on | RESULT | SessionStarted, CampaignJoined, ResultsGathered |
| OWN_NUMBER | digits and their end, or none | SHARING | |
| RESULT | c take it again, in a campaign that allows it | WELCOME, of a new session | |
| SHARING | c yes | GOODBYE | ConsentAnswered, ResultShared |
| SHARING | c no | GOODBYE | ConsentAnswered |
| PAUSED, RESULT | c finish | GOODBYE | |
| PAUSED | help | INFO | |
| INFO | c a question | INFO, or DATA for one's own data | |
| DATA | c erase | ERASURE | |
| ERASURE | c yes, then SessionErased | GOODBYE | |
| INFO, DATA, ERASURE | back, pause; c no | PAUSED | |

A call may be transferred at any moment (`CallerChanged`): who has it from then on is told, and hears the whole turn.
What was the first caller's own (their number, a session that waits, a yes to being helped) does not pass over.

A mediator may ask to help at any moment (`MediatorAsks`): ASSISTANCE asks the person, and goes back to where they were.
With their yes on record, what the mediator does (`MediatorActs`) is said aloud and kept: see `assisting`.

A result can be kept in an account, by a code that is said at the result and used once, later and elsewhere: CLAIM,
ACCOUNT, and CODE_ENTRY for their digits. See `claiming`.

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

from voice_app.dialogue import assisting, claiming, menus, other_paths, questions
from voice_app.dialogue.acting import reheard, spoken_or_pressed, written
from voice_app.dialogue.assist_messages import MediatorActs, MediatorAsks
from voice_app.dialogue.claim_messages import (
    AccountErased,
    AccountShown,
    ClaimFound,
    ClaimIssued,
    ClaimRefused,
    NumberFound,
)
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import (
    CallerChanged,
    CampaignFound,
    CodeIssued,
    Effect,
    Event,
    Failed,
    Heard,
    Left,
    MicrophoneChanged,
    Opened,
    PathTaken,
    Pressed,
    RecognizerBack,
    RecognizerLost,
    Reheard,
    SessionErased,
    SessionFound,
    SessionNotFound,
    SilenceKept,
    Written,
)
from voice_app.dialogue.outside import caller_changed, code_issued, ear_changed, failed, opened
from voice_app.dialogue.reaction import Reaction
from voice_app.dialogue.render import BEFORE_AND_AFTER, render
from voice_app.dialogue.state import DialogueState, Phase
from voice_app.dialogue.taking_back import early


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
            return opened(context, state, event) if state.phase is Phase.CLOSED else None
        case Pressed(turn) | Heard(turn) | SilenceKept(turn):
            if turn != state.turn or state.phase is Phase.CLOSED:
                return None
            return spoken_or_pressed(context, state, event)
        case Written(turn, text):
            return written(context, state, text) if turn == state.turn else None
        case Reheard():
            return reheard(context, state, event)
        case RecognizerLost() | RecognizerBack() | MicrophoneChanged():
            return ear_changed(context, state, event)
        case CallerChanged():
            return caller_changed(context, state, event)
        case SessionFound():
            waiting = state.session.started is None and state.phase not in BEFORE_AND_AFTER
            return menus.found(context, menus.with_person(state, event), event) if waiting else None
        case CampaignFound():
            waiting = state.session.started is None and state.phase not in BEFORE_AND_AFTER
            return menus.invited(menus.with_person(state, event), event) if waiting else None
        case ClaimIssued() | ClaimFound() | NumberFound() | AccountShown() | AccountErased() | ClaimRefused():
            return claiming.told(state, event)
        case MediatorAsks():
            return assisting.asked_to_help(state, event)
        case MediatorActs():
            return assisting.acted(context, state, event)
        case PathTaken():
            return other_paths.taken(state)
        case SessionNotFound(prompt):
            return menus.not_found(state, prompt) if state.phase in (Phase.CODE_ENTRY, Phase.COMEBACK) else None
        case CodeIssued(code):
            return code_issued(context, state, code)
        case SessionErased():
            return questions.erased(state) if state.phase is Phase.ERASURE else None
        case Failed(prompt):
            return failed(state, prompt)
        case Left():
            return None
