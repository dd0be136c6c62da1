"""The tables of organisations. Storage only; a participation is a projection of its session's events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


def _moment(*, needed: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=not needed)


def _now() -> datetime:
    return datetime.now(UTC)


def _changed() -> Any:
    """A column that says when its row was last written, so that programs may ask for what is new.

    Stamped while the writer holds the site's row (`sql_store.append`), so that in one site no later commit has an
    earlier stamp.
    """
    return Column(DateTime(timezone=True), nullable=True, default=_now, onupdate=_now)


class OrganizationRow(SQLModel, table=True):
    """`kind` and `tags` are words of the organisation's own; `tags` are also what partners are limited by."""

    __tablename__ = "organization"

    id: str = Field(primary_key=True)
    name: str
    kind: str = ""
    tags: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    legal_id: str = ""
    training: bool = False
    created_at: datetime = Field(sa_column=_moment(needed=True))


class AccountRow(SQLModel, table=True):
    """A person who signs in. `failures` in a row since the last success; `locked_until` for a while."""

    __tablename__ = "account"

    id: str = Field(primary_key=True)
    email: str = Field(unique=True)
    name: str
    password: str
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_column=_moment())
    created_at: datetime = Field(sa_column=_moment(needed=True))


class MemberRow(SQLModel, table=True):
    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("organization_id", "account_id"),)

    id: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    account_id: str = Field(foreign_key="account.id", index=True)
    role: str
    active: bool = True
    created_at: datetime = Field(sa_column=_moment(needed=True))
    changed_at: datetime | None = Field(default=None, sa_column=_changed())


class InvitationRow(SQLModel, table=True):
    """`digest` of the token; the token itself is only in the hands of who was invited."""

    __tablename__ = "invitation"

    digest: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id", index=True)
    email: str
    role: str
    expires_at: datetime = Field(sa_column=_moment(needed=True))
    closed_at: datetime | None = Field(default=None, sa_column=_moment())
    code_digest: str | None = Field(default=None, index=True)


class SignInRow(SQLModel, table=True):
    """`digest` of the token that the browser holds."""

    __tablename__ = "sign_in"

    digest: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    expires_at: datetime = Field(sa_column=_moment(needed=True))
    begun_at: datetime | None = Field(default=None, sa_column=_moment())
    seen_at: datetime | None = Field(default=None, sa_column=_moment())
    device: str = ""
    means: str = "password"


class CampaignRow(SQLModel, table=True):
    """`tags`: words of the organisation's own, between commas. `published`: anybody may see its figures.

    `locales`: between commas, empty: all. `number_label`: what the organisation calls its own number of a person, by
    locale. `repeated`: who shared a result may take part again.
    """

    __tablename__ = "campaign"

    id: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id", index=True)
    code: str = Field(unique=True)
    title: str
    path: str
    welcome: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    opens_at: datetime | None = Field(default=None, sa_column=_moment())
    closes_at: datetime | None = Field(default=None, sa_column=_moment())
    archived_at: datetime | None = Field(default=None, sa_column=_moment())
    tags: str = ""
    published: bool = False
    kind: str = "assessment"
    locales: str = ""
    number_label: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    repeated: bool = False
    created_at: datetime = Field(sa_column=_moment(needed=True))
    changed_at: datetime | None = Field(default=None, sa_column=_changed())


class ParticipationRow(SQLModel, table=True):
    """One session in a campaign. `snapshot` and `number` are there from the moment of sharing on.

    `channel`: where it began, then where the result was shared. `cohort`: the group that a member put it in, or "".
    `erased`: its person is gone, and all but what is counted. `person_number`: the organisation's own number of the
    person, who gave it with the result. `again_of`: the participation that this one repeats.
    """

    __tablename__ = "participation"
    __table_args__ = (
        Index("participation_shared", "campaign_id", "shared_at", "id"),
        Index("participation_changed", "campaign_id", "changed_at", "id"),
        Index("participation_numbered", "campaign_id", "number"),
    )

    id: str = Field(primary_key=True)
    campaign_id: str = Field(foreign_key="campaign.id")
    session_id: str = Field(foreign_key="session.id", unique=True)
    state: str
    begun_at: datetime = Field(sa_column=_moment(needed=True))
    completed_at: datetime | None = Field(default=None, sa_column=_moment())
    shared_at: datetime | None = Field(default=None, sa_column=_moment())
    snapshot: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    changed_at: datetime | None = Field(default=None, sa_column=_changed())
    channel: str = ""
    cohort: str = ""
    number: int | None = None
    erased: bool = False
    person_number: str = ""
    again_of: str | None = None


class CampaignSoundRow(SQLModel, table=True):
    """A recording of a campaign's words of welcome, as a WAV file; `digest` is its name."""

    __tablename__ = "campaign_sound"

    campaign_id: str = Field(primary_key=True, foreign_key="campaign.id")
    locale: str = Field(primary_key=True)
    digest: str = Field(index=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    duration_ms: int
    kept_at: datetime = Field(sa_column=_moment(needed=True))


class AuditRow(SQLModel, table=True):
    __tablename__ = "audit"

    id: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id", index=True)
    account_id: str | None = Field(default=None, foreign_key="account.id")
    program: str | None = None
    action: str
    subject: str
    at: datetime = Field(sa_column=_moment(needed=True))
