"""Chains in the database: read place by place, filled as `engine.sync.receiving` decides, moved to a new id.

A place of a chain is filled by an event, by a twin (the event stands in another chain) or from custody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import delete, insert, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.sync.batches import START, Batch, Head, Sealed
from engine.sync.events import Envelope, content_digest
from engine.sync.moving import moved
from engine.sync.receiving import Custody, Held, Reason, Receipt, receive
from engine.sync.sessions import FIRST_EPOCH, LEAD_TAKEN, Lead, Place, epoch_after
from voice_app.errors import StoreError
from voice_app.store.envelopes import envelope_of
from voice_app.store.event_keeping import (
    add_deliveries,
    insert_counted,
    keep,
    keep_alone,
    place_of,
    project_participations,
)
from voice_app.store.identifiers import uuid7
from voice_app.store.projections import FOLLOWED
from voice_app.store.sync_tables import CustodyRow, EventTwinRow, IncidentRow, OutboxRow, SessionSiteRow, UplinkRow
from voice_app.store.tables import EventRow, SessionRow, SiteRow, Standing
from voice_app.store.transactions import milliseconds

IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Own:
    """Our own chain, its row locked: where it ends, and whether there is a hub to send to."""

    site_id: str
    end: Head
    outgoing: bool


async def own_chain(database: AsyncSession) -> Own:
    """Give our own chain and keep others from writing into it until the transaction ends. Raises StoreError."""
    joined = select(UplinkRow.id).where(UplinkRow.id == 1).exists()
    query = (
        select(SiteRow, joined)
        .where(SiteRow.standing == Standing.OWN)
        .with_for_update(of=SiteRow)
        .execution_options(populate_existing=True)  # as it is since we waited for it
    )
    found = (await database.exec(query)).first()
    if found is None:  # it took a new id while we waited
        found = (await database.exec(query)).first()
    if found is None:
        raise StoreError("this database has no site of its own; open it once with the service")
    row, outgoing = found
    return Own(row.id, Head(row.last_sequence, row.last_digest), outgoing)


async def write_own(
    database: AsyncSession,
    own: Own,
    events: Sequence[Sealed],
    *,
    project: bool = True,
    leading: int | None = None,
) -> Head:
    """Write the next events of our own chain, with their outbox rows, and give its end.

    `leading`: they are all of one session, which this site leads in this epoch, and their projections are the caller's.
    """
    if leading is None or not await keep_alone(database, events, leading):
        await keep(database, events, project=project)
    end = events[-1].head
    await database.exec(
        update(SiteRow).where(col(SiteRow.id) == own.site_id).values(last_sequence=end.sequence, last_digest=end.digest)
    )
    if own.outgoing:
        await fill_outbox(database, own.site_id, [sealed.envelope.sequence for sealed in events])
    return end


async def fill_outbox(database: AsyncSession, site: str, places: Sequence[int]) -> None:
    """Note places of one of our chains as not yet sent."""
    moment = datetime.now(UTC)
    rows = [{"site_id": site, "sequence": place, "written_at": moment} for place in places]
    if rows:
        await database.exec(insert(OutboxRow), params=rows)


async def places_of(database: AsyncSession, site: str, after: int, upto: int) -> list[Sealed]:
    """Give what stands at the places `after` + 1 to `upto` of a chain, in order."""
    events = select(EventRow).where(EventRow.site_id == site, EventRow.sequence > after, EventRow.sequence <= upto)
    found = [Sealed(envelope_of(row), row.digest) for row in (await database.exec(events)).all()]
    twins = (
        select(EventTwinRow, EventRow)
        .join(EventRow, col(EventRow.id) == col(EventTwinRow.event_id))
        .where(EventTwinRow.site_id == site, EventTwinRow.sequence > after, EventTwinRow.sequence <= upto)
    )
    for twin, row in (await database.exec(twins)).all():
        found.append(Sealed(replace(envelope_of(row), site_id=site, sequence=twin.sequence), twin.digest))
    aside = select(CustodyRow).where(
        CustodyRow.site_id == site, CustodyRow.fills, CustodyRow.sequence > after, CustodyRow.sequence <= upto
    )
    found += [Sealed(Envelope(**row.event), row.digest) for row in (await database.exec(aside)).all()]
    return sorted(found, key=lambda sealed: sealed.envelope.sequence)


async def head_at(database: AsyncSession, site: str, place: int) -> Head | None:
    """Give a place of a chain with the digest that stands there; None when nothing does."""
    if place == 0:
        return START
    found = await places_of(database, site, place - 1, place)
    return found[0].head if found else None


async def take(database: AsyncSession, batch: Batch, chain: SiteRow, refused: Collection[str] = ()) -> Receipt:
    """Decide about a batch for a chain whose row is locked, and carry it out."""
    head = Head(chain.last_sequence, chain.last_digest)
    filled = await places_of(database, batch.site_id, batch.after.sequence - 1, min(head.sequence, batch.last.sequence))
    held = {sealed.envelope.sequence: Held(sealed.envelope.id, sealed.digest) for sealed in filled}
    contents = {}
    for rows in await _known(database, [sealed.envelope.id for sealed in batch.events]):
        contents[rows.id] = content_digest(envelope_of(rows))
    receipt = receive(head, batch, held, contents, refused)
    await _give_way(database, batch.site_id, receipt.kept)
    await keep(database, receipt.kept)
    for sealed in receipt.twins:
        await _settle_twin(database, sealed)
    for custody in receipt.custody:
        await _set_aside(database, custody)
    if receipt.forked:
        place = 1 + (receipt.agreed.sequence if receipt.agreed else 0)
        await note_incident(database, batch.site_id, "fork", f"another event {place} than the one held")
    chain.last_sequence, chain.last_digest = receipt.head.sequence, receipt.head.digest
    database.add(chain)
    return receipt


async def _known(database: AsyncSession, ids: Sequence[str]) -> list[EventRow]:
    rows: list[EventRow] = []
    for start in range(0, len(ids), IDS_AT_ONCE):
        part = ids[start : start + IDS_AT_ONCE]
        rows += (await database.exec(select(EventRow).where(col(EventRow.id).in_(part)))).all()
    return rows


async def _give_way(database: AsyncSession, site: str, kept: Sequence[Sealed]) -> None:
    """Clear places to which others' events came by themselves: those stand where they stand too, or are set aside."""
    places = {sealed.envelope.sequence: sealed.envelope.id for sealed in kept}
    numbers = sorted(places)
    for start in range(0, len(numbers), IDS_AT_ONCE):
        part = numbers[start : start + IDS_AT_ONCE]
        query = select(EventRow).where(EventRow.site_id == site, col(EventRow.sequence).in_(part))
        for row in (await database.exec(query)).all():
            twin = (await database.exec(select(EventTwinRow).where(EventTwinRow.event_id == row.id))).first()
            if twin is not None:
                row.site_id, row.sequence, row.digest = twin.site_id, twin.sequence, twin.digest
                database.add(row)
                await database.delete(twin)
                continue
            stranded = Sealed(envelope_of(row), row.digest)
            await _set_aside(database, Custody(stranded, Reason.UNVERIFIABLE, fills=False))
            await database.delete(row)
    await database.flush()


