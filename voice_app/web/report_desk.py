"""Addresses of reports: made on request, unguessable, good for one fetch and for a short while.

A report says what a person can do. Its address therefore leads to nothing once it has been fetched: the next person at
a shared kiosk finds nothing in the browser's history.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

TICKET_BYTES = 24
"""192 bits: nobody finds one by trying."""
MOST_TICKETS = 1_000
"""Addresses open at once; the oldest go first."""


@dataclass(frozen=True, slots=True)
class ReportWanted:
    """Which report: the session's code, and the language."""

    code: str
    locale: str


class ReportDesk:
    """Gives addresses out and takes each back once. `valid_s`: how long one holds."""

    def __init__(self, valid_s: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._valid_s = valid_s
        self._now = clock_s
        self._waiting: OrderedDict[str, tuple[float, ReportWanted]] = OrderedDict()

    def address(self, code: str, locale: str) -> str:
        """Give a new address for the report of the session of this code."""
        ticket = secrets.token_urlsafe(TICKET_BYTES)
        self._waiting[ticket] = (self._now() + self._valid_s, ReportWanted(code, locale))
        while len(self._waiting) > MOST_TICKETS:
            self._waiting.popitem(last=False)
        return f"/report/{ticket}.pdf"

    def redeem(self, ticket: str) -> ReportWanted | None:
        """Give what a ticket is for, and forget it; None when it was used, is too old, or never was."""
        ends_at, wanted = self._waiting.pop(ticket, (0.0, None))
        return wanted if self._now() < ends_at else None
