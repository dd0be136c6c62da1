"""Learners' accounts in the database: `learners.Learners`.

A PIN is short, so it is guarded: argon2id, an attempt counted before the PIN is looked at (in a transaction of its
own), a wait that doubles, an end; and wrong codes and numbers count in the same table as all others, for all processes.

A link and the event that tells of it are one transaction: `voice-app db check` proves one by the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.claims import CLAIMED, UNCLAIMED, AccountNumber, Claim, is_pin, is_weak
from voice_app.errors import StoreError, TooManyAttempts
from voice_app.learners import Learner, LearnerId, LearnerRefused, LinkedSession
from voice_app.ports import NewRecord, SessionId
from voice_app.store.appending import append_records, begin
from voice_app.store.chains import own_chain
from voice_app.store.envelopes import aware
from voice_app.store.identifiers import uuid7
from voice_app.store.learner_tables import ClaimRow, LearnerRow, LearnerSessionRow, LearnerSignInRow
from voice_app.store.lock_out import take_attempt
from voice_app.store.passwords import Passwords
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.spoken_codes import draw_spoken_code
from voice_app.store.sql_accounts import STATEMENT_LIMIT_S
from voice_app.store.tables import SessionRow, WrongCodeRow
from voice_app.store.transactions import digest_of, milliseconds, new_token, reading, transaction, wall_clock

PARTICIPANT = "participant"
"""Who acts, in the events of a link."""


class SqlLearners:
    """Accounts on an opened database; `clock` gives the moment, in UTC."""

    def __init__(
        self,
        engine: AsyncEngine,
        rules: OrganizationRules,
        limits: StoreRules,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._rules = rules
        self._limits = limits
        self._clock = clock
        self._passwords = Passwords(rules.argon2_memory_kib, rules.argon2_passes)

    async def issue_claim(self, session: SessionId) -> tuple[str, int]:
        """Give a new claim code for a session and the days that it opens; an unused one before it opens no more."""
        moment = self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            if await database.get(SessionRow, session, with_for_update=True) is None:
                raise StoreError(f"no session {session}")
            await database.exec(
                delete(ClaimRow).where(col(ClaimRow.session_id) == session, col(ClaimRow.used_at).is_(None))
            )
            code = await draw_spoken_code(database)
            expires_at = moment + timedelta(days=self._rules.claim_days)
            database.add(ClaimRow(code=code, session_id=session, expires_at=expires_at))
        return code, self._rules.claim_days

    async def open_account(self, claim: str, pin: str, *, channel: str, asker: str) -> Learner:
        """Use a claim code and give the new account that holds its session. Raises LearnerRefused, TooManyAttempts."""
        if not is_pin(pin):
            raise LearnerRefused("no_pin")
        if is_weak(pin):
            raise LearnerRefused("weak_pin")
        hashed = await self._passwords.hashed(pin)
        moment = self._clock()
        learner = LearnerId(uuid7(milliseconds(moment)))
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await own_chain(database)
            session = await self._used(database, claim, asker)
            if session is not None:
                number = await draw_spoken_code(database)
                database.add(LearnerRow(id=learner, code=number, pin=hashed, created_at=moment, used_at=moment))
                await database.flush()
                database.add(LearnerSessionRow(session_id=session, learner_id=learner, linked_at=moment))
                await _note(database, session, CLAIMED, learner, channel, moment)
        if session is None:
            raise LearnerRefused("claim_over")
        return Learner(learner, number)

    async def prove(self, number: str, pin: str, *, asker: str) -> Learner:
        """Give the account of a number and its PIN. Raises LearnerRefused, TooManyAttempts."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await refuse_guessing(database, self._limits, asker, self._clock())
            row = await _row_of(database, number)
            if row is None:
                database.add(WrongCodeRow(asker=asker, tried_at=self._clock()))
            else:
                take_attempt(row, self._rules, self._clock(), LearnerRefused)
                database.add(row)
        if not await self._passwords.fits(None if row is None else row.pin, pin) or row is None:
            raise LearnerRefused("wrong")
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await database.exec(
                update(LearnerRow)
                .where(col(LearnerRow.id) == row.id)
                .values(failures=0, locked_until=None, used_at=self._clock())
            )
        return Learner(LearnerId(row.id), row.code)

    async def link(self, learner: LearnerId, claim: str, *, channel: str, asker: str) -> None:
        """Use a claim code for an account that is there. Raises LearnerRefused, TooManyAttempts."""
        moment = self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await own_chain(database)
            if await database.get(LearnerRow, learner) is None:
                raise LearnerRefused("wrong")
            session = await self._used(database, claim, asker)
            if session is not None:
                database.add(LearnerSessionRow(session_id=session, learner_id=learner, linked_at=moment))
                await _note(database, session, CLAIMED, learner, channel, moment)
        if session is None:
            raise LearnerRefused("claim_over")

    async def linked(self, learner: LearnerId) -> Sequence[LinkedSession]:
        """Give the sessions of an account, oldest first."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            query = (
                select(LearnerSessionRow, SessionRow)
                .join(SessionRow, col(SessionRow.id) == col(LearnerSessionRow.session_id))
                .where(LearnerSessionRow.learner_id == learner)
                .order_by(col(SessionRow.opened_at), col(SessionRow.id))
            )
            return [
                LinkedSession(SessionId(row.id), row.channel, aware(row.opened_at), aware(link.linked_at))
                for link, row in (await database.exec(query)).all()
            ]

    async def unlink(self, learner: LearnerId, session: str, *, channel: str) -> bool:
        """Take a session out of an account."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await own_chain(database)
            row = await database.get(LearnerSessionRow, session)
            if row is None or row.learner_id != learner:
                return False
            await database.delete(row)
            await _note(database, session, UNCLAIMED, learner, channel, self._clock())
        return True

    async def erase(self, learner: LearnerId) -> bool:
        """Erase an account: number, PIN, links and sign-ins go at once."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await own_chain(database)
            row = await database.get(LearnerRow, learner)
            if row is None:
                return False
            linked = select(LearnerSessionRow.session_id).where(LearnerSessionRow.learner_id == learner)
            for session in (await database.exec(linked.order_by(LearnerSessionRow.session_id))).all():
                await _note(database, session, UNCLAIMED, learner, "", self._clock())
            for table in (LearnerSessionRow, LearnerSignInRow):
                await database.exec(delete(table).where(col(table.learner_id) == learner))
            await database.delete(row)
        return True

    async def sign_in(self, learner: LearnerId) -> str:
        """Give the token of a new sign-in on a page."""
        token = new_token()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            expires_at = self._clock() + timedelta(minutes=self._rules.learner_minutes)
            database.add(LearnerSignInRow(digest=digest_of(token), learner_id=learner, expires_at=expires_at))
        return token

    async def identify(self, token: str) -> Learner | None:
        """Give who holds a token, or None."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(LearnerSignInRow, digest_of(token))
            if row is None or aware(row.expires_at) <= self._clock():
                return None
            learner = await database.get(LearnerRow, row.learner_id)
        return None if learner is None else Learner(LearnerId(learner.id), learner.code)

    async def sign_out(self, token: str) -> None:
        """Revoke a sign-in."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await database.exec(delete(LearnerSignInRow).where(col(LearnerSignInRow.digest) == digest_of(token)))

    # --- within ------------------------------------------------------------------------------------------------

    async def _used(self, database: AsyncSession, claim: str, asker: str) -> str | None:
        """Use a claim code and give its session; None when it opens nothing (any more), which counts as a wrong code.

        The row is locked, so that of two at once only one uses it. Raises TooManyAttempts.
        """
        moment = self._clock()
        await refuse_guessing(database, self._limits, asker, moment)
        query = update(ClaimRow).where(
            col(ClaimRow.code) == claim, col(ClaimRow.used_at).is_(None), col(ClaimRow.expires_at) > moment
        )
        session = (await database.exec(query.values(used_at=moment).returning(col(ClaimRow.session_id)))).scalar()
        if session is None:
            database.add(WrongCodeRow(asker=asker, tried_at=moment))
            return None
        await database.exec(delete(LearnerSessionRow).where(col(LearnerSessionRow.session_id) == session))
        return str(session)


async def _note(
    database: AsyncSession, session: str, kind: str, learner: LearnerId, channel: str, moment: datetime
) -> None:
    """Write the event of a link; the person is here, so the session is led here."""
    writing = await begin(database, session, channel, moment)
    record = NewRecord(kind, {"v": 1, "learner": str(learner)})
    await append_records(database, writing, [record], PARTICIPANT, take_lead=True)


async def refuse_guessing(database: AsyncSession, limits: StoreRules, asker: str, moment: datetime) -> None:
    """Refuse whoever tried too many wrong codes, and everybody when the whole site did. Raises TooManyAttempts."""
    hour_ago = moment - timedelta(hours=1)
    window = moment - timedelta(minutes=limits.asker_window_minutes)
    await database.exec(delete(WrongCodeRow).where(col(WrongCodeRow.tried_at) < min(hour_ago, window)))
    by_asker = await database.exec(
        select(func.count()).where(col(WrongCodeRow.asker) == asker, col(WrongCodeRow.tried_at) >= window)
    )
    by_site = await database.exec(select(func.count()).where(col(WrongCodeRow.tried_at) >= hour_ago))
    if by_asker.one() >= limits.wrong_codes_per_asker or by_site.one() >= limits.wrong_codes_per_site:
        raise TooManyAttempts("too many wrong codes; wait a quarter of an hour or begin anew")


async def personal_code(database: AsyncSession, code: str, moment: datetime) -> Claim | AccountNumber | None:
    """Give what a code is to a learner: a claim that opens, the number of an account, or None."""
    claim = await database.get(ClaimRow, code)
    if claim is not None and claim.used_at is None and moment < aware(claim.expires_at):
        return Claim(code)
    return None if await _row_of(database, code) is None else AccountNumber(code)


async def _row_of(database: AsyncSession, number: str) -> LearnerRow | None:
    return (await database.exec(select(LearnerRow).where(LearnerRow.code == number).with_for_update())).first()
