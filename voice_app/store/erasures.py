"""An erasure carried out at every copy: where a person asks for it, at the hub, at each site that the session came to.

The announcement (`engine.sync.erasure`) is an event of the place that erases. It travels like any other, and whoever
takes it in erases what is there of the sessions that it names, with an announcement of its own: places that the first
one did not know of (answers that were still on their way) are erased with it. Copies that are away from every line
erase when they meet it; nothing that comes late brings a session back for longer than until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.sync.batches import Sealed
from engine.sync.erasure import ERASED, ERASURE, Place, announced, announcement
from engine.sync.events import Envelope, chained
from voice_app.store.chains import own_chain, write_own
from voice_app.store.envelopes import as_text
from voice_app.store.erasing import empty_session
from voice_app.store.event_keeping import add_deliveries
from voice_app.store.identifiers import uuid7
from voice_app.store.sync_tables import CustodyRow, EventTwinRow, SessionSiteRow
from voice_app.store.tables import EventRow, SessionRow, SiteRow, Standing
from voice_app.store.transactions import milliseconds

NOT_PERSONAL = (ERASED, ERASURE)


async def obey(database: AsyncSession, events: Iterable[Envelope]) -> None:
    """Erase what is here of the sessions that erasures among these events name."""
    for event in events:
        if event.kind == ERASURE:
            for session in await _sessions_at(database, announced(event.payload)):
                await erase_session(database, session)


async def erase_session(database: AsyncSession, session: str) -> bool:
    """Announce and carry out the erasure of a session, in the caller's transaction. False when there is none."""
    own = await own_chain(database)
    if await database.get(SessionRow, session, with_for_update=True) is None:
        return False
    moment = datetime.now(UTC)
    empty = SessionRow(
        id=uuid7(milliseconds(moment)),
        site_id=own.site_id,
        channel="",
        bank_version="",
        opened_at=moment,
        lead_site=own.site_id,
    )
    database.add(empty)
    await database.flush()
    event = Envelope(
        id=uuid7(milliseconds(moment)),
        site_id=own.site_id,
        sequence=own.end.sequence + 1,
        session_id=empty.id,
        kind=ERASURE,
        payload=announcement(await _places_of(database, session)),
        channel="",
        actor="service",
        bank_version="",
        recorded_at=as_text(moment),
    )
    await write_own(database, own, [Sealed(event, chained(own.end.digest, event))], project=False)
    others = await _other_sites(database, session)
    await add_deliveries(database, [{"site_id": site, "event_id": event.id} for site in others])
    await _empty_custody(database, session)
    await empty_session(database, session, empty.id)
    return True


async def _places_of(database: AsyncSession, session: str) -> list[Place]:
    events = select(EventRow.site_id, EventRow.sequence).where(EventRow.session_id == session)
    twins = (
        select(EventTwinRow.site_id, EventTwinRow.sequence)
        .join(EventRow, col(EventRow.id) == col(EventTwinRow.event_id))
        .where(EventRow.session_id == session)
    )
    return [*(await database.exec(events)).all(), *(await database.exec(twins)).all()]


async def _sessions_at(database: AsyncSession, places: Iterable[Place]) -> list[str]:
    """Give the sessions that have something personal at these places."""
    found: set[str] = set()
    for site, sequence in places:
        query = select(EventRow.session_id).where(
            EventRow.site_id == site, EventRow.sequence == sequence, col(EventRow.kind).not_in(NOT_PERSONAL)
        )
        found.update((await database.exec(query)).all())
    return sorted(found)


async def _other_sites(database: AsyncSession, session: str) -> list[str]:
    query = (
        select(SessionSiteRow.site_id)
        .join(SiteRow, col(SiteRow.id) == col(SessionSiteRow.site_id))
        .where(SessionSiteRow.session_id == session, SiteRow.standing == Standing.WHOLE)
    )
    return sorted((await database.exec(query)).all())


async def _empty_custody(database: AsyncSession, session: str) -> None:
    """Leave of events in custody their places only. They are few, so all are looked at."""
    for row in (await database.exec(select(CustodyRow))).all():
        if row.event.get("session_id") == session:
            gone = {"id": "", "session_id": "", "kind": ERASED, "payload": {}, "channel": "", "actor": ""}
            row.event = {**row.event, **gone, "bank_version": ""}
            row.event_id = ""
            database.add(row)
    await database.flush()
