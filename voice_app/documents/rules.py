"""What a document says of the service that made it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentRules:
    """What is printed besides the result: how to come back, and where help is near."""

    phone: str = ""
    """Telephone number that answers for the service, as people of the country write it."""
    commune: str = ""
    """INSEE code of the commune where the service stands: the two places named are near it."""
    issuer: str = ""
    """Who attests, as people know it; empty: the organisation of the campaign, or the service by its own name."""
    badge_key: str = ""
    """Path of the Ed25519 private key (PEM) that signs attestations; without it they are unsigned and say so."""
