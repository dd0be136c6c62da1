"""Sites and a hub on real databases: sent, sent again, restored, cloned, gone on elsewhere, and the same everywhere."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.model import Outcome
from engine.sync.batches import Batch, Sealed, decode, encode
from engine.sync.sending import Answer
from engine.sync.sessions import Place
from tests.databases import new_file
from tests.voice_app.outlets.sessions import ITEMS, answered, keep
from tests.voice_app.store.test_organizations import House
from tests.voice_app.store.test_results import share
from voice_app.analytics.export import export
from voice_app.analytics.parquet import ask
from voice_app.dialogue.records import SessionStarted
from voice_app.errors import LedElsewhere
from voice_app.ports import NewRecord, SessionId
from voice_app.results import ResultFilter
from voice_app.store.answer_history import AnswerHistory
from voice_app.store.checking import check_database
from voice_app.store.organization_tables import CampaignRow, OrganizationRow
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_enrolments import Enrolment, SqlEnrolments
from voice_app.store.sql_hub import NotItsChain, SqlHub
from voice_app.store.sql_outlets import SqlOutlets
from voice_app.store.sql_overview import SqlOverview
from voice_app.store.sql_privacy import SqlPrivacy
from voice_app.store.sql_results import SqlResults
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_uplink import SqlUplink
from voice_app.store.transactions import reading, transaction
from voice_app.sync.courier import Versions, bring, fetch_sessions, push
from voice_app.sync.messages import Feed, Report, answer_from_data, answer_to_data, decode_feed, encode_feed
from voice_app.sync.operator_view import operator_sentences
from voice_app.sync.ports import HubUnreachable

RULES = StoreRules()


@dataclass
class DirectLine:
    """The line without a network: everything is written and read as if there were one."""

    hub: SqlHub
    enrolment: Enrolment
    cut: bool = False
    deaf: bool = False
    """Tails of chains do not come through."""
    sent: list[int] = field(default_factory=list)

    async def push(self, batch: Batch, report: Report) -> Answer:
        self._pass()
        self.sent.append(len(batch.events))
        answer = await self.hub.gather(self.enrolment, decode(encode(batch)), Report.from_text(report.to_text()))
        return answer_from_data(answer_to_data(answer, await self.hub.site_id()))

    async def tail(self, site: str, after: int) -> Batch | None:
        self._pass()
        if self.deaf:
            return None
        return await self.hub.tail(self.enrolment, site, after)

    async def feed(self, site: str, hub_site: str, since: int) -> Feed:
        self._pass()
        return decode_feed(encode_feed(await self.hub.feed(self.enrolment, site, hub_site, since)))

    async def claim(self, code: str, asker: str) -> tuple[tuple[Sealed, Place], ...] | None:
        self._pass()
        found = await self.hub.claim(self.enrolment, code, asker)
        return None if found is None else found.events

    def _pass(self) -> None:
        if self.cut:
            raise HubUnreachable("the line is cut")

    async def manifest(self, known: str, part: Path) -> bytes | None: ...

    async def rows(self, wanted: list[tuple[str, str]]) -> list[dict[str, Any]]: ...  # type: ignore[empty-body]

    async def file(self, digest: str, size: int, target: Path) -> None: ...

    async def rotate(self) -> str: ...  # type: ignore[empty-body]


def copied(file: Path, to: Path) -> None:
    with sqlite3.connect(file) as source, sqlite3.connect(to) as target:
        source.backup(target)
    source.close()
    target.close()


@dataclass
class Site:
    """A site with its own SQLite file."""

    file: Path
    store: SqlStore
    line: DirectLine

    @property
    def url(self) -> str:
        return f"sqlite+aiosqlite:///{self.file}"

    @property
    def uplink(self) -> SqlUplink:
        return SqlUplink(self.store.engine)

    async def push(self) -> None:
        await push(self.uplink, self.line, Versions("1", "bank"))

    async def exchange(self) -> None:
        await self.push()
        await fetch_sessions(self.uplink, self.line)

    async def answer(self, session: SessionId, *items: str) -> None:
        for item in items:
            await self.store.append(session, [NewRecord("item_answered", {"v": 1, "item": item})], channel="kiosk")

    async def items(self, session: SessionId) -> list[str]:
        return [str(each.payload["item"]) for each in await self.store.history(session)]

    async def reopened(self) -> Site:
        return Site(self.file, await SqlStore.open(self.url), self.line)

    def copied(self, to: Path) -> None:
        """Copy the file as it is, as a backup or a cloned disk does."""
        copied(self.file, to)


@dataclass
class Field:
    """A hub and its sites."""

    folder: Path
    url: str
    hub_store: SqlStore
    sites: list[Site] = field(default_factory=list)

    @property
    def hub(self) -> SqlHub:
        return SqlHub(self.hub_store.engine)

    async def new_site(self, name: str, organizations: Sequence[str] = ()) -> Site:
        enrolment, token = await SqlEnrolments(self.hub_store.engine).enrol(name, organizations)
        file = self.folder / f"{name}.sqlite"
        site = Site(file, await SqlStore.open(await new_file(file)), DirectLine(self.hub, enrolment))
        await site.uplink.join("https://hub.example", token, enrolment.seal_key)
        self.sites.append(site)
        return site

    async def put_back(self, site: Site, backup: Path) -> Site:
        """Put a site's file back to an earlier copy, as somebody does who copies files; give it, opened again."""
        await site.store.close()
        shutil.copy(backup, site.file)
        again = await site.reopened()
        self.sites[self.sites.index(site)] = again
        return again

    async def whole(self) -> list[object]:
        """Give what is wrong at the hub and at each site."""
        faults = list((await check_database(self.url, RULES)).faults)
        for site in self.sites:
            faults += (await check_database(site.url, RULES)).faults
        return list(faults)

    async def held(self, session: SessionId) -> list[str]:
        return [str(each.payload["item"]) for each in await self.hub_store.history(session)]