async def _settle_twin(database: AsyncSession, sealed: Sealed) -> None:
    """Fill a place whose event is here already: in another chain, or by itself at this very place.

    An event of two places counts at the earlier one.
    """
    event = sealed.envelope
    row = await database.get_one(EventRow, event.id)
    if (row.site_id, row.sequence) == (event.site_id, event.sequence):
        row.digest = sealed.digest
        database.add(row)
    else:
        twin = EventTwinRow(site_id=event.site_id, sequence=event.sequence, event_id=event.id, digest=sealed.digest)
        database.add(twin)
    reached = await database.get(SessionSiteRow, (event.session_id, event.site_id))
    epoch = epoch_after(FIRST_EPOCH if reached is None else reached.epoch, event.kind, event.payload)
    if reached is None:
        database.add(SessionSiteRow(session_id=event.session_id, site_id=event.site_id, epoch=epoch))
    elif epoch > reached.epoch:
        reached.epoch = epoch
        database.add(reached)
    await database.flush()
    await move_place(database, event.id, Place(epoch, event.site_id, event.sequence), only_earlier=True)


async def move_place(database: AsyncSession, event_id: str, place: Place, *, only_earlier: bool = False) -> None:
    """Let an event count at another place of its session, and tell the other sites."""
    row = await database.get(EventRow, event_id)
    if row is None or place_of(row) == place or (only_earlier and place_of(row) <= place):
        return
    row.epoch, row.order_site, row.order_sequence = place.epoch, place.site_id, place.sequence
    database.add(row)
    session = await database.get(SessionRow, row.session_id)
    lead = Lead(place.epoch, place.site_id)
    if session is not None and lead > Lead(session.lead_epoch, session.lead_site):
        session.lead_epoch, session.lead_site = lead.epoch, lead.site_id
        database.add(session)
    await database.flush()
    if row.kind in FOLLOWED:
        await project_participations(database, {row.session_id})
    sites = (
        select(SessionSiteRow.site_id)
        .join(SiteRow, col(SiteRow.id) == col(SessionSiteRow.site_id))
        .where(SessionSiteRow.session_id == row.session_id, SiteRow.standing == Standing.WHOLE)
    )
    found = sorted((await database.exec(sites)).all())
    await add_deliveries(database, [{"site_id": site, "event_id": event_id} for site in found])


