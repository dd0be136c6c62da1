"""Entries of an organisation's audit log, written in the transaction of what they tell."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.organizations import AuditEntry, Author, Member, Program
from voice_app.store.envelopes import aware
from voice_app.store.identifiers import uuid7
from voice_app.store.organization_tables import AccountRow, AuditRow
from voice_app.store.transactions import milliseconds


def write_audit(
    database: AsyncSession, organization: str, by: Author, action: str, subject: str, moment: datetime
) -> None:
    """Note who did what to what. `subject` is a name, never a secret."""
    database.add(
        AuditRow(
            id=uuid7(milliseconds(moment)),
            organization_id=organization,
            account_id=by.account if isinstance(by, Member) else None,
            program=by.name if isinstance(by, Program) else None,
            action=action,
            subject=subject,
            at=moment,
        )
    )


def entry_of(row: AuditRow, account: AccountRow | None) -> AuditEntry:
    """Give an entry as it is told; `account`: who is named by it, None for a program or the command line."""
    who = (row.program or "") if account is None else account.name
    return AuditEntry(aware(row.at), who, row.action, row.subject, row.id)