@pytest.fixture
async def plain(url: str, tmp_path: Path) -> AsyncIterator[Field]:
    made = Field(tmp_path, url, await SqlStore.open(url))
    yield made
    await made.hub_store.close()
    for site in made.sites:
        await site.store.close()


async def test_what_a_site_wrote_is_at_the_hub_once(plain: Field) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    code = await site.store.issue_code(session)
    await site.answer(session, "one", "two")

    await site.push()
    await site.push()

    assert await plain.held(session) == ["one", "two"]
    assert await plain.hub_store.find_session(code, asker="kiosk") == session
    assert [each.waiting for each in await site.uplink.backlogs()] == [0]
    assert await plain.whole() == []


async def test_what_was_written_before_there_was_a_hub_is_sent_too(plain: Field, tmp_path: Path) -> None:
    site = await plain.new_site("a")
    await site.uplink.leave()
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one")

    await site.uplink.join("https://hub.example", "token", site.line.enrolment.seal_key)
    await site.answer(session, "two")
    await site.push()

    assert await plain.held(session) == ["one", "two"]


async def test_a_cut_line_keeps_everything_and_halves_the_batch(plain: Field) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one")
    site.line.cut = True

    with pytest.raises(HubUnreachable):
        await site.push()

    told = await site.uplink.uplink()
    assert (told.failures, "cut" in told.fault, told.refused) == (1, True, False)
    site.line.cut = False
    await site.push()
    assert await plain.held(session) == ["one"]


async def test_a_restored_site_takes_a_new_id_and_gets_back_what_it_had_sent(plain: Field, tmp_path: Path) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one")
    await site.push()
    site.copied(tmp_path / "backup")
    await site.answer(session, "two")
    await site.push()
    before = site.store.site_id
    restored = await plain.put_back(site, tmp_path / "backup")

    await restored.answer(session, "three")
    await restored.exchange()
    await restored.answer(session, "four")
    await restored.exchange()

    assert await plain.held(session) == ["one", "two", "three", "four"]
    assert await restored.items(session) == ["one", "two", "three", "four"]
    assert [each.site_id == before for each in await restored.uplink.backlogs()] == [True, False]
    assert await plain.whole() == []


async def test_a_restored_site_that_reads_its_former_chain_late_counts_it_as_the_hub_does(
    plain: Field, tmp_path: Path
) -> None:
    site, other = await plain.new_site("a"), await plain.new_site("b")
    session = await site.store.open_session("kiosk", "bank-1")
    code = await site.store.issue_code(session)
    await site.answer(session, "one")
    await site.push()
    site.copied(tmp_path / "backup")
    await site.answer(session, "two")
    await site.push()
    await bring(other.uplink, other.line, code, "kiosk")
    await other.store.take_up(session)
    await other.answer(session, "three")
    await other.exchange()
    await site.exchange()
    await site.store.take_up(session)
    await site.answer(session, "four")
    await site.push()
    restored = await plain.put_back(site, tmp_path / "backup")
    restored.line.deaf = True
    await restored.push()  # it learns that it is a copy, and cannot read yet what it lacks
    found = await restored.line.claim(code, "kiosk")
    assert found is not None
    await restored.uplink.take_session([each for each in found if each[0].envelope.payload.get("item") != "two"])

    restored.line.deaf = False
    await restored.exchange()
    await other.exchange()

    assert await plain.held(session) == ["one", "two", "three", "four"]
    assert await restored.items(session) == await other.items(session) == ["one", "two", "three", "four"]
    assert await plain.whole() == []


