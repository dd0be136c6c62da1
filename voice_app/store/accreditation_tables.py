"""What an organisation has put into its file for accreditation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class AccreditationRow(SQLModel, table=True):
    __tablename__ = "accreditation"

    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    file: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
