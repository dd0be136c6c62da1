"""Events of one session put behind our own chain, with what follows from them, inside the caller's transaction.

Our chain's row is locked first, whatever else the transaction is about: writers that take it in one order never wait
for each other in a ring. So whoever writes an event beside rows of its own calls `begin` before it touches them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.participations import JOINED
from engine.sync.batches import Head, Sealed
from engine.sync.events import Envelope, chained
from engine.sync.sessions import LEAD_TAKEN, taken
from voice_app.errors import LedElsewhere, StoreError
from voice_app.ports import NewRecord
from voice_app.store.chains import Own, own_chain, write_own
from voice_app.store.envelopes import as_text
from voice_app.store.identifiers import uuid7
from voice_app.store.participations import follow
from voice_app.store.seats import follow_seats
from voice_app.store.tables import SessionRow, SiteRow, Standing
from voice_app.store.transactions import milliseconds

SERVICE = "service"
"""Who acted, where nobody did."""


@dataclass(slots=True)
class Writing:
    """The next events of our own chain, all of one session and one moment."""

    own: Own
    session: SessionRow
    channel: str
    moment: datetime
    events: list[Sealed] = field(default_factory=list)

    def add(self, kind: str, payload: Mapping[str, Any], actor: str) -> None:
        """Put one more event behind those so far. Raises StoreError for what JSON cannot carry."""
        end = self.events[-1].head if self.events else self.own.end
        event = Envelope(
            id=uuid7(milliseconds(self.moment)),
            site_id=self.own.site_id,
            sequence=end.sequence + 1,
            session_id=self.session.id,
            kind=kind,
            payload=dict(payload),
            channel=self.channel,
            actor=actor,
            bank_version=self.session.bank_version,
            recorded_at=as_text(self.moment),
        )
        try:
            self.events.append(Sealed(event, chained(end.digest, event)))
        except (TypeError, ValueError) as fault:
            raise StoreError(f"a record {kind!r} holds what JSON cannot carry: {type(fault).__name__}") from fault

    def take_lead(self) -> None:
        """Let this site lead the session from here on."""
        self.add(LEAD_TAKEN, taken(self.session.lead_epoch + 1), SERVICE)


async def begin(database: AsyncSession, session: str, channel: str, moment: datetime) -> Writing:
    """Give what events of a session are put into; our chain is locked from here on. Raises StoreError."""
    own = await own_chain(database)
    return Writing(own, await known_session(database, session), channel, moment)


async def append_records(
    database: AsyncSession, writing: Writing, records: Sequence[NewRecord], actor: str, *, take_lead: bool = False
) -> Head:
    """Write the records of a session and what follows from them, and give the end of our chain.

    `take_lead`: the session goes on here from now on, wherever it was; else LedElsewhere is raised for one that went
    on elsewhere. Raises StoreError, SharingClosed.
    """
    await _settle_lead(database, writing, take_lead=take_lead)
    for record in records:
        writing.add(record.kind, record.payload, actor)
    led_here = writing.session.lead_site == writing.own.site_id
    leading = writing.session.lead_epoch if led_here else None
    end = await write_own(database, writing.own, writing.events, project=False, leading=leading)
    joined = next((each.envelope for each in writing.events if each.envelope.kind == JOINED), None)
    session = writing.session.id
    await follow(database, session, records, writing.moment, "" if joined is None else joined.id)
    await follow_seats(database, session, records, writing.moment)
    return end


async def known_session(database: AsyncSession, session: str) -> SessionRow:
    """Give the row of a session. Raises StoreError."""
    row = await database.get(SessionRow, session)
    if row is None:
        raise StoreError(f"no session {session}")
    return row


async def _settle_lead(database: AsyncSession, writing: Writing, *, take_lead: bool) -> None:
    """Let only the site write that leads the session. What this database led under a former id it leads on."""
    lead = writing.session.lead_site
    if lead == writing.own.site_id:
        return
    site = await database.get(SiteRow, lead)
    if not take_lead and (site is None or site.standing != Standing.FORMER):
        raise LedElsewhere("this session went on at another site since")
    writing.take_lead()
