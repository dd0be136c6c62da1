"""Databases copied from one kind to another, checked and brought back; a fault in a copy or in a chain is seen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.sync.events import GENESIS, chained
from tests.voice_app.conftest import DATABASES, new_database
from voice_app.errors import StoreError
from voice_app.ports import NewRecord, SessionId
from voice_app.store.checking import check_database
from voice_app.store.copying import copy_database, proof_read, prove
from voice_app.store.database import open_database, open_snapshot
from voice_app.store.envelopes import envelope_of
from voice_app.store.migrate import upgrade
from voice_app.store.rules import StoreRules
from voice_app.store.sql_store import SqlStore
from voice_app.store.tables import EventRow

RULES = StoreRules()
RECORDS = 7
EVENTS = RECORDS + 1
"""The code is an event too."""


async def fill(url: str) -> tuple[SessionId, str]:
    """Some events of a session with a code."""
    store = await SqlStore.open(url)
    session = await store.open_session("kiosk", "bank-1")
    for number in range(RECORDS):
        await store.append(session, [NewRecord("answer", {"n": number, "p": 0.1 * number, "é": "œ"})], channel="kiosk")
    code = await store.issue_code(session)
    await store.find_session("12345674", asker="kiosk-1")
    await store.close()
    return session, code


async def change(url: str, statement: str) -> None:
    engine = await open_database(url, RULES)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


@pytest.mark.parametrize("target_kind", DATABASES)
async def test_a_copy_holds_the_same_in_either_kind(
    request: pytest.FixtureRequest, url: str, target_kind: str, tmp_path: Path
) -> None:
    session, code = await fill(url)
    target = new_database(request, target_kind, tmp_path / "copy.sqlite")

    proofs = await copy_database(url, target, RULES)

    assert proofs["event"].rows == EVENTS
    assert "wrong_code" not in proofs
    assert await prove(target, RULES) == proofs == await prove(url, RULES)
    brought_back = await SqlStore.open(target)
    assert await brought_back.find_session(code, asker="kiosk-9") == session
    assert len(await brought_back.history(session)) == RECORDS
    assert await brought_back.append(session, [NewRecord("more", {})], channel="kiosk") == EVENTS + 1
    await brought_back.close()
    assert (await check_database(target, RULES)).faults == []


async def test_a_copy_is_of_one_moment_while_answers_go_on(url: str, tmp_path: Path) -> None:
    session, _ = await fill(url)
    store = await SqlStore.open(url)
    target = f"sqlite+aiosqlite:///{tmp_path / 'copy.sqlite'}"

    async def go_on_answering() -> None:
        for number in range(30):
            await store.append(session, [NewRecord("answer", {"later": number})], channel="kiosk")

    proofs, _ = await asyncio.gather(copy_database(url, target, RULES), go_on_answering())

    await store.close()
    assert EVENTS <= proofs["event"].rows <= EVENTS + 30
    assert (await check_database(target, RULES)).faults == []
    assert (await check_database(url, RULES)).events == EVENTS + 30


async def test_a_filled_target_is_refused(url: str, tmp_path: Path) -> None:
    target = f"sqlite+aiosqlite:///{tmp_path / 'copy.sqlite'}"
    await fill(url)
    await fill(target)

    with pytest.raises(StoreError, match="rows already"):
        await copy_database(url, target, RULES)


async def test_a_copy_that_reads_otherwise_does_not_count(url: str, tmp_path: Path) -> None:
    await fill(url)
    target = f"sqlite+aiosqlite:///{tmp_path / 'copy.sqlite'}"
    proofs = await copy_database(url, target, RULES)
    await change(target, "update event set kind = 'anther' where sequence = 3")

    with pytest.raises(StoreError, match="does not read as it was written: event"):
        await proof_read(target, proofs, RULES)


@pytest.mark.parametrize(
    ("damage", "sequence"),
    [
        ("update event set actor = 'mediator' where sequence = 3", 3),
        ("delete from event where sequence = 4", 5),
        ("delete from event where sequence = 8", 8),
        ("update site set last_sequence = 9", 9),
    ],
    ids=["changed", "taken out", "cut off at the end", "counter ahead"],
)
async def test_the_check_finds_what_was_done_to_the_events(url: str, damage: str, sequence: int) -> None:
    await fill(url)
    whole = await check_database(url, RULES)
    await change(url, damage)

    found = await check_database(url, RULES)

    assert whole.faults == []
    assert whole.events == EVENTS
    assert [fault.sequence for fault in found.faults] == [sequence]


async def test_events_from_before_the_chain_are_chained_as_they_stand(empty_url: str) -> None:
    engine = open_snapshot(empty_url, RULES)
    async with engine.begin() as connection:
        await upgrade(connection, "0001")
        await connection.execute(text("insert into site (id, last_sequence) values ('s', 2)"))
        await connection.execute(
            text("insert into session values ('a', 's', 'kiosk', 'bank-1', '2026-01-01 10:00:00+00:00')")
        )
        for number in (1, 2):
            await connection.execute(
                text(
                    f"insert into event values ('e{number}', 's', {number}, 'a', 'answer', '{{\"n\": {number}}}',"  # noqa: S608 a test's own numbers
                    " 'kiosk', 'participant', 'bank-1', '2026-01-01 10:00:00.250000+00:00')"
                )
            )
    await engine.dispose()

    found = await check_database(empty_url, RULES)

    assert (found.events, found.faults) == (2, [])
    first = EventRow(
        id="e1", site_id="s", sequence=1, session_id="a", kind="answer", payload={"n": 1}, channel="kiosk",
        actor="participant", bank_version="bank-1", digest="",
        recorded_at=datetime(2026, 1, 1, 10, 0, 0, 250_000, tzinfo=UTC),
    )  # fmt: skip
    reading = await open_database(empty_url, RULES)
    async with reading.begin() as connection:
        kept = (await connection.execute(text("select digest from event where sequence = 1"))).scalar_one()
    await reading.dispose()
    assert kept == chained(GENESIS, envelope_of(first))


@pytest.mark.parametrize("address", ["nonsense", "mysql://x/y", "postgresql+psycopg://nobody@/none?host=/nowhere"])
async def test_an_address_that_is_none_is_told_with_what_to_write(address: str) -> None:
    with pytest.raises(StoreError, match=r"no address of a database|does not open"):
        await open_database(address, RULES)
