"""Consent: asked aloud, given by an act, kept with what was asked. Silence, hanging up, a half-heard word give none.

The last answer to a purpose counts. Without an answer the answer is no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What may be consented to, each by itself."""

    SHARE_RESULT = "share_result"
    ASSISTANCE = "assistance"
    """To be followed and helped by a mediator, in one sitting."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One answer: `agreed` or not, to whom, and which wording was said (a prompt id)."""

    purpose: Purpose
    recipient: str
    agreed: bool
    wording: str


def is_given(answers: Iterable[Consent], purpose: Purpose, recipient: str) -> bool:
    """Tell whether the last answer (they come oldest first) to this purpose and recipient is yes."""
    agreed = False
    for answer in answers:
        if answer.purpose is purpose and answer.recipient == recipient:
            agreed = answer.agreed
    return agreed
