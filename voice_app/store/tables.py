"""The tables. Storage only: no table class leaves this package.

`event` is append-only; everything else can be rebuilt from it or is a means of access (codes, attempts, callers).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.sync.events import GENESIS


class Standing(StrEnum):
    """What a chain of events is to this database."""

    OWN = "own"
    """The one that is written here."""
    FORMER = "former"
    """Written here under an id that was given up: the database is a copy of one that went on elsewhere."""
    WHOLE = "whole"
    """Gathered from another site, without a gap."""
    PARTIAL = "partial"
    """Another site's, only the events of sessions that came here."""


class SiteRow(SQLModel, table=True):
    """A chain: its site, the last number and the digest of the last event (engine.sync.events).

    `acknowledged`: up to there it is at the hub. `wanted`: up to there the hub had it when this id was given up.
    """

    __tablename__ = "site"

    id: str = Field(primary_key=True)
    last_sequence: int = Field(default=0, sa_type=BigInteger)
    last_digest: str = GENESIS
    standing: str = Standing.WHOLE
    acknowledged: int = Field(default=0, sa_type=BigInteger)
    wanted: int = Field(default=0, sa_type=BigInteger)
    enrolment_id: str | None = None


class SessionRow(SQLModel, table=True):
    __tablename__ = "session"

    id: str = Field(primary_key=True)
    site_id: str = Field(foreign_key="site.id")
    channel: str
    bank_version: str
    opened_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    lead_site: str = ""
    lead_epoch: int = Field(default=1, sa_type=BigInteger)


class EventRow(SQLModel, table=True):
    """One event. `sequence` has no gap within a site; `id` is a UUIDv7; `digest` chains it to the one before.

    `epoch`, `order_site`, `order_sequence`: where it counts in its session (engine.sync.sessions).
    """

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("site_id", "sequence"),)

    id: str = Field(primary_key=True)
    site_id: str = Field(foreign_key="site.id")
    sequence: int = Field(sa_type=BigInteger)
    session_id: str = Field(foreign_key="session.id", index=True)
    kind: str
    payload: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    channel: str
    actor: str
    bank_version: str
    recorded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    digest: str
    epoch: int = Field(default=1, sa_type=BigInteger)
    order_site: str = ""
    order_sequence: int = Field(default=0, sa_type=BigInteger)


class ResumeCodeRow(SQLModel, table=True):
    """The code of a session. Sites draw codes without asking one another: two sessions may have the same one."""

    __tablename__ = "resume_code"

    session_id: str = Field(foreign_key="session.id", primary_key=True)
    code: str = Field(index=True)
    issued_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class WrongCodeRow(SQLModel, table=True):
    """One wrong code, to slow guessing down. Forgotten after the longest window."""

    __tablename__ = "wrong_code"

    id: int | None = Field(default=None, primary_key=True)
    asker: str = Field(index=True)
    tried_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))


class CallerRow(SQLModel, table=True):
    """A caller who asked to be recognised: a keyed hash of the number, and the session to go on with."""

    __tablename__ = "caller"

    mark: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="session.id")
    noted_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class ErrandRow(SQLModel, table=True):
    """One call that we owe somebody; `sealed` is empty once it is over. Local time."""

    __tablename__ = "errand"

    id: str = Field(primary_key=True)
    kind: str
    campaign: str
    mark: str = Field(index=True)
    sealed: str
    hours: str
    next_at: datetime = Field(sa_column=Column(DateTime(), nullable=False, index=True))
    tries: int
    state: str = Field(index=True)
    last_outcome: str


class ErrandCallRow(SQLModel, table=True):
    """One call that was placed, for the cap per person. Local time."""

    __tablename__ = "errand_call"

    id: int | None = Field(default=None, primary_key=True)
    mark: str = Field(index=True)
    placed_at: datetime = Field(sa_column=Column(DateTime(), nullable=False))


class PhoneContactRow(SQLModel, table=True):
    """Who takes over an organisation's callers, and when."""

    __tablename__ = "phone_contact"

    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    person: str
    hours: str


class RefusalRow(SQLModel, table=True):
    """Somebody who wants no calls."""

    __tablename__ = "refusal"

    mark: str = Field(primary_key=True)
    noted_at: datetime = Field(sa_column=Column(DateTime(), nullable=False))
