"""Files for accreditation."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accreditation",
        sa.Column("organization_id", sa.String(), sa.ForeignKey("organization.id"), primary_key=True),
        sa.Column("file", sa.JSON(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("accreditation")
