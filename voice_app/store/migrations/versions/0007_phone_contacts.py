"""The person of an organisation to whom its callers are handed over."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_contact",
        sa.Column("organization_id", sa.String(), sa.ForeignKey("organization.id"), primary_key=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("phone_contact")