async def test_a_site_put_back_by_hand_gets_back_what_it_had_sent(plain: Field, tmp_path: Path) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one")
    await site.push()
    site.copied(tmp_path / "backup")
    await site.answer(session, "two")
    await site.push()
    restored = await plain.put_back(site, tmp_path / "backup")

    await restored.uplink.renew()  # as `voice-app db restore` does
    await restored.exchange()
    await restored.uplink.renew()  # and once more, where nothing is lacking
    await restored.exchange()

    assert await restored.items(session) == ["one", "two"]
    assert [max(0, each.wanted - each.last) for each in await restored.uplink.backlogs()] == [0, 0, 0]
    assert await plain.whole() == []


async def test_a_copy_that_hears_of_its_own_later_events_still_keeps_answers(plain: Field, tmp_path: Path) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    code = await site.store.issue_code(session)
    await site.answer(session, "one")
    await site.push()
    site.copied(tmp_path / "backup")
    await site.answer(session, "two")
    await site.push()
    restored = await plain.put_back(site, tmp_path / "backup")
    found = await restored.line.claim(code, "kiosk")
    assert found is not None

    await restored.uplink.take_session(found)
    await restored.answer(session, "three")
    await restored.exchange()

    assert await plain.held(session) == ["one", "two", "three"]
    assert await restored.items(session) == ["one", "two", "three"]
    assert await plain.whole() == []


async def test_an_event_that_came_by_itself_to_another_s_place_is_set_aside(plain: Field, tmp_path: Path) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one")
    await site.push()
    site.copied(tmp_path / "backup")
    await site.answer(session, "two")
    end = (await site.uplink.backlogs())[-1].last
    stranded = (await site.uplink.batch_after(site.store.site_id, end - 1)).events[0]
    twin = await plain.put_back(site, tmp_path / "backup")
    former = twin.store.site_id
    await twin.answer(session, "other")
    await twin.push()
    restored = await plain.put_back(twin, tmp_path / "backup")
    await restored.uplink.renew()
    await restored.uplink.take_session([(stranded, Place(1, former, stranded.envelope.sequence))])

    await restored.exchange()

    assert await restored.items(session) == await plain.held(session) == ["one", "other"]
    async with restored.store.engine.connect() as connection:
        aside = (await connection.execute(text("select event_id, reason from custody"))).all()
    assert [tuple(each) for each in aside] == [(stranded.envelope.id, "unverifiable")]
    assert await plain.whole() == []


async def test_two_copies_of_one_disk_lose_and_double_nothing(plain: Field, tmp_path: Path) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one", "unsent")
    site.copied(tmp_path / "clone.sqlite")
    clone = Site(
        tmp_path / "clone.sqlite", await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 'clone.sqlite'}"), site.line
    )
    plain.sites.append(clone)

    await site.answer(session, "two")
    await clone.answer(session, "three")
    for each in (site, clone, site, clone):
        await each.exchange()

    assert sorted(await plain.held(session)) == ["one", "three", "two", "unsent"]
    assert await site.items(session) == await clone.items(session) == await plain.held(session)
    assert await plain.whole() == []


async def test_a_hub_that_lost_what_it_had_gets_it_again(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'hub.sqlite'}"
    field_ = Field(tmp_path, url, await SqlStore.open(url))
    site = await field_.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one")
    await site.push()
    copied(tmp_path / "hub.sqlite", tmp_path / "hub-backup.sqlite")
    await site.answer(session, "two")
    await site.push()
    await field_.hub_store.close()
    shutil.copy(tmp_path / "hub-backup.sqlite", tmp_path / "hub.sqlite")
    field_.hub_store = await SqlStore.open(url)
    site.line.hub = field_.hub

    await site.push()

    assert await field_.held(session) == ["one", "two"]
    assert await field_.whole() == []
    await field_.hub_store.close()
    await site.store.close()


