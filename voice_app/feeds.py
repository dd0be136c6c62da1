"""What programs read page by page: rows in the order in which they were last written, from a cursor on.

Whoever asks with the last cursor gets what was written since, each row at least once, and none is missed: within a site
the moment of writing is taken while the writer holds the site's row, so that it never goes back. Entries of the log are
written by everybody: they are told when no earlier one can come any more (`LOG_SETTLED_S`).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from engine.organization.snapshot import Snapshot
from voice_app.organizations import AuditEntry, Campaign, Member, OrganizationId
from voice_app.sittings import Sitting

PAGE_AT_MOST = 200
LOG_SETTLED_S = 10
"""An entry of the log is told this much later: a transaction lasts 8 s at most, so none with an earlier moment can come
any more."""
Item = TypeVar("Item")
_ID = re.compile(r"[0-9A-Za-z_-]{0,64}")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a feed: after the row `id` that was written at `moment`. An empty id: all rows of that moment."""

    moment: datetime
    id: str = ""

    def text(self) -> str:
        """Give the cursor as it is handed out."""
        raw = f"{self.moment.astimezone(UTC).isoformat()}|{self.id}"
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Give the cursor that was handed out, or the one of a moment (RFC 3339). Raises ValueError."""
        try:
            return cls(_moment(text))
        except ValueError:
            pass
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        except (binascii.Error, UnicodeError) as fault:
            raise ValueError("neither a moment nor a cursor") from fault
        moment, bar, name = raw.partition("|")
        if not bar or not _ID.fullmatch(name):
            raise ValueError("neither a moment nor a cursor")
        return cls(_moment(moment), name)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment tells its time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as fault:
        raise ValueError("no such moment") from fault


@dataclass(frozen=True, slots=True)
class Piece(Generic[Item]):
    """A page of a feed. `next`: where to go on, now or later; `more`: there is more now."""

    items: Sequence[Item]
    next: Cursor | None
    more: bool


@dataclass(frozen=True, slots=True)
class Participation:
    """A participation that its person shared; before that there is a count and nothing else."""

    id: str
    campaign: str
    begun_at: datetime
    completed_at: datetime
    shared_at: datetime
    changed_at: datetime
    again_of: str | None = None
    """The participation that this one repeats."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was shared of one participation."""

    participation: Participation
    snapshot: Snapshot
    person_number: str = ""
    """The organisation's own number of the person, who gave it."""
    number: int | None = None
    """Counts the shared results of the campaign, first shared first."""
    group: str = ""
    """The group that a member put it in."""


class Feeds(Protocol):
    """Feeds of one organisation. Every method raises StoreError when the database does not answer."""

    async def members(self, organization: OrganizationId, after: Cursor | None, limit: int) -> Piece[Member]:
        """Give members, those who were put out included."""

    async def campaigns(self, organization: OrganizationId, after: Cursor | None, limit: int) -> Piece[Campaign]:
        """Give campaigns as they were made and archived; a count that moves is no change of the campaign."""

    async def results(
        self, organization: OrganizationId, campaign: str, after: Cursor | None, limit: int
    ) -> Piece[Result]:
        """Give shared results; empty for a campaign of another organisation."""

    async def result(self, organization: OrganizationId, campaign: str, participation: str) -> Result | None:
        """Give one shared result, or None."""

    async def log(self, organization: OrganizationId, after: Cursor | None, limit: int) -> Piece[AuditEntry]:
        """Give the entries of the audit log, oldest first, those of the last `LOG_SETTLED_S` left out."""

    async def sittings(self, organization: OrganizationId, after: Cursor | None, limit: int) -> Piece[Sitting]:
        """Give sittings as they were opened and closed and as people sat down."""
