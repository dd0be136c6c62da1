"""The tables. Storage only: no table class leaves this package.

`event` is append-only; everything else can be rebuilt from it or is a means of access (codes, attempts, callers).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.sync.events import GENESIS


class SiteRow(SQLModel, table=True):
    """A site's identity, the last sequence number it gave and the digest of its last event (engine.sync.events)."""

    __tablename__ = "site"

    id: str = Field(primary_key=True)
    last_sequence: int = Field(default=0, sa_type=BigInteger)
    last_digest: str = GENESIS


class SessionRow(SQLModel, table=True):
    __tablename__ = "session"

    id: str = Field(primary_key=True)
    site_id: str = Field(foreign_key="site.id")
    channel: str
    bank_version: str
    opened_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class EventRow(SQLModel, table=True):
    """One event. `sequence` has no gap within a site; `id` is a UUIDv7; `digest` chains it to the one before."""

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


class ResumeCodeRow(SQLModel, table=True):
    __tablename__ = "resume_code"

    code: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="session.id", unique=True)
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
