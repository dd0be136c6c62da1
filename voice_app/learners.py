"""Accounts of learners as the rest of the service sees them: a number, a PIN, a list of sessions; and their port.

No name, no address: the number is told once, by voice, by groups of three. Linking, taking out and erasing are one act
each, on a page or by telephone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from voice_app.errors import VoiceAppError
from voice_app.ports import SessionId

LearnerId = NewType("LearnerId", str)


class LearnerRefused(VoiceAppError):
    """Not let in or not linked. `reason`: claim_over, wrong, locked (for `minutes`), blocked, weak_pin, no_pin."""

    code = "learner.refused"

    def __init__(self, reason: str, minutes: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.minutes = minutes

    @property
    def prompt(self) -> str:
        """The spoken form."""
        return f"claim.{self.reason}"


@dataclass(frozen=True, slots=True)
class Learner:
    """Who is in; `number` is what they sign in with."""

    id: LearnerId
    number: str


@dataclass(frozen=True, slots=True)
class LinkedSession:
    """One result of an account, oldest first in a list."""

    session: SessionId
    channel: str
    opened_at: datetime
    linked_at: datetime


class Learners(Protocol):
    """Every method raises StoreError when the database does not answer."""

    async def issue_claim(self, session: SessionId) -> tuple[str, int]:
        """Give a new claim code for a session and the days that it opens; an unused one before it opens no more."""

    async def open_account(self, claim: str, pin: str, *, channel: str, asker: str) -> Learner:
        """Use a claim code and give the new account that holds its session.

        Raises LearnerRefused, TooManyAttempts.
        """

    async def prove(self, number: str, pin: str, *, asker: str) -> Learner:
        """Give the account of a number and its PIN. An attempt counts before the PIN is looked at.

        Raises LearnerRefused, TooManyAttempts.
        """

    async def link(self, learner: LearnerId, claim: str, *, channel: str, asker: str) -> None:
        """Use a claim code for an account that is there. Raises LearnerRefused, TooManyAttempts."""

    async def linked(self, learner: LearnerId) -> Sequence[LinkedSession]:
        """Give the sessions of an account, oldest first."""

    async def unlink(self, learner: LearnerId, session: str, *, channel: str) -> bool:
        """Take a session out of an account; its code, if it still opens, opens it as before."""

    async def erase(self, learner: LearnerId) -> bool:
        """Erase an account: number, PIN, links and sign-ins go at once; False when there was none."""

    async def sign_in(self, learner: LearnerId) -> str:
        """Give the token of a new sign-in on a page."""

    async def identify(self, token: str) -> Learner | None:
        """Give who holds a token, or None."""

    async def sign_out(self, token: str) -> None: ...
