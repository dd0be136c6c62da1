"""Rows that the hub gives to its sites: organisations, the accounts of their members, members, campaigns; and the
recorded words of welcome of these campaigns, by content address.

A site gets the rows and recordings of the organisations that it serves, nothing of others. What a place keeps for
itself (failed sign-ins, locks) is not part of a row. What the hub no longer gives is not deleted at a site, where
events may name it: a member is put out, a campaign archived. A recording that was removed is removed: the voice says
the words.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Table, delete, func, insert, update
from sqlalchemy import select as sql_select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.sync.manifests import Entry, digest_of_row
from voice_app.store.chains import note_incident
from voice_app.store.envelopes import as_text
from voice_app.store.event_keeping import moment_of, project_participations
from voice_app.store.organization_tables import (
    AccountRow,
    CampaignRow,
    CampaignSoundRow,
    MemberRow,
    OrganizationRow,
    SignInRow,
)
from voice_app.store.projections import FOLLOWED
from voice_app.store.sync_tables import PulledRow
from voice_app.store.tables import EventRow
from voice_app.store.transactions import reading, transaction, wall_clock

LIMIT_S = 60.0
ORGANIZATION, ACCOUNT, MEMBER, CAMPAIGN = "organization", "account", "member", "campaign"
COLLECTIONS: Mapping[str, type[SQLModel]] = {
    ORGANIZATION: OrganizationRow,
    ACCOUNT: AccountRow,
    MEMBER: MemberRow,
    CAMPAIGN: CampaignRow,
}
"""In the order in which rows need each other."""
WELCOME = "welcome"
"""Recorded welcomes: `Entry.name` is the campaign's id, a slash and the language."""
KEPT_HERE = frozenset({"failures", "locked_until", "changed_at"})
"""Columns that are each place's own."""


