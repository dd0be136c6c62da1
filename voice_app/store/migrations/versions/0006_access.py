"""What an organisation is, when its rows changed; programs that come in by the API; limits that all processes share."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CHANGED = {
    "member": "created_at",
    "campaign": "coalesce(archived_at, created_at)",
    "participation": "coalesce(shared_at, completed_at, begun_at)",
}


def _text(name: str, *constraints: object, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, nullable=False, **options)  # type: ignore[arg-type]


def _moment(name: str, *, needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def _words(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False)


def upgrade() -> None:
    op.add_column("organization", _text("kind", server_default=""))
    op.add_column("organization", sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("organization", _text("legal_id", server_default=""))
    op.add_column("organization", sa.Column("training", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("audit", sa.Column("program", sa.String(), nullable=True))
    op.add_column("sign_in", _moment("begun_at"))
    op.add_column("sign_in", _moment("seen_at"))
    op.add_column("sign_in", _text("device", server_default=""))
    op.add_column("sign_in", _text("means", server_default="password"))
    for table, moment in CHANGED.items():
        op.add_column(table, _moment("changed_at"))
        op.execute(f"UPDATE {table} SET changed_at = {moment}")  # noqa: S608 - names of our own
    op.create_index("participation_changed", "participation", ["campaign_id", "changed_at", "id"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(), primary_key=True),
        _text("organization_id", sa.ForeignKey("organization.id"), index=True),
        _text("name"),
        _text("digest", unique=True),
        _text("hint"),
        _words("scopes"),
        sa.Column("created_by", sa.String(), sa.ForeignKey("account.id")),
        _moment("created_at", needed=True),
        _moment("expires_at", needed=True),
        _moment("used_at"),
        _moment("revoked_at"),
    )
    op.create_table(
        "api_client",
        sa.Column("id", sa.String(), primary_key=True),
        _text("name"),
        _text("digest"),
        _text("hint"),
        _words("tags"),
        _words("scopes"),
        _moment("created_at", needed=True),
        _moment("expires_at", needed=True),
        _moment("used_at"),
        _moment("revoked_at"),
    )
    op.create_table(
        "api_access",
        sa.Column("digest", sa.String(), primary_key=True),
        _text("client_id", sa.ForeignKey("api_client.id"), index=True),
        _words("scopes"),
        _moment("expires_at", needed=True),
    )
    op.create_table(
        "rate",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("count", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    for table in ("rate", "api_access", "api_client", "api_token"):
        op.drop_table(table)
    op.drop_index("participation_changed", "participation")
    for table in CHANGED:
        op.drop_column(table, "changed_at")
    op.drop_column("audit", "program")
    for name in ("begun_at", "seen_at", "device", "means"):
        op.drop_column("sign_in", name)
    for name in ("kind", "tags", "legal_id", "training"):
        op.drop_column("organization", name)