async def test_a_person_goes_on_at_another_site_and_comes_back(plain: Field) -> None:
    first, second = await plain.new_site("a"), await plain.new_site("b")
    session = await first.store.open_session("kiosk", "bank-1")
    code = await first.store.issue_code(session)
    await first.answer(session, "one")
    await first.push()

    assert await bring(second.uplink, second.line, code, "kiosk")
    found = await second.store.find_session(code, asker="kiosk")
    assert found == session
    await second.store.take_up(session)
    await second.answer(session, "two")
    await second.exchange()
    await first.exchange()

    assert await first.items(session) == ["one", "two"]
    with pytest.raises(LedElsewhere):
        await first.answer(session, "left open")
    await first.store.take_up(session)
    await first.answer(session, "three")
    await first.exchange()
    await second.exchange()
    assert await second.items(session) == await plain.held(session) == ["one", "two", "three"]
    assert await plain.whole() == []


async def test_an_answer_still_in_the_outbox_comes_before_what_was_answered_elsewhere(plain: Field) -> None:
    first, second = await plain.new_site("a"), await plain.new_site("b")
    session = await first.store.open_session("kiosk", "bank-1")
    code = await first.store.issue_code(session)
    await first.answer(session, "one")
    await first.push()
    await first.answer(session, "late")
    await bring(second.uplink, second.line, code, "kiosk")
    await second.store.take_up(session)
    await second.answer(session, "two")
    await second.push()

    await first.exchange()
    await second.exchange()

    assert await plain.held(session) == ["one", "late", "two"]
    assert await first.items(session) == await second.items(session) == ["one", "late", "two"]
    assert await plain.whole() == []


async def test_a_session_goes_on_at_the_hub_itself(plain: Field) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one")
    await site.push()

    await plain.hub_store.take_up(session)
    await plain.hub_store.append(session, [NewRecord("item_answered", {"item": "two"})], channel="phone")
    await site.exchange()

    assert await site.items(session) == ["one", "two"]
    assert await plain.whole() == []


async def test_an_event_changed_at_the_site_is_set_aside_and_the_rest_goes_on(plain: Field) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one", "two", "three")
    async with site.store.engine.begin() as connection:
        await connection.execute(text("update event set actor = 'somebody' where sequence = 2"))

    await site.push()
    await site.answer(session, "four")
    await site.push()

    assert await plain.held(session) == ["one", "three", "four"]
    async with plain.hub_store.engine.connect() as connection:
        aside = (await connection.execute(text("select sequence, reason from custody"))).all()
        told = (await connection.execute(text("select kind from incident"))).scalars().all()
    assert [tuple(each) for each in aside] == [(2, "unverifiable")]
    assert told == ["custody"]
    assert (await check_database(plain.url, RULES)).faults == []


async def test_nobody_sends_for_the_chain_of_another_site(plain: Field) -> None:
    first, second = await plain.new_site("a"), await plain.new_site("b")
    session = await first.store.open_session("kiosk", "bank-1")
    await first.answer(session, "one")
    await first.push()

    with pytest.raises(NotItsChain):
        await plain.hub.gather(second.line.enrolment, await first.uplink.next_batch(first.store.site_id), Report())


async def test_a_token_is_rotated_without_a_moment_when_none_opens(plain: Field) -> None:
    enrolments = SqlEnrolments(plain.hub_store.engine)
    site, old = await enrolments.enrol("a", [])
    new = await enrolments.rotate(site.id)

    assert await enrolments.identify(old) is not None
    assert await enrolments.identify(new) is not None
    assert await enrolments.identify(old) is None
    await enrolments.close(site.id)
    assert await enrolments.identify(new) is None
    assert await enrolments.identify("site_nobody") is None


async def test_what_is_erased_at_one_place_is_erased_at_all(plain: Field) -> None:
    first, second = await plain.new_site("a"), await plain.new_site("b")
    session = await first.store.open_session("kiosk", "bank-1")
    code = await first.store.issue_code(session)
    await first.answer(session, "one")
    await first.push()
    await bring(second.uplink, second.line, code, "kiosk")
    await second.store.take_up(session)
    await second.answer(session, "two")
    await second.exchange()
    await first.exchange()
    await second.answer(session, "on its way")

    await SqlPrivacy(first.store, OrganizationRules()).erase(session)
    for site in (first, second, first, second):
        await site.exchange()

    for store in (first.store, second.store, plain.hub_store):
        assert await store.history(session) == []
        assert await store.find_session(code, asker="kiosk") is None
        async with store.engine.connect() as connection:
            left = (await connection.execute(text("select payload from event where kind = 'item_answered'"))).all()
        assert left == []
    assert await plain.whole() == []