class SqlExchange:
    """Gives rows at the hub, takes them at a site."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    # --- at the hub --------------------------------------------------------------------------------------------

    async def entries(self, organizations: Sequence[str]) -> list[Entry]:
        """Give what there is for a site that serves these organisations."""
        async with reading(self._sessions, LIMIT_S) as database:
            rows = await _rows(database, organizations)
        return [Entry(collection, str(row["id"]), digest_of_row(row)) for collection, row in rows]

    async def rows(
        self, organizations: Sequence[str], wanted: Sequence[tuple[str, str]]
    ) -> list[tuple[str, dict[str, Any]]]:
        """Give the wanted rows that such a site may have, with their collections."""
        asked = set(wanted)
        async with reading(self._sessions, LIMIT_S) as database:
            rows = await _rows(database, organizations)
        return [(collection, row) for collection, row in rows if (collection, str(row["id"])) in asked]

    async def welcomes(self, organizations: Sequence[str]) -> list[Entry]:
        """Give the recorded welcomes that there are for a site that serves these organisations."""
        sound = CampaignSoundRow
        query = (
            select(sound.campaign_id, sound.locale, sound.digest, func.length(col(sound.body)))
            .join(CampaignRow, col(CampaignRow.id) == col(sound.campaign_id))
            .where(col(CampaignRow.organization_id).in_(organizations))
        )
        async with reading(self._sessions, LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [Entry(WELCOME, f"{campaign}/{locale}", digest, size) for campaign, locale, digest, size in rows]

    async def welcome(self, organizations: Sequence[str], digest: str) -> bytes | None:
        """Give the recording of a content address, of a campaign of these organisations; None: there is none."""
        query = (
            select(CampaignSoundRow.body)
            .join(CampaignRow, col(CampaignRow.id) == col(CampaignSoundRow.campaign_id))
            .where(CampaignSoundRow.digest == digest, col(CampaignRow.organization_id).in_(organizations))
        )
        async with reading(self._sessions, LIMIT_S) as database:
            return (await database.exec(query)).first()

    # --- at a site ---------------------------------------------------------------------------------------------

    async def pulled(self) -> dict[tuple[str, str], str]:
        """Give the digests of what was fetched, by collection and name."""
        async with reading(self._sessions, LIMIT_S) as database:
            return {(row.collection, row.name): row.digest for row in (await database.exec(select(PulledRow))).all()}

    async def take(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> int:
        """Write rows of the hub; give how many could be written. One that stands in the way here is told, not lost."""
        order = list(COLLECTIONS)
        count = 0
        for collection, row in sorted(rows, key=lambda each: order.index(each[0])):
            async with transaction(self._sessions, LIMIT_S) as database:
                try:
                    async with database.begin_nested():
                        await _upsert(database, collection, row)
                except IntegrityError:
                    detail = f"{collection} {row['id']} of the hub stands in conflict with one made here"
                    await note_incident(database, "", "conflict", detail)
                    continue
                await database.merge(PulledRow(collection=collection, name=str(row["id"]), digest=digest_of_row(row)))
                count += 1
        return count

    async def take_welcome(self, entry: Entry, body: bytes) -> bool:
        """Keep a recorded welcome of the hub; False when it is no sound, or its campaign is not here."""
        campaign, _, locale = entry.name.partition("/")
        duration_ms = _duration_ms(body)
        async with transaction(self._sessions, LIMIT_S) as database:
            if duration_ms is None or await database.get(CampaignRow, campaign) is None:
                return False
            await database.merge(
                CampaignSoundRow(
                    campaign_id=campaign,
                    locale=locale,
                    digest=entry.digest,
                    body=body,
                    duration_ms=duration_ms,
                    kept_at=wall_clock(),
                )
            )
            await database.merge(PulledRow(collection=entry.collection, name=entry.name, digest=entry.digest))
        return True

    async def note_file(self, entry: Entry) -> None:
        """Write down that a file was fetched."""
        async with transaction(self._sessions, LIMIT_S) as database:
            await database.merge(PulledRow(collection=entry.collection, name=entry.name, digest=entry.digest))

    async def let_go(self, gone: Sequence[Entry]) -> None:
        """Do what follows when the hub no longer gives rows."""
        moment = wall_clock()
        async with transaction(self._sessions, LIMIT_S) as database:
            for entry in gone:
                if entry.collection == MEMBER:
                    await database.exec(update(MemberRow).where(col(MemberRow.id) == entry.name).values(active=False))
                    await _sign_out(database, entry.name)
                elif entry.collection == CAMPAIGN:
                    await database.exec(
                        update(CampaignRow)
                        .where(col(CampaignRow.id) == entry.name, col(CampaignRow.archived_at).is_(None))
                        .values(archived_at=moment)
                    )
                elif entry.collection == WELCOME:
                    campaign, _, locale = entry.name.partition("/")
                    sound = await database.get(CampaignSoundRow, (campaign, locale))
                    if sound is not None and sound.digest == entry.digest:  # not one that was recorded here since
                        await database.delete(sound)
                await database.exec(
                    delete(PulledRow).where(
                        col(PulledRow.collection) == entry.collection, col(PulledRow.name) == entry.name
                    )
                )


async def _rows(database: AsyncSession, organizations: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    connection = await database.connection()
    organization, account, member, campaign = (_table(row) for row in COLLECTIONS.values())
    serving = member.c.organization_id.in_(organizations)
    queries = {
        ORGANIZATION: sql_select(organization).where(organization.c.id.in_(organizations)),
        ACCOUNT: sql_select(account).where(account.c.id.in_(sql_select(member.c.account_id).where(serving))),
        MEMBER: sql_select(member).where(serving),
        CAMPAIGN: sql_select(campaign).where(campaign.c.organization_id.in_(organizations)),
    }
    return [
        (collection, _plain(dict(row._mapping)))
        for collection, query in queries.items()
        for row in (await connection.execute(query)).all()
    ]


def _duration_ms(body: bytes) -> int | None:
    """Give the length of a WAV file; None when it is none."""
    try:
        with wave.open(io.BytesIO(body)) as sound:
            length: int = sound.getnframes() * 1000 // sound.getframerate()
            return length
    except (wave.Error, EOFError):
        return None


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: as_text(value) if isinstance(value, datetime) else value
        for name, value in row.items()
        if name not in KEPT_HERE
    }


def _table(row: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


async def _upsert(database: AsyncSession, collection: str, row: Mapping[str, Any]) -> None:
    table = _table(COLLECTIONS[collection])
    values = {
        column.name: moment_of(row[column.name])
        if isinstance(column.type, DateTime) and row[column.name] is not None
        else row[column.name]
        for column in table.columns
        if column.name in row and column.name not in KEPT_HERE
    }
    connection: AsyncConnection = await database.connection()
    done = await connection.execute(update(table).where(table.c.id == values["id"]).values(values))
    if done.rowcount == 0:
        await connection.execute(insert(table).values({**_defaults(collection), **values}))
    if collection == MEMBER and not values["active"]:
        await _sign_out(database, str(values["id"]))
    if collection == CAMPAIGN and done.rowcount == 0:
        await _project(database, str(values["id"]))


def _defaults(collection: str) -> dict[str, Any]:
    return {"failures": 0} if collection == ACCOUNT else {}


async def _project(database: AsyncSession, campaign: str) -> None:
    """Make the participations of a campaign that became known after its events."""
    query = select(EventRow).where(EventRow.kind == "campaign_joined", col(EventRow.kind).in_(FOLLOWED))
    joined = [row.session_id for row in (await database.exec(query)).all() if row.payload.get("campaign") == campaign]
    await project_participations(database, joined)


async def _sign_out(database: AsyncSession, member: str) -> None:
    row = await database.get(MemberRow, member)
    if row is not None:
        await database.exec(delete(SignInRow).where(col(SignInRow.account_id) == row.account_id))
