"""The store behind `ports.Store`: SQLite by default, PostgreSQL when one machine is not enough.

Every append is one transaction that holds the row of the site's chain: the row lock (PostgreSQL) or the writer lock
(SQLite) puts writers in line, and a roll-back gives the number back. Numbers therefore have no gap, and each event's
digest can cover the one before it (`engine.sync.events`). Its outbox row is part of the transaction where there is a
hub. Any number of processes may append to one database.

Only this package reads the wall clock.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.campaigns import Entry, Offer, entry
from engine.organization.codes import (
    CAMPAIGN_LEADS,
    RESUME_CODE_DIGITS,
    is_campaign_code,
    is_valid_code,
    with_check_digit,
)
from engine.organization.participations import Again
from engine.sync.sessions import CODE_ISSUED, STORE_KINDS
from voice_app.errors import StoreError, TooManyAttempts
from voice_app.ports import CallerMark, NewRecord, Opened, ResumeCode, SessionId, StoredRecord
from voice_app.store.appending import SERVICE, Writing, append_records, begin, known_session
from voice_app.store.chains import own_chain, write_own
from voice_app.store.database import one_at_a_time, open_database
from voice_app.store.envelopes import as_text, aware
from voice_app.store.erasures import erase_session
from voice_app.store.event_keeping import ORDER
from voice_app.store.identifiers import uuid7
from voice_app.store.offers import again_after, offer_of
from voice_app.store.organization_tables import CampaignRow, OrganizationRow
from voice_app.store.rules import StoreRules
from voice_app.store.seats import seat_of_code
from voice_app.store.sql_learners import personal_code
from voice_app.store.sql_organizations import span_of
from voice_app.store.tables import CallerRow, EventRow, ResumeCodeRow, SessionRow, SiteRow, Standing, WrongCodeRow
from voice_app.store.transactions import milliseconds, reading, transaction

CODE_DRAWS = 50
"""With nine codes in ten taken, fewer than one draw in a hundred ends without a code."""


class SqlStore:
    """Append-only events, sessions and resume codes in one database. Open it with `SqlStore.open`."""

    def __init__(self, engine: AsyncEngine, site_id: str, rules: StoreRules) -> None:
        self._engine = engine
        self._site_id = site_id
        self._rules = rules
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    @classmethod
    async def open(cls, url: str, site_id: str | None = None, rules: StoreRules | None = None) -> SqlStore:
        """Give a store on this database, its tables brought up to date, its site known.

        `site_id` None keeps the one that the database has, or makes one. Raises StoreError.
        """
        chosen = rules or StoreRules()
        engine = await open_database(url, chosen)
        try:
            site = await _settle_site(engine, site_id)
        except BaseException:
            await engine.dispose()
            raise
        return cls(engine, site, chosen)

    @property
    def site_id(self) -> str:
        return self._site_id

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with transaction(self._sessions, self._rules.statement_limit_s) as database:
            yield database

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncSession]:
        async with reading(self._sessions, self._rules.statement_limit_s) as database:
            yield database

    async def open_session(self, channel: str, bank_version: str) -> SessionId:
        """Give a new session's id. Nothing is known of the person."""
        moment = datetime.now(UTC)
        session = SessionId(uuid7(milliseconds(moment)))
        async with self._transaction() as database:
            own = await own_chain(database)
            database.add(
                SessionRow(
                    id=session,
                    site_id=own.site_id,
                    channel=channel,
                    bank_version=bank_version,
                    opened_at=moment,
                    lead_site=own.site_id,
                )
            )
        return session

    async def append(
        self, session: SessionId, records: Sequence[NewRecord], *, channel: str, actor: str = "participant"
    ) -> int:
        """Write events durably, all or none, and give the last one's sequence number within the site."""
        moment = datetime.now(UTC)
        async with self._transaction() as database:
            writing = await begin(database, session, channel, moment)
            return (await append_records(database, writing, records, actor)).sequence

    async def take_up(self, session: SessionId) -> None:
        """Take the lead of a session for this site, where its person has come. Nothing happens when it has it."""
        moment = datetime.now(UTC)
        async with self._transaction() as database:
            row = await known_session(database, session)
            own = await own_chain(database)
            if row.lead_site == own.site_id:
                return
            writing = Writing(own, row, row.channel, moment)
            writing.take_lead()
            await write_own(database, own, writing.events)

    async def history(self, session: SessionId) -> Sequence[StoredRecord]:
        """Give the events of a session, oldest first; empty for an unknown one."""
        query = (
            select(EventRow)
            .where(EventRow.session_id == session, col(EventRow.kind).not_in(STORE_KINDS))
            .order_by(*ORDER)
        )
        async with self._reading() as database:
            rows = await database.exec(query)
            return [StoredRecord(row.kind, row.payload, row.sequence, row.actor) for row in rows]

    async def issue_code(self, session: SessionId) -> ResumeCode:
        """Give the session's resume code: made at the first call, the same one afterwards."""
        moment = datetime.now(UTC)
        async with self._transaction() as database:
            # our chain is locked, so that of two pages asking at once the second finds the code of the first
            own = await own_chain(database)
            row = await known_session(database, session)
            known = await database.get(ResumeCodeRow, session)
            if known is not None:
                return ResumeCode(known.code)
            code = await _draw_code(database)
            writing = Writing(own, row, row.channel, moment)
            writing.add(CODE_ISSUED, {"v": 1, "code": code}, SERVICE)
            await write_own(database, own, writing.events)
        return code

    async def knows_code(self, code: str, *, asker: str) -> bool:
        """Tell whether a session of this code is led here, counting nothing. Raises TooManyAttempts."""
        moment = datetime.now(UTC)
        async with self._transaction() as database:
            await self._refuse_guessing(database, asker, moment)
            found = await self._session_of(database, code, moment)
            if found is None:
                return False
            own = (await database.exec(select(SiteRow.id).where(SiteRow.standing == Standing.OWN))).first()
            return found.lead_site == own

    async def _session_of(self, database: AsyncSession, code: str, moment: datetime) -> SessionRow | None:
        """Give the session of a code. Of several with the same one, that which is led here; else none is the one."""
        if not is_valid_code(code):
            return None
        query = (
            select(SessionRow, ResumeCodeRow, SiteRow.standing)
            .join(ResumeCodeRow, col(ResumeCodeRow.session_id) == col(SessionRow.id))
            .join(SiteRow, col(SiteRow.id) == col(SessionRow.lead_site))
            .where(ResumeCodeRow.code == code)
        )
        oldest = moment - timedelta(days=self._rules.code_valid_days)
        found = [
            (row, standing)
            for row, given, standing in (await database.exec(query)).all()
            if aware(given.issued_at) >= oldest
        ]
        here = [row for row, standing in found if standing == Standing.OWN]
        chosen = here or [row for row, _ in found]
        return chosen[0] if len(chosen) == 1 else None

    async def find_session(self, code: str, *, asker: str) -> SessionId | None:
        """Give the session of a code, or None when it is unknown, expired or mistyped.

        A code whose check digit is off is a slip of the finger and is not counted; a well-formed unknown one is.
        Raises TooManyAttempts when this asker, or the whole site, tried too many.
        """
        moment = datetime.now(UTC)
        async with self._transaction() as database:
            await self._refuse_guessing(database, asker, moment)
            if not is_valid_code(code):
                return None
            row = await self._session_of(database, code, moment)
            if row is not None:
                return SessionId(row.id)
            database.add(WrongCodeRow(asker=asker, tried_at=moment))
        return None

    async def find_campaign(self, code: str, *, asker: str) -> Opened | None:
        """Give what the code of a campaign, a sitting or a claim opens, why it lets nobody in, or None.

        Raises TooManyAttempts.
        """
        moment = datetime.now(UTC)
        async with self._transaction() as database:
            await self._refuse_guessing(database, asker, moment)
            if not is_campaign_code(code):
                return None
            query = (
                select(CampaignRow, OrganizationRow)
                .join(OrganizationRow, col(OrganizationRow.id) == col(CampaignRow.organization_id))
                .where(CampaignRow.code == code)
            )
            found = (await database.exec(query)).first()
            if found is None:
                other = await seat_of_code(database, code, moment) or await personal_code(database, code, moment)
                if other is None:
                    database.add(WrongCodeRow(asker=asker, tried_at=moment))
                return other
            row, organization = found
            allowed = entry(span_of(row), as_text(moment))
            if allowed is not Entry.OPEN:
                return allowed
            return await offer_of(database, row, organization.name)

    async def again(self, session: SessionId) -> Offer | Again | None:
        """Give the campaign of a session once more, if its person may take part again; why not; None: no campaign."""
        async with self._reading() as database:
            return await again_after(database, session, self._rules, datetime.now(UTC))

    async def _refuse_guessing(self, database: AsyncSession, asker: str, moment: datetime) -> None:
        hour_ago = moment - timedelta(hours=1)
        window = moment - timedelta(minutes=self._rules.asker_window_minutes)
        await database.exec(delete(WrongCodeRow).where(col(WrongCodeRow.tried_at) < min(hour_ago, window)))
        by_asker = await database.exec(
            select(func.count()).where(col(WrongCodeRow.asker) == asker, col(WrongCodeRow.tried_at) >= window)
        )
        by_site = await database.exec(select(func.count()).where(col(WrongCodeRow.tried_at) >= hour_ago))
        if by_asker.one() >= self._rules.wrong_codes_per_asker or by_site.one() >= self._rules.wrong_codes_per_site:
            raise TooManyAttempts("too many wrong codes; wait a quarter of an hour or begin anew")

    async def erase(self, session: SessionId) -> bool:
        """Erase what is kept of a session, announced in the chain of events; other sites' copies follow."""
        async with self._transaction() as database:
            return await erase_session(database, session)

    async def recognise_caller(self, caller: CallerMark, session: SessionId) -> None:
        """Remember which session this caller would go on with; the one before is forgotten."""
        async with self._transaction() as database:
            if await database.get(SessionRow, session) is None:
                raise StoreError(f"no session {session}")
            await database.merge(CallerRow(mark=caller, session_id=session, noted_at=datetime.now(UTC)))

    async def forget_caller(self, caller: CallerMark) -> None:
        """Forget this caller; nothing happens when nobody is remembered."""
        async with self._transaction() as database:
            await database.exec(delete(CallerRow).where(col(CallerRow.mark) == caller))

    async def session_of_caller(self, caller: CallerMark) -> SessionId | None:
        """Give the session that was remembered for this caller, as long as its code would be valid."""
        oldest = datetime.now(UTC) - timedelta(days=self._rules.code_valid_days)
        async with self._transaction() as database:
            row = await database.get(CallerRow, caller)
            if row is None:
                return None
            if aware(row.noted_at) < oldest:
                await database.delete(row)
                return None
            return SessionId(row.session_id)

    async def answers(self) -> bool:
        """Tell that the database answers and knows this site. Raises StoreError when it does not."""
        async with self._reading() as database:
            return await database.get(SiteRow, self._site_id) is not None

    @property
    def engine(self) -> AsyncEngine:
        """The opened database, for what else is kept in it."""
        return self._engine

    async def close(self) -> None:
        await self._engine.dispose()


async def _settle_site(engine: AsyncEngine, site_id: str | None) -> str:
    sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
    async with sessions() as database, database.begin():
        await one_at_a_time(database)
        own = (await database.exec(select(SiteRow).where(SiteRow.standing == Standing.OWN))).first()
        if own is not None:
            return own.id
        chosen = site_id or uuid7(milliseconds(datetime.now(UTC)))
        database.add(SiteRow(id=chosen, standing=Standing.OWN))
        return chosen


async def _draw_code(database: AsyncSession) -> ResumeCode:
    free_digits = RESUME_CODE_DIGITS - 1
    for _ in range(CODE_DRAWS):
        code = with_check_digit(f"{secrets.randbelow(int(CAMPAIGN_LEADS) * 10 ** (free_digits - 1)):0{free_digits}d}")
        if (await database.exec(select(ResumeCodeRow).where(ResumeCodeRow.code == code))).first() is None:
            return ResumeCode(code)
    raise StoreError(f"{CODE_DRAWS} codes drawn by lot were all taken: old sessions have to go")
