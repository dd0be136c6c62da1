"""Organisations as the rest of the service sees them: values, faults, and the two ports that keep them.

Every method of `Organizations` that reads or changes something of an organisation is given that organisation's id and
finds nothing that belongs to another one: isolation does not depend on the page that asks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType, Protocol

from engine.organization.campaigns import CampaignKind, Entry
from engine.organization.roles import Role
from engine.organization.snapshot import Snapshot
from voice_app.errors import VoiceAppError

OrganizationId = NewType("OrganizationId", str)
AccountId = NewType("AccountId", str)
MemberId = NewType("MemberId", str)
CampaignId = NewType("CampaignId", str)


class OrganizationError(VoiceAppError):
    """A fault of this room; `reason` is a stable word for which the pages have a sentence."""

    code = "organization.error"

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason


class SignInRefused(OrganizationError):
    """No sign-in: `wrong`, `locked` (for `minutes`), or `blocked` until an admin of the machine unlocks it."""

    code = "organization.sign_in_refused"

    def __init__(self, reason: str, minutes: int = 0) -> None:
        super().__init__(reason)
        self.minutes = minutes


class InvalidMember(OrganizationError):
    """A password, a name or an address that cannot be, a role that cannot be given or taken."""

    code = "organization.invalid_member"


@dataclass(frozen=True, slots=True)
class Organization:
    id: OrganizationId
    name: str


@dataclass(frozen=True, slots=True)
class OrganizationFacts:
    """What an organisation says of itself. `kind` and `tags`: words; `training`: a training organisation."""

    kind: str = ""
    tags: tuple[str, ...] = ()
    legal_id: str = ""
    training: bool = False


@dataclass(frozen=True, slots=True)
class ShownOrganization:
    """An organisation with what it says of itself."""

    organization: Organization
    facts: OrganizationFacts
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """One account in one organisation."""

    id: MemberId
    organization: Organization
    account: AccountId
    name: str
    email: str
    role: Role
    active: bool = True


@dataclass(frozen=True, slots=True)
class Program:
    """Something that acts for an organisation by a token: `name` is what the audit log says."""

    id: str
    name: str


Author = Member | Program | None
"""Who did something: a person, a program, or (None) the command line."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in, and the organisations that count them as an active member."""

    id: AccountId
    name: str
    email: str
    members: tuple[Member, ...]

    def member_of(self, organization: str) -> Member | None:
        """Give the membership in an organisation, or None."""
        return next((each for each in self.members if each.organization.id == organization), None)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that still opens."""

    organization: Organization
    email: str
    role: Role
    has_account: bool
    """The address has its password already: it is asked for instead of a new one."""


@dataclass(frozen=True, slots=True)
class CampaignDraft:
    """What a campaign is made of. `path` is one of the content's paths or modules; `welcome` by locale."""

    title: str
    path: str
    welcome: Mapping[str, str] = field(default_factory=dict)
    opens: datetime | None = None
    closes: datetime | None = None
    tags: tuple[str, ...] = ()
    """Words of the organisation's own, to find campaigns again."""
    kind: CampaignKind = CampaignKind.ASSESSMENT
    locales: tuple[str, ...] = ()
    """Languages; none: all."""
    number_label: Mapping[str, str] = field(default_factory=dict)
    """What the organisation calls its own number of a person, by locale; none: it asks for no number."""
    repeated: bool = False
    """Who shared a result may take part again."""


@dataclass(frozen=True, slots=True)
class CampaignChange:
    """What of a campaign may change while people take part: its name, its words, its dates, never what is asked."""

    title: str
    welcome: Mapping[str, str]
    opens: datetime | None
    closes: datetime | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """People who began, who reached the result, who shared it; each holds the next."""

    begun: int = 0
    completed: int = 0
    shared: int = 0


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign with its code and how many took part; moments in UTC."""

    id: CampaignId
    organization: Organization
    code: str
    title: str
    path: str
    welcome: Mapping[str, str]
    opens: datetime | None
    closes: datetime | None
    entry: Entry
    created_at: datetime
    counts: Counts
    tags: tuple[str, ...] = ()
    published: bool = False
    """Anybody may see its figures, small counts left out."""
    kind: CampaignKind = CampaignKind.ASSESSMENT
    locales: tuple[str, ...] = ()
    number_label: Mapping[str, str] = field(default_factory=dict)
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class SharedResult:
    """One result that its person shared. `number` counts the shared results of the campaign, first shared first."""

    number: int
    id: str
    shared_at: datetime
    snapshot: Snapshot
    person_number: str = ""
    """The organisation's own number of the person, who gave it."""
    again_of: str | None = None
    """The participation that this one repeats."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what, newest first; `who` is a person, a program's name, or empty for the command line."""

    at: datetime
    who: str
    action: str
    subject: str
    id: str = ""


