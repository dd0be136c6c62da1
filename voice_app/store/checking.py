"""A database proved: every chain followed from first to last event, everything that follows from events rebuilt.

Rebuilding is the pure fold of `projections` over each session's events; what it gives must be what the tables hold.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, select
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from engine.sync.erasure import ERASED, ERASURE, announced
from engine.sync.events import GENESIS, ChainCheck, ChainFault, Envelope
from engine.sync.sessions import Lead
from voice_app.errors import StoreError
from voice_app.store.database import open_database, open_snapshot
from voice_app.store.envelopes import as_text, envelope_of
from voice_app.store.event_keeping import place_of
from voice_app.store.learner_tables import LearnerRow, LearnerSessionRow
from voice_app.store.organization_tables import CampaignRow, ParticipationRow
from voice_app.store.projections import Counted, Participation, Projection, fold
from voice_app.store.rules import StoreRules
from voice_app.store.sitting_tables import SeatRow, SittingRow
from voice_app.store.sync_tables import CustodyRow, EventTwinRow, OutboxRow, UplinkRow
from voice_app.store.tables import EventRow, ResumeCodeRow, SessionRow, SiteRow, Standing

ROWS_AT_ONCE = 1_000
SESSIONS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ProjectionFault:
    """A row that is not what the events of its session make."""

    session_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: how much was read, and what is wrong, of each site the first faults first."""

    events: int
    sites: int
    sessions: int
    faults: Sequence[ChainFault | ProjectionFault]


async def check_database(url: str, rules: StoreRules) -> Checked:
    """Follow every chain, rebuild every projection. Raises StoreError."""
    await (await open_database(url, rules)).dispose()
    reading = open_snapshot(url, rules)
    try:
        async with reading.begin() as connection:
            chains = _Chains(await _extras(connection))
            sites = (await connection.execute(select(_SITES))).all()
            followed = {site.id for site in sites if site.standing != Standing.PARTIAL}
            async for rows in _pieces(_EVENTS, connection, _EVENTS.c.site_id, _EVENTS.c.sequence):
                for row in rows:
                    chains.events += 1
                    if row.site_id in followed:
                        chains.follow(envelope_of(row), row.digest)
            faults: list[ChainFault | ProjectionFault] = [*chains.end(sites)]
            faults += [fault async for fault in _outbox_faults(connection, sites)]
            faults += await _open_erasures(connection)
            sessions = 0
            async for part in _sessions(connection):
                sessions += len(part)
                faults += await _compare(connection, part)
        return Checked(chains.events, len(sites), sessions, faults)
    except StatementError as fault:
        raise StoreError(f"the database cannot be read: {fault}") from fault
    finally:
        await reading.dispose()


# --- chains ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Chains:
    """Follows the chains, the places that twins and custody fill among them."""

    extras: dict[str, dict[int, tuple[Envelope | None, str]]]
    check: ChainCheck = field(default_factory=ChainCheck)
    faults: list[ChainFault] = field(default_factory=list)
    ends: dict[str, tuple[int, str]] = field(default_factory=dict)
    events: int = 0

    def follow(self, envelope: Envelope, claimed: str) -> None:
        site = envelope.site_id
        if site != self.check.site_id:
            self._fill(self.check.site_id, None)
        self._fill(site, envelope.sequence)
        self._step(envelope, claimed)

    def end(self, sites: Sequence[Any]) -> Iterator[ChainFault]:
        """Give all faults, once the last event was followed."""
        for site in sorted(self.extras):
            self._fill(site, None)
        yield from self.faults
        yield from self.check.unannounced()
        for site in sites:
            if site.standing == Standing.PARTIAL:
                continue
            found, digest = self.ends.get(site.id, (0, GENESIS))
            if (found, digest) != (site.last_sequence, site.last_digest):
                yield ChainFault(site.id, site.last_sequence, f"was given; the last one kept is {found}")

    def _step(self, envelope: Envelope, claimed: str) -> None:
        fault = self.check.follow(envelope, claimed)
        self.faults += [fault] if fault else []
        self.ends[envelope.site_id] = (envelope.sequence, claimed)

    def _fill(self, site: str, before: int | None) -> None:
        """Follow the places of a site that are no events of its own, up to a number (None: all that are left)."""
        left = self.extras.get(site, {})
        for place in sorted(left):
            if before is not None and place >= before:
                return
            envelope, digest = left.pop(place)
            if envelope is not None:
                self._step(envelope, digest)
            else:  # set aside because it does not fit: known, and told elsewhere
                self.check.site_id, self.check.sequence, self.check.digest = site, place, digest
                self.ends[site] = (place, digest)


