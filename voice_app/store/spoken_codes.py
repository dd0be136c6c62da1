"""Nine-digit codes of every kind are drawn from one space, so that one place to enter them is enough.

Codes of campaigns, sittings and claims, and numbers of accounts, have the same form (`engine.organization.codes`);
none is ever two things.
"""

from __future__ import annotations

import secrets

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.codes import CAMPAIGN_CODE_DIGITS, campaign_code
from voice_app.errors import StoreError
from voice_app.store.learner_tables import ClaimRow, LearnerRow
from voice_app.store.organization_tables import CampaignRow
from voice_app.store.sitting_tables import SittingRow

CODE_DRAWS = 100


async def draw_spoken_code(database: AsyncSession) -> str:
    """Give a code that opens nothing yet. Raises StoreError when so many draws found none."""
    free_digits = CAMPAIGN_CODE_DIGITS - 2
    for _ in range(CODE_DRAWS):
        code = campaign_code(f"{secrets.randbelow(10**free_digits):0{free_digits}d}")
        if code is not None and not await _is_taken(database, code):
            return code
    raise StoreError(f"{CODE_DRAWS} codes drawn by lot were all taken")


async def _is_taken(database: AsyncSession, code: str) -> bool:
    for table in (CampaignRow, SittingRow, ClaimRow, LearnerRow):
        if (await database.exec(select(table).where(table.code == code))).first() is not None:
            return True
    return False
