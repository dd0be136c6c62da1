"""A site's side in the database: what waits to be sent, what an answer changes, what comes from other sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.sync.batches import MOST_EVENTS, START, Batch, Sealed, cut
from engine.sync.receiving import Receipt
from engine.sync.sending import Answer, Forked, Pace, SendFrom, Settled, Verdict, judge
from engine.sync.sessions import Place
from voice_app.errors import StoreError
from voice_app.store.chains import fill_outbox, fork, head_at, move_place, note_incident, places_of, renew_site, take
from voice_app.store.envelopes import as_text, aware
from voice_app.store.erasures import obey
from voice_app.store.event_keeping import insert_counted
from voice_app.store.sync_tables import OutboxRow, UplinkRow
from voice_app.store.tables import EventRow, SiteRow, Standing
from voice_app.store.transactions import reading, transaction, wall_clock
from voice_app.sync.messages import Feed, Report, sites_in

LIMIT_S = 60.0
OURS = (Standing.OWN, Standing.FORMER)


class NoHub(StoreError):
    """This site has no hub."""

    code = "sync.no_hub"
    retryable = False


@dataclass(frozen=True, slots=True)
class Uplink:
    """The hub of this site, and how it went the last times."""

    address: str
    token: str
    seal_key: str
    hub_site: str
    cursor_site: str
    cursor: int
    manifest: str
    contact_at: datetime | None
    pulled_at: datetime | None
    fault: str
    refused: bool
    failures: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """One of our chains: how far it is at the hub. `wanted`: how far it was there when its id was given up."""

    site_id: str
    own: bool
    last: int
    acknowledged: int
    wanted: int
    waiting: int
    oldest_at: datetime | None


class SqlUplink:
    """The outbox on an opened database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    # --- the hub -----------------------------------------------------------------------------------------------

    async def join(self, address: str, token: str, seal_key: str) -> None:
        """Name the hub; everything that was ever written here waits to be sent from now on."""
        async with transaction(self._sessions, LIMIT_S) as database:
            ours = select(SiteRow).where(col(SiteRow.standing).in_(OURS)).with_for_update()
            chains = (await database.exec(ours)).all()
            known = await database.get(UplinkRow, 1)
            if known is not None and known.address == address:
                known.token, known.seal_key, known.refused, known.failures, known.fault = token, seal_key, False, 0, ""
                database.add(known)
                return
            if known is not None:
                await database.delete(known)
                await database.flush()
            await database.exec(delete(OutboxRow))
            database.add(UplinkRow(address=address, token=token, seal_key=seal_key))
            for chain in chains:
                chain.acknowledged = 0
                database.add(chain)
                await fill_outbox(database, chain.id, range(1, chain.last_sequence + 1))

    async def leave(self) -> None:
        """Forget the hub; nothing waits to be sent any more."""
        async with transaction(self._sessions, LIMIT_S) as database:
            await database.exec(delete(OutboxRow))
            await database.exec(delete(UplinkRow))

    async def uplink(self) -> Uplink:
        """Give the hub of this site. Raises NoHub."""
        async with reading(self._sessions, LIMIT_S) as database:
            row = await _row(database)
            return Uplink(
                row.address,
                row.token,
                row.seal_key,
                row.hub_site,
                row.cursor_site,
                row.cursor,
                row.manifest,
                None if row.contact_at is None else aware(row.contact_at),
                None if row.pulled_at is None else aware(row.pulled_at),
                row.fault,
                row.refused,
                row.failures,
            )

    async def change_token(self, token: str) -> None:
        """Use another token from now on."""
        async with transaction(self._sessions, LIMIT_S) as database:
            row = await _row(database)
            row.token = token
            database.add(row)

    async def note(self, pace: Pace, fault: str = "", *, refused: bool = False) -> None:
        """Write down how the last exchange went."""
        async with transaction(self._sessions, LIMIT_S) as database:
            row = await _row(database)
            row.tried_at, row.failures, row.fault, row.refused = wall_clock(), pace.failures, fault, refused
            if not fault:
                row.contact_at = row.tried_at
            database.add(row)

    async def note_pulled(self, manifest: str) -> None:
        """Write down that everything of this manifest was fetched."""
        async with transaction(self._sessions, LIMIT_S) as database:
            row = await _row(database)
            row.manifest, row.pulled_at = manifest, wall_clock()
            database.add(row)

    # --- sending -----------------------------------------------------------------------------------------------

    async def backlogs(self) -> Sequence[Backlog]:
        """Give our chains, former ones first."""
        counting = select(OutboxRow.site_id, func.count(), func.min(OutboxRow.written_at)).group_by(
            col(OutboxRow.site_id)
        )
        query = select(SiteRow).where(col(SiteRow.standing).in_(OURS)).order_by(col(SiteRow.standing), col(SiteRow.id))
        async with reading(self._sessions, LIMIT_S) as database:
            waiting = {site: (count, oldest) for site, count, oldest in (await database.exec(counting)).all()}
            rows = (await database.exec(query)).all()
        told = []
        for row in rows:
            count, oldest = waiting.get(row.id, (0, None))
            own = row.standing == Standing.OWN
            told.append(Backlog(row.id, own, row.last_sequence, row.acknowledged, row.wanted, count, _aware(oldest)))
        return sorted(told, key=lambda each: each.own)

    async def next_batch(self, site: str, most_events: int = MOST_EVENTS) -> Batch:
        """Give the next events of one of our chains; an empty batch when all are acknowledged. Raises StoreError."""
        async with reading(self._sessions, LIMIT_S) as database:
            row = await database.get(SiteRow, site)
            if row is None:
                raise StoreError(f"there is no site {site} here")
            return await _batch(database, row, row.acknowledged, most_events)

    async def batch_after(self, site: str, place: int) -> Batch:
        """Give the events of one of our chains behind a place, acknowledged or not. Raises StoreError."""
        async with reading(self._sessions, LIMIT_S) as database:
            row = await database.get(SiteRow, site)
            if row is None:
                raise StoreError(f"there is no site {site} here")
            return await _batch(database, row, place, MOST_EVENTS)

    async def settle(self, answer: Answer) -> Verdict | None:
        """Do what an answer means; None when it is about a chain that is none of ours."""
        async with transaction(self._sessions, LIMIT_S) as database:
            chain = await database.get(SiteRow, answer.site_id, with_for_update=True)
            if chain is None or chain.standing not in OURS:
                return None
            await database.refresh(chain)
            places = {0: START.digest}
            for head in (answer.head, answer.agreed):
                if head is not None and 0 < head.sequence <= chain.last_sequence:
                    here = await head_at(database, chain.id, head.sequence)
                    places[head.sequence] = "" if here is None else here.digest
            verdict = judge(chain.id, chain.last_sequence, chain.acknowledged, places.get, answer)
            match verdict:
                case Settled(upto) | SendFrom(upto):
                    await _acknowledge(database, chain, upto)
                    if upto == chain.last_sequence < chain.wanted == upto + 1:
                        chain.wanted = 0  # put back by hand (`renew_site`), and the backup lacked nothing
                case Forked(first, hub_last):
                    count = await fork(database, chain.id, first, hub_last)
                    detail = f"this database is a copy: {count} events from {first} on go on under a new id"
                    if count or chain.standing == Standing.OWN:
                        await note_incident(database, chain.id, "fork", detail)
                    else:
                        await _acknowledge(database, chain, min(first - 1, chain.last_sequence))
                case _:
                    pass
            for place in answer.custody:
                await note_incident(database, chain.id, "custody", f"event {place} was set aside by the hub")
            return verdict

    async def report(self, app_version: str, bank_version: str) -> Report:
        """Give what this site tells of itself."""
        told = await self.backlogs()
        oldest = min((each.oldest_at for each in told if each.oldest_at is not None), default=None)
        last = next((each.last for each in told if each.own), 0)
        waiting = sum(each.waiting for each in told)
        return Report(last, waiting, "" if oldest is None else as_text(oldest), app_version, bank_version)

    async def renew(self) -> str:
        """Take a new site id, as after a restore, and ask for what the hub has more of the old one. Gives it."""
        async with transaction(self._sessions, LIMIT_S) as database:
            return await renew_site(database, lacking=True)

    # --- what comes --------------------------------------------------------------------------------------------

    async def take_tail(self, batch: Batch) -> Receipt:
        """Take in what a copy lacks of the chain that it was copied from. Raises StoreError."""
        async with transaction(self._sessions, LIMIT_S) as database:
            chain = await database.get(SiteRow, batch.site_id, with_for_update=True)
            if chain is None or chain.standing != Standing.FORMER:
                raise StoreError(f"site {batch.site_id} is no former id of this database")
            await database.refresh(chain)
            receipt = await take(database, batch, chain)
            chain.acknowledged = chain.last_sequence
            if receipt.head.sequence < batch.last.sequence:
                chain.wanted = 0  # the hub's is another chain than ours; the next answer tells where they part
            database.add(chain)
            await obey(database, [sealed.envelope for sealed in receipt.kept])
            return receipt

    async def take_feed(self, feed: Feed, cursor_site: str) -> int:
        """Take in what others wrote in our sessions; give how many events were new."""
        async with transaction(self._sessions, LIMIT_S) as database:
            count = await _take_counted(database, feed.events)
            row = await _row(database)
            row.hub_site, row.cursor_site, row.cursor = feed.hub_site, cursor_site, feed.cursor
            database.add(row)
            return count

    async def take_session(self, events: Sequence[tuple[Sealed, Place]]) -> int:
        """Take in a session that its person goes on with here; give how many events were new."""
        async with transaction(self._sessions, LIMIT_S) as database:
            return await _take_counted(database, events)


