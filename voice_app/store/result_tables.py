"""The tables of results: counts kept beside the participations, so that no page has to read all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime
from sqlmodel import Field, SQLModel

ALL_DAYS = ""
"""The `day` under which a tally counts whatever the day was."""


class TallyRow(SQLModel, table=True):
    """People of a campaign under one kind and name (`engine.organization.tallies`).

    `day`: ISO date in UTC, or `ALL_DAYS`; each person counts in both. `channel` and `cohort` as in the participation.
    Their number does not depend on how many people took part.
    """

    __tablename__ = "tally"

    campaign_id: str = Field(primary_key=True, foreign_key="campaign.id")
    day: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    cohort: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    people: int


class NumberingRow(SQLModel, table=True):
    """The last number that a campaign gave to a shared result."""

    __tablename__ = "numbering"

    campaign_id: str = Field(primary_key=True, foreign_key="campaign.id")
    last: int


class PublicationRow(SQLModel, table=True):
    """The figures of a campaign that anybody may see, as they were when they were last published."""

    __tablename__ = "publication"

    campaign_id: str = Field(primary_key=True, foreign_key="campaign.id")
    people: int
    figures: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    published_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class ModeEffectRow(SQLModel, table=True):
    """What the last comparison between channels found in a campaign (`engine.adaptive.metrics`)."""

    __tablename__ = "mode_effect"

    campaign_id: str = Field(primary_key=True, foreign_key="campaign.id")
    found: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    compared_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
