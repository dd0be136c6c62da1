"""What an outlet needs of the store, as a Protocol, and the values that pass between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.sync.events import Envelope
from engine.sync.xapi import SessionFacts
from voice_app.ports import Backlog


@dataclass(frozen=True, slots=True)
class Pending:
    """What an outlet has not told, oldest first within a site. `reached`: by site, the last event looked at."""

    events: tuple[Envelope, ...]
    reached: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OutletState:
    """An outlet as the operator sees it. `tries`: failures in a row."""

    name: str
    backlog: Backlog
    tries: int
    next_at: datetime
    told_at: datetime | None
    last_fault: str
    set_aside: int


class Outlets(Protocol):
    """The positions of outlets. Every method raises StoreError when the database does not answer."""

    async def open_outlet(self, name: str, *, from_now: bool) -> bytes:
        """Make the outlet if there is none, at the beginning or at the end of the log; give its secret."""

    def taken(self, name: str, limit_s: float) -> AbstractAsyncContextManager[bool]:
        """Have the outlet for oneself for the length of a `with`, at most `limit_s`.

        Gives False when it waits after a failure, or another process has it.
        """

    async def pending(self, name: str, limit: int, kinds: Collection[str] | None = None) -> Pending:
        """Give what comes next, at most `limit` events, of these kinds only."""

    async def told(self, name: str, reached: Mapping[str, int]) -> None:
        """Move the outlet on: everything up to these numbers was acknowledged or set aside."""

    async def postpone(self, name: str, wait_s: float, fault: str) -> None:
        """Note a failure, and not to try before so long."""

    async def set_aside(self, name: str, event_id: str, reason: str) -> None:
        """Note that the other side refuses this event."""

    async def facts(self, events: Sequence[Envelope]) -> Mapping[str, SessionFacts]:
        """Give by event id what a statement tells of its session."""

    async def shared_sessions(self, sessions: Collection[str]) -> Mapping[str, str]:
        """Give those of these sessions whose result was shared, each with the event of it."""

    async def session_events(self, session: str, kinds: Collection[str], up_to: str) -> Sequence[Envelope]:
        """Give the events of a session, of these kinds, oldest first, up to and with the event `up_to`."""

    async def failures(self, name: str) -> int:
        """Give how often in a row this outlet has failed."""

    async def states(self) -> Sequence[OutletState]:
        """Give all outlets, by name."""
