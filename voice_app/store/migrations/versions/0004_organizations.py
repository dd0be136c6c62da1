"""Organisations: accounts, members, invitations, sign-ins, campaigns, participations, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _text(name: str, *constraints: object, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, nullable=False, **options)  # type: ignore[arg-type]


def _moment(name: str, *, needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(), primary_key=True)


def upgrade() -> None:
    op.create_table("organization", _id(), _text("name"), _moment("created_at", needed=True))
    op.create_table(
        "account",
        _id(),
        _text("email", unique=True),
        _text("name"),
        _text("password"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("locked_until"),
        _moment("created_at", needed=True),
    )
    op.create_table(
        "member",
        _id(),
        _text("organization_id", sa.ForeignKey("organization.id")),
        _text("account_id", sa.ForeignKey("account.id"), index=True),
        _text("role"),
        sa.Column("active", sa.Boolean(), nullable=False),
        _moment("created_at", needed=True),
        sa.UniqueConstraint("organization_id", "account_id"),
    )
    op.create_table(
        "invitation",
        sa.Column("digest", sa.String(), primary_key=True),
        _text("organization_id", sa.ForeignKey("organization.id"), index=True),
        _text("email"),
        _text("role"),
        _moment("expires_at", needed=True),
        _moment("closed_at"),
    )
    op.create_table(
        "sign_in",
        sa.Column("digest", sa.String(), primary_key=True),
        _text("account_id", sa.ForeignKey("account.id"), index=True),
        _moment("expires_at", needed=True),
    )
    op.create_table(
        "campaign",
        _id(),
        _text("organization_id", sa.ForeignKey("organization.id"), index=True),
        _text("code", unique=True),
        _text("title"),
        _text("path"),
        sa.Column("welcome", sa.JSON(), nullable=False),
        _moment("opens_at"),
        _moment("closes_at"),
        _moment("archived_at"),
        _moment("created_at", needed=True),
    )
    op.create_table(
        "participation",
        _id(),
        _text("campaign_id", sa.ForeignKey("campaign.id")),
        _text("session_id", sa.ForeignKey("session.id"), unique=True),
        _text("state"),
        _moment("begun_at", needed=True),
        _moment("completed_at"),
        _moment("shared_at"),
        sa.Column("snapshot", sa.JSON(none_as_null=True)),
    )
    op.create_index("participation_shared", "participation", ["campaign_id", "shared_at", "id"])
    op.create_table(
        "audit",
        _id(),
        _text("organization_id", sa.ForeignKey("organization.id"), index=True),
        sa.Column("account_id", sa.String(), sa.ForeignKey("account.id")),
        _text("action"),
        _text("subject"),
        _moment("at", needed=True),
    )


def downgrade() -> None:
    for table in ("audit", "participation", "campaign", "sign_in", "invitation", "member", "account", "organization"):
        op.drop_table(table)
