"""From a reaction to effects, in the one order that keeps the promises: save, request, loudness, show, say, listen."""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import LOCALES
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import Effect, EndConversation, Listen, Part, Phrase, Say, SetLoudness, Show
from voice_app.dialogue.open_answers import number_awaited
from voice_app.dialogue.reaction import Form, Reaction
from voice_app.dialogue.script import script
from voice_app.dialogue.state import DialogueState, Phase
from voice_app.dialogue.taking_back import early, needs_time
from voice_app.dialogue.turn import grammar, turn_locale
from voice_app.dialogue.view import view

BEFORE_AND_AFTER = (Phase.CLOSED, Phase.GOODBYE)
"""Nothing is listened to there."""


def render(
    context: DialogueContext, before: DialogueState, reaction: Reaction
) -> tuple[DialogueState, tuple[Effect, ...]]:
    """Give the state in its new turn and all effects. A silent reaction keeps the turn and says nothing."""
    if reaction.form is Form.SILENT:
        return reaction.state, reaction.effects
    state = replace(
        reaction.state,
        turn=before.turn + 1,
        more=reaction.more,
        quiet=reaction.quiet,
        emphasised=reaction.emphasised,
        stars=reaction.stars,
        barged=False,
        before=None,
        acted_on=None,
        correcting=False,
    )
    effects: list[Effect] = list(reaction.effects)
    loudness_db = _loudness_db(context, state)
    if loudness_db != (0.0 if before.phase is Phase.CLOSED else _loudness_db(context, before)):
        effects.append(SetLoudness(loudness_db))
    lead = _in_both_languages(reaction.lead) if state.phase is Phase.LANGUAGE and state.doubt is None else reaction.lead
    effects.append(_show(context, state, lead))
    effects.append(_say(context, state, lead, reaction.form))
    effects.append(EndConversation() if state.phase is Phase.GOODBYE else listen_again(context, state))
    return state, tuple(effects)


def listen_again(context: DialogueContext, state: DialogueState) -> Listen:
    """Give the effect that opens the ear in the turn of this state."""
    rules = context.rules
    slow = needs_time(context, state)
    waiting = state.quiet or state.phase is Phase.PAUSED
    patience_ms = rules.patience_slow_ms if slow else rules.patience_ms
    if state.digits and number_awaited(context, state):
        patience_ms = rules.entry_slow_ms if slow else rules.entry_ms
    return Listen(
        turn=state.turn,
        grammar=grammar(context, state) if state.listening else None,
        patience_ms=None if waiting else patience_ms,
        hang_ms=rules.hang_slow_ms if slow else rules.hang_ms,
        early=early(context, state),
    )


def show_again(context: DialogueContext, state: DialogueState) -> Show:
    """Give the effect that shows the page of the present turn again."""
    return _show(context, state, ())


def _in_both_languages(lead: tuple[Part, ...]) -> tuple[Part, ...]:
    """Give what is said before the language is known: each sentence in every language."""
    return tuple(
        replace(part, locale=locale) if isinstance(part, Phrase) else part for locale in LOCALES for part in lead
    )


def _show(context: DialogueContext, state: DialogueState, lead: tuple[Part, ...]) -> Show:
    return Show(state.turn, turn_locale(state), view(context, state, lead))


def _say(context: DialogueContext, state: DialogueState, lead: tuple[Part, ...], form: Form) -> Say:
    words = script(context, state, lead, form)
    slower = context.rules.emphasis_rate if state.emphasised else 0.0
    rate = max(context.rules.rate_min, round(state.rate - slower, 2))
    return Say(state.turn, turn_locale(state), rate, words.parts, words.voice_bargein_from)


def _loudness_db(context: DialogueContext, state: DialogueState) -> float:
    louder = context.rules.emphasis_gain_db if state.emphasised else 0.0
    return min(context.rules.gain_max_db, state.session.gain_db + louder)


def listening_again(context: DialogueContext, reaction: Reaction) -> Reaction:
    """Give the reaction with the ear open again, when nothing is said."""
    if reaction.form is not Form.SILENT or reaction.state.phase in BEFORE_AND_AFTER:
        return reaction
    return reaction.request(listen_again(context, reaction.state))
