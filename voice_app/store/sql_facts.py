"""What organisations say of themselves: kind, tags, legal id, training organisation or not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.organization.campaigns import LONGEST_NAME
from voice_app.organizations import Author, InvalidMember, OrganizationFacts, OrganizationId, ShownOrganization
from voice_app.store.audit import write_audit
from voice_app.store.organization_tables import OrganizationRow
from voice_app.store.sql_access import shown
from voice_app.store.transactions import reading, transaction, wall_clock

STATEMENT_LIMIT_S = 8.0
MOST_TAGS = 20
LONGEST_WORD = 40
_LEGAL_ID = re.compile(r"[0-9A-Z][0-9A-Z .-]{0,30}")


class SqlFacts:
    """Facts on an opened database; `clock` gives the moment, in UTC."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = wall_clock) -> None:
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._clock = clock

    async def shown(self, organization: OrganizationId) -> ShownOrganization | None:
        """Give an organisation with what it says of itself, or None."""
        async with reading(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(OrganizationRow, organization)
        return None if row is None else shown(row)

    async def describe(
        self, organization: OrganizationId, facts: OrganizationFacts, by: Author, name: str | None = None
    ) -> bool:
        """Set what an organisation says of itself, and its name when one is given. False when there is none.

        Raises InvalidMember: `name_missing`, `word_too_long`, `too_many_tags`, `legal_id`.
        """
        kind, tags = _word(facts.kind), tuple(dict.fromkeys(filter(None, map(_word, facts.tags))))
        legal_id = " ".join(facts.legal_id.upper().split())
        if len(tags) > MOST_TAGS:
            raise InvalidMember("too_many_tags", f"an organisation has at most {MOST_TAGS} tags")
        if legal_id and not _LEGAL_ID.fullmatch(legal_id):
            raise InvalidMember("legal_id", "a legal id is made of letters, digits, points and hyphens")
        called = None if name is None else " ".join(name.split())
        if called is not None and not 0 < len(called) <= LONGEST_NAME:
            raise InvalidMember("name_missing", f"a name has 1 to {LONGEST_NAME} characters")
        async with transaction(self._sessions, STATEMENT_LIMIT_S) as database:
            row = await database.get(OrganizationRow, organization, with_for_update=True)
            if row is None:
                return False
            row.kind, row.tags, row.legal_id, row.training = kind, list(tags), legal_id, facts.training
            row.name = called or row.name
            database.add(row)
            write_audit(database, organization, by, "organization_described", row.name, self._clock())
        return True


def _word(text: str) -> str:
    word = " ".join(text.split()).lower()
    if len(word) > LONGEST_WORD:
        raise InvalidMember("word_too_long", f"a kind or a tag has at most {LONGEST_WORD} characters")
    return word
