"""One-time tokens: who asks beforehand (with our secret) may open one stream each. Nothing else proves a stream's peer.

A token is a random UUID (122 bits), good for a minute and one use; it carries the caller's number, which the stream
itself cannot be trusted to tell.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

VALID_S = 60.0
MOST_TOKENS = 1_000


@dataclass(frozen=True, slots=True)
class _Issued:
    number: str
    dialled: str
    until_s: float


class TokenTable:
    """The tokens of one process. `clock_s` is a steady clock."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._issued: dict[str, _Issued] = {}

    def issue(self, number: str, dialled: str = "") -> str:
        """Give a fresh token for a call from this number; the oldest ones go when there are too many."""
        now = self._clock_s()
        for token in [token for token, issued in self._issued.items() if issued.until_s < now]:
            del self._issued[token]
        while len(self._issued) >= MOST_TOKENS:
            del self._issued[next(iter(self._issued))]
        token = str(uuid.uuid4())
        self._issued[token] = _Issued(number, dialled, now + VALID_S)
        return token

    def redeem(self, token: str) -> tuple[str, str] | None:
        """Give the numbers (caller's, dialled) of a token and spend it; None for one that is unknown, old or spent."""
        issued = self._issued.pop(token.lower(), None)
        if issued is None or issued.until_s < self._clock_s():
            return None
        return issued.number, issued.dialled
