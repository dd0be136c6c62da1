"""The ports: what the conversation needs from the outside, as Protocols. Adapters stand behind them; `app.py` chooses.

Deadlines are the adapter's duty: every method either answers, or raises its documented error within its own limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NewType, Protocol

from voice_app.audio import Sound
from voice_app.hearing import Grammar, Recognition

SessionId = NewType("SessionId", str)
ResumeCode = NewType("ResumeCode", str)
"""Digits only; the last one is a check digit."""


class Recognizer(Protocol):
    """The ear: scores an utterance against what may be said in this turn."""

    async def prepare(self, grammar: Grammar) -> None:
        """Compute ahead what this grammar needs (prior, tokens, graph). Idempotent; may be skipped."""

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Score one whole utterance (16 kHz). Raises RecognizerDown when the process died, hung or was too late."""

    @property
    def available(self) -> bool:
        """Whether the worker answers at this moment."""

    async def close(self) -> None: ...


class Synthesizer(Protocol):
    """The voice: speech for a text, from human recordings first."""

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        """Give the speech of `text` (plain text, no markup), loudness-normalised, 16 kHz.

        `rate` is the learner's pace, 0.7 (slow) to 1.6 (fast). Raises UnknownVoice, SynthesisFailed.
        """

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One event of a session as the store gives it back, oldest first. `payload` is JSON data."""

    kind: str
    payload: Mapping[str, Any]
    sequence: int


class Store(Protocol):
    """The memory: append-only events. Every method raises StoreError when the database does not answer."""

    async def open_session(self, channel: str, bank_version: str) -> SessionId: ...

    async def append(
        self,
        session: SessionId,
        kind: str,
        payload: Mapping[str, Any],
        *,
        channel: str,
        actor: str = "participant",
    ) -> int:
        """Write one event durably and give its sequence number. When this returns, the event survives a power cut."""

    async def history(self, session: SessionId) -> Sequence[StoredRecord]: ...

    async def issue_code(self, session: SessionId) -> ResumeCode:
        """Give the session's resume code, the same one at every call."""

    async def find_session(self, code: str, *, asker: str) -> SessionId | None:
        """Give the session of a code, or None. Wrong codes are counted per `asker`.

        Raises TooManyAttempts past the limit.
        """

    async def close(self) -> None: ...
