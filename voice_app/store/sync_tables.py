"""The tables of synchronisation. Storage only.

At every place of a chain stands one of three: a row of `event`, a row of `event_twin` (the event itself stands in
another chain), or a row of `custody` that fills it (the event is set aside).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer
from sqlmodel import Field, SQLModel


def _moment(*, needed: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=not needed)


def _key_number() -> Any:
    return Column(BigInteger, primary_key=True, autoincrement=False)


class SessionSiteRow(SQLModel, table=True):
    """A site that wrote into a session, and the epoch that it reached there."""

    __tablename__ = "session_site"

    session_id: str = Field(primary_key=True, foreign_key="session.id")
    site_id: str = Field(primary_key=True, foreign_key="site.id")
    epoch: int = Field(sa_type=BigInteger)


class EventTwinRow(SQLModel, table=True):
    """A place of a chain whose event stands in another chain."""

    __tablename__ = "event_twin"

    site_id: str = Field(primary_key=True, foreign_key="site.id")
    sequence: int = Field(sa_column=_key_number())
    event_id: str = Field(foreign_key="event.id", index=True)
    digest: str


class CustodyRow(SQLModel, table=True):
    """An event set aside; `event` is its envelope as it came, `seen_at` when somebody took note."""

    __tablename__ = "custody"

    site_id: str = Field(primary_key=True, foreign_key="site.id")
    sequence: int = Field(sa_column=_key_number())
    digest: str = Field(primary_key=True)
    event_id: str
    reason: str
    fills: bool
    event: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    taken_at: datetime = Field(sa_column=_moment(needed=True))
    seen_at: datetime | None = Field(default=None, sa_column=_moment())


class OutboxRow(SQLModel, table=True):
    """A place of one of our chains that the hub has not acknowledged."""

    __tablename__ = "outbox"

    site_id: str = Field(primary_key=True, foreign_key="site.id")
    sequence: int = Field(sa_column=_key_number())
    written_at: datetime = Field(sa_column=_moment(needed=True))


class PulledRow(SQLModel, table=True):
    """What was fetched from the hub: a row of one of its tables, or a file, with the digest it had."""

    __tablename__ = "pulled"

    collection: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    digest: str


class UplinkRow(SQLModel, table=True):
    """The one hub of this site. `cursor`: what was fetched of others' events, from `hub_site` for `cursor_site`."""

    __tablename__ = "uplink"

    id: int = Field(default=1, sa_column=Column(Integer, primary_key=True, autoincrement=False))
    address: str
    token: str
    seal_key: str
    hub_site: str = ""
    cursor_site: str = ""
    cursor: int = Field(default=0, sa_type=BigInteger)
    manifest: str = ""
    contact_at: datetime | None = Field(default=None, sa_column=_moment())
    pulled_at: datetime | None = Field(default=None, sa_column=_moment())
    tried_at: datetime | None = Field(default=None, sa_column=_moment())
    fault: str = ""
    refused: bool = False
    failures: int = 0


class EnrolmentRow(SQLModel, table=True):
    """A site as the hub's operator knows it; its chains are the rows of `site` that name it."""

    __tablename__ = "enrolment"

    id: str = Field(primary_key=True)
    name: str
    organizations: list[str] = Field(sa_column=Column(JSON, nullable=False))
    seal_key: str
    created_at: datetime = Field(sa_column=_moment(needed=True))
    closed_at: datetime | None = Field(default=None, sa_column=_moment())


class SiteCredentialRow(SQLModel, table=True):
    """`digest` of a token; the token itself is at the site only."""

    __tablename__ = "site_credential"

    id: str = Field(primary_key=True)
    enrolment_id: str = Field(foreign_key="enrolment.id", index=True)
    digest: str = Field(unique=True)
    created_at: datetime = Field(sa_column=_moment(needed=True))
    used_at: datetime | None = Field(default=None, sa_column=_moment())
    revoked_at: datetime | None = Field(default=None, sa_column=_moment())


class SiteReportRow(SQLModel, table=True):
    """What a site last said of itself; `way` is "line" or "bundle"."""

    __tablename__ = "site_report"

    site_id: str = Field(primary_key=True, foreign_key="site.id")
    contact_at: datetime = Field(sa_column=_moment(needed=True))
    last_sequence: int = Field(sa_type=BigInteger)
    backlog: int = Field(sa_type=BigInteger)
    oldest_at: datetime | None = Field(default=None, sa_column=_moment())
    app_version: str
    bank_version: str
    way: str


class DeliveryRow(SQLModel, table=True):
    """An event of a session in which `site_id` takes part too; numbers grow in the order of their commits."""

    __tablename__ = "delivery"

    number: int | None = Field(default=None, primary_key=True)
    site_id: str = Field(foreign_key="site.id", index=True)
    event_id: str = Field(foreign_key="event.id")


class IncidentRow(SQLModel, table=True):
    """Something that the operator should know: a fork, an event in custody, a credential refused."""

    __tablename__ = "incident"

    id: str = Field(primary_key=True)
    site_id: str
    kind: str
    detail: str
    at: datetime = Field(sa_column=_moment(needed=True))
    seen_at: datetime | None = Field(default=None, sa_column=_moment())
