"""Sittings: a mediator beside one person or several, each at a place of their own. Knows neither pages nor voices.

A sitting is opened by a member and has a numeric code of the campaigns' form (`codes`): who enters it sits down, and is
asked aloud whether they agree to be helped and followed. Without their yes the mediator sees that there is somebody,
nothing else. A sitting ends when it is closed, or some hours after it began (the store knows how many): a code left on
a board opens nothing the next day.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.organization.campaigns import Offer

LONGEST_NOTE = 1_000
LONGEST_HINT = 300
"""Twenty seconds of speech."""
BEGUN, ENDED = "assistance_begun", "assistance_ended"
"""Kinds of the session's events that a place in a sitting follows."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What the code of a sitting opens: the organisation's name is said; `offer`: the campaign that the sitting takes,
    None where everybody begins what they like, or goes on."""

    sitting: str
    organization: str
    offer: Offer | None = None