async def _set_aside(database: AsyncSession, custody: Custody) -> None:
    event = custody.sealed.envelope
    if await database.get(CustodyRow, (event.site_id, event.sequence, custody.sealed.digest)) is not None:
        return
    database.add(
        CustodyRow(
            site_id=event.site_id,
            sequence=event.sequence,
            digest=custody.sealed.digest,
            event_id=event.id,
            reason=custody.reason.value,
            fills=custody.fills,
            event={**asdict(event), "payload": dict(event.payload)},
            taken_at=datetime.now(UTC),
        )
    )
    await note_incident(database, event.site_id, "custody", f"event {event.sequence}: {custody.reason.value}")


async def note_incident(database: AsyncSession, site: str, kind: str, detail: str) -> None:
    """Write down what the operator should know; the same thing once while nobody has seen it."""
    query = select(IncidentRow).where(
        IncidentRow.site_id == site,
        IncidentRow.kind == kind,
        IncidentRow.detail == detail,
        col(IncidentRow.seen_at).is_(None),
    )
    if (await database.exec(query)).first() is None:
        moment = datetime.now(UTC)
        database.add(IncidentRow(id=uuid7(milliseconds(moment)), site_id=site, kind=kind, detail=detail, at=moment))


async def renew_site(database: AsyncSession, *, lacking: bool = False) -> str:
    """Give up our own id for a new one, the chain so far staying as it is. Gives the new id.

    `lacking`: the chain went on before this copy was put back; what the hub has more of it is wanted.
    """
    own = await own_chain(database)
    moment = datetime.now(UTC)
    former = {"standing": Standing.FORMER, **({"wanted": own.end.sequence + 1} if lacking else {})}
    await database.exec(update(SiteRow).where(col(SiteRow.id) == own.site_id).values(**former))
    fresh = uuid7(milliseconds(moment))
    database.add(SiteRow(id=fresh, standing=Standing.OWN))
    await database.flush()
    return fresh


