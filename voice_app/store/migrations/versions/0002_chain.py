"""The chain of events: each digest covers the event before it. Events that are there are chained as they stand."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.sync.events import GENESIS, Envelope, chained

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AT_ONCE = 1000

event = sa.table(
    "event",
    *(
        sa.column(name)
        for name in ("id", "site_id", "session_id", "kind", "channel", "actor", "bank_version", "digest")
    ),
    sa.column("sequence", sa.BigInteger()),
    sa.column("payload", sa.JSON()),
    sa.column("recorded_at", sa.DateTime(timezone=True)),
)
site = sa.table("site", sa.column("id"), sa.column("last_digest"))


def upgrade() -> None:
    op.add_column("event", sa.Column("digest", sa.String(), nullable=False, server_default=GENESIS))
    op.add_column("site", sa.Column("last_digest", sa.String(), nullable=False, server_default=GENESIS))
    connection = op.get_bind()
    for site_id in connection.execute(sa.select(site.c.id)).scalars().all():
        digest = _chain(connection, site_id)
        connection.execute(sa.update(site).where(site.c.id == site_id).values(last_digest=digest))


def _chain(connection: sa.Connection, site_id: str) -> str:
    """Chain one site's events, a piece at a time, and give the last digest."""
    digest, sequence = GENESIS, 0
    while True:
        rows = connection.execute(
            sa.select(event)
            .where(event.c.site_id == site_id, event.c.sequence > sequence)
            .order_by(event.c.sequence)
            .limit(AT_ONCE)
        ).all()
        if not rows:
            return digest
        for row in rows:
            digest = chained(digest, _envelope(row))
            connection.execute(sa.update(event).where(event.c.id == row.id).values(digest=digest))
        sequence = rows[-1].sequence


def _envelope(row: sa.Row[Any]) -> Envelope:
    moment: datetime = row.recorded_at if row.recorded_at.tzinfo else row.recorded_at.replace(tzinfo=UTC)
    return Envelope(
        id=row.id,
        site_id=row.site_id,
        sequence=row.sequence,
        session_id=row.session_id,
        kind=row.kind,
        payload=row.payload,
        channel=row.channel,
        actor=row.actor,
        bank_version=row.bank_version,
        recorded_at=moment.astimezone(UTC).isoformat(timespec="microseconds"),
    )


def downgrade() -> None:
    op.drop_column("event", "digest")
    op.drop_column("site", "last_digest")
