"""How long an organisation keeps what people sent; without a row, the service's own rule."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class RetentionRow(SQLModel, table=True):
    __tablename__ = "retention"

    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    months: int
