"""The persons of organisations to whom callers are handed over: `telephony.contacts.ContactStore` in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.organizations import Author, OrganizationId
from voice_app.store.audit import write_audit
from voice_app.store.organization_tables import CampaignRow, OrganizationRow
from voice_app.store.tables import PhoneContactRow
from voice_app.store.transactions import reading, transaction, wall_clock
from voice_app.telephony.contacts import PhoneContact

STATEMENT_LIMIT_S = 8.0


class SqlContacts:
    """Contacts on an opened database; `clock` gives the moment, in UTC."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = wall_clock) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._clock = clock

    async def of_campaign(self, campaign: str) -> PhoneContact | None:
        """Give the person of the organisation that a campaign belongs to, None when it has none."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            found = await database.exec(
                select(PhoneContactRow)
                .join(CampaignRow, col(CampaignRow.organization_id) == col(PhoneContactRow.organization_id))
                .where(col(CampaignRow.id) == campaign)
            )
            return _contact(found.one_or_none())

    async def of(self, organization: OrganizationId) -> PhoneContact | None:
        """Give an organisation's person, None when it has none."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            return _contact(await database.get(PhoneContactRow, organization))

    async def set(self, organization: OrganizationId, contact: PhoneContact | None, by: Author) -> bool:
        """Name an organisation's person, or nobody. False when there is no such organisation."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            if await database.get(OrganizationRow, organization) is None:
                return False
            row = await database.get(PhoneContactRow, organization)
            if contact is None:
                if row is not None:
                    await database.delete(row)
            else:
                row = row or PhoneContactRow(organization_id=organization, person="", hours="")
                row.person, row.hours = contact.person, contact.hours
                database.add(row)
            action = "phone_person_removed" if contact is None else "phone_person_set"
            write_audit(database, organization, by, action, contact.person if contact else "", self._clock())
        return True


def _contact(row: PhoneContactRow | None) -> PhoneContact | None:
    return None if row is None else PhoneContact(row.person, row.hours)