async def _open_erasures(connection: AsyncConnection) -> list[ChainFault]:
    """Give the places that an erasure names and that still tell something of a person."""
    announcements = await connection.execute(select(_EVENTS.c.payload).where(_EVENTS.c.kind == ERASURE))
    named = {place for payload in announcements.scalars() for place in announced(payload)}
    faults = []
    for site in sorted({site for site, _ in named}):
        held = select(_EVENTS.c.sequence).where(_EVENTS.c.site_id == site, _EVENTS.c.kind.not_in((ERASED, ERASURE)))
        rows = await connection.execute(held)
        left = sorted(sequence for sequence in rows.scalars() if (site, sequence) in named)
        faults += [ChainFault(site, sequence, "was to be erased, and tells something still") for sequence in left]
    return faults


async def _extras(
    connection: AsyncConnection,
) -> dict[str, dict[int, tuple[Envelope | None, str]]]:
    """Give the places that are filled by twins and from custody; both are few."""
    extras: dict[str, dict[int, tuple[Envelope | None, str]]] = {}
    place = (
        _TWINS.c.site_id.label("twin_site"),
        _TWINS.c.sequence.label("twin_sequence"),
        _TWINS.c.digest.label("twin_digest"),
    )
    twins = select(*place, _EVENTS).join(_EVENTS, _EVENTS.c.id == _TWINS.c.event_id)
    for row in (await connection.execute(twins)).all():
        envelope = replace(envelope_of(row), site_id=row.twin_site, sequence=row.twin_sequence)
        extras.setdefault(row.twin_site, {})[row.twin_sequence] = (envelope, row.twin_digest)
    aside = select(_CUSTODY).where(_CUSTODY.c.fills)
    for row in (await connection.execute(aside)).all():
        extras.setdefault(row.site_id, {})[row.sequence] = (None, row.digest)
    return extras


async def _outbox_faults(connection: AsyncConnection, sites: Sequence[Any]) -> AsyncIterator[ChainFault]:
    """Give the chains of ours whose outbox is not what the hub has not acknowledged."""
    if (await connection.execute(select(_table(UplinkRow).c.id))).first() is None:
        return
    for site in sites:
        if site.standing not in (Standing.OWN, Standing.FORMER):
            continue
        query = select(_OUTBOX.c.sequence).where(_OUTBOX.c.site_id == site.id)
        waiting = sorted((await connection.execute(query)).scalars().all())
        if waiting != list(range(site.acknowledged + 1, site.last_sequence + 1)):
            yield ChainFault(site.id, site.acknowledged, f"is acknowledged, but {len(waiting)} wait in the outbox")


# --- projections ---------------------------------------------------------------------------------------------------


async def _sessions(connection: AsyncConnection) -> AsyncIterator[list[Projection]]:
    """Give the projections of all sessions that have events, some hundred at a time."""
    order = (_EVENTS.c.session_id, _EVENTS.c.epoch, _EVENTS.c.order_site, _EVENTS.c.order_sequence)
    part: list[Projection] = []
    events: list[Counted] = []
    async for rows in _pieces(_EVENTS, connection, *order):
        for row in rows:
            if events and events[0].event.session_id != row.session_id:
                part += _folded(events)
                events = []
            events.append(Counted(place_of(row), envelope_of(row)))
        if len(part) >= SESSIONS_AT_ONCE:
            yield part
            part = []
    part += _folded(events)
    if part:
        yield part


def _folded(events: Sequence[Counted]) -> list[Projection]:
    """Give the projection of a session; none of what an erasure left, which follows from nothing that is there."""
    gone = any(each.event.kind in (ERASED, ERASURE) for each in events)
    return [fold(events)] if events and not gone else []