class Accounts(Protocol):
    """Who may come in. Every method raises StoreError when the database does not answer."""

    async def sign_in(self, email: str, password: str, device: str = "") -> str:
        """Give the token of a new sign-in. Raises SignInRefused. An attempt counts before the password is looked at."""

    async def identify(self, token: str) -> Account | None:
        """Give who holds this token, or None when it was revoked, has expired, or never was."""

    async def sign_out(self, token: str) -> None:
        """Revoke one sign-in."""

    async def invitation(self, token: str) -> Invitation | None:
        """Give what an invitation's token opens, or None when it was used, has expired, or never was."""

    async def accept(self, token: str, name: str, password: str, device: str = "") -> str:
        """Use an invitation, once: the account is made (or found, by its password), and signed in.

        Gives the token of the sign-in. Raises InvalidMember, SignInRefused.
        """

    async def accept_as(self, token: str, account: AccountId | None, name: str) -> AccountId:
        """Use an invitation, once, for somebody who is known by other means: this account, or (None) a new one.

        A new account has no password. Raises InvalidMember.
        """

    async def change_password(self, account: AccountId, old: str, new: str, token: str) -> None:
        """Set another password; all other sign-ins of the account end. Raises SignInRefused, InvalidMember."""

    async def unlock(self, email: str) -> bool:
        """Forget the failed sign-ins of an account; False when there is none of this address."""


class Organizations(Protocol):
    """What organisations have. Every method raises StoreError when the database does not answer."""

    async def create(self, name: str) -> Organization:
        """Give a new organisation. Raises InvalidMember for a name that cannot be spoken."""

    async def listed(self) -> Sequence[Organization]:
        """Give all organisations by name, for the command line."""

    async def invite(self, organization: OrganizationId, email: str, role: Role, by: Author) -> str:
        """Give the token of a new invitation; one that waits for the same address no longer opens.

        Raises InvalidMember: a bad address, or somebody who is a member already.
        """

    async def members(self, organization: OrganizationId) -> Sequence[Member]:
        """Give the members by name, those who were put out last."""

    async def change_member(
        self, organization: OrganizationId, member: MemberId, *, role: Role, active: bool, by: Author
    ) -> bool:
        """Set role and activity; sign-ins of who is put out end. False for a member of another organisation.

        Raises InvalidMember when no admin would be left.
        """

    async def create_campaign(self, organization: OrganizationId, draft: CampaignDraft, by: Author) -> Campaign:
        """Give a new campaign with its code. Raises InvalidCampaign."""

    async def campaigns(self, organization: OrganizationId) -> Sequence[Campaign]:
        """Give the campaigns, newest first, archived ones last."""

    async def campaign(self, organization: OrganizationId, campaign: str) -> Campaign | None:
        """Give one campaign of this organisation, or None."""

    async def change_campaign(
        self, organization: OrganizationId, campaign: str, change: CampaignChange, by: Author
    ) -> bool:
        """Set what may change; a recording of words that are others now goes. False for no campaign of this one.

        Raises InvalidCampaign.
        """

    async def archive(self, organization: OrganizationId, campaign: str, by: Author) -> bool:
        """Archive a campaign: nobody begins or shares any more. False when this organisation has none of this id."""

    def results(self, organization: OrganizationId, campaign: str) -> AsyncIterator[SharedResult]:
        """Give the shared results, first shared first, read piece by piece: memory does not grow with their number."""

    async def note(self, organization: OrganizationId, by: Author, action: str, subject: str) -> None:
        """Write an entry of the audit log."""

    async def audit(self, organization: OrganizationId, limit: int = 100) -> Sequence[AuditEntry]:
        """Give the newest entries of the audit log."""
