"""Events of any chain written down, with all that follows from them; the one door by which events get into the table.

Everything here runs inside the caller's transaction. Locks are taken in one order, so that writers never wait for each
other in a ring: the row of the chain that is written, then our own site's row (it orders the stamps of participations),
then the deliveries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, update
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.claims import CLAIMED, UNCLAIMED
from engine.organization.snapshot import Snapshot
from engine.sync.batches import Sealed
from engine.sync.events import Envelope
from engine.sync.sessions import CODE_ISSUED, FIRST_EPOCH, STORE_KINDS, Lead, Place, epoch_after
from voice_app.store.envelopes import envelope_of
from voice_app.store.erasing import release
from voice_app.store.learner_tables import LearnerSessionRow
from voice_app.store.organization_tables import CampaignRow, ParticipationRow
from voice_app.store.projections import (
    FOLLOWED,
    Counted,
    Participation,
    learner_of,
    participation_of,
    released_of,
)
from voice_app.store.seats import leave_seats
from voice_app.store.sync_tables import DeliveryRow, SessionSiteRow
from voice_app.store.tables import EventRow, ResumeCodeRow, SessionRow, SiteRow, Standing
from voice_app.store.tallies import next_number, recount

DELIVERY_LOCK = 0x64656C69
"""Deliveries are numbered in the order of their commits: one writer of them at a time."""
IDS_AT_ONCE = 500
LINKING = (CLAIMED, UNCLAIMED)


def moment_of(text: str) -> datetime:
    """Give the moment of an event's text. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def keep(database: AsyncSession, events: Sequence[Sealed], *, project: bool = True) -> None:
    """Write events of one chain, in their order; they count behind what their site wrote in their sessions before.

    `project` False: the participations are the caller's (`participations.follow`).
    """
    if not events:
        return
    site = events[0].envelope.site_id
    sessions = sorted({sealed.envelope.session_id for sealed in events})
    epochs = await _epochs(database, site, sessions)
    counted = []
    for sealed in events:
        event = sealed.envelope
        epoch = epoch_after(epochs.get(event.session_id, FIRST_EPOCH), event.kind, event.payload)
        epochs[event.session_id] = epoch
        counted.append((sealed, Place(epoch, site, event.sequence)))
    await insert_counted(database, counted, project=project)


async def keep_alone(database: AsyncSession, events: Sequence[Sealed], epoch: int) -> bool:
    """Write events of a session in which their site alone takes part, and leads in this epoch; nothing else follows.

    That is nearly every answer, and writers wait in a line: it costs two statements where `keep` takes seven. False,
    and nothing is written, where there may be more to it.
    """
    site, session = events[0].envelope.site_id, events[0].envelope.session_id
    if any(sealed.envelope.kind in STORE_KINDS for sealed in events):
        return False
    query = select(SessionSiteRow.site_id).where(SessionSiteRow.session_id == session)
    if (await database.exec(query)).all() != [site]:
        return False
    places = (Place(epoch, site, sealed.envelope.sequence) for sealed in events)
    await database.exec(
        insert(EventRow), params=[row_of(sealed, place) for sealed, place in zip(events, places, strict=True)]
    )
    return True


async def insert_counted(
    database: AsyncSession,
    counted: Sequence[tuple[Sealed, Place]],
    *,
    project: bool = True,
    deliver: bool = True,
    in_chain: bool = True,
) -> None:
    """Write events that are not here yet, with the places where they count, and all that follows.

    `in_chain` False: they come by themselves, with what lies between them missing; so they tell nothing of the epoch
    that their chain has reached here, from which its next event in a row will count.
    """
    events = [sealed.envelope for sealed, _ in counted]
    fresh = await _open_sessions(database, events)
    await database.exec(insert(EventRow), params=[row_of(sealed, place) for sealed, place in counted])
    newcomers = await _note_sites(database, counted, in_chain=in_chain)
    await _note_codes(database, events)
    await _note_leads(database, counted, fresh)
    if project:
        await project_participations(database, {e.session_id for e in events if e.kind in FOLLOWED})
        await _settle_links(database, {e.session_id for e in events if e.kind in LINKING})
        await leave_seats(database, events)
    if deliver:
        await deliver_to_others(database, events, newcomers)


def row_of(sealed: Sealed, place: Place) -> dict[str, Any]:
    """Give the row of an event."""
    event = sealed.envelope
    return {
        "id": event.id,
        "site_id": event.site_id,
        "sequence": event.sequence,
        "session_id": event.session_id,
        "kind": event.kind,
        "payload": dict(event.payload),
        "channel": event.channel,
        "actor": event.actor,
        "bank_version": event.bank_version,
        "recorded_at": moment_of(event.recorded_at),
        "digest": sealed.digest,
        "epoch": place.epoch,
        "order_site": place.site_id,
        "order_sequence": place.sequence,
    }


def place_of(row: Any) -> Place:
    """Give where the event of a row counts."""
    return Place(row.epoch, row.order_site, row.order_sequence)


