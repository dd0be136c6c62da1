"""Synchronisation: several chains in one database, who leads a session, outbox, the hub's sites; codes by session."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEW_TABLES = (
    "incident", "delivery", "site_report", "site_credential", "enrolment", "uplink", "pulled", "outbox", "custody",
    "event_twin", "session_site",
)  # fmt: skip


def _text(name: str, *constraints: object, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, nullable=False, **options)  # type: ignore[arg-type]


def _number(name: str, **options: object) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, **options)  # type: ignore[arg-type]


def _moment(name: str, *, needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def upgrade() -> None:
    op.add_column("site", _text("standing", server_default="whole"))
    op.add_column("site", _number("acknowledged", server_default="0"))
    op.add_column("site", _number("wanted", server_default="0"))
    op.add_column("site", sa.Column("enrolment_id", sa.String(), nullable=True))
    op.execute("UPDATE site SET standing = 'own' WHERE id = (SELECT min(id) FROM site)")
    op.add_column("session", _text("lead_site", server_default=""))
    op.add_column("session", _number("lead_epoch", server_default="1"))
    op.execute("UPDATE session SET lead_site = site_id")
    op.add_column("event", _number("epoch", server_default="1"))
    op.add_column("event", _text("order_site", server_default=""))
    op.add_column("event", _number("order_sequence", server_default="0"))
    op.execute("UPDATE event SET order_site = site_id, order_sequence = sequence")
    # a participation is named by the event that began it, so that every copy of the events makes the same one
    op.execute(
        "UPDATE participation SET id = (SELECT event.id FROM event WHERE event.session_id = participation.session_id"
        " AND event.kind = 'campaign_joined' ORDER BY event.sequence LIMIT 1) WHERE EXISTS (SELECT 1 FROM event"
        " WHERE event.session_id = participation.session_id AND event.kind = 'campaign_joined')"
    )
    op.create_table(
        "code_by_session",
        sa.Column("session_id", sa.String(), sa.ForeignKey("session.id"), primary_key=True),
        _text("code", index=True),
        _moment("issued_at", needed=True),
    )
    op.execute(
        "INSERT INTO code_by_session (session_id, code, issued_at) SELECT session_id, code, issued_at FROM resume_code"
    )
    op.drop_table("resume_code")
    op.rename_table("code_by_session", "resume_code")
    op.create_table(
        "session_site",
        sa.Column("session_id", sa.String(), sa.ForeignKey("session.id"), primary_key=True),
        sa.Column("site_id", sa.String(), sa.ForeignKey("site.id"), primary_key=True),
        _number("epoch"),
    )
    op.execute(
        "INSERT INTO session_site (session_id, site_id, epoch) SELECT DISTINCT session_id, site_id, 1 FROM event"
    )
    op.create_table(
        "event_twin",
        sa.Column("site_id", sa.String(), sa.ForeignKey("site.id"), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        _text("event_id", sa.ForeignKey("event.id"), index=True),
        _text("digest"),
    )
    op.create_table(
        "custody",
        sa.Column("site_id", sa.String(), sa.ForeignKey("site.id"), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(), primary_key=True),
        _text("event_id"),
        _text("reason"),
        sa.Column("fills", sa.Boolean(), nullable=False),
        sa.Column("event", sa.JSON(), nullable=False),
        _moment("taken_at", needed=True),
        _moment("seen_at"),
    )
    op.create_table(
        "outbox",
        sa.Column("site_id", sa.String(), sa.ForeignKey("site.id"), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        _moment("written_at", needed=True),
    )
    op.create_table(
        "pulled",
        sa.Column("collection", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        _text("digest"),
    )
    op.create_table(
        "uplink",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        _text("address"),
        _text("token"),
        _text("seal_key"),
        _text("hub_site", server_default=""),
        _text("cursor_site", server_default=""),
        _number("cursor", server_default="0"),
        _text("manifest", server_default=""),
        _moment("contact_at"),
        _moment("pulled_at"),
        _moment("tried_at"),
        _text("fault", server_default=""),
        sa.Column("refused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.String(), primary_key=True),
        _text("name"),
        sa.Column("organizations", sa.JSON(), nullable=False),
        _text("seal_key"),
        _moment("created_at", needed=True),
        _moment("closed_at"),
    )
    op.create_table(
        "site_credential",
        sa.Column("id", sa.String(), primary_key=True),
        _text("enrolment_id", sa.ForeignKey("enrolment.id"), index=True),
        _text("digest", unique=True),
        _moment("created_at", needed=True),
        _moment("used_at"),
        _moment("revoked_at"),
    )
    op.create_table(
        "site_report",
        sa.Column("site_id", sa.String(), sa.ForeignKey("site.id"), primary_key=True),
        _moment("contact_at", needed=True),
        _number("last_sequence"),
        _number("backlog"),
        _moment("oldest_at"),
        _text("app_version"),
        _text("bank_version"),
        _text("way"),
    )
    op.create_table(
        "delivery",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
        _text("site_id", sa.ForeignKey("site.id"), index=True),
        _text("event_id", sa.ForeignKey("event.id")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.String(), primary_key=True),
        _text("site_id"),
        _text("kind"),
        _text("detail"),
        _moment("at", needed=True),
        _moment("seen_at"),
    )


def downgrade() -> None:
    for table in NEW_TABLES:
        op.drop_table(table)
    op.create_table(
        "session_by_code",
        sa.Column("code", sa.String(), primary_key=True),
        sa.Column("session_id", sa.String(), sa.ForeignKey("session.id"), nullable=False, unique=True),
        _moment("issued_at", needed=True),
    )
    op.execute(
        "INSERT INTO session_by_code (code, session_id, issued_at) SELECT code, min(session_id), min(issued_at)"
        " FROM resume_code GROUP BY code"
    )
    op.drop_table("resume_code")
    op.rename_table("session_by_code", "resume_code")
    for name in ("epoch", "order_site", "order_sequence"):
        op.drop_column("event", name)
    for name in ("lead_site", "lead_epoch"):
        op.drop_column("session", name)
    for name in ("standing", "acknowledged", "wanted", "enrolment_id"):
        op.drop_column("site", name)
