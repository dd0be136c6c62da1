"""The store on a real SQLite file and a real PostgreSQL server: nothing lost, no gap, codes that resist guessing."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from engine.organization.codes import is_valid_code, with_check_digit
from voice_app.errors import StoreError, TooManyAttempts
from voice_app.ports import CallerMark, NewRecord, SessionId
from voice_app.store.checking import check_database
from voice_app.store.rules import StoreRules
from voice_app.store.sql_store import SqlStore

THREAD_ENDS_S = 0.1
"""After a failed opening the driver's thread still tells the event loop that it ends, so the loop has to be there."""


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 'events.sqlite'}")
    yield opened
    await opened.close()


async def test_events_come_back_in_order(store: SqlStore) -> None:
    session = await store.open_session("kiosk", "bank-1")
    await store.append(session, [NewRecord("first", {"a": 1})], channel="kiosk")
    await store.append(session, [NewRecord("second", {"b": "é"})], channel="kiosk")

    history = await store.history(session)

    assert [(r.kind, dict(r.payload)) for r in history] == [("first", {"a": 1}), ("second", {"b": "é"})]


async def test_sequence_has_no_gap_with_many_writers_at_once(url: str) -> None:
    store = await SqlStore.open(url, rules=StoreRules(busy_ms=60_000, statement_limit_s=60.0))  # a busy machine is slow
    sessions = [await store.open_session("kiosk", "bank-1") for _ in range(8)]

    numbers = await asyncio.gather(
        *(store.append(s, [NewRecord("answer", {"n": n})], channel="kiosk") for n in range(5) for s in sessions)
    )
    await store.close()

    assert sorted(numbers) == list(range(1, 41))


async def test_a_failed_append_leaves_no_gap(store: SqlStore) -> None:
    session = await store.open_session("kiosk", "bank-1")
    await store.append(session, [NewRecord("one", {})], channel="kiosk")
    with pytest.raises(StoreError):
        await store.append(SessionId("nobody"), [NewRecord("lost", {})], channel="kiosk")

    assert await store.append(session, [NewRecord("two", {})], channel="kiosk") == 2