ORDER = (col(EventRow.epoch), col(EventRow.order_site), col(EventRow.order_sequence))
"""The order in which the events of a session count."""


async def _epochs(database: AsyncSession, site: str, sessions: Sequence[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for part in _parts(sessions):
        query = select(SessionSiteRow.session_id, SessionSiteRow.epoch).where(
            col(SessionSiteRow.site_id) == site, col(SessionSiteRow.session_id).in_(part)
        )
        known.update((await database.exec(query)).all())
    return known


async def _open_sessions(database: AsyncSession, events: Sequence[Envelope]) -> set[str]:
    """Make the rows of sessions that are not known; give those. The first event that came names site and channel."""
    first: dict[str, Envelope] = {}
    for event in events:
        first.setdefault(event.session_id, event)
    known: set[str] = set()
    for part in _parts(sorted(first)):
        known |= set((await database.exec(select(SessionRow.id).where(col(SessionRow.id).in_(part)))).all())
    rows = [
        {
            "id": session,
            "site_id": event.site_id,
            "channel": event.channel,
            "bank_version": event.bank_version,
            "opened_at": moment_of(event.recorded_at),
            "lead_site": event.site_id,
            "lead_epoch": FIRST_EPOCH,
        }
        for session, event in sorted(first.items())
        if session not in known
    ]
    if rows:
        await database.exec(insert(SessionRow), params=rows)
    return set(first) - known


async def _note_sites(
    database: AsyncSession, counted: Sequence[tuple[Sealed, Place]], *, in_chain: bool
) -> set[tuple[str, str]]:
    """Note which site wrote in which session, and the epoch its chain reached; give the pairs that are new."""
    reached: dict[tuple[str, str], int] = {}
    for sealed, place in counted:
        key = (sealed.envelope.session_id, place.site_id)
        reached[key] = max(place.epoch if in_chain else FIRST_EPOCH, reached.get(key, FIRST_EPOCH))
    known: dict[tuple[str, str], int] = {}
    for part in _parts(sorted({session for session, _ in reached})):
        query = select(SessionSiteRow.session_id, SessionSiteRow.site_id, SessionSiteRow.epoch).where(
            col(SessionSiteRow.session_id).in_(part)
        )
        known.update({(session, site): epoch for session, site, epoch in (await database.exec(query)).all()})
    fresh = sorted(set(reached) - set(known))
    if fresh:
        rows = [{"session_id": key[0], "site_id": key[1], "epoch": reached[key]} for key in fresh]
        await database.exec(insert(SessionSiteRow), params=rows)
    for key in sorted(set(reached) & set(known)):
        if reached[key] > known[key]:
            await database.exec(
                update(SessionSiteRow)
                .where(col(SessionSiteRow.session_id) == key[0], col(SessionSiteRow.site_id) == key[1])
                .values(epoch=reached[key])
            )
    others = {session for session, _ in known}
    return {key for key in fresh if key[0] in others or sum(other[0] == key[0] for other in fresh) > 1}


async def _note_codes(database: AsyncSession, events: Sequence[Envelope]) -> None:
    for event in events:
        if event.kind != CODE_ISSUED:
            continue
        if await database.get(ResumeCodeRow, event.session_id) is None:
            database.add(
                ResumeCodeRow(
                    session_id=event.session_id,
                    code=str(event.payload["code"]),
                    issued_at=moment_of(event.recorded_at),
                )
            )
            await database.flush()


async def _note_leads(database: AsyncSession, counted: Sequence[tuple[Sealed, Place]], fresh: set[str]) -> None:
    greatest: dict[str, Lead] = {}
    for sealed, place in counted:
        session, lead = sealed.envelope.session_id, Lead(place.epoch, place.site_id)
        greatest[session] = max(lead, greatest.get(session, lead))
    changing = {session: lead for session, lead in greatest.items() if session not in fresh or lead.epoch > FIRST_EPOCH}
    for part in _parts(sorted(changing)):
        query = select(SessionRow).where(col(SessionRow.id).in_(part)).order_by(col(SessionRow.id))
        for row in (await database.exec(query)).all():
            lead = changing[row.id]
            if lead > Lead(row.lead_epoch, row.lead_site):
                row.lead_epoch, row.lead_site = lead.epoch, lead.site_id
                database.add(row)
            if row.id not in fresh and row.site_id != lead.site_id:
                await _settle_opening(database, row)
    await database.flush()


async def _settle_opening(database: AsyncSession, row: SessionRow) -> None:
    """Let a session's row tell how it was opened: by its first event, which may have come after later ones."""
    query = select(EventRow).where(col(EventRow.session_id) == row.id).order_by(*ORDER).limit(1)
    first = (await database.exec(query)).first()
    if first is not None and first.site_id != row.site_id:
        row.site_id, row.channel, row.bank_version = first.site_id, first.channel, first.bank_version
        row.opened_at = first.recorded_at
        database.add(row)


async def project_participations(database: AsyncSession, sessions: Iterable[str]) -> None:
    """Make the participations of these sessions what their events say. Those of campaigns unknown here are left out."""
    wanted = sorted(sessions)
    if not wanted:
        return
    own = select(SiteRow.id).where(col(SiteRow.standing) == Standing.OWN).with_for_update()
    await database.exec(own)
    for session in wanted:
        query = (
            select(EventRow)
            .where(col(EventRow.session_id) == session, col(EventRow.kind).in_(FOLLOWED))
            .order_by(*ORDER)
        )
        events = [envelope_of(row) for row in (await database.exec(query)).all()]
        if ended := released_of(events):
            await release(database, session, ended)
        told = participation_of(events)
        if told is None or await database.get(CampaignRow, told.campaign) is None:
            continue
        await _settle_participation(database, told, session)
    await database.flush()


async def _settle_participation(database: AsyncSession, told: Participation, session: str) -> None:
    """Bring the row of a participation, and the counts of its campaign, to what its events say."""
    row = (await database.exec(select(ParticipationRow).where(ParticipationRow.session_id == session))).first()
    number, cohort = None, ""
    if row is not None:
        await recount(database, row, -1)
        number, cohort = row.number, row.cohort
        if row.id != told.id:
            await database.delete(row)
            await database.flush()
            row = None
    if row is None:
        row = ParticipationRow(
            id=told.id, campaign_id=told.campaign, session_id=session, state="", begun_at=moment_of(told.begun_at)
        )
    row.state, row.completed_at = told.state.value, _moment(told.completed_at)
    row.shared_at, row.snapshot = _moment(told.shared_at), None if told.snapshot is None else dict(told.snapshot)
    opened = await database.get_one(SessionRow, session)
    row.channel = opened.channel if told.snapshot is None else Snapshot.from_data(told.snapshot).channel
    row.cohort, row.number = cohort, number
    row.person_number, row.again_of = told.person_number, told.again_of
    if row.shared_at is not None and row.number is None:
        row.number = await next_number(database, row.campaign_id)
    database.add(row)
    await recount(database, row, 1)


async def _settle_links(database: AsyncSession, sessions: Iterable[str]) -> None:
    """Take sessions out of accounts of ours that, by their events, are in one of another site, or in none."""
    for session in sorted(sessions):
        row = await database.get(LearnerSessionRow, session)
        if row is None:
            continue
        query = select(EventRow).where(col(EventRow.session_id) == session, col(EventRow.kind).in_(LINKING))
        told = learner_of(envelope_of(each) for each in (await database.exec(query.order_by(*ORDER))).all())
        if told != row.learner_id:
            await database.delete(row)
    await database.flush()


async def deliver_to_others(
    database: AsyncSession, events: Sequence[Envelope], newcomers: set[tuple[str, str]]
) -> None:
    """Note the events for the other sites of their sessions, and a newcomer's session for the newcomer."""
    by_session: dict[str, list[Envelope]] = {}
    for event in events:
        by_session.setdefault(event.session_id, []).append(event)
    sites = await _shared_sessions(database, sorted(by_session))
    rows = [
        {"site_id": other, "event_id": event.id}
        for session, several in sorted(sites.items())
        for event in by_session[session]
        for other in sorted(several - {event.site_id})
    ]
    for session, site in sorted(newcomers):
        if site in sites.get(session, ()):
            query = select(EventRow.id).where(col(EventRow.session_id) == session, col(EventRow.order_site) != site)
            rows += [{"site_id": site, "event_id": id_} for id_ in (await database.exec(query.order_by(*ORDER)))]
    await add_deliveries(database, rows)


async def _shared_sessions(database: AsyncSession, sessions: Sequence[str]) -> dict[str, set[str]]:
    """Give, of these sessions, those in which a site gathered here takes part beside another one: its sites."""
    sites: dict[str, set[str]] = {}
    gathered: set[str] = set()
    for part in _parts(sessions):
        query = (
            select(SessionSiteRow.session_id, SessionSiteRow.site_id, SiteRow.standing)
            .join(SiteRow, col(SiteRow.id) == col(SessionSiteRow.site_id))
            .where(col(SessionSiteRow.session_id).in_(part))
        )
        for session, site, standing in (await database.exec(query)).all():
            sites.setdefault(session, set()).add(site)
            if standing == Standing.WHOLE:
                gathered.add(site)
    return {session: several & gathered for session, several in sites.items() if len(several) > 1}


async def add_deliveries(database: AsyncSession, rows: Sequence[Mapping[str, str]]) -> None:
    """Write deliveries, numbered in the order of their commits."""
    if not rows:
        return
    connection = await database.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(sql_select(func.pg_advisory_xact_lock(DELIVERY_LOCK)))
    await database.exec(insert(DeliveryRow), params=list(rows))


async def counted_of(database: AsyncSession, session: str) -> list[Counted]:
    """Give the events of a session in the order in which they count."""
    query = select(EventRow).where(col(EventRow.session_id) == session).order_by(*ORDER)
    return [Counted(place_of(row), envelope_of(row)) for row in (await database.exec(query)).all()]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment_of(text)


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))
