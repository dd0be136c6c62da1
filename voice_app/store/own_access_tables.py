"""The tables of a person's own ways in: passkeys, identities of a provider, what waits between two requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime
from sqlmodel import Field, SQLModel


def _moment(*, needed: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=not needed)


class PasskeyRow(SQLModel, table=True):
    """A passkey: `id` is the credential's id, `public_key` its COSE key, both base64url. Nothing here is secret."""

    __tablename__ = "passkey"

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    public_key: str
    sign_count: int
    name: str
    created_at: datetime = Field(sa_column=_moment(needed=True))
    used_at: datetime | None = Field(default=None, sa_column=_moment())


class IdentityRow(SQLModel, table=True):
    """Who an account is at a provider: `subject` never changes there, an address may."""

    __tablename__ = "identity"

    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    label: str
    created_at: datetime = Field(sa_column=_moment(needed=True))
    used_at: datetime | None = Field(default=None, sa_column=_moment())


class FlowRow(SQLModel, table=True):
    """What one request leaves for the next (a challenge, a nonce), found once, by the digest of a secret."""

    __tablename__ = "flow"

    digest: str = Field(primary_key=True)
    kind: str
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    expires_at: datetime = Field(sa_column=_moment(needed=True))
