"""Sittings as the rest of the service sees them: values, and the ports behind which they are kept and told of.

Two sides meet here without knowing each other: a conversation (at a kiosk, on the telephone, in any process) and the
mediator's page (in the web service). Both read and write the same store; a `LiveFeed` only says that it is worth
looking again, so that a lost hint costs a moment and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.organization.sittings import Seat
from voice_app.organizations import Author, CampaignId, Member, OrganizationId, Program
from voice_app.ports import SessionId

JOIN = "join"
"""A request that is no act yet: the mediator asks whether they may help."""
REQUESTS = "requests"
"""The topic of the feed under which all conversations wait for mediators."""


class LiveFeed(Protocol):
    """Tells that something under a topic has changed. A hint may be lost; nothing is carried with it."""

    def tell(self, topic: str) -> None:
        """Wake whoever waits for this topic, in every process that the feed reaches."""

    async def changed(self, topic: str, within_s: float) -> None:
        """Return when the topic has changed, or when the time is over: look again in both cases."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """A mediator's sitting. `code` opens it as long as it is `open`; moments in UTC."""

    id: str
    organization: OrganizationId
    mediator: str
    title: str
    code: str
    campaign: CampaignId | None
    campaign_title: str
    opened_at: datetime
    is_open: bool
    seats: int = 0
    ends_at: datetime | None = None
    """When it was closed, or when it ends by itself."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a conversation is at, between two events: nothing of it is an event, and it is forgotten with the sitting.

    `heard`: meanings with their likelihoods, best first, of the last utterance of this turn, `hearing` its outcome;
    `silences`, `misses`: rungs of the help ladder; `wants_help`: the person asked for help in this turn.
    """

    phase: str
    turn: int
    item: str = ""
    heard: tuple[tuple[str, float], ...] = ()
    hearing: str = ""
    doubt: str = ""
    silences: int = 0
    misses: int = 0
    wants_help: bool = False
    locale: str = "fr"
    rate: float = 1.0

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Glimpse:
        """Give the glimpse back from JSON data."""
        heard = tuple((str(meaning), float(fit)) for meaning, fit in data.get("heard", ()))
        return cls(**{**data, "heard": heard})


@dataclass(frozen=True, slots=True)
class TakenSeat:
    """One person's place. `left_at`: the help ended then, and nothing after it is shown."""

    sitting: str
    session: SessionId
    number: int
    joined_at: datetime
    left_at: datetime | None
    channel: str
    glimpse: Glimpse | None


@dataclass(frozen=True, slots=True)
class Request:
    """What a mediator asks of a running conversation. `outcome`: empty while it waits, then `done` or `late`."""

    id: str
    sitting: str
    session: SessionId
    act: str
    item: str = ""
    words: str = ""
    option: str | None = None
    done_for_them: bool = False
    outcome: str = ""
    seat: Seat | None = None
    """Of a request to join."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A request as the page has it."""

    act: str
    item: str = ""
    words: str = ""
    option: str | None = None
    done_for_them: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What a mediator wrote down. `item`: the question at which they did."""

    id: str
    words: str
    item: str
    by: str
    at: datetime


class LiveDesk(Protocol):
    """The conversation's side. Every method raises StoreError when the database does not answer."""

    @property
    def feed(self) -> LiveFeed: ...

    async def waiting(self, session: SessionId) -> Sequence[Request]:
        """Give the requests to this conversation that nobody has carried out, oldest first, and none that is stale."""

    async def settle(self, request: Request, outcome: str) -> None:
        """Note what came of a request; the words of a hint are forgotten with it."""

    async def show(self, session: SessionId, glimpse: Glimpse) -> None:
        """Keep what the conversation is at, for the page; the one before it is forgotten."""

    async def ask_again(self, sitting: str, session: SessionId) -> None:
        """Have somebody else who has this conversation now asked whether they agree to be helped."""

    async def is_open(self, sitting: str) -> bool:
        """Tell whether a sitting goes on."""


class Sittings(Protocol):
    """The page's side. Whatever is asked for names the organisation, and finds nothing of another one."""

    @property
    def feed(self) -> LiveFeed: ...

    async def open(
        self,
        organization: OrganizationId,
        title: str,
        campaign: str | None,
        mediator: Member,
        by: Program | None = None,
    ) -> Sitting:
        """Give a new sitting of this mediator, with its code. `by`: the program that opened it, None: the mediator.

        Raises InvalidCampaign: no title, or no such campaign of this one.
        """

    async def listed(self, organization: OrganizationId, limit: int = 50) -> Sequence[Sitting]:
        """Give the sittings, newest first."""

    async def find(self, organization: OrganizationId, sitting: str) -> Sitting | None: ...

    async def close_sitting(self, organization: OrganizationId, sitting: str, by: Author) -> bool:
        """End a sitting: its code opens no more, and everybody in it goes on alone."""

    async def seats(self, organization: OrganizationId, sitting: str) -> Sequence[TakenSeat]:
        """Give the places of a sitting by number: of those who have agreed, and of nobody else."""

    async def ask(
        self, organization: OrganizationId, sitting: str, session: str, draft: Draft, by: Program | None = None
    ) -> bool:
        """Hand a request to a conversation; False when nobody of this sitting has this session, or has left.

        What a program asks is in the audit log.
        """

    async def invite(
        self, organization: OrganizationId, sitting: str, session: SessionId, by: Program | None = None
    ) -> bool:
        """Ask the person of a session, whose code they have told, whether they agree to be helped.

        What a program asks is in the audit log.
        """

    async def last_request(self, session: str) -> Request | None:
        """Give the newest request to a session, carried out or not."""

    async def note(
        self,
        organization: OrganizationId,
        sitting: str,
        session: str,
        draft: Draft,
        by: Member,
        program: Program | None = None,
    ) -> str:
        """Keep a note (`words`, `item`) of this member and give its id. Raises InvalidMember: empty or too long.

        `program`: what brought it; that is in the audit log.
        """

    async def notes(self, organization: OrganizationId, sitting: str, session: str) -> Sequence[Note]:
        """Give the notes on a session, oldest first."""

    async def version(self, sitting: str, session: str | None = None) -> str:
        """Give a word that changes with whatever the page of a sitting (or of one place in it) shows."""
