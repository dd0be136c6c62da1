"""Rows of the event table as envelopes of `engine.sync`, and moments as the text that the chain covers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from engine.sync.events import Envelope
from voice_app.store.tables import EventRow


def aware(moment: datetime) -> datetime:
    """SQLite gives moments back without their zone; all of ours are UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def as_text(moment: datetime) -> str:
    """Give a moment as RFC 3339 in UTC with microseconds: the same text for the same moment in every database."""
    return aware(moment).astimezone(UTC).isoformat(timespec="microseconds")


def envelope_of(row: EventRow | Row[Any]) -> Envelope:
    """Give the event of a row of the event table."""
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
        recorded_at=as_text(row.recorded_at),
    )
