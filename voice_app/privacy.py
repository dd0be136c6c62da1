"""What is kept of a person, for that person: to see, to take along, to have erased; and how long it is kept at most.

A session has no name. Its resume code is what makes it somebody's: who has the code may see everything and erase it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from voice_app.organizations import Author, OrganizationId
from voice_app.ports import SessionId


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """One thing that happened and was kept."""

    at: datetime
    kind: str
    channel: str
    actor: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeptParticipation:
    """What ties a session to a campaign. `shared_at`: when the result was sent; None: the organisation sees nothing."""

    organization: str
    campaign: str
    state: str
    shared_at: datetime | None
    person_number: str = ""
    """The organisation's own number of the person, which went with the result."""


@dataclass(frozen=True, slots=True)
class KeptData:
    """Everything that is kept of a session."""

    opened_at: datetime
    channel: str
    has_code: bool
    remembered_callers: int
    """Telephones that are recognised for this session, each kept as a keyed hash."""
    events: Sequence[KeptEvent] = ()
    participations: Sequence[KeptParticipation] = field(default_factory=tuple)

    def to_data(self) -> dict[str, Any]:
        """Give it as JSON data, for the person to take along."""
        return {
            "version": 1,
            "opened_at": self.opened_at.isoformat(),
            "channel": self.channel,
            "code_kept": self.has_code,
            "remembered_callers": self.remembered_callers,
            "participations": [
                {
                    "organization": each.organization,
                    "campaign": each.campaign,
                    "state": each.state,
                    "person_number": each.person_number,
                    "shared_at": None if each.shared_at is None else each.shared_at.isoformat(),
                }
                for each in self.participations
            ],
            "events": [
                {
                    "at": each.at.isoformat(),
                    "kind": each.kind,
                    "channel": each.channel,
                    "by": each.actor,
                    "content": dict(each.payload),
                }
                for each in self.events
            ],
        }


class Privacy(Protocol):
    """A person's hold on what is kept. Every method raises StoreError when the database does not answer."""

    async def kept(self, session: SessionId) -> KeptData | None:
        """Give everything that is kept of a session; None when there is none of this id (any more)."""

    async def erase(self, session: SessionId) -> bool:
        """Erase what is kept of a session, at once; counts stay, dates become their year. False: nothing was there."""

    async def retention(self, organization: OrganizationId) -> int:
        """Give how many months this organisation keeps what people sent."""

    async def keep_for(self, organization: OrganizationId, months: int, by: Author) -> bool:
        """Set how many months an organisation keeps. False for another number than 1 to the longest allowed."""

    async def erase_some(self) -> bool:
        """Erase some sessions whose time is over, and tell whether there may be more."""

    async def erase_what_is_past(self) -> int:
        """Erase all sessions whose time is over, and give how many."""
