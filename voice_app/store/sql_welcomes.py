"""Recorded words of welcome in the database, so that every process and every backup has them.

The recording stands beside its words, which are shown, and said where it is missing. A site that fetches the campaign
from its hub fetches the recording with it (`sql_exchange`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.campaigns import InvalidCampaign
from voice_app.organizations import Author
from voice_app.store.audit import write_audit
from voice_app.store.organization_tables import CampaignRow, CampaignSoundRow
from voice_app.store.sql_accounts import STATEMENT_LIMIT_S
from voice_app.store.transactions import reading, transaction, wall_clock

REMEMBERED = 32
"""Recordings kept in memory: a campaign is taken by many at the same time."""


class SqlWelcomes:
    """Recordings on an opened database; bodies are WAV files. `clock` gives the moment, in UTC."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = wall_clock) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._clock = clock
        self._remembered: dict[str, bytes] = {}

    async def keep(
        self, organization: str, campaign: str, locale: str, body: bytes, duration_ms: int, by: Author
    ) -> bool:
        """Keep the recording of a campaign's words in a language; the one before goes. False for no such campaign.

        Raises InvalidCampaign when the campaign has no words in this language: they always stand beside the sound.
        """
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(CampaignRow, campaign, with_for_update=True)
            if row is None or row.organization_id != organization:
                return False
            if not row.welcome.get(locale):
                raise InvalidCampaign("recording", "no_words")
            moment = self._clock()
            await database.merge(
                CampaignSoundRow(
                    campaign_id=campaign,
                    locale=locale,
                    digest=hashlib.sha256(body).hexdigest(),
                    body=body,
                    duration_ms=duration_ms,
                    kept_at=moment,
                )
            )
            write_audit(database, organization, by, "welcome_recorded", row.title, moment)
        return True

    async def remove(self, organization: str, campaign: str, locale: str, by: Author) -> bool:
        """Remove a recording: the voice says the words again. False when there is none."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(CampaignRow, campaign)
            sound = await database.get(CampaignSoundRow, (campaign, locale))
            if row is None or row.organization_id != organization or sound is None:
                return False
            await database.delete(sound)
            write_audit(database, organization, by, "welcome_unrecorded", row.title, self._clock())
        return True

    async def listed(self, organization: str, campaign: str) -> Mapping[str, int]:
        """Give the length of each recording of a campaign, in milliseconds, by language."""
        query = (
            select(CampaignSoundRow.locale, CampaignSoundRow.duration_ms)
            .join(CampaignRow, col(CampaignRow.id) == col(CampaignSoundRow.campaign_id))
            .where(CampaignRow.organization_id == organization, CampaignSoundRow.campaign_id == campaign)
        )
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            return dict((await database.exec(query)).all())

    async def body(self, organization: str, campaign: str, locale: str) -> bytes | None:
        """Give a recording as a WAV file, or None."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(CampaignRow, campaign)
            sound = await database.get(CampaignSoundRow, (campaign, locale))
        return None if row is None or row.organization_id != organization or sound is None else sound.body

    async def of_name(self, digest: str) -> bytes | None:
        """Give the recording of this name as a WAV file; None when it was removed."""
        if digest not in self._remembered:
            query = select(CampaignSoundRow.body).where(CampaignSoundRow.digest == digest)
            async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
                found = (await database.exec(query)).first()
            if found is None:
                return None
            while len(self._remembered) >= REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[digest] = found
        return self._remembered[digest]
