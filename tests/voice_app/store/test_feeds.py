"""What programs read page by page: each row once, a changed one again, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.organization.roles import Role
from voice_app.feeds import LOG_SETTLED_S, Cursor, Piece
from voice_app.live_feed import LocalFeed
from voice_app.organizations import CampaignDraft, Member
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_feeds import SqlFeeds
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_sittings import SqlSittings
from voice_app.store.sql_store import SqlStore

Read = Callable[[Cursor | None, int], Awaitable[Piece[Any]]]


@dataclass
class House:
    """An organisation with a member, on a database, at a moment that passes with every question."""

    store: SqlStore
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        rules = OrganizationRules(argon2_memory_kib=64, argon2_passes=1)
        self.organizations = SqlOrganizations(self.store.engine, rules, self.moment)
        self.accounts = SqlAccounts(self.store.engine, rules, self.moment)
        self.sittings = SqlSittings(self.store.engine, LocalFeed(), self.moment)
        self.feeds = SqlFeeds(self.store.engine, self.organizations, self.moment)

    def moment(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    async def member(self, name: str = "la Maison Bleue") -> Member:
        organization = await self.organizations.create(name)
        invitation = await self.organizations.invite(
            organization.id, f"ada@{organization.id}.example", Role.ADMIN, None
        )
        account = await self.accounts.identify(await self.accounts.accept(invitation, "Ada", "quatre mots faciles"))
        assert account is not None
        return account.members[0]


@pytest.fixture
async def house(url: str) -> AsyncIterator[House]:
    store = await SqlStore.open(url)
    yield House(store)
    await store.close()


async def read_all(read: Read, after: Cursor | None = None, limit: int = 2) -> tuple[Sequence[Any], Cursor | None]:
    """Give the ids of what the pages hold, in their order, and where the last one ended."""
    ids: list[Any] = []
    while True:
        piece = await read(after, limit)
        assert len(piece.items) <= limit
        ids += [each.id for each in piece.items]
        after = piece.next
        if not piece.more:
            return ids, after


async def test_sittings_come_once_and_a_closed_one_again(house: House) -> None:
    member = await house.member()
    here = member.organization.id
    opened = [(await house.sittings.open(here, f"Lundi {number}", None, member)).id for number in range(5)]
    elsewhere = await house.member("le Relais")
    await house.sittings.open(elsewhere.organization.id, "Mardi", None, elsewhere)

    def read(after: Cursor | None, limit: int) -> Awaitable[Piece[Any]]:
        return house.feeds.sittings(here, after, limit)

    first, end = await read_all(read)
    nothing, same = await read_all(read, end)
    assert await house.sittings.close_sitting(here, opened[1], member)
    changed, _ = await read_all(read, end)

    assert (first, nothing, same) == (opened, [], end)
    assert changed == [opened[1]]
    assert [each.is_open for each in (await read(end, 10)).items] == [False]


async def test_the_log_leaves_out_the_last_moments_and_then_misses_nothing(house: House) -> None:
    member = await house.member()
    here = member.organization.id
    for number in range(5):
        await house.organizations.create_campaign(here, CampaignDraft(f"Printemps {number}", "abc_diag"), member)

    def read(after: Cursor | None, limit: int) -> Awaitable[Piece[Any]]:
        return house.feeds.log(here, after, limit)

    early, _ = await read_all(read)
    house.now += timedelta(seconds=LOG_SETTLED_S)
    settled, end = await read_all(read)
    await house.organizations.create_campaign(here, CampaignDraft("Automne", "abc_diag"), member)
    house.now += timedelta(seconds=LOG_SETTLED_S)
    new, _ = await read_all(read, end)

    assert early == []
    assert [*settled, *new] == [each.id for each in reversed(await house.organizations.audit(here))]
    assert len(new) == 1


async def test_campaigns_and_members_come_once_and_an_archived_one_again(house: House) -> None:
    member = await house.member()
    here = member.organization.id
    made = [
        (await house.organizations.create_campaign(here, CampaignDraft(f"Printemps {n}", "abc_diag"), member)).id
        for n in range(5)
    ]

    def read(after: Cursor | None, limit: int) -> Awaitable[Piece[Any]]:
        return house.feeds.campaigns(here, after, limit)

    first, end = await read_all(read)
    assert await house.organizations.archive(here, made[0], member)
    changed, _ = await read_all(read, end)
    members, _ = await read_all(lambda after, limit: house.feeds.members(here, after, limit))

    assert first == made
    assert changed == [made[0]]
    assert members == [member.id]
