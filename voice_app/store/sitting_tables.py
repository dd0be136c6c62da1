"""The tables of sittings. A seat is a projection of its session's events; requests and glimpses are of the moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, UniqueConstraint
from sqlmodel import Field, SQLModel


def _moment(*, needed: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=not needed)


class SittingRow(SQLModel, table=True):
    __tablename__ = "sitting"

    id: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id", index=True)
    account_id: str = Field(foreign_key="account.id")
    campaign_id: str | None = Field(default=None, foreign_key="campaign.id")
    title: str
    code: str = Field(unique=True)
    opened_at: datetime = Field(sa_column=_moment(needed=True))
    closed_at: datetime | None = Field(default=None, sa_column=_moment())


class SeatRow(SQLModel, table=True):
    """Somebody who has agreed to be helped in a sitting."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("sitting_id", "session_id"),)

    id: str = Field(primary_key=True)
    sitting_id: str = Field(foreign_key="sitting.id")
    session_id: str = Field(foreign_key="session.id", index=True)
    number: int
    joined_at: datetime = Field(sa_column=_moment(needed=True))
    left_at: datetime | None = Field(default=None, sa_column=_moment())


class SittingRequestRow(SQLModel, table=True):
    """What a mediator asks of a running conversation; `words` go when it is settled."""

    __tablename__ = "sitting_request"

    id: str = Field(primary_key=True)
    sitting_id: str = Field(foreign_key="sitting.id")
    session_id: str = Field(foreign_key="session.id", index=True)
    act: str
    item: str = ""
    words: str = ""
    option: str | None = None
    done_for_them: bool = False
    asked_at: datetime = Field(sa_column=_moment(needed=True))
    outcome: str = Field(default="", index=True)


class GlimpseRow(SQLModel, table=True):
    """What a followed conversation is at."""

    __tablename__ = "glimpse"

    session_id: str = Field(primary_key=True, foreign_key="session.id")
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_column=_moment(needed=True))


class SittingNoteRow(SQLModel, table=True):
    """A mediator's note; its event holds only the id, so that the words can be erased."""

    __tablename__ = "sitting_note"

    id: str = Field(primary_key=True)
    sitting_id: str = Field(foreign_key="sitting.id")
    session_id: str = Field(foreign_key="session.id", index=True)
    account_id: str = Field(foreign_key="account.id")
    item: str
    words: str
    at: datetime = Field(sa_column=_moment(needed=True))
