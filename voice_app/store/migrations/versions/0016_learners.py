"""Learners' accounts: a number and a PIN, their sessions, one-use claim codes, sign-ins on a page."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _text(name: str, *constraints: object, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, nullable=False, **options)  # type: ignore[arg-type]


def _moment(name: str, *, needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def upgrade() -> None:
    op.create_table(
        "learner",
        _text("id", primary_key=True),
        _text("code", unique=True),
        _text("pin"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("locked_until"),
        _moment("created_at", needed=True),
    )
    op.create_table(
        "learner_session",
        _text("session_id", sa.ForeignKey("session.id"), primary_key=True),
        _text("learner_id", sa.ForeignKey("learner.id"), index=True),
        _moment("linked_at", needed=True),
    )
    op.create_table(
        "claim",
        _text("code", primary_key=True),
        _text("session_id", sa.ForeignKey("session.id"), index=True),
        _moment("expires_at", needed=True),
        _moment("used_at"),
    )
    op.create_table(
        "learner_sign_in",
        _text("digest", primary_key=True),
        _text("learner_id", sa.ForeignKey("learner.id"), index=True),
        _moment("expires_at", needed=True),
    )


def downgrade() -> None:
    for table in ("learner_sign_in", "claim", "learner_session", "learner"):
        op.drop_table(table)
