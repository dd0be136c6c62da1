"""Who reads waits for nobody and changes nothing; who writes stands in line. On a real SQLite file and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.errors import StoreError
from voice_app.store.database import open_database
from voice_app.store.rules import StoreRules
from voice_app.store.tables import SiteRow, Standing
from voice_app.store.transactions import reading, transaction

LIMIT_S = 60.0
"""Of a writer among others on a busy machine."""
AT_ONCE_S = 20.0
"""Who waited for the other one would wait for ever: the other one is the test itself."""
RULES = StoreRules(busy_ms=60_000)

Sessions = async_sessionmaker[AsyncSession]


def sessions_of(engine: AsyncEngine) -> Sessions:
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


@pytest.fixture
async def processes(url: str) -> AsyncIterator[list[Sessions]]:
    """Two engines on one database, as two processes have them; a counter stands in it."""
    engines = [await open_database(url, RULES) for _ in range(2)]
    async with transaction(sessions_of(engines[0]), LIMIT_S) as database:
        database.add(SiteRow(id="counter", standing=Standing.OWN))
    yield [sessions_of(engine) for engine in engines]
    for engine in engines:
        await engine.dispose()


async def sequence(sessions: Sessions) -> int:
    async with reading(sessions, AT_ONCE_S) as database:
        return (await database.exec(select(SiteRow.last_sequence).where(SiteRow.id == "counter"))).one()


async def test_a_reader_does_not_wait_for_a_writer_and_sees_what_was_there_before(processes: list[Sessions]) -> None:
    async with transaction(processes[0], LIMIT_S) as database:
        row = await database.get_one(SiteRow, "counter", with_for_update=True)
        row.last_sequence = 7
        database.add(row)
        await database.flush()
        meanwhile = [await sequence(sessions) for sessions in processes]

    assert (meanwhile, await sequence(processes[1])) == ([0, 0], 7)


async def test_a_writer_does_not_wait_for_a_reader(processes: list[Sessions]) -> None:
    async with reading(processes[0], LIMIT_S) as database:
        before = (await database.exec(select(SiteRow.last_sequence).where(SiteRow.id == "counter"))).one()
        async with transaction(processes[1], AT_ONCE_S) as other:
            other.add(SiteRow(id="another", standing=Standing.WHOLE))

    assert before == 0


async def test_who_said_to_read_cannot_write(processes: list[Sessions]) -> None:
    with pytest.raises(AssertionError, match="would write"):
        async with reading(processes[0], LIMIT_S) as database:
            await database.exec(delete(SiteRow).where(col(SiteRow.id) == "counter"))

    assert await sequence(processes[0]) == 0


async def test_writers_of_two_processes_who_read_first_are_all_kept(processes: list[Sessions]) -> None:
    async def count(sessions: Sessions) -> None:
        async with transaction(sessions, LIMIT_S) as database:
            row = await database.get_one(SiteRow, "counter", with_for_update=True)
            await asyncio.sleep(0)
            row.last_sequence += 1
            database.add(row)

    await asyncio.gather(*(count(sessions) for _ in range(20) for sessions in processes))

    assert await sequence(processes[0]) == 40


async def test_writers_of_one_process_are_served_as_they_came(processes: list[Sessions]) -> None:
    served: list[int] = []

    async def write(number: int) -> None:
        async with transaction(processes[0], LIMIT_S) as database:
            await database.get_one(SiteRow, "counter", with_for_update=True)
            await asyncio.sleep(0.002)
            served.append(number)

    writers = []
    for number in range(12):
        writers.append(asyncio.create_task(write(number)))
        await asyncio.sleep(0.001)
    await asyncio.gather(*writers)

    is_sqlite = processes[0].kw["bind"].dialect.name == "sqlite"
    assert (served if is_sqlite else sorted(served)) == list(range(12))


async def test_who_stands_in_line_too_long_is_told(processes: list[Sessions]) -> None:
    async with transaction(processes[0], LIMIT_S) as database:
        await database.get_one(SiteRow, "counter", with_for_update=True)
        with pytest.raises(StoreError, match="did not keep"):
            async with transaction(processes[0], 0.2) as other:
                await other.get_one(SiteRow, "counter", with_for_update=True)
