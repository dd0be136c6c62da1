"""Erasure in both databases: the person is gone everywhere, counts stay, and the chain still proves itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from engine.organization.tallies import Kind
from engine.sync.erasure import ERASED
from tests.voice_app.store.test_organizations import QUICK, House
from tests.voice_app.store.test_results import EVERYTHING, share
from voice_app.organizations import Campaign, Counts
from voice_app.ports import CallerMark, NewRecord, SessionId
from voice_app.results import ResultFilter
from voice_app.store.checking import check_database
from voice_app.store.erasing import STAYS, _references_to
from voice_app.store.rules import StoreRules
from voice_app.store.sql_learners import SqlLearners
from voice_app.store.sql_privacy import SqlPrivacy, months_before
from voice_app.store.sql_results import SqlResults
from voice_app.store.sql_store import SqlStore
from voice_app.store.tables import SessionRow


@pytest.fixture
async def house(url: str) -> AsyncIterator[House]:
    store = await SqlStore.open(url)
    yield House(store)
    await store.close()


async def _two_people(house: House) -> tuple[Campaign, SessionId, SessionId]:
    campaign = await house.campaign(await house.admin())
    return campaign, await share(house, campaign), await share(house, campaign, "phone")


async def test_who_is_erased_is_nowhere_and_still_counted(house: House, url: str) -> None:
    campaign, gone, stays = await _two_people(house)
    code = await house.store.issue_code(gone)
    await house.store.recognise_caller(CallerMark("mark"), gone)
    privacy, results, here = SqlPrivacy(house.store, QUICK), SqlResults(house.store.engine), campaign.organization.id
    newest = (await results.participants(here, campaign.id, EVERYTHING)).participants[-1]
    await results.put_in_cohort(here, campaign.id, newest.id, "mardi", None)

    assert await privacy.erase(gone)
    assert not await privacy.erase(gone)

    figures = await results.figures(here, campaign.id, EVERYTHING)
    today = datetime.now(UTC).date()
    this_year = ResultFilter(first=today.replace(month=1, day=1), last=today.replace(month=1, day=1))
    async with house.store.engine.connect() as connection:
        rows = [
            str(row)
            for table in ("event", "session", "participation", "resume_code", "caller")
            for row in (await connection.execute(text(f"select * from {table}"))).all()  # noqa: S608
        ]
    dump = "\n".join(rows)
    assert gone not in dump
    assert stays in dump
    assert (await house.store.history(gone), await privacy.kept(gone)) == ([], None)
    assert await house.store.find_session(code, asker="kiosk") is None
    assert await house.store.session_of_caller(CallerMark("mark")) is None
    assert [each.number async for each in results.stream(here, campaign.id, EVERYTHING)] == [2]
    assert figures.counts == Counts(2, 2, 2)
    assert figures.of(Kind.MASTERED) == {"web.search.1": 2}
    assert await results.cohorts(here, campaign.id) == []
    assert (await results.figures(here, campaign.id, this_year)).counts.shared == 1
    assert (await check_database(url, StoreRules())).faults == []


async def test_dates_become_their_year(house: House) -> None:
    _, gone, _ = await _two_people(house)

    await SqlPrivacy(house.store, QUICK).erase(gone)

    async with house.store.engine.connect() as connection:
        erased = (await connection.execute(text("select id, recorded_at from event where kind = 'erased'"))).all()
        part = (await connection.execute(text("select begun_at, shared_at from participation where erased"))).one()
    first = f"{datetime.now(UTC).year}-01-01"
    assert len(erased) == 6
    assert all(str(at).startswith(first) for each in erased for at in each[1:])
    assert all(str(at).startswith(first) for at in part)
    milliseconds = {int(each.id.replace("-", "")[:12], 16) for each in erased}
    assert {datetime.fromtimestamp(each / 1000, UTC).date().isoformat() for each in milliseconds} == {first}


async def test_content_that_went_without_an_erasure_is_a_fault(house: House, url: str) -> None:
    _, gone, stays = await _two_people(house)
    await SqlPrivacy(house.store, QUICK).erase(gone)
    async with house.store.engine.begin() as connection:
        query = text("update event set kind = :kind, payload = '{}' where session_id = :session and kind <> :other")
        await connection.execute(query, {"kind": ERASED, "session": stays, "other": "result_shared"})

    faults = (await check_database(url, StoreRules())).faults

    assert [fault.reason for fault in faults] == ["has no content, and no erasure names it"] * 5


async def test_an_event_changed_after_an_erasure_is_still_noticed(house: House, url: str) -> None:
    _, gone, stays = await _two_people(house)
    await SqlPrivacy(house.store, QUICK).erase(gone)
    async with house.store.engine.begin() as connection:
        await connection.execute(text("update event set channel = 'x' where session_id = :s"), {"s": stays})

    assert len((await check_database(url, StoreRules())).faults) == 6


async def test_no_table_that_names_a_session_keeps_it(house: House) -> None:
    _, gone, _ = await _two_people(house)
    await house.store.issue_code(gone)
    await SqlPrivacy(house.store, QUICK).erase(gone)

    columns = list(_references_to(SessionRow.__table__))  # type: ignore[attr-defined]
    async with house.store.engine.connect() as connection:
        left = {
            column.table.name
            for column in columns
            if (await connection.execute(select(column).where(column == gone))).first() is not None
        }

    assert {column.table.name for column in columns} > STAYS
    assert left == set()


async def test_time_erases_what_an_organisation_keeps_no_longer(house: House) -> None:
    campaign, old, _ = await _two_people(house)
    privacy = SqlPrivacy(house.store, QUICK, house.moment)
    alone = await house.store.open_session("kiosk", "bank-1")
    await house.store.append(alone, [NewRecord("item_answered", {})], channel="kiosk")
    await privacy.keep_for(campaign.organization.id, 3, None)
    house.now += timedelta(days=80)
    young = await privacy.erase_what_is_past()
    house.now += timedelta(days=60)

    erased = await privacy.erase_what_is_past()

    assert (young, erased, await privacy.erase_what_is_past()) == (0, 2, 0)
    assert await privacy.kept(old) is None
    assert await privacy.kept(alone) is not None
    house.now += timedelta(days=365 * 2)
    assert await privacy.erase_what_is_past() == 1


async def test_an_organisation_s_time_ends_no_history_that_its_person_keeps(house: House, url: str) -> None:
    campaign, own, other = await _two_people(house)
    here, results = campaign.organization.id, SqlResults(house.store.engine)
    learners = SqlLearners(house.store.engine, QUICK, StoreRules(), house.moment)
    code, _ = await learners.issue_claim(own)
    learner = await learners.open_account(code, "4071", channel="kiosk", asker="page")
    privacy = SqlPrivacy(house.store, QUICK, house.moment)
    await privacy.keep_for(here, 3, None)
    house.now += timedelta(days=140)

    erased = await privacy.erase_what_is_past()

    kept = await privacy.kept(own)
    assert (erased, await privacy.erase_what_is_past()) == (2, 0)
    assert await privacy.kept(other) is None
    assert kept is not None
    assert kept.participations == []
    assert [each.kind for each in kept.events][-2:] == ["result_claimed", "participation_released"]
    assert [each.session for each in await learners.linked(learner.id)] == [own]
    assert [each async for each in results.stream(here, campaign.id, EVERYTHING)] == []
    assert (await results.figures(here, campaign.id, EVERYTHING)).counts == Counts(2, 2, 2)
    assert (await check_database(url, StoreRules())).faults == []

    house.now += timedelta(days=365)
    await learners.prove(learner.number, "4071", asker="page")
    house.now += timedelta(days=600)
    assert await privacy.erase_what_is_past() == 0
    house.now += timedelta(days=200)
    assert await privacy.erase_what_is_past() == 1
    assert await privacy.erase_what_is_past() == 0
    async with house.store.engine.connect() as connection:
        left = (await connection.execute(text("select id from learner union select code from claim"))).all()
    assert left == []


async def test_what_is_kept_is_told_whole(house: House) -> None:
    campaign, session, _ = await _two_people(house)
    await house.store.issue_code(session)

    kept = await SqlPrivacy(house.store, QUICK).kept(session)

    assert kept is not None
    assert [each.kind for each in kept.events][-1] == "result_shared"
    assert kept.has_code
    assert [(each.campaign, each.organization) for each in kept.participations] == [(campaign.title, "la Maison Bleue")]
    assert len(kept.to_data()["events"]) == 6


async def test_an_organisation_keeps_for_one_month_to_five_years(house: House) -> None:
    admin = await house.admin()
    privacy = SqlPrivacy(house.store, QUICK)

    told = [await privacy.keep_for(admin.organization.id, months, admin) for months in (0, 61, 12)]

    assert told == [False, False, True]
    assert await privacy.retention(admin.organization.id) == 12


def test_months_are_counted_back_over_the_year() -> None:
    assert months_before(datetime(2026, 2, 28, tzinfo=UTC), 3) == datetime(2025, 11, 1, tzinfo=UTC)