@pytest.mark.parametrize("asked_at", ["site", "hub"])
async def test_a_hub_put_back_to_before_an_erasure_erases_again(tmp_path: Path, asked_at: str) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'hub.sqlite'}"
    field_ = Field(tmp_path, url, await SqlStore.open(url))
    site = await field_.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one", "two")
    await site.exchange()
    copied(tmp_path / "hub.sqlite", tmp_path / "hub-backup.sqlite")
    store = site.store if asked_at == "site" else field_.hub_store
    await SqlPrivacy(store, OrganizationRules()).erase(session)
    await site.exchange()
    await site.exchange()
    assert await site.items(session) == await field_.held(session) == []
    await field_.hub_store.close()
    shutil.copy(tmp_path / "hub-backup.sqlite", tmp_path / "hub.sqlite")
    field_.hub_store = await SqlStore.open(url)
    site.line.hub = field_.hub
    assert await field_.held(session) == ["one", "two"]

    await site.exchange()

    assert await field_.held(session) == []
    assert await field_.whole() == []
    await field_.hub_store.close()
    await site.store.close()


async def test_an_erasure_at_a_site_is_carried_out_in_all_that_the_hub_holds_and_told(
    plain: Field, tmp_path: Path
) -> None:
    hub = House(plain.hub_store)
    admin = await hub.admin()
    campaign = await hub.campaign(admin)
    site = await plain.new_site("le bus", [campaign.organization.id])
    await _fetch_campaign(plain.hub_store, site.store)
    results, exported = SqlResults(plain.hub_store.engine), tmp_path / "analytics"
    sessions = [await share(House(site.store), campaign) for _ in range(2)]
    for session in sessions:
        await keep(site.store, session, SessionStarted("abc_diag", "bank-1", 7, "fr", 10))
        await keep(site.store, session, answered(ITEMS[0], Outcome.CORRECT))
    await site.push()
    before = [row async for row in results.stream(campaign.organization.id, campaign.id, ResultFilter())]
    rows_before = await _exported(plain.hub_store, exported)

    await SqlPrivacy(site.store, OrganizationRules()).erase(sessions[0])
    await site.push()

    after = [row async for row in results.stream(campaign.organization.id, campaign.id, ResultFilter())]
    (told,) = await SqlOverview(plain.hub_store.engine).sites()
    spoken = operator_sentences([told], [], [], datetime.now(UTC), "fr")
    assert (len(before), [each.id for each in after]) == (2, [before[1].id])
    assert (rows_before, await _exported(plain.hub_store, exported)) == (2, 1)
    assert await plain.hub_store.history(sessions[0]) == []
    assert len(await plain.hub_store.history(sessions[1])) > 0
    assert (told.erased, "appliqués ici, résultats partagés et exports compris : 1." in spoken[-1]) == (1, True)
    assert await plain.whole() == []


async def test_what_an_erasure_names_and_is_still_there_is_a_fault(plain: Field) -> None:
    site = await plain.new_site("a")
    session = await site.store.open_session("kiosk", "bank-1")
    await site.answer(session, "one")
    await site.push()
    await SqlPrivacy(site.store, OrganizationRules()).erase(session)
    async with site.store.engine.begin() as connection:
        await connection.execute(text("update event set kind = 'item_answered' where kind = 'erased'"))

    reasons = [str(fault.reason) for fault in (await check_database(site.url, RULES)).faults]

    assert any("was to be erased" in reason for reason in reasons)


async def _fetch_campaign(source: SqlStore, target: SqlStore) -> None:
    """Put the hub's organisations and campaigns into a site's database, as a pull does."""
    out, into = (async_sessionmaker(store.engine, class_=AsyncSession) for store in (source, target))
    for table in (OrganizationRow, CampaignRow):
        async with reading(out, 8) as database:
            rows = [row.model_dump() for row in (await database.exec(select(table))).all()]
        async with transaction(into, 8) as database:
            database.add_all([table(**row) for row in rows])


async def _exported(store: SqlStore, folder: Path) -> int:
    """Write the answers as files by day, and give how many people are in them."""
    await export(SqlOutlets(store.engine, RULES), AnswerHistory(store.engine), folder, lambda _done, _all: None)
    return int(ask(folder, "select count(distinct person) from answers")[1][0][0])
