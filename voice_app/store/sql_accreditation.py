"""Files for accreditation in the database, with what decides the way: whether the organisation trains."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.accreditation import AccreditationFile, Way, checked, way_of
from voice_app.organizations import Author, OrganizationId
from voice_app.store.accreditation_tables import AccreditationRow
from voice_app.store.audit import write_audit
from voice_app.store.organization_tables import OrganizationRow
from voice_app.store.transactions import reading, transaction, wall_clock

STATEMENT_LIMIT_S = 8.0


class SqlAccreditation:
    """Files on an opened database; `clock` gives the moment, in UTC."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = wall_clock) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._clock = clock

    async def file(self, organization: OrganizationId) -> tuple[AccreditationFile, Way]:
        """Give an organisation's file, empty before it has one, and the way that is open to it."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(AccreditationRow, organization)
            owner = await database.get(OrganizationRow, organization)
        file = AccreditationFile() if row is None else AccreditationFile.from_data(row.file)
        return file, way_of(training=owner is not None and owner.training)

    async def keep(self, organization: OrganizationId, file: AccreditationFile, by: Author) -> None:
        """Keep an organisation's file in place of the one before."""
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            await database.merge(AccreditationRow(organization_id=organization, file=checked(file).to_data()))
            write_audit(database, organization, by, "accreditation_kept", "", self._clock())
