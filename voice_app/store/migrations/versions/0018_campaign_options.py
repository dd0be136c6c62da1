"""Campaigns: their kind, languages, the organisation's own number of a person, taking part again, recorded welcomes."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("kind", sa.String(), nullable=False, server_default="assessment"))
    op.add_column("campaign", sa.Column("locales", sa.String(), nullable=False, server_default=""))
    op.add_column("campaign", sa.Column("number_label", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("campaign", sa.Column("repeated", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("participation", sa.Column("person_number", sa.String(), nullable=False, server_default=""))
    op.add_column("participation", sa.Column("again_of", sa.String()))
    op.create_table(
        "campaign_sound",
        sa.Column("campaign_id", sa.String(), sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("locale", sa.String(), primary_key=True),
        sa.Column("digest", sa.String(), nullable=False, index=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("campaign_sound")
    for name in ("again_of", "person_number"):
        op.drop_column("participation", name)
    for name in ("repeated", "number_label", "locales", "kind"):
        op.drop_column("campaign", name)
