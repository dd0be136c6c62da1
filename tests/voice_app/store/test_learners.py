"""Claims and learners' accounts, on SQLite and PostgreSQL: once, for a while, guarded in all processes, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from voice_app.errors import StoreError, TooManyAttempts
from voice_app.learners import LearnerRefused
from voice_app.ports import SessionId
from voice_app.store.checking import ProjectionFault, check_database
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_learners import SqlLearners
from voice_app.store.sql_store import SqlStore

PIN = "4071"
RULES = OrganizationRules(argon2_memory_kib=64, argon2_passes=1, claim_days=30)


@dataclass
class Desk:
    store: SqlStore
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def learners(self) -> SqlLearners:
        """Give the accounts as a process of their own has them."""
        return SqlLearners(self.store.engine, RULES, StoreRules(), lambda: self.now)

    async def session(self) -> SessionId:
        return await self.store.open_session("kiosk", "bank-1")

    async def kinds(self, session: SessionId) -> list[str]:
        return [record.kind for record in await self.store.history(session)]


@pytest.fixture
async def desk(url: str) -> AsyncIterator[Desk]:
    store = await SqlStore.open(url)
    yield Desk(store)
    await store.close()


async def test_a_claim_a_week_later_opens_an_account_that_holds_the_session(desk: Desk) -> None:
    session = await desk.session()
    code, days = await desk.learners().issue_claim(session)
    desk.now += timedelta(days=7)

    learner = await desk.learners().open_account(code, PIN, channel="phone", asker="line")

    assert days == 30
    assert [each.session for each in await desk.learners().linked(learner.id)] == [session]
    assert await desk.learners().prove(learner.number, PIN, asker="line") == learner
    assert await desk.kinds(session) == ["result_claimed"]


async def test_a_claim_whose_event_cannot_be_written_is_not_used_up(desk: Desk) -> None:
    code, _ = await desk.learners().issue_claim(await desk.session())
    async with desk.store.engine.begin() as connection:
        await connection.execute(text("update site set standing = 'former'"))
    with pytest.raises(StoreError):
        await desk.learners().open_account(code, PIN, channel="phone", asker="line")
    async with desk.store.engine.begin() as connection:
        await connection.execute(text("update site set standing = 'own'"))

    learner = await desk.learners().open_account(code, PIN, channel="phone", asker="line")

    assert len(await desk.learners().linked(learner.id)) == 1


async def test_a_check_proves_the_links_of_accounts(desk: Desk, url: str) -> None:
    learners = desk.learners()
    kept, moved, apart = [await desk.session() for _ in range(3)]
    accounts = []
    for session in (kept, moved):
        code, _ = await learners.issue_claim(session)
        accounts.append(await learners.open_account(code, PIN, channel="phone", asker="line"))
    first, second = accounts
    code, _ = await learners.issue_claim(moved)
    await learners.link(first.id, code, channel="kiosk", asker="page")
    code, _ = await learners.issue_claim(apart)
    await learners.link(first.id, code, channel="kiosk", asker="page")
    await learners.unlink(first.id, apart, channel="kiosk")
    await learners.erase(second.id)
    whole = (await check_database(url, StoreRules())).faults
    async with desk.store.engine.begin() as connection:
        await connection.execute(text("delete from learner_session where session_id = :s"), {"s": kept})
        query = text("insert into learner_session values (:s, :l, :at)")
        await connection.execute(query, {"s": apart, "l": first.id, "at": desk.now.isoformat(sep=" ")})

    faults = (await check_database(url, StoreRules())).faults

    assert whole == []
    assert {(fault.session_id, fault.reason) for fault in faults if isinstance(fault, ProjectionFault)} == {
        (session, "is in an account by its events or by its row, not by both") for session in (kept, apart)
    }


async def test_a_claim_opens_once_even_for_two_at_once(desk: Desk) -> None:
    code, _ = await desk.learners().issue_claim(await desk.session())

    told = await asyncio.gather(
        *(desk.learners().open_account(code, PIN, channel="phone", asker=f"line{n}") for n in range(2)),
        return_exceptions=True,
    )

    refused = [each for each in told if isinstance(each, LearnerRefused)]
    assert [each.reason for each in refused] == ["claim_over"]


async def test_a_claim_ends_by_itself_and_with_a_newer_one(desk: Desk) -> None:
    session = await desk.session()
    first, _ = await desk.learners().issue_claim(session)
    second, _ = await desk.learners().issue_claim(session)
    with pytest.raises(LearnerRefused, match="claim_over"):
        await desk.learners().open_account(first, PIN, channel="phone", asker="line")
    desk.now += timedelta(days=31)

    with pytest.raises(LearnerRefused, match="claim_over"):
        await desk.learners().open_account(second, PIN, channel="phone", asker="line")


async def test_guessing_claims_ends_for_all_processes(desk: Desk) -> None:
    code, _ = await desk.learners().issue_claim(await desk.session())
    for _ in range(StoreRules().wrong_codes_per_asker):
        with pytest.raises(LearnerRefused):
            await desk.learners().open_account("900000000", PIN, channel="phone", asker="line")

    with pytest.raises(TooManyAttempts):
        await desk.learners().open_account(code, PIN, channel="phone", asker="line")


async def test_guessing_a_pin_locks_then_blocks(desk: Desk) -> None:
    code, _ = await desk.learners().issue_claim(await desk.session())
    learner = await desk.learners().open_account(code, PIN, channel="phone", asker="line")
    reasons = []
    for attempt in range(31):
        if attempt in (10, 20):
            with pytest.raises(LearnerRefused, match="locked"):
                await desk.learners().prove(learner.number, PIN, asker="line")
            desk.now += timedelta(hours=1)
        with pytest.raises(LearnerRefused) as refused:
            await desk.learners().prove(learner.number, "0000", asker="line")
        reasons.append(refused.value.reason)
        desk.now += timedelta(hours=1) if attempt == 29 else timedelta()

    assert reasons[:30] == ["wrong"] * 30
    assert reasons[30] == "blocked"


@pytest.mark.parametrize(("pin", "reason"), [("1111", "weak_pin"), ("407", "no_pin")])
async def test_a_pin_that_is_none_uses_nothing_up(desk: Desk, pin: str, reason: str) -> None:
    code, _ = await desk.learners().issue_claim(await desk.session())
    with pytest.raises(LearnerRefused, match=reason):
        await desk.learners().open_account(code, pin, channel="phone", asker="line")

    await desk.learners().open_account(code, PIN, channel="phone", asker="line")


async def test_another_result_joins_and_leaves_and_the_account_goes(desk: Desk) -> None:
    first, second = await desk.session(), await desk.session()
    learners = desk.learners()
    code, _ = await learners.issue_claim(first)
    learner = await learners.open_account(code, PIN, channel="phone", asker="line")
    code, _ = await learners.issue_claim(second)
    await learners.link(learner.id, code, channel="kiosk", asker="page")
    token = await learners.sign_in(learner.id)
    assert len(await learners.linked(learner.id)) == 2

    assert await learners.unlink(learner.id, second, channel="kiosk")
    assert not await learners.unlink(learner.id, second, channel="kiosk")
    assert await desk.kinds(second) == ["result_claimed", "result_unclaimed"]
    assert await learners.identify(token) == learner
    assert await learners.erase(learner.id)

    assert await learners.identify(token) is None
    assert await learners.linked(learner.id) == []
    with pytest.raises(LearnerRefused, match="wrong"):
        await learners.prove(learner.number, PIN, asker="line")


async def test_a_sign_in_on_a_page_ends_by_itself(desk: Desk) -> None:
    code, _ = await desk.learners().issue_claim(await desk.session())
    learner = await desk.learners().open_account(code, PIN, channel="kiosk", asker="page")
    token = await desk.learners().sign_in(learner.id)

    desk.now += timedelta(minutes=RULES.learner_minutes)

    assert await desk.learners().identify(token) is None
