"""Questions whose answer is not chosen from a list: a number is said or typed, a word is said, typed or chosen.

A number on the keys: digits, each said back, then the hash key; three seconds without a key end it too, and then the
number is asked about before it counts. Digits belong to the number, so the star key erases; with nothing typed it
repeats the question, and pressed once more it makes the digits commands for one turn. Hash with nothing typed is "I
don't know", as everywhere. A number outside what is listened for is asked again: it may be a slip of the finger, and
nobody could have said it either.

A word can always be chosen instead of found: its list is offered in the question, comes by itself when nothing was
heard twice, and at once when nobody listens to the voice. Choosing is easier than finding; the engine reckons with the
easier of the two, so that nobody gains or loses by the way they take.
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.forms import said_form
from audio_content.model import ItemKind, OptionId, PromptId
from engine.model import InputMode
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import Phrase, Spelled, option_meaning
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.sounds_like import likeness, sound_of
from voice_app.dialogue.state import DialogueState, Doubt, Phase
from voice_app.hearing import HearingOutcome, MeaningId, Recognition, Scored

MOST_DIGITS = 4
LIKE_ENOUGH = 0.78
"""Likeness of a typed word to a wording, by sound, from which it is asked about: one slip in five letters."""
COMMANDS_AT = 2
"""Star keys in a row after which the digits of a number question are commands."""


def kind_asked(context: DialogueContext, state: DialogueState) -> ItemKind | None:
    """Give the kind of the question that waits for its answer; None outside a question, and while a doubt is open."""
    asked = state.session.asked
    if state.phase is not Phase.QUESTION or asked is None or state.doubt is not None:
        return None
    return context.content.items[asked.item].kind


def number_awaited(context: DialogueContext, state: DialogueState) -> bool:
    """Tell whether the digit keys type a number in this turn."""
    return kind_asked(context, state) is ItemKind.NUMBER and state.stars < COMMANDS_AT


def word_awaited(context: DialogueContext, state: DialogueState) -> bool:
    """Tell whether a word is asked for whose list has not been told."""
    return kind_asked(context, state) is ItemKind.WORD and not is_listed(state)


def is_listed(state: DialogueState) -> bool:
    """Tell whether the possible words are told: they were asked for, or the voice cannot be heard."""
    return state.listed or not state.listening


def type_digit(state: DialogueState, digit: str) -> Reaction:
    """Give the reaction to one digit of a number: said back, and the next one may follow."""
    digits = (state.digits + digit)[-MOST_DIGITS:]
    echo = Phrase(PromptId("code.digit"), {"digits": Spelled(digit)})
    return Reaction(replace(calm(state), digits=digits), (echo,), Form.LEAD_ONLY)


def erase(state: DialogueState) -> Reaction:
    """Give the reaction to the star key while a number is typed: its digits go."""
    return Reaction(replace(calm(state), digits=""), form=Form.LEAD_ONLY).saying("code.erased")


def repeat_by_star(state: DialogueState) -> Reaction:
    """Give the reaction to the star key with nothing typed: the question again, then the commands, in turns."""
    stars = state.stars % COMMANDS_AT + 1
    if stars == COMMANDS_AT:
        return Reaction(calm(state), form=Form.LEAD_ONLY, stars=stars).saying("figure.commands")
    return Reaction(calm(state), form=Form.FULL, stars=stars)


def typed_number(context: DialogueContext, state: DialogueState) -> MeaningId | None:
    """Give the answer that the digits mean; None when that number is not listened for."""
    asked = state.session.asked
    number = OptionId(str(int(state.digits))) if state.digits else None
    return option_meaning(number) if asked is not None and number is not None and number in asked.order else None


def outside(state: DialogueState) -> Reaction:
    """Give the reaction to a number that is not listened for: it is typed anew, and counts for nothing."""
    return Reaction(replace(calm(state), digits=""), form=Form.LEAD_ONLY).saying("figure.outside")


def ended_by_silence(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction when no digit follows: the number is asked about, so that nobody needs to hurry."""
    meaning = typed_number(context, state)
    if meaning is None:
        return outside(state)
    typed = Recognition(HearingOutcome.MATCH, (Scored(meaning, 1.0),), 0.0, engine="keys")
    return Reaction(replace(calm(state), digits="", doubt=Doubt((meaning,), typed, InputMode.KEY)))


def list_words(state: DialogueState) -> Reaction:
    """Give the reaction to "give me the answers": a list to choose from."""
    return Reaction(replace(calm(state), listed=True), form=Form.OPTIONS).saying("word.here")


def written_word(context: DialogueContext, state: DialogueState, text: str) -> tuple[MeaningId | None, bool]:
    """Give the answer that a written word means (None: none of them), and whether it stands there letter by letter."""
    asked = state.session.asked
    if asked is None:
        return None, False
    locale = state.locale
    wanted = said_form(text)
    key = _sound(wanted, locale)
    best: tuple[float, MeaningId | None] = (0.0, None)
    for option in context.content.items[asked.item].texts[locale].options:
        for form in (option.text, *option.synonyms):
            said = said_form(form)
            if wanted and said == wanted:
                return option_meaning(option.id), True
            alike = likeness(key, _sound(said, locale))
            if alike > best[0]:
                best = (alike, option_meaning(option.id))
    return (best[1], False) if best[0] >= LIKE_ENOUGH else (None, False)


def asked_about(state: DialogueState, meaning: MeaningId) -> Reaction:
    """Give the reaction to a word that was nearly one of those: it is asked about."""
    read = Recognition(HearingOutcome.DOUBTFUL, (Scored(meaning, 1.0),), 0.0, engine="keys")
    return Reaction(replace(calm(state), doubt=Doubt((meaning,), read, InputMode.KEY)))


def unknown_word(state: DialogueState) -> Reaction:
    """Give the reaction to a typed word that is none of those known: never wrong, a list to choose from."""
    return Reaction(replace(calm(state), listed=True), form=Form.OPTIONS).saying("word.unknown")


def _sound(text: str, locale: str) -> str:
    return "".join(sound_of(word, locale) for word in text.split())
