"""The answers behind the shared results of a campaign, for a comparison between channels, and what it found.

Answers leave the database as figures only: no page of an organisation shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.tallies import Kind
from voice_app.mode_effects import PEOPLE, Answered, Compared
from voice_app.store.organization_tables import CampaignRow, ParticipationRow
from voice_app.store.result_tables import ALL_DAYS, ModeEffectRow, TallyRow
from voice_app.store.tables import EventRow
from voice_app.store.transactions import reading, transaction, wall_clock

STATEMENT_LIMIT_S = 60.0
SESSIONS_AT_ONCE = 500
ANSWERED, WITHDRAWN = "item_answered", "answer_withdrawn"


class SqlComparisons:
    """Comparisons on an opened database; `clock` gives the moment, in UTC."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = wall_clock) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._clock = clock

    async def campaigns(self) -> Sequence[Compared]:
        """Give all campaigns, by code."""
        shared = (
            select(TallyRow.campaign_id, func.sum(TallyRow.people).label("people"))
            .where(TallyRow.day == ALL_DAYS, TallyRow.kind == Kind.SHARED)
            .group_by(col(TallyRow.campaign_id))
            .subquery("shared")
        )
        query = (
            select(CampaignRow, shared.c.people, ModeEffectRow.found)
            .outerjoin(shared, shared.c.campaign_id == col(CampaignRow.id))
            .outerjoin(ModeEffectRow, col(ModeEffectRow.campaign_id) == col(CampaignRow.id))
            .order_by(col(CampaignRow.code))
        )
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            rows = (await database.exec(query)).all()
        return [
            Compared(row.id, row.code, row.title, row.path, int(people or 0), int((found or {}).get(PEOPLE, 0)))
            for row, people, found in rows
        ]

    async def answers(self, campaign: str) -> Sequence[Answered]:
        """Give the answers of all people who shared their result with this campaign, the last word of each."""
        told: list[Answered] = []
        last = ""
        while True:
            query = (
                select(ParticipationRow.session_id)
                .where(ParticipationRow.campaign_id == campaign, col(ParticipationRow.snapshot).is_not(None))
                .where(col(ParticipationRow.session_id) > last)
                .order_by(col(ParticipationRow.session_id))
                .limit(SESSIONS_AT_ONCE)
            )
            async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
                sessions = [name for name in await database.exec(query) if name]
                events = await database.exec(
                    select(EventRow.session_id, EventRow.kind, EventRow.payload)
                    .where(col(EventRow.session_id).in_(sessions), col(EventRow.kind).in_((ANSWERED, WITHDRAWN)))
                    .order_by(col(EventRow.session_id), col(EventRow.sequence))
                )
                told += _last_words(events.all())
            if len(sessions) < SESSIONS_AT_ONCE:
                return told
            last = sessions[-1]

    async def keep(self, campaign: str, found: Mapping[str, Any]) -> None:
        """Keep what a comparison found, in place of the one before."""
        row = ModeEffectRow(campaign_id=campaign, found=dict(found), compared_at=self._clock())
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await database.merge(row)


def _last_words(events: Sequence[tuple[str, str, Mapping[Any, Any]]]) -> list[Answered]:
    kept: dict[tuple[str, str], Answered] = {}
    for session, kind, payload in events:
        place = (session, str(payload["item"]))
        kept.pop(place, None)
        if kind == ANSWERED:
            evidence = payload["evidence"]
            kept[place] = Answered(
                person=session,
                item=place[1],
                evidence=(evidence["correct"], evidence["incorrect"], evidence["dont_know"]),
                aid=int(payload["aid"]),
                channel=str(payload["channel"]),
                input_mode=str(payload["input_mode"]),
            )
    return list(kept.values())
