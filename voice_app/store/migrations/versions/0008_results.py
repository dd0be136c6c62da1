"""Results of campaigns: counts kept beside the participations, numbers, groups, figures that anybody may see."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.organization.participations import State
from engine.organization.snapshot import Snapshot
from engine.organization.tallies import Kind, Tally, of_result, of_state

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1_000


def _text(name: str, *constraints: object, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, nullable=False, **options)  # type: ignore[arg-type]


def _campaign() -> sa.Column[str]:
    return sa.Column("campaign_id", sa.String(), sa.ForeignKey("campaign.id"), primary_key=True)


def upgrade() -> None:
    op.create_table(
        "tally",
        _campaign(),
        *(sa.Column(name, sa.String(), primary_key=True) for name in ("day", "channel", "cohort", "kind", "name")),
        sa.Column("people", sa.Integer(), nullable=False),
    )
    op.create_table("numbering", _campaign(), sa.Column("last", sa.Integer(), nullable=False))
    op.create_table(
        "publication",
        _campaign(),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "mode_effect",
        _campaign(),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("participation", _text("channel", server_default=""))
    op.add_column("participation", _text("cohort", server_default=""))
    op.add_column("participation", sa.Column("number", sa.Integer(), nullable=True))
    op.create_index("participation_numbered", "participation", ["campaign_id", "number"])
    op.add_column("campaign", _text("tags", server_default=""))
    op.add_column("campaign", sa.Column("published", sa.Boolean(), nullable=False, server_default=sa.false()))
    _count_what_is_there()


def _count_what_is_there() -> None:
    connection = op.get_bind()
    numbers: dict[str, int] = {}
    counts: dict[tuple[str, str, str, Tally], int] = {}
    for row in _participations(connection):
        number = None
        if row["shared_at"] is not None:
            number = numbers[row["campaign_id"]] = numbers.get(row["campaign_id"], 0) + 1
        told = Snapshot.from_data(row["snapshot"]) if row["snapshot"] else None
        channel = row["channel"] if told is None else told.channel
        connection.execute(
            sa.text("UPDATE participation SET channel = :channel, number = :number WHERE id = :id"),
            {"channel": channel, "number": number, "id": row["id"]},
        )
        for tally, day in _tallies(row, told):
            for each in (day, ""):
                key = (row["campaign_id"], each, channel, tally)
                counts[key] = counts.get(key, 0) + 1
    tally_table = sa.table(
        "tally", *(sa.column(name) for name in ("campaign_id", "day", "channel", "cohort", "kind", "name", "people"))
    )
    rows = [
        {
            "campaign_id": campaign,
            "day": day,
            "channel": channel,
            "cohort": "",
            "kind": tally.kind.value,
            "name": tally.name,
            "people": people,
        }
        for (campaign, day, channel, tally), people in counts.items()
    ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        op.bulk_insert(tally_table, rows[start : start + ROWS_AT_ONCE])
    numbering = sa.table("numbering", sa.column("campaign_id"), sa.column("last"))
    if numbers:
        op.bulk_insert(numbering, [{"campaign_id": name, "last": last} for name, last in numbers.items()])


def _participations(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    names = ("id", "campaign_id", "session_id", "state")
    moments = ("begun_at", "completed_at", "shared_at")
    participation = sa.table(
        "participation",
        *(sa.column(name) for name in names),
        *(sa.column(name, sa.DateTime(timezone=True)) for name in moments),
        sa.column("snapshot", sa.JSON()),
    )
    session = sa.table("session", sa.column("id"), sa.column("channel"))
    query = (
        sa.select(participation, session.c.channel)
        .join(session, session.c.id == participation.c.session_id)
        .order_by(participation.c.shared_at, participation.c.id)
    )
    for row in connection.execute(query).all():
        yield dict(row._mapping)


def _tallies(row: dict[str, Any], told: Snapshot | None) -> Iterator[tuple[Tally, str]]:
    for tally in of_state(State(row["state"])):
        moment = row["begun_at"] if tally.kind is Kind.BEGUN else row["completed_at"] or row["begun_at"]
        yield tally, _day(moment)
    if told is not None and row["shared_at"] is not None:
        for tally in of_result(told):
            yield tally, _day(row["shared_at"])


def _day(moment: datetime) -> str:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date().isoformat()


def downgrade() -> None:
    op.drop_index("participation_numbered", "participation")
    for table, names in (("participation", ("channel", "cohort", "number")), ("campaign", ("tags", "published"))):
        for name in names:
            op.drop_column(table, name)
    for table in ("mode_effect", "publication", "numbering", "tally"):
        op.drop_table(table)
