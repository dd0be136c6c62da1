"""How long an organisation keeps what people sent; participations whose person was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("organization_id", sa.String(), sa.ForeignKey("organization.id"), primary_key=True),
        sa.Column("months", sa.Integer(), nullable=False),
    )
    op.add_column("participation", sa.Column("erased", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("participation", "erased")
    op.drop_table("retention")
