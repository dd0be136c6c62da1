"""Keeping a result: a one-use code said at the result; later, anywhere, an account by a number and a PIN.

| where | event | next |
|---|---|---|
| RESULT | c "keep my result", then ClaimIssued | RESULT, the code said twice |
| CODE_ENTRY | ClaimFound | CLAIM: a new account, or one that is there |
| CLAIM | c new | CODE_ENTRY for a PIN, then the same again, then AccountShown: ACCOUNT |
| CLAIM | c "I have one" | CODE_ENTRY for its number, then its PIN, then ACCOUNT |
| CODE_ENTRY | NumberFound | CODE_ENTRY for its PIN, then ACCOUNT |
| ACCOUNT | c take out, c erase | asked once more, then done |

The digits of a PIN are never said back nor shown. Nothing here is an answer, and nothing moves an estimate.
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import PromptId
from engine.organization.claims import PIN_DIGITS, is_weak
from engine.organization.codes import CAMPAIGN_CODE_DIGITS, is_complete, is_valid_code
from voice_app.dialogue.claim_messages import (
    AccountErased,
    AccountShown,
    ClaimEvent,
    ClaimFound,
    ClaimIssued,
    ClaimRefused,
    EnterAccount,
    EraseAccount,
    IssueClaim,
    NumberFound,
    OpenAccount,
    TakeOut,
)
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import Pause, Phrase, Spelled
from voice_app.dialogue.pausing import goodbye
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.state import Claiming, ClaimStep, DialogueState, Phase

_PAUSE_MS = 600
_BEFORE_AND_AFTER = (Phase.CLOSED, Phase.GOODBYE)


def keep(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to "keep my result": its code is asked for."""
    del context
    return Reaction(calm(state), form=Form.SILENT).request(IssueClaim())


def told(state: DialogueState, event: ClaimEvent) -> Reaction | None:
    """Give the reaction to what the house says of claims and accounts; None: not at this moment."""
    if state.phase in _BEFORE_AND_AFTER:
        return None
    match event:
        case ClaimIssued(code, _):
            return _issued(state, code)
        case ClaimFound(code):
            return _waits(state, Claiming(ClaimStep.MENU, code))
        case NumberFound(number):
            return _waits(state, Claiming(ClaimStep.PIN, number=number))
        case AccountShown():
            shown = replace(calm(state), phase=Phase.ACCOUNT, digits="", claim=Claiming(ClaimStep.IN), account=event)
            return Reaction(shown, form=Form.FULL) if event.lead is None else Reaction(shown).saying(event.lead)
        case AccountErased():
            return goodbye(replace(state, claim=None, account=None)).saying("account.erased")
        case ClaimRefused(prompt, over):
            return _refused(state, prompt, over=over)


def enter_digit(state: DialogueState, claim: Claiming, digit: str) -> Reaction:
    """Give the reaction to one digit of a PIN or of a number."""
    digits = state.digits + digit
    here = Reaction(replace(calm(state), digits=digits), form=Form.LEAD_ONLY)
    if claim.step is ClaimStep.NUMBER:
        digits = digits[:CAMPAIGN_CODE_DIGITS]
        if not is_complete(digits):
            return here.saying(Phrase(PromptId("code.digit"), {"digits": Spelled(digit)}))
        if not is_valid_code(digits):
            return Reaction(replace(calm(state), digits="")).saying("code.mistyped")
        return _next(state, replace(claim, step=ClaimStep.PIN, number=digits))
    if len(digits) < PIN_DIGITS:
        return here.saying("pin.digit")
    if claim.step is ClaimStep.PIN_NEW:
        if is_weak(digits):
            return _next(state, claim).saying("claim.weak_pin")
        return _next(state, replace(claim, step=ClaimStep.PIN_AGAIN, pin=digits))
    if claim.step is ClaimStep.PIN_AGAIN and digits != claim.pin:
        return _next(state, replace(claim, step=ClaimStep.PIN_NEW, pin="")).saying("claim.pins_differ")
    waiting = Reaction(replace(calm(state), digits=""), form=Form.SILENT)
    if claim.step is ClaimStep.PIN_AGAIN:
        return waiting.request(OpenAccount(claim.code, digits))
    return waiting.request(EnterAccount(claim.number, digits, claim.code))


def new_account(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to "a new account": a PIN is chosen."""
    del context
    return _next(state, replace(state.claim or Claiming(ClaimStep.MENU), step=ClaimStep.PIN_NEW))


def have_account(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to "I have an account": its number is asked for."""
    del context
    return _next(state, replace(state.claim or Claiming(ClaimStep.MENU), step=ClaimStep.NUMBER))


def take_out(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to "take the last result out": asked once more."""
    del context
    return Reaction(replace(calm(state), claim=Claiming(ClaimStep.SURE_TAKE_OUT)))


def erase_account(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to "erase my account": asked once more."""
    del context
    return Reaction(replace(calm(state), claim=Claiming(ClaimStep.SURE_ERASE)))


def sure(state: DialogueState, *, agreed: bool) -> Reaction:
    """Give the reaction to whether the person is sure."""
    step = state.claim.step if state.claim is not None else ClaimStep.IN
    back = Reaction(replace(calm(state), claim=Claiming(ClaimStep.IN)), form=Form.OPTIONS)
    if not agreed:
        return back.saying("account.unchanged")
    waiting = back.in_form(Form.SILENT)
    return waiting.request(EraseAccount() if step is ClaimStep.SURE_ERASE else TakeOut())


def _next(state: DialogueState, claim: Claiming) -> Reaction:
    return Reaction(replace(calm(state), phase=Phase.CODE_ENTRY, digits="", claim=claim))


def _waits(state: DialogueState, claim: Claiming) -> Reaction | None:
    """Give the reaction to a code that is a learner's own. Before the language is chosen it waits."""
    if state.session.started is not None:
        return None
    if state.phase is Phase.LANGUAGE:
        return Reaction(replace(state, claim=claim), form=Form.SILENT)
    return begin(state, claim)


def begin(state: DialogueState, claim: Claiming) -> Reaction:
    """Give the reaction that takes up a claim, or asks for the PIN of an account."""
    phase = Phase.CLAIM if claim.step is ClaimStep.MENU else Phase.CODE_ENTRY
    return Reaction(replace(calm(state), phase=phase, digits="", claim=claim))


def _issued(state: DialogueState, code: str) -> Reaction:
    spelled = Spelled(code, by=3)
    return Reaction(calm(state), form=Form.OPTIONS).saying(
        Phrase(PromptId("claim.code"), {"code": spelled}),
        Pause(_PAUSE_MS),
        Phrase(PromptId("claim.code_again"), {"code": spelled}),
        "claim.how",
    )


def _refused(state: DialogueState, prompt: str, *, over: bool) -> Reaction:
    claim = state.claim
    if claim is None or over:
        return Reaction(replace(calm(state), phase=Phase.WELCOME, digits="", claim=None)).saying(prompt)
    step = ClaimStep.PIN_NEW if claim.step in (ClaimStep.PIN_NEW, ClaimStep.PIN_AGAIN) else ClaimStep.PIN
    return _next(state, replace(claim, step=step, pin="")).saying(prompt)
