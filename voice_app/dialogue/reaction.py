"""What a handler decides, before it becomes effects: the next state, what to say first, how much of the turn comes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from audio_content.model import PromptId
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import apply
from voice_app.dialogue.messages import Effect, Part, Phrase, Save
from voice_app.dialogue.records import Record
from voice_app.dialogue.state import DialogueState


class Form(Enum):
    """How much of the turn is said after the lead."""

    USUAL = "usual"
    """The whole turn; options in the tapered form once the person knows the game."""
    FULL = "full"
    """The whole turn, every option with its instruction."""
    OPTIONS = "options"
    """The options only, with their instructions."""
    LEAD_ONLY = "lead_only"
    SILENT = "silent"
    """Nothing is said and the turn goes on; only `effects` are carried out."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """`effects` (records to save, requests) go before anything that is said.

    `more`, `quiet`, `emphasised`, `stars`: of this turn only; see `DialogueState`.
    """

    state: DialogueState
    lead: tuple[Part, ...] = ()
    form: Form = Form.USUAL
    effects: tuple[Effect, ...] = ()
    more: bool = False
    quiet: bool = False
    emphasised: bool = False
    stars: int = 0

    def keep(self, context: DialogueContext, record: Record) -> Reaction:
        """Give the reaction with a record saved and applied to the session."""
        session = apply(context, self.state.session, record)
        return replace(self, state=replace(self.state, session=session), effects=(*self.effects, Save(record)))

    def request(self, effect: Effect) -> Reaction:
        """Give the reaction with one more effect before what is said."""
        return replace(self, effects=(*self.effects, effect))

    def at(self, **changes: Any) -> Reaction:
        """Give the reaction with these fields of the state changed."""
        return replace(self, state=replace(self.state, **changes))

    def saying(self, *lead: str | Part) -> Reaction:
        """Give the reaction with more to say first; a string is a prompt id."""
        parts = (Phrase(PromptId(part)) if isinstance(part, str) else part for part in lead)
        return replace(self, lead=(*self.lead, *parts))

    def in_form(self, form: Form) -> Reaction:
        """Give the reaction with this much of the turn said."""
        return replace(self, form=form)


def calm(state: DialogueState) -> DialogueState:
    """Give the state at the foot of the help ladder: the person did something that was understood."""
    return replace(state, silences=0, misses=0, unheard_run=0)