async def _batch(database: AsyncSession, chain: SiteRow, place: int, most_events: int) -> Batch:
    after = await head_at(database, chain.id, place)
    if after is None:
        raise StoreError(f"the chain of site {chain.id} has no event {place}: voice-app db check tells more")
    upto = min(place + most_events, chain.last_sequence)  # behind its end may stand events that came by themselves
    return cut(chain.id, after, await places_of(database, chain.id, place, upto), most_events)


async def _take_counted(database: AsyncSession, events: Sequence[tuple[Sealed, Place]]) -> int:
    """Write others' events that are not here; those that are count where the hub says.

    Events under our own id that we never wrote say that this database is a copy. They are left: the answer to the next
    batch says so too, and then the whole chain is fetched.
    """
    own = (await database.exec(select(SiteRow).where(SiteRow.standing == Standing.OWN))).first()
    for site in sites_in(events):
        if await database.get(SiteRow, site) is None:
            database.add(SiteRow(id=site, standing=Standing.PARTIAL))
            await database.flush()
    fresh: list[tuple[Sealed, Place]] = []
    for sealed, place in sorted(events, key=lambda each: each[1]):
        event = sealed.envelope
        if await database.get(EventRow, event.id) is not None:
            await move_place(database, event.id, place)
            continue
        same_place = select(EventRow.id).where(EventRow.site_id == event.site_id, EventRow.sequence == event.sequence)
        if own is not None and event.site_id == own.id and event.sequence > own.last_sequence:
            continue
        taken = (await database.exec(same_place)).first() is not None
        if taken or any(each.envelope.id == event.id for each, _ in fresh):
            continue  # a place that was lost with a hub's disk and filled anew; the chain itself is the hub's to tell
        fresh.append((sealed, place))
    if fresh:
        await insert_counted(database, fresh, deliver=False, in_chain=False)
        await obey(database, [sealed.envelope for sealed, _ in fresh])
    return len(fresh)


async def _acknowledge(database: AsyncSession, chain: SiteRow, upto: int) -> None:
    if upto < chain.acknowledged:
        await database.exec(delete(OutboxRow).where(col(OutboxRow.site_id) == chain.id))
        await fill_outbox(database, chain.id, range(upto + 1, chain.last_sequence + 1))
    else:
        await database.exec(
            delete(OutboxRow).where(col(OutboxRow.site_id) == chain.id, col(OutboxRow.sequence) <= upto)
        )
    chain.acknowledged = upto
    database.add(chain)
    await database.flush()


async def _row(database: AsyncSession) -> UplinkRow:
    row = await database.get(UplinkRow, 1)
    if row is None:
        raise NoHub("this site has no hub: voice-app sync join ADDRESS")
    return row


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else aware(moment)
