"""Another path than the usual one, for who has no campaign's code: chosen from a short list that nobody must open.

The quick diagnostic stays what "begin" begins. Which path a conversation is on is its context's affair (`TakePath` has
it changed, `PathTaken` tells that it was), so the welcome that follows says by itself what is asked and how much.
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import REHEARSAL_PATH
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import TakePath
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.state import DialogueState, Phase

USUAL = ""
"""Stands for the path that the service is set to."""
POSITIONING = "positionnement"
CHOOSABLE = (POSITIONING, REHEARSAL_PATH)
"""Paths that anybody may take, also by an address."""


def are_offered(context: DialogueContext, state: DialogueState) -> bool:
    """Tell whether other paths may be chosen here: the content has them, and no campaign has chosen already."""
    return state.offer is None and all(path in context.content.skill_map.paths for path in CHOOSABLE)


def open_list(state: DialogueState) -> Reaction:
    """Give the reaction to "other paths": what there is."""
    return Reaction(replace(calm(state), phase=Phase.PATHS))


def leave(state: DialogueState) -> Reaction:
    """Give the reaction to "back": the welcome, on the path that it was on."""
    return Reaction(replace(calm(state), phase=Phase.WELCOME), form=Form.OPTIONS)


def take(state: DialogueState, path: str) -> Reaction:
    """Give the reaction to the choice of a path."""
    return Reaction(calm(state), form=Form.SILENT).request(TakePath(path))


def taken(state: DialogueState) -> Reaction | None:
    """Give the reaction to the path being taken: its welcome; None where no path can be chosen any more."""
    if state.session.started is not None or state.phase not in (Phase.PATHS, Phase.WELCOME):
        return None
    return Reaction(replace(calm(state), phase=Phase.WELCOME, doubt=None))
