"""What can be tuned in a running conversation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConversationRules:
    """Limits of one conversation; lengths in milliseconds of audio time."""

    speech_limit_ms: int = 15_000
    """The voice must have spoken a part within this; past it the attention tone is played and the text is shown."""
    decision_limit_ms: int = 12_000
    """The recogniser must have answered within this; past it the turn goes on as not understood."""
    look_up_again_ms: tuple[int, ...] = (500, 1_500, 4_000)
    """Pauses before a session is looked up or taken up again, for who comes while the database does not answer."""
    longest_talk_ms: int = 30_000
    """Sound kept while the talk button is held; what is said after that is not listened to."""
