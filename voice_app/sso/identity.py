"""Who came from a provider, what a sign-in is tied to, and the port that a provider is behind."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Protocol

from voice_app.errors import VoiceAppError


class IdentityRefused(VoiceAppError):
    """What the provider told is not believed. `reason` is a stable word; no token is in the message."""

    code = "sso.identity_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the provider's answer is not believed: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Secrets:
    """What one sign-in is tied to; kept by us until the browser comes back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Secrets:
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class Person:
    """Who came, in the provider's words. `subject` never changes; name and address may be empty."""

    issuer: str
    subject: str
    name: str
    email: str


class IdentityProvider(Protocol):
    """A provider by which people may sign in."""

    @property
    def label(self) -> str:
        """What people call the provider."""

    async def address(self, chosen: Secrets, back: str) -> str:
        """Give where the browser is sent; `back` is where it shall return to. Raises ProviderUnreachable."""

    async def person(self, code: str, chosen: Secrets, back: str) -> Person:
        """Give who came with this code. Raises ProviderUnreachable, IdentityRefused."""