async def test_an_event_survives_the_death_of_the_process(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    store = await SqlStore.open(f"sqlite+aiosqlite:///{path}")
    session = await store.open_session("kiosk", "bank-1")
    await store.append(session, [NewRecord("answer", {"x": 1})], channel="kiosk")

    reader = sqlite3.connect(path)
    rows = reader.execute("select kind from event").fetchall()
    mode = reader.execute("pragma journal_mode").fetchone()
    reader.close()
    await store.close()

    assert rows == [("answer",)]
    assert mode == ("wal",)


async def test_durability_is_full(sqlite_store: SqlStore) -> None:
    async with sqlite_store._engine.connect() as connection:
        level = (await connection.exec_driver_sql("pragma synchronous")).scalar_one()

    assert level == 2


async def test_the_site_keeps_its_identity(url: str) -> None:
    first = await SqlStore.open(url)
    await first.close()
    second = await SqlStore.open(url)
    await second.close()

    assert first.site_id == second.site_id


async def test_a_session_has_one_code(store: SqlStore) -> None:
    session = await store.open_session("kiosk", "bank-1")

    code = await store.issue_code(session)

    assert await store.issue_code(session) == code
    assert is_valid_code(code)
    assert len(code) == 8
    assert await store.find_session(code, asker="kiosk-1") == session


async def test_wrong_codes_are_limited_for_one_asker(store: SqlStore) -> None:
    for number in range(5):
        assert await store.find_session(with_check_digit(f"{number:07d}"), asker="kiosk-1") is None

    with pytest.raises(TooManyAttempts):
        await store.find_session(with_check_digit("9999999"), asker="kiosk-1")
    assert await store.find_session(with_check_digit("9999999"), asker="kiosk-2") is None


async def test_wrong_codes_are_limited_for_the_whole_site(url: str) -> None:
    rules = StoreRules(wrong_codes_per_site=3)
    store = await SqlStore.open(url, rules=rules)
    for number in range(3):
        await store.find_session(with_check_digit(f"{number:07d}"), asker=f"kiosk-{number}")

    with pytest.raises(TooManyAttempts):
        await store.find_session(with_check_digit("9999999"), asker="kiosk-9")
    await store.close()


async def test_a_slip_of_the_finger_is_not_counted(store: SqlStore) -> None:
    for _ in range(20):
        assert await store.find_session("12345678"[:7] + "0", asker="kiosk-1") is None


async def test_an_old_code_opens_nothing(url: str) -> None:
    store = await SqlStore.open(url, rules=StoreRules(code_valid_days=-1))
    session = await store.open_session("kiosk", "bank-1")
    code = await store.issue_code(session)

    assert await store.find_session(code, asker="kiosk-1") is None
    await store.close()


async def test_a_database_that_cannot_open_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not open"):
        await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")
    await asyncio.sleep(THREAD_ENDS_S)


async def test_a_locked_database_is_an_error_and_not_a_wait_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "e.sqlite"
    store = await SqlStore.open(f"sqlite+aiosqlite:///{path}", rules=StoreRules(busy_ms=100))
    session = await store.open_session("kiosk", "bank-1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError):
        await store.append(session, [NewRecord("answer", {})], channel="kiosk")

    other.execute("ROLLBACK")
    other.close()
    assert await store.append(session, [NewRecord("answer", {})], channel="kiosk") == 1
    await store.close()


async def test_records_of_one_step_are_all_kept_or_none(store: SqlStore) -> None:
    session = await store.open_session("kiosk", "bank-1")
    unwritable = [NewRecord("good", {}), NewRecord("bad", {"x": object()})]
    with pytest.raises(StoreError):
        await store.append(session, unwritable, channel="kiosk")

    assert await store.history(session) == []
    assert await store.append(session, [NewRecord("a", {}), NewRecord("b", {})], channel="kiosk") == 2


async def test_a_code_for_nobody_is_an_error_and_not_an_endless_draw(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="no session"):
        await asyncio.wait_for(store.issue_code(SessionId("nobody")), 5)


async def test_two_pages_asking_at_once_get_the_same_code(store: SqlStore) -> None:
    session = await store.open_session("kiosk", "bank-1")

    codes = await asyncio.gather(*(store.issue_code(session) for _ in range(6)))

    assert len(set(codes)) == 1


async def test_a_fault_never_tells_what_was_answered(store: SqlStore) -> None:
    session = await store.open_session("kiosk", "bank-1")
    async with store._engine.begin() as connection:
        for table in ("delivery", "event_twin", "event"):
            await connection.exec_driver_sql(f"drop table {table}")

    with pytest.raises(StoreError) as fault:
        await store.append(session, [NewRecord("item_answered", {"option": "secret"})], channel="kiosk")

    assert re.search("no such table|does not exist", str(fault.value))
    assert "secret" not in str(fault.value)


def broken_file(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def file_of_a_later_version(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("create table alembic_version (version_num varchar(32) not null)")
        database.execute("insert into alembic_version values ('9999')")
    database.close()


@pytest.mark.parametrize("damage", [broken_file, file_of_a_later_version])
async def test_a_database_that_is_not_ours_is_named_with_the_remedy(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "events.sqlite"
    damage(path)

    with pytest.raises(StoreError, match=rf"{path} does not open.*bring back a copy"):
        await SqlStore.open(f"sqlite+aiosqlite:///{path}")
    await asyncio.sleep(THREAD_ENDS_S)


async def test_a_full_disk_refuses_the_whole_step_and_later_writes_go_on(sqlite_store: SqlStore) -> None:
    store = sqlite_store
    session = await store.open_session("kiosk", "bank-1")
    await limit_pages(store, 1)
    with pytest.raises(StoreError, match="full"):
        await store.append(session, [NewRecord("a", {}), NewRecord("b", {"long": "x" * 100_000})], channel="kiosk")
    await limit_pages(store, 100_000)

    assert await store.append(session, [NewRecord("c", {})], channel="kiosk") == 1
    assert [record.kind for record in await store.history(session)] == ["c"]


async def test_several_processes_of_one_site_number_their_events_together(url: str) -> None:
    stores = await asyncio.gather(*(SqlStore.open(url) for _ in range(3)))
    sessions = [await store.open_session("kiosk", "bank-1") for store in stores]

    numbers = await asyncio.gather(
        *(
            store.append(session, [NewRecord("answer", {"n": n})], channel="kiosk")
            for n in range(4)
            for store, session in zip(stores, sessions, strict=True)
        )
    )

    for store in stores:
        await store.close()
    assert len({store.site_id for store in stores}) == 1
    assert sorted(numbers) == list(range(1, 13))
    assert (await check_database(url, StoreRules())).faults == []


async def limit_pages(store: SqlStore, most: int) -> None:
    """SQLite's own way to play a full disk: the file may not grow beyond so many pages."""
    async with store._engine.connect() as connection:
        await connection.exec_driver_sql(f"pragma max_page_count = {most}")


async def test_a_caller_is_known_by_wish_and_forgotten_by_wish(store: SqlStore) -> None:
    first = await store.open_session("phone", "bank-1")
    second = await store.open_session("phone", "bank-1")
    caller = CallerMark("a1b2")
    before = await store.session_of_caller(caller)
    await store.recognise_caller(caller, first)
    await store.recognise_caller(caller, second)
    known = await store.session_of_caller(caller)

    await store.forget_caller(caller)
    await store.forget_caller(caller)

    assert (before, known, await store.session_of_caller(caller)) == (None, second, None)


async def test_a_caller_cannot_be_tied_to_no_session(store: SqlStore) -> None:
    with pytest.raises(StoreError):
        await store.recognise_caller(CallerMark("a1b2"), SessionId("none"))
