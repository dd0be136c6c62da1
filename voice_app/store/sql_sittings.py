"""Sittings in the database: `sittings.Sittings` for the page and `sittings.LiveDesk` for conversations.

Each query of the page names the organisation. The look for waiting requests is one query for all conversations of the
process: whoever looks within `SHARED_FOR_S` of it shares its answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.campaigns import LONGEST_TITLE, InvalidCampaign
from engine.organization.sittings import LONGEST_HINT, LONGEST_NOTE, Seat
from voice_app.organizations import Author, InvalidMember, Member, OrganizationId, Program
from voice_app.ports import SessionId
from voice_app.sittings import JOIN, REQUESTS, Draft, Glimpse, LiveFeed, Note, Request, Sitting, TakenSeat
from voice_app.store.audit import write_audit
from voice_app.store.chains import own_chain
from voice_app.store.envelopes import aware
from voice_app.store.identifiers import uuid7
from voice_app.store.organization_tables import AccountRow, CampaignRow, OrganizationRow
from voice_app.store.seats import goes_on, seat_in
from voice_app.store.sitting_lists import as_sitting, listed_sittings
from voice_app.store.sitting_tables import GlimpseRow, SeatRow, SittingNoteRow, SittingRequestRow, SittingRow
from voice_app.store.spoken_codes import draw_spoken_code
from voice_app.store.sql_accounts import STATEMENT_LIMIT_S
from voice_app.store.tables import EventRow, SessionRow
from voice_app.store.transactions import milliseconds, reading, transaction, wall_clock

STALE_AFTER_S = 60
"""A request that no conversation has taken by then is not carried out any more: the moment has passed."""
SHARED_FOR_S = 0.3


class SqlSittings:
    """Sittings on an opened database; `clock` gives the moment, in UTC."""

    def __init__(self, engine: AsyncEngine, feed: LiveFeed, clock: Callable[[], datetime] = wall_clock) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._feed = feed
        self._clock = clock
        self._looked_at = -SHARED_FOR_S
        self._looking = asyncio.Lock()
        self._called: frozenset[str] = frozenset()

    @property
    def feed(self) -> LiveFeed:
        return self._feed

    # --- the page's side ---------------------------------------------------------------------------------------

    async def open(
        self,
        organization: OrganizationId,
        title: str,
        campaign: str | None,
        mediator: Member,
        by: Program | None = None,
    ) -> Sitting:
        """Give a new sitting with its code. Raises InvalidCampaign."""
        title = " ".join(title.split())
        if not title:
            raise InvalidCampaign("title", "missing")
        if len(title) > LONGEST_TITLE:
            raise InvalidCampaign("title", "too_long")
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await own_chain(database)  # so that no later commit has an earlier moment (`feeds`)
            moment = self._clock()
            taken = None if campaign is None else await database.get(CampaignRow, campaign)
            if campaign is not None and (taken is None or taken.organization_id != organization):
                raise InvalidCampaign("campaign", "missing")
            row = SittingRow(
                id=uuid7(milliseconds(moment)),
                organization_id=organization,
                account_id=mediator.account,
                campaign_id=campaign,
                title=title,
                code=await draw_spoken_code(database),
                opened_at=moment,
            )
            database.add(row)
            write_audit(database, organization, by or mediator, "sitting_opened", title, moment)
            await database.flush()
            (made,) = await self._listed(database, organization, row.id, 1)
        return made

    async def listed(self, organization: OrganizationId, limit: int = 50) -> Sequence[Sitting]:
        """Give the sittings, newest first."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            return await self._listed(database, organization, None, limit)

    async def find(self, organization: OrganizationId, sitting: str) -> Sitting | None:
        """Give one sitting of this organisation, or None."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            found = await self._listed(database, organization, sitting, 1)
        return found[0] if found else None

    async def close_sitting(self, organization: OrganizationId, sitting: str, by: Author) -> bool:
        """End a sitting: its code opens no more, and everybody in it goes on alone."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await own_chain(database)
            moment = self._clock()
            row = await _sitting_of(database, organization, sitting)
            if row is None:
                return False
            if row.closed_at is None:
                row.closed_at = moment
                database.add(row)
                write_audit(database, organization, by, "sitting_closed", row.title, moment)
            for seat in await _seats_of(database, sitting):
                if seat.left_at is None:
                    database.add(self._request(sitting, seat.session_id, Draft("leave"), moment))
        self._tell(sitting)
        return True

    async def seats(self, organization: OrganizationId, sitting: str) -> Sequence[TakenSeat]:
        """Give the places of a sitting by number."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            if await _sitting_of(database, organization, sitting) is None:
                return []
            query = (
                select(SeatRow, SessionRow, GlimpseRow)
                .join(SessionRow, col(SessionRow.id) == col(SeatRow.session_id))
                .outerjoin(GlimpseRow, col(GlimpseRow.session_id) == col(SeatRow.session_id))
                .where(SeatRow.sitting_id == sitting)
                .order_by(col(SeatRow.number))
            )
            return [
                TakenSeat(
                    sitting=sitting,
                    session=SessionId(seat.session_id),
                    number=seat.number,
                    joined_at=aware(seat.joined_at),
                    left_at=None if seat.left_at is None else aware(seat.left_at),
                    channel=session.channel,
                    glimpse=None if glimpse is None else Glimpse.from_data(glimpse.data),
                )
                for seat, session, glimpse in (await database.exec(query)).all()
            ]

    async def ask(
        self, organization: OrganizationId, sitting: str, session: str, draft: Draft, by: Program | None = None
    ) -> bool:
        """Hand a request to a conversation; False when nobody of this sitting has this session, or has left."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            seat = await _seat_of(database, organization, sitting, session, there=True)
            if seat is None:
                return False
            await self._note_program(database, by, "sitting_act", sitting, f"{seat.number} – {draft.act}")
            database.add(self._request(sitting, session, draft, self._clock()))
        self._tell(sitting, session)
        return True

    async def invite(
        self, organization: OrganizationId, sitting: str, session: SessionId, by: Program | None = None
    ) -> bool:
        """Ask the person of a session whether they agree to be helped."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await _sitting_of(database, organization, sitting)
            if row is None or not goes_on(row, self._clock()):
                return False
            await self._note_program(database, by, "sitting_asked_in", sitting)
            database.add(self._request(sitting, session, Draft(JOIN), self._clock()))
        self._tell(sitting, session)
        return True

    async def last_request(self, session: str) -> Request | None:
        """Give the newest request to a session, carried out or not."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            query = select(SittingRequestRow).where(SittingRequestRow.session_id == session)
            row = (await database.exec(query.order_by(col(SittingRequestRow.id).desc()).limit(1))).first()
        return None if row is None else _as_request(row)

    async def note(
        self,
        organization: OrganizationId,
        sitting: str,
        session: str,
        draft: Draft,
        by: Member,
        program: Program | None = None,
    ) -> str:
        """Keep a note and give its id. Raises InvalidMember: empty or too long, or no such seat."""
        words = draft.words.strip()
        if not 0 < len(words) <= LONGEST_NOTE:
            raise InvalidMember("note_length")
        moment = self._clock()
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            seat = await _seat_of(database, organization, sitting, session)
            if seat is None:
                raise InvalidMember("no_seat")
            await self._note_program(database, program, "sitting_note", sitting, f"{seat.number} – {by.name}")
            row = SittingNoteRow(
                id=uuid7(milliseconds(moment)),
                sitting_id=sitting,
                session_id=session,
                account_id=by.account,
                item=draft.item,
                words=words,
                at=moment,
            )
            database.add(row)
        self._tell(sitting, session)
        return row.id

    async def notes(self, organization: OrganizationId, sitting: str, session: str) -> Sequence[Note]:
        """Give the notes on a session, oldest first."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            if await _seat_of(database, organization, sitting, session) is None:
                return []
            query = (
                select(SittingNoteRow, AccountRow)
                .join(AccountRow, col(AccountRow.id) == col(SittingNoteRow.account_id))
                .where(SittingNoteRow.sitting_id == sitting, SittingNoteRow.session_id == session)
                .order_by(col(SittingNoteRow.id))
            )
            return [
                Note(row.id, row.words, row.item, account.name, aware(row.at))
                for row, account in (await database.exec(query)).all()
            ]

    async def version(self, sitting: str, session: str | None = None) -> str:
        """Give a word that changes with whatever the page of a sitting (or of one place in it) shows."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(SittingRow, sitting)
            seats = await _seats_of(database, sitting)
            ours = [seat.session_id for seat in seats] if session is None else [session]
            told: list[object] = [row is not None and goes_on(row, self._clock()), len(seats)]
            told += [seat.left_at for seat in seats]
            for column, of in (
                (func.max(EventRow.sequence), EventRow.session_id),
                (func.max(GlimpseRow.at), GlimpseRow.session_id),
                (func.count(), SittingNoteRow.session_id),
            ):
                told.append((await database.exec(select(column).where(col(of).in_(ours)))).first())
            requests = select(SittingRequestRow.id, SittingRequestRow.outcome).where(
                col(SittingRequestRow.session_id).in_(ours)
            )
            told.append((await database.exec(requests.order_by(col(SittingRequestRow.id).desc()).limit(1))).first())
        return repr(told)

    # --- the conversation's side -------------------------------------------------------------------------------

    async def waiting(self, session: SessionId) -> Sequence[Request]:
        """Give the requests to this conversation that nobody has carried out, oldest first."""
        async with self._looking:
            if monotonic() - self._looked_at >= SHARED_FOR_S:
                self._called = await self._look()
                self._looked_at = monotonic()
        if session not in self._called:
            return []
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            query = (
                select(SittingRequestRow, SittingRow, OrganizationRow)
                .join(SittingRow, col(SittingRow.id) == col(SittingRequestRow.sitting_id))
                .join(OrganizationRow, col(OrganizationRow.id) == col(SittingRow.organization_id))
                .where(SittingRequestRow.session_id == session, SittingRequestRow.outcome == "")
                .where(col(SittingRequestRow.asked_at) >= self._clock() - timedelta(seconds=STALE_AFTER_S))
                .order_by(col(SittingRequestRow.id))
            )
            found = []
            for row, sitting, organization in (await database.exec(query)).all():
                seat = await seat_in(database, sitting, organization, self._clock()) if row.act == JOIN else None
                found.append(_as_request(row, seat))
        return found

    async def settle(self, request: Request, outcome: str) -> None:
        """Note what came of a request; the words of a hint are forgotten with it."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(SittingRequestRow, request.id)
            if row is not None:
                row.outcome, row.words = outcome, ""
                database.add(row)
        self._tell(request.sitting, request.session)

    async def show(self, session: SessionId, glimpse: Glimpse) -> None:
        """Keep what the conversation is at; the one before it is forgotten."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await database.merge(GlimpseRow(session_id=session, data=asdict(glimpse), at=self._clock()))
            query = select(SeatRow.sitting_id).where(SeatRow.session_id == session, col(SeatRow.left_at).is_(None))
            sittings = (await database.exec(query)).all()
        for sitting in sittings:
            self._tell(sitting, session)

    async def ask_again(self, sitting: str, session: SessionId) -> None:
        """Ask whoever has this conversation now whether they agree to be helped."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            database.add(self._request(sitting, session, Draft(JOIN), self._clock()))
        self._tell(sitting, session)

    async def is_open(self, sitting: str) -> bool:
        """Tell whether a sitting goes on."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(SittingRow, sitting)
        return row is not None and goes_on(row, self._clock())

    # --- within ------------------------------------------------------------------------------------------------

    async def _look(self) -> frozenset[str]:
        """Give the sessions that somebody waits for; what is stale is forgotten."""
        oldest = self._clock() - timedelta(seconds=STALE_AFTER_S)
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            query = select(SittingRequestRow.session_id, SittingRequestRow.asked_at).where(
                SittingRequestRow.outcome == ""
            )
            waiting = (await database.exec(query)).all()
            if any(aware(asked_at) < oldest for _, asked_at in waiting):
                await database.exec(
                    delete(SittingRequestRow)
                    .where(col(SittingRequestRow.outcome) == "")
                    .where(col(SittingRequestRow.asked_at) < oldest)
                )
        return frozenset(session for session, asked_at in waiting if aware(asked_at) >= oldest)

    def _request(self, sitting: str, session: str, draft: Draft, moment: datetime) -> SittingRequestRow:
        return SittingRequestRow(
            id=uuid7(milliseconds(moment)),
            sitting_id=sitting,
            session_id=session,
            act=draft.act,
            item=draft.item,
            words=" ".join(draft.words.split())[:LONGEST_HINT],
            option=draft.option,
            done_for_them=draft.done_for_them,
            asked_at=moment,
        )

    async def _note_program(
        self, database: AsyncSession, by: Program | None, action: str, sitting: str, more: str = ""
    ) -> None:
        """Write what a program does in a sitting into the audit log; of a person there is the place's number only."""
        if by is not None:
            row = await database.get_one(SittingRow, sitting)
            subject = f"{row.title} – {more}" if more else row.title
            write_audit(database, row.organization_id, by, action, subject, self._clock())

    def _tell(self, sitting: str, session: str | None = None) -> None:
        self._looked_at = -SHARED_FOR_S
        for topic in (sitting, session, REQUESTS):
            if topic is not None:
                self._feed.tell(topic)

    async def _listed(
        self, database: AsyncSession, organization: str, sitting: str | None, limit: int
    ) -> Sequence[Sitting]:
        query = listed_sittings(organization).order_by(col(SittingRow.id).desc()).limit(limit)
        if sitting is not None:
            query = query.where(SittingRow.id == sitting)
        moment = self._clock()
        rows = (await database.exec(query)).all()
        return [as_sitting(row, account, campaign, seats, moment) for row, account, campaign, seats in rows]


async def _sitting_of(database: AsyncSession, organization: str, sitting: str) -> SittingRow | None:
    row = await database.get(SittingRow, sitting)
    return row if row is not None and row.organization_id == organization else None


async def _seats_of(database: AsyncSession, sitting: str) -> Sequence[SeatRow]:
    query = select(SeatRow).where(SeatRow.sitting_id == sitting).order_by(col(SeatRow.number))
    return (await database.exec(query)).all()


async def _seat_of(
    database: AsyncSession, organization: str, sitting: str, session: str, *, there: bool = False
) -> SeatRow | None:
    if await _sitting_of(database, organization, sitting) is None:
        return None
    query = select(SeatRow).where(SeatRow.sitting_id == sitting, SeatRow.session_id == session)
    row = (await database.exec(query)).first()
    return None if row is None or (there and row.left_at is not None) else row


def _as_request(row: SittingRequestRow, seat: Seat | None = None) -> Request:
    return Request(
        id=row.id,
        sitting=row.sitting_id,
        session=SessionId(row.session_id),
        act=row.act,
        item=row.item,
        words=row.words,
        option=row.option,
        done_for_them=row.done_for_them,
        outcome=row.outcome,
        seat=seat,
    )
