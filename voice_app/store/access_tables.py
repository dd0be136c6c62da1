"""The tables of programs that come in by the API, and of limits that hold for all processes. Storage only.

Of every secret only the digest is kept. `hint` is the last four characters, by which people tell their tokens apart.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime
from sqlmodel import Field, SQLModel


def _moment(*, needed: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=not needed)


def _words() -> Any:
    return Column(JSON, nullable=False)


class ApiTokenRow(SQLModel, table=True):
    """A token of one organisation."""

    __tablename__ = "api_token"

    id: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id", index=True)
    name: str
    digest: str = Field(unique=True)
    hint: str
    scopes: list[str] = Field(sa_column=_words())
    created_by: str | None = Field(default=None, foreign_key="account.id")
    created_at: datetime = Field(sa_column=_moment(needed=True))
    expires_at: datetime = Field(sa_column=_moment(needed=True))
    used_at: datetime | None = Field(default=None, sa_column=_moment())
    revoked_at: datetime | None = Field(default=None, sa_column=_moment())


class ApiClientRow(SQLModel, table=True):
    """A partner's client: `tags` are its jurisdiction. `id` is its client id, `digest` that of its secret."""

    __tablename__ = "api_client"

    id: str = Field(primary_key=True)
    name: str
    digest: str
    hint: str
    tags: list[str] = Field(sa_column=_words())
    scopes: list[str] = Field(sa_column=_words())
    created_at: datetime = Field(sa_column=_moment(needed=True))
    expires_at: datetime = Field(sa_column=_moment(needed=True))
    used_at: datetime | None = Field(default=None, sa_column=_moment())
    revoked_at: datetime | None = Field(default=None, sa_column=_moment())


class ApiAccessRow(SQLModel, table=True):
    """A short-lived token that a client was given for its secret; it has some of the client's scopes."""

    __tablename__ = "api_access"

    digest: str = Field(primary_key=True)
    client_id: str = Field(foreign_key="api_client.id", index=True)
    scopes: list[str] = Field(sa_column=_words())
    expires_at: datetime = Field(sa_column=_moment(needed=True))


class RateRow(SQLModel, table=True):
    """How often something was done in the window that began at `since`."""

    __tablename__ = "rate"

    key: str = Field(primary_key=True)
    since: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    count: int
