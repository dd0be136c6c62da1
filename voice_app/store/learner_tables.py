"""The tables of learners' accounts and of claims. Storage only; no name, no address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime
from sqlmodel import Field, SQLModel


def _moment(*, needed: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=not needed)


class LearnerRow(SQLModel, table=True):
    """`failures` in a row since the last success; `locked_until` for a while; `used_at`: when its person last came."""

    __tablename__ = "learner"

    id: str = Field(primary_key=True)
    code: str = Field(unique=True)
    """The number that the person signs in with."""
    pin: str
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_column=_moment())
    created_at: datetime = Field(sa_column=_moment(needed=True))
    used_at: datetime | None = Field(default=None, sa_column=_moment())


class LearnerSessionRow(SQLModel, table=True):
    __tablename__ = "learner_session"

    session_id: str = Field(primary_key=True, foreign_key="session.id")
    learner_id: str = Field(foreign_key="learner.id", index=True)
    linked_at: datetime = Field(sa_column=_moment(needed=True))


class ClaimRow(SQLModel, table=True):
    __tablename__ = "claim"

    code: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="session.id", index=True)
    expires_at: datetime = Field(sa_column=_moment(needed=True))
    used_at: datetime | None = Field(default=None, sa_column=_moment())


class LearnerSignInRow(SQLModel, table=True):
    """`digest` of the token that the browser holds."""

    __tablename__ = "learner_sign_in"

    digest: str = Field(primary_key=True)
    learner_id: str = Field(foreign_key="learner.id", index=True)
    expires_at: datetime = Field(sa_column=_moment(needed=True))
