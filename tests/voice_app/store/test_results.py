"""Results of campaigns in both databases: counts that are kept are what the people would give, and pages by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from engine.organization.snapshot import AreaResult, Snapshot
from engine.organization.tallies import Kind, Tally
from tests.voice_app.store.test_organizations import House
from voice_app.organizations import Campaign, Counts
from voice_app.ports import NewRecord, SessionId
from voice_app.results import ResultFilter
from voice_app.store import migrate
from voice_app.store.sql_comparisons import SqlComparisons
from voice_app.store.sql_results import PAGE, SqlResults
from voice_app.store.sql_store import SqlStore

EVERYTHING = ResultFilter()
MIGRATIONS = Path(migrate.__file__).parent / "migrations"


@pytest.fixture
async def house(url: str) -> AsyncIterator[House]:
    store = await SqlStore.open(url)
    yield House(store)
    await store.close()


def snapshot(channel: str, skill: str) -> Snapshot:
    return Snapshot("abc_diag", "fr", channel, "almost", 0, {}, {"1": AreaResult(2, (skill,), ("web.search.2",))})


async def share(house: House, campaign: Campaign, channel: str = "kiosk", skill: str = "web.search.1") -> SessionId:
    session = await house.store.open_session("kiosk", "bank-1")
    consent = {"purpose": "share_result", "recipient": campaign.id, "agreed": True}
    shared = {"campaign": campaign.id, "snapshot": snapshot(channel, skill).to_data()}
    records = [
        NewRecord("campaign_joined", {"campaign": campaign.id}),
        NewRecord("session_finished", {}),
        NewRecord("answer_withdrawn", {"item": "i9"}),
        NewRecord("session_finished", {}),
        NewRecord("consent_answered", consent),
        NewRecord("result_shared", shared),
    ]
    await house.store.append(session, records, channel=channel)
    return session


async def test_counts_that_are_kept_are_what_the_people_give(house: House) -> None:
    campaign = await house.campaign(await house.admin())
    results = SqlResults(house.store.engine)
    for place in range(12):
        await share(house, campaign, ("kiosk", "phone")[place % 2], f"web.search.{place % 3}")

    figures = await results.figures(campaign.organization.id, campaign.id, EVERYTHING)
    people = [each async for each in results.stream(campaign.organization.id, campaign.id, EVERYTHING)]

    assert figures.counts == Counts(12, 12, 12)
    assert figures.of(Kind.MASTERED) == Counter(skill for each in people for skill in each.snapshot.mastered)
    assert figures.of(Kind.TO_LEARN) == {"web.search.2": 12}
    assert {name: counts[Tally(Kind.COMPLETED)] for name, counts in figures.channels.items()} == {
        "kiosk": 6,
        "phone": 6,
    }
    assert [each.number for each in people] == list(range(1, 13))


async def test_filters_choose_the_same_people_for_figures_pages_and_exports(house: House) -> None:
    campaign = await house.campaign(await house.admin())
    results, here = SqlResults(house.store.engine), campaign.organization.id
    for channel in ("kiosk", "phone", "phone"):
        await share(house, campaign, channel)
    today = datetime.now(UTC).date()
    newest = (await results.participants(here, campaign.id, EVERYTHING)).participants[0]
    await results.put_in_cohort(here, campaign.id, newest.id, "mardi", None)

    told = []
    for chosen in (
        ResultFilter(channel="phone"),
        ResultFilter(cohort="mardi"),
        ResultFilter(first=today, last=today),
        ResultFilter(last=today - timedelta(days=1)),
    ):
        figures = await results.figures(here, campaign.id, chosen)
        page = await results.participants(here, campaign.id, chosen)
        exported = [each async for each in results.stream(here, campaign.id, chosen)]
        told.append((figures.counts.shared, len(page.participants), len(exported)))

    assert told == [(2, 2, 2), (1, 1, 1), (3, 3, 3), (0, 0, 0)]
    assert await results.cohorts(here, campaign.id) == ["mardi"]


async def test_pages_go_on_by_number_there_and_back(house: House) -> None:
    campaign = await house.campaign(await house.admin())
    results, here = SqlResults(house.store.engine), campaign.organization.id
    for _ in range(PAGE + 3):
        await share(house, campaign)

    first = await results.participants(here, campaign.id, EVERYTHING)
    second = await results.participants(here, campaign.id, EVERYTHING, before=first.older)
    back = await results.participants(here, campaign.id, EVERYTHING, after=second.newer)

    assert [each.number for each in first.participants] == list(range(PAGE + 3, 3, -1))
    assert [each.number for each in second.participants] == [3, 2, 1]
    assert (first.newer, second.older) == (None, None)
    assert [each.number for each in back.participants] == [each.number for each in first.participants]
    assert (back.older, back.newer) == (first.older, None)


async def test_nothing_of_another_organisation_is_counted(house: House) -> None:
    campaign = await house.campaign(await house.admin())
    stranger = await house.admin("le Relais", "eve@relais.example")
    await share(house, campaign)
    results, there = SqlResults(house.store.engine), stranger.organization.id
    newest = (await results.participants(campaign.organization.id, campaign.id, EVERYTHING)).participants[0]

    assert (await results.figures(there, campaign.id, EVERYTHING)).counts == Counts()
    assert (await results.participants(there, campaign.id, EVERYTHING)).participants == ()
    assert not await results.put_in_cohort(there, campaign.id, newest.id, "x", stranger)
    assert not await results.publish(there, campaign.id, True, stranger)
    assert await results.published(campaign.code) is None


async def test_a_comparison_reads_the_last_word_of_who_shared_and_is_kept(house: House) -> None:
    campaign = await house.campaign(await house.admin())
    session = await share(house, campaign)
    unshared = await house.take_part(campaign)
    answer = {"item": "i1", "evidence": {"correct": 0, "incorrect": 1, "dont_know": 0}, "aid": 0}
    given = {**answer, "channel": "kiosk", "input_mode": "voice"}
    changed = {**given, "evidence": {"correct": 1, "incorrect": 0, "dont_know": 0}, "input_mode": "key"}
    withdrawn = {**given, "item": "i2"}
    for payload in (given, changed, withdrawn):
        await house.store.append(session, [NewRecord("item_answered", payload)], channel="kiosk")
    await house.store.append(session, [NewRecord("answer_withdrawn", {"item": "i2"})], channel="kiosk")
    await house.store.append(unshared, [NewRecord("item_answered", given)], channel="kiosk")
    comparisons = SqlComparisons(house.store.engine)

    (told,) = await comparisons.answers(campaign.id)
    await comparisons.keep(campaign.id, {"answers": 1})
    await comparisons.keep(campaign.id, {"answers": 2})
    kept = await SqlResults(house.store.engine).mode_effect(campaign.organization.id, campaign.id)

    assert (told.item, told.evidence, told.input_mode) == ("i1", (1, 0, 0), "key")
    assert kept is not None
    assert kept.found == {"answers": 2}
    (listed,) = await comparisons.campaigns()
    assert (listed.code, listed.people, listed.people_then) == (campaign.code, 1, 0)
    await comparisons.keep(campaign.id, {"answers": 2, "people": 1})
    assert not (await comparisons.campaigns())[0].is_due


async def test_a_database_from_before_the_counts_is_counted_when_it_is_brought_up_to_date(house: House) -> None:
    campaign = await house.campaign(await house.admin())
    for channel in ("kiosk", "phone"):
        await share(house, campaign, channel)
    await house.take_part(campaign, "session_finished")
    results, here = SqlResults(house.store.engine), campaign.organization.id
    before = await results.figures(here, campaign.id, EVERYTHING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    def back_and_forth(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
        command.upgrade(config, "head")

    async with house.store.engine.begin() as connection:
        await connection.run_sync(back_and_forth)

    assert await results.figures(here, campaign.id, EVERYTHING) == before
    assert [each.number async for each in results.stream(here, campaign.id, EVERYTHING)] == [1, 2]
    await share(house, campaign)
    assert [each.number async for each in results.stream(here, campaign.id, EVERYTHING)] == [1, 2, 3]