async def fork(database: AsyncSession, site: str, first: int, hub_last: int) -> int:
    """End one of our chains before the place `first`; what follows goes on under our own id, a new one if need be.

    Gives how many events were moved.
    """
    own = await own_chain(database)
    chain = await database.get(SiteRow, site, with_for_update=True)
    if chain is None:
        return 0
    if site != own.site_id and chain.last_sequence < first:
        if chain.wanted > chain.last_sequence:  # put back by hand: how far the hub had it is known only now
            chain.wanted = max(chain.wanted, hub_last)
            database.add(chain)
            await database.flush()
        return 0
    if site == own.site_id:
        await renew_site(database)
        own = await own_chain(database)
        await database.refresh(chain)
    end = await head_at(database, site, first - 1)
    if end is None:
        raise StoreError(f"the chain of site {site} has no event {first - 1}: voice-app db check tells more")
    tail = (
        await database.exec(
            select(EventRow)
            .where(EventRow.site_id == site, EventRow.sequence >= first, EventRow.sequence <= chain.last_sequence)
            .order_by(col(EventRow.sequence))
        )
    ).all()
    for table in (EventTwinRow, CustodyRow, OutboxRow):
        await database.exec(delete(table).where(col(table.site_id) == site, col(table.sequence) >= first))
    chain.last_sequence, chain.last_digest = end.sequence, end.digest
    chain.acknowledged = min(chain.acknowledged, end.sequence)
    if hub_last >= first:
        chain.wanted = max(chain.wanted, hub_last)
    database.add(chain)
    await _move_tail(database, own, end, site, tail)
    return len(tail)


async def _move_tail(database: AsyncSession, own: Own, left: Head, site: str, tail: Sequence[EventRow]) -> None:
    if not tail:
        await database.flush()
        return
    sessions = sorted({row.session_id for row in tail})
    epochs = {}
    for session in sessions:
        known = await database.get(SessionRow, session)
        epochs[session] = FIRST_EPOCH if known is None else known.lead_epoch
    envelopes = [envelope_of(row) for row in tail]
    moment = milliseconds(datetime.now(UTC))
    there = list(moved(own.end, own.site_id, envelopes, lambda: uuid7(moment), lambda session: epochs[session]))
    by_id = {row.id: row for row in tail}
    fresh: list[tuple[Sealed, Place]] = []
    for sealed in there:
        event = sealed.envelope
        place = Place(epochs[event.session_id] + 1, own.site_id, event.sequence)
        row = by_id.get(event.id)
        if row is None:
            fresh.append((sealed, place))
            continue
        row.site_id, row.sequence, row.digest = event.site_id, event.sequence, sealed.digest
        row.epoch, row.order_site, row.order_sequence = place.epoch, place.site_id, place.sequence
        database.add(row)
    await database.flush()
    for session in sessions:
        await _reckon_epoch(database, session, site, left)
    await insert_counted(database, fresh, deliver=False)
    await database.exec(
        update(SiteRow)
        .where(col(SiteRow.id) == own.site_id)
        .values(last_sequence=there[-1].head.sequence, last_digest=there[-1].head.digest)
    )
    if own.outgoing:
        await fill_outbox(database, own.site_id, [sealed.envelope.sequence for sealed in there])
    await project_participations(database, sessions)


async def _reckon_epoch(database: AsyncSession, session: str, site: str, end: Head) -> None:
    """Set the epoch that a site reached in a session anew, from what is left of its chain, which ends at `end`."""
    query = (
        select(EventRow)
        .where(EventRow.session_id == session, EventRow.site_id == site)
        .order_by(col(EventRow.sequence))
    )
    left = (await database.exec(query)).all()
    known = await database.get(SessionSiteRow, (session, site))
    if known is None:
        return
    if not left:
        await database.delete(known)
    else:
        known.epoch = FIRST_EPOCH
        for row in left:
            if row.sequence <= end.sequence:
                known.epoch = epoch_after(known.epoch, row.kind, row.payload)
        database.add(known)
    await database.flush()


def lead_event(own: Own, end: Head, session: str, channel: str, bank_version: str, moment: str, epoch: int) -> Envelope:
    """Give the event by which our site takes the lead of a session."""
    return Envelope(
        id=uuid7(milliseconds(datetime.now(UTC))),
        site_id=own.site_id,
        sequence=end.sequence + 1,
        session_id=session,
        kind=LEAD_TAKEN,
        payload={"v": 1, "epoch": epoch},
        channel=channel,
        actor="service",
        bank_version=bank_version,
        recorded_at=moment,
    )
