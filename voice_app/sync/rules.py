"""What can be tuned in the synchronisation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SyncRules:
    """A site's line to its hub, and the hub's role."""

    hub: bool = False
    """Whether this service gathers from sites: their addresses open, the operator's page is there."""
    operator_token: str = ""
    """What opens the operator's page below /hub; empty: there is none."""
    every_s: int = 60
    """How often a site that reaches its hub sends and fetches; answers wait no longer than this."""
    answer_limit_s: float = 30.0
    """How long an exchange may stay silent before the line counts as broken."""
    claim_limit_s: float = 6.0
    """How long somebody who gives the code of a session begun elsewhere waits for the hub."""
    authority: str = ""
    """Path of a certificate authority (PEM) of your own; empty: those of the system."""
    fetch_speech: bool = True
    """Whether a site fetches speech that the hub has rendered, or renders it itself."""
    fetch_content: bool = True
    """Whether a site fetches the item bank of its hub and asks from it."""
