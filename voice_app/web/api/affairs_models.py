"""The shapes of an organisation's own affairs: facts, invitations that wait, log, retention, who takes over calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StrictBool

from engine.organization.campaigns import LONGEST_NAME
from voice_app.organizations import AuditEntry, OrganizationFacts, ShownOrganization
from voice_app.store.sql_facts import LONGEST_WORD, MOST_TAGS
from voice_app.store.sql_invitations import WaitingInvitation
from voice_app.telephony.contacts import PhoneContact
from voice_app.web.api.feed_models import Asked, Page, told_moment
from voice_app.web.api.models import RoleName

MOST_MONTHS = 1_200


class ChangedOrganization(Asked):
    """What an organisation says of itself; what is not named stays. `tags` are also what partners are limited by."""

    name: Annotated[
        str | None, Field(min_length=1, max_length=LONGEST_NAME, description="As it is said, with its article.")
    ] = None
    kind: Annotated[str | None, Field(max_length=LONGEST_WORD)] = None
    tags: Annotated[list[Annotated[str, Field(max_length=LONGEST_WORD)]] | None, Field(max_length=MOST_TAGS)] = None
    legal_id: Annotated[str | None, Field(max_length=31, description="Letters, digits, points, hyphens.")] = None
    training: Annotated[StrictBool | None, Field(description="A training organisation.")] = None

    def of(self, shown: ShownOrganization) -> OrganizationFacts:
        """Give the whole of what is said, from what is there and what is named."""
        facts = shown.facts
        return OrganizationFacts(
            kind=facts.kind if self.kind is None else self.kind,
            tags=facts.tags if self.tags is None else tuple(self.tags),
            legal_id=facts.legal_id if self.legal_id is None else self.legal_id,
            training=facts.training if self.training is None else self.training,
        )


class WaitingAnswer(BaseModel):
    """An invitation that still opens. `id` opens nothing."""

    id: str
    email: str
    role: RoleName
    expires_at: datetime

    @classmethod
    def of(cls, waiting: WaitingInvitation) -> WaitingAnswer:
        return cls(
            id=waiting.id,
            email=waiting.email,
            role=waiting.role.value,
            expires_at=told_moment(waiting.expires_at),
        )


class WaitingList(BaseModel):
    """The invitations that wait, those that end first first."""

    items: list[WaitingAnswer]


class LogEntryAnswer(BaseModel):
    """Who did what to what. `who`: a member, a program's name, or empty for the command line."""

    id: str
    at: datetime
    who: str
    action: str
    subject: str

    @classmethod
    def of(cls, entry: AuditEntry) -> LogEntryAnswer:
        return cls(id=entry.id, at=told_moment(entry.at), who=entry.who, action=entry.action, subject=entry.subject)


class LogPage(Page):
    """Entries of the log, oldest first, ten seconds after they were written."""

    items: list[LogEntryAnswer]


class NewRetention(Asked):
    """For how many months the organisation keeps what people sent."""

    months: Annotated[int, Field(ge=1, le=MOST_MONTHS, description="At most `longest`.")]


class RetentionAnswer(BaseModel):
    """For how many months what people sent is kept after the last of it, and how many may be chosen at most."""

    months: int
    longest: int


class NewPhonePerson(Asked):
    """Who takes over callers of the organisation's campaigns, and when."""

    person: Annotated[str, Field(min_length=1, max_length=200, description="A telephone number or a SIP address.")]
    hours: Annotated[
        str,
        Field(min_length=1, max_length=400, description="Local time: `1-5 09:00-12:30 14:00-17:00; 6 09:00-12:00`."),
    ]


class PhonePersonAnswer(BaseModel):
    """Who takes over callers, and when; both empty for nobody."""

    person: str
    hours: str

    @classmethod
    def of(cls, contact: PhoneContact | None) -> PhonePersonAnswer:
        return cls(person="", hours="") if contact is None else cls(person=contact.person, hours=contact.hours)
