"""Calls that we owe: the queue, the calls placed, who wants none."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "errand",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False, index=True),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False, index=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, index=True),
        sa.Column("last_outcome", sa.String(), nullable=False),
    )
    op.create_table(
        "errand_call",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mark", sa.String(), nullable=False, index=True),
        sa.Column("placed_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "refusal",
        sa.Column("mark", sa.String(), primary_key=True),
        sa.Column("noted_at", sa.DateTime(), nullable=False),
    )


def downgrade() -> None:
    for table in ("refusal", "errand_call", "errand"):
        op.drop_table(table)
