"""The tables of outlets: who outside is told of events, how far, and what could not be told. Storage only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime
from sqlmodel import Field, SQLModel


def _moment(*, needed: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=not needed)


class OutletRow(SQLModel, table=True):
    """An outlet. `taken_until`: a process is at it; `next_at`: not before; `tries`: failures in a row."""

    __tablename__ = "outlet"

    name: str = Field(primary_key=True)
    secret: str
    tries: int = 0
    next_at: datetime = Field(sa_column=_moment(needed=True))
    taken_until: datetime | None = Field(default=None, sa_column=_moment())
    told_at: datetime | None = Field(default=None, sa_column=_moment())
    last_fault: str = ""


class OutletPositionRow(SQLModel, table=True):
    """The last event of a site that an outlet has told, or set aside."""

    __tablename__ = "outlet_position"

    outlet: str = Field(primary_key=True)
    site_id: str = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)


class OutletTroubleRow(SQLModel, table=True):
    """An event that the other side refuses: set aside, told to the operator, never sent again blindly."""

    __tablename__ = "outlet_trouble"

    outlet: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    reason: str
    noted_at: datetime = Field(sa_column=_moment(needed=True))


class WebhookDeliveryRow(SQLModel, table=True):
    """One try to tell a webhook something: `delivery` is its `webhook-id`, `status` what was answered, None for
    nothing. Only the last ones are kept, and nothing of what was told."""

    __tablename__ = "webhook_delivery"

    id: str = Field(primary_key=True)
    webhook_id: str = Field(foreign_key="webhook.id", index=True)
    told: str
    delivery: str
    status: int | None = None
    fault: str = ""
    at: datetime = Field(sa_column=_moment(needed=True))


class WebhookRow(SQLModel, table=True):
    """An address of an organisation that is told of its participations. Its secrets sign, so they are kept as they are;
    the one before the last rotation signs too until `previous_until`."""

    __tablename__ = "webhook"

    id: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id", index=True)
    url: str
    secret: str
    previous_secret: str = ""
    previous_until: datetime | None = Field(default=None, sa_column=_moment())
    created_at: datetime = Field(sa_column=_moment(needed=True))
    stopped_at: datetime | None = Field(default=None, sa_column=_moment())
    stopped_because: str = ""
