"""Sittings: a mediator beside one person or several; what they ask, what is seen, what they note."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _text(name: str, *constraints: object, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, nullable=False, **options)  # type: ignore[arg-type]


def _moment(name: str, *, needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def upgrade() -> None:
    op.create_table(
        "sitting",
        _text("id", primary_key=True),
        _text("organization_id", sa.ForeignKey("organization.id"), index=True),
        _text("account_id", sa.ForeignKey("account.id")),
        sa.Column("campaign_id", sa.String(), sa.ForeignKey("campaign.id"), nullable=True),
        _text("title"),
        _text("code", unique=True),
        _moment("opened_at", needed=True),
        _moment("closed_at"),
    )
    op.create_table(
        "seat",
        _text("id", primary_key=True),
        _text("sitting_id", sa.ForeignKey("sitting.id")),
        _text("session_id", sa.ForeignKey("session.id"), index=True),
        sa.Column("number", sa.Integer(), nullable=False),
        _moment("joined_at", needed=True),
        _moment("left_at"),
        sa.UniqueConstraint("sitting_id", "session_id"),
    )
    op.create_table(
        "sitting_request",
        _text("id", primary_key=True),
        _text("sitting_id", sa.ForeignKey("sitting.id")),
        _text("session_id", sa.ForeignKey("session.id"), index=True),
        _text("act"),
        _text("item"),
        _text("words"),
        sa.Column("option", sa.String(), nullable=True),
        sa.Column("done_for_them", sa.Boolean(), nullable=False),
        _moment("asked_at", needed=True),
        _text("outcome", index=True),
    )
    op.create_table(
        "glimpse",
        _text("session_id", sa.ForeignKey("session.id"), primary_key=True),
        sa.Column("data", sa.JSON(), nullable=False),
        _moment("at", needed=True),
    )
    op.create_table(
        "sitting_note",
        _text("id", primary_key=True),
        _text("sitting_id", sa.ForeignKey("sitting.id")),
        _text("session_id", sa.ForeignKey("session.id"), index=True),
        _text("account_id", sa.ForeignKey("account.id")),
        _text("item"),
        _text("words"),
        _moment("at", needed=True),
    )


def downgrade() -> None:
    for table in ("sitting_note", "glimpse", "sitting_request", "seat", "sitting"):
        op.drop_table(table)
