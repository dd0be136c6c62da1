"""A person's own ways in: passkeys, identities of a provider; invitations by a code that is said."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _text(name: str, *constraints: object, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, nullable=False, **options)  # type: ignore[arg-type]


def _moment(name: str, *, needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def upgrade() -> None:
    op.add_column("invitation", sa.Column("code_digest", sa.String(), nullable=True))
    op.create_index("ix_invitation_code_digest", "invitation", ["code_digest"])
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(), primary_key=True),
        _text("account_id", sa.ForeignKey("account.id"), index=True),
        _text("public_key"),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        _text("name"),
        _moment("created_at", needed=True),
        _moment("used_at"),
    )
    op.create_table(
        "identity",
        sa.Column("issuer", sa.String(), primary_key=True),
        sa.Column("subject", sa.String(), primary_key=True),
        _text("account_id", sa.ForeignKey("account.id"), index=True),
        _text("label"),
        _moment("created_at", needed=True),
        _moment("used_at"),
    )
    op.create_table(
        "flow",
        sa.Column("digest", sa.String(), primary_key=True),
        _text("kind"),
        sa.Column("data", sa.JSON(), nullable=False),
        _moment("expires_at", needed=True),
    )


def downgrade() -> None:
    for table in ("flow", "identity", "passkey"):
        op.drop_table(table)
    op.drop_index("ix_invitation_code_digest", "invitation")
    op.drop_column("invitation", "code_digest")