async def _compare(connection: AsyncConnection, part: Sequence[Projection]) -> list[ProjectionFault]:
    ids = [told.session_id for told in part]
    sessions = await _rows_by(connection, _SESSIONS, "id", ids)
    codes = await _rows_by(connection, _CODES, "session_id", ids)
    participations = await _rows_by(connection, _PARTICIPATIONS, "session_id", ids)
    campaigns = set((await connection.execute(select(_table(CampaignRow).c.id))).scalars().all())
    links = await _rows_by(connection, _LINKS, "session_id", ids)
    learners = set((await connection.execute(select(_table(LearnerRow).c.id))).scalars().all())
    sittings = set((await connection.execute(select(_table(SittingRow).c.id))).scalars().all())
    seats: dict[str, dict[str, bool]] = {}
    for row in (await connection.execute(select(_SEATS).where(_SEATS.c.session_id.in_(ids)))).all():
        seats.setdefault(row.session_id, {})[row.sitting_id] = row.left_at is None
    faults = []
    for told in part:
        reasons = [
            *_session_reasons(told, sessions.get(told.session_id)),
            *_code_reasons(told, codes.get(told.session_id)),
        ]
        expected = told.participation if told.participation and told.participation.campaign in campaigns else None
        reasons += _participation_reasons(expected, participations.get(told.session_id))
        reasons += _link_reasons(told, links.get(told.session_id), learners)
        reasons += _seat_reasons(told, seats.get(told.session_id, {}), sittings)
        faults += [ProjectionFault(told.session_id, reason) for reason in reasons]
    return faults


def _session_reasons(told: Projection, row: Row[Any] | None) -> Iterator[str]:
    if row is None:
        yield "has events and no row"
        return
    for name in ("site_id", "bank_version"):  # the channel is where it was opened, before its first event
        if getattr(row, name) != getattr(told, name):
            yield f"{name} is {getattr(row, name)!r}, its events say {getattr(told, name)!r}"
    if Lead(row.lead_epoch, row.lead_site) != told.lead:
        yield f"is led by {row.lead_site}, its events say {told.lead.site_id}"


def _code_reasons(told: Projection, row: Row[Any] | None) -> Iterator[str]:
    if told.code is not None and (row is None or row.code != told.code):
        yield "has another code than its events say"


def _participation_reasons(told: Participation | None, row: Row[Any] | None) -> Iterator[str]:
    if told is None or row is None:
        if told is not None or row is not None:
            yield "takes part in a campaign by its events or by its row, not by both"
        return
    expected: Mapping[str, object] = {
        "id": told.id,
        "campaign_id": told.campaign,
        "state": told.state.value,
        "begun_at": told.begun_at,
        "completed_at": told.completed_at,
        "shared_at": told.shared_at,
        "snapshot": None if told.snapshot is None else dict(told.snapshot),
        "person_number": told.person_number,
        "again_of": told.again_of,
    }
    for name, value in expected.items():
        kept = getattr(row, name)
        if (as_text(kept) if isinstance(kept, datetime) else kept) != value:
            yield f"its participation's {name} is not what its events say"


def _link_reasons(told: Projection, row: Row[Any] | None, learners: Collection[str]) -> Iterator[str]:
    """An account may be kept at another site: of those, nothing is expected here."""
    expected = told.learner if told.learner in learners else None
    kept = None if row is None else row.learner_id
    if kept != expected:
        yield "is in an account by its events or by its row, not by both"


def _seat_reasons(told: Projection, kept: Mapping[str, bool], sittings: Collection[str]) -> Iterator[str]:
    """A sitting may be one of another site: of those, nothing is expected here."""
    if dict(kept) != {sitting: there for sitting, there in told.seats.items() if sitting in sittings}:
        yield "its seats in sittings are not what its events say"


# --- tables --------------------------------------------------------------------------------------------------------


def _table(row: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


_EVENTS, _SITES, _SESSIONS, _CODES = _table(EventRow), _table(SiteRow), _table(SessionRow), _table(ResumeCodeRow)
_TWINS, _CUSTODY, _OUTBOX = _table(EventTwinRow), _table(CustodyRow), _table(OutboxRow)
_PARTICIPATIONS = _table(ParticipationRow)
_LINKS, _SEATS = _table(LearnerSessionRow), _table(SeatRow)


async def _rows_by(connection: AsyncConnection, table: Table, key: str, ids: Sequence[str]) -> dict[str, Row[Any]]:
    rows = (await connection.execute(select(table).where(table.c[key].in_(ids)))).all()
    return {getattr(row, key): row for row in rows}


async def _pieces(
    table: Table, connection: AsyncConnection, *order: ColumnElement[Any]
) -> AsyncIterator[Sequence[Row[Any]]]:
    result = await connection.stream(select(table).order_by(*order), execution_options={"yield_per": ROWS_AT_ONCE})
    async for rows in result.partitions():
        yield rows
