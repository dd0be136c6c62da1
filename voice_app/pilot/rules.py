"""What can be tuned about a pilot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PilotRules:
    """The pilot kit of this machine."""

    enabled: bool = False
    """Whether the page that records people is served: off unless a pilot is under way here."""
    longest_s: int = 12
    """Seconds of one recording at most: a consent takes four."""
