"""The organisation's own number of a person, where its campaign asks for one: said, typed or written, or not.

It is asked before the question of sharing, so that what would be sent is told whole; it is kept with the yes, and with
a no it is gone. Nobody has to give it: "I don't have it", "I don't know" and the hash key alone go on without.

Choice: letters are written on the page, never said; reason: numbers of administrations have some (an employment
service's ends with one), but "b, d, p, t, v" cannot be told apart by ear, and a wrong letter is somebody else; price:
by telephone and by voice such a number is left out. What was written is said back, letter by letter, in the question of
sharing.

| event | next |
|---|---|
| a digit | OWN_NUMBER, the digit said back |
| c enter with digits, or so many digits as there may be | SHARING, the number said with the question |
| written on the page: letters and digits | SHARING, the number said with the question; OWN_NUMBER when it is none |
| c none, "I don't know", enter without digits | SHARING |
| star, "erase"; back | OWN_NUMBER, without digits; without its last; RESULT where there is none |
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import PromptId
from voice_app.dialogue.messages import Phrase, Spelled, Verbatim
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.state import DialogueState, Phase
from voice_app.dialogue.turn import BACK, DONT_KNOW, ENTER, ERASE, NO_NUMBER, SKIP
from voice_app.hearing import MeaningId

MOST_DIGITS = 15
"""The longest number that an administration gives a person has thirteen digits and a key of two."""

BETWEEN = frozenset(" \u00a0\u202f.-/_'")
"""What people write between the groups of a number."""
LONGEST_WRITTEN = 30
"""Characters of a number with letters, spaces and marks between them left out."""


def is_asked_for(state: DialogueState) -> bool:
    """Tell whether the number is still to be asked for."""
    campaign = state.session.campaign
    return campaign is not None and bool(campaign.number_label) and state.number is None


def label(state: DialogueState) -> Verbatim:
    """Give what the organisation calls the number, in the language of the turn where it has one."""
    campaign = state.session.campaign
    words = {} if campaign is None else campaign.number_label
    return Verbatim(words.get(state.locale) or next(iter(words.values()), ""))


def ask(state: DialogueState) -> Reaction:
    """Give the reaction that asks for the number."""
    return Reaction(replace(calm(state), phase=Phase.OWN_NUMBER, digits=""))


def meant(state: DialogueState, meaning: MeaningId) -> Reaction | None:
    """Give the reaction to what was said or pressed; None: it is a command as everywhere."""
    kind, _, name = meaning.partition(".")
    if kind == "digit":
        return _type(state, name)
    if meaning == ERASE:
        return Reaction(replace(calm(state), digits="")).saying("code.erased")
    if meaning == ENTER and state.digits:
        return _settled(state, state.digits)
    if meaning in (ENTER, NO_NUMBER, DONT_KNOW, SKIP):
        return _settled(state, "").saying("own.without")
    if meaning == BACK and state.digits:
        return Reaction(replace(calm(state), digits=state.digits[:-1])).saying("code.erased")
    if meaning == BACK:
        return Reaction(replace(calm(state), phase=Phase.RESULT), form=Form.OPTIONS)
    return None


def written(state: DialogueState, text: str) -> Reaction:
    """Give the reaction to a number that was written: its letters (large ones) and digits count, marks do not."""
    number = "".join(sign for sign in text.upper() if sign not in BETWEEN)
    plain = number.isascii() and number.isalnum()
    if not plain or len(number) > LONGEST_WRITTEN:
        return Reaction(calm(state), form=Form.LEAD_ONLY).saying("own.unreadable")
    return _settled(state, number)


def _type(state: DialogueState, digit: str) -> Reaction:
    digits = state.digits + digit
    if len(digits) >= MOST_DIGITS:
        return _settled(state, digits)
    echo = Phrase(PromptId("code.digit"), {"digits": Spelled(digit)})
    return Reaction(replace(calm(state), digits=digits), (echo,), Form.LEAD_ONLY)


def _settled(state: DialogueState, number: str) -> Reaction:
    return Reaction(replace(calm(state), phase=Phase.SHARING, digits="", number=number))
