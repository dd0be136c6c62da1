"""Answers as files: what stands is written, once for each person, what changes is written again, nobody is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.model import ItemId, Outcome
from tests.voice_app.outlets.sessions import ITEMS, a_session, answered, keep
from voice_app.analytics.export import export
from voice_app.analytics.parquet import AnalyticsFault, ask
from voice_app.dialogue.records import AnswerWithdrawn
from voice_app.ports import SessionId
from voice_app.store.answer_history import AnswerHistory
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_outlets import SqlOutlets
from voice_app.store.sql_privacy import SqlPrivacy
from voice_app.store.sql_store import SqlStore

OF_A_SESSION = 3
"""Answers that stand: one of the four was taken back."""


@dataclass
class Place:
    store: SqlStore
    folder: Path

    async def export(self) -> int:
        outlets = SqlOutlets(self.store.engine, StoreRules())
        written = await export(outlets, AnswerHistory(self.store.engine), self.folder, lambda _done, _all: None)
        return sum(written.values())

    def ask(self, question: str) -> list[tuple[object, ...]]:
        return ask(self.folder, question)[1]


@asynccontextmanager
async def place(url: str, folder: Path) -> AsyncIterator[Place]:
    store = await SqlStore.open(url)
    try:
        yield Place(store, folder)
    finally:
        await store.close()


async def test_answers_that_stand_are_written_with_what_one_asks_by(url: str, tmp_path: Path) -> None:
    async with place(url, tmp_path / "files") as here:
        sessions = [await a_session(here.store) for _ in range(3)]

        assert await here.export() == 3 * OF_A_SESSION

    assert here.ask("select count(distinct person), min(path), min(locale), bool_and(finished) from answers") == [
        (3, "abc_diag", "fr", True)
    ]
    assert here.ask("select distinct item, option from answers where position = 0") == [(ITEMS[0], "b")]
    assert here.ask("select distinct correct from answers where position = 2") == [(0.8,)]
    persons = {str(person) for (person,) in here.ask("select person from answers")}
    assert not persons & set(sessions)


async def test_the_second_time_nothing_is_written(url: str, tmp_path: Path) -> None:
    async with place(url, tmp_path / "files") as here:
        await a_session(here.store)
        await here.export()

        assert await here.export() == 0


async def test_an_answer_taken_back_later_disappears(url: str, tmp_path: Path) -> None:
    async with place(url, tmp_path / "files") as here:
        session = await a_session(here.store)
        await here.export()
        await keep(here.store, session, AnswerWithdrawn(ItemId(ITEMS[2])))

        assert await here.export() == OF_A_SESSION - 1
        await keep(here.store, session, answered(ITEMS[2], Outcome.INCORRECT, "b"))
        assert await here.export() == OF_A_SESSION


async def test_who_is_erased_is_in_no_file(url: str, tmp_path: Path) -> None:
    async with place(url, tmp_path / "files") as here:
        erased, kept = await a_session(here.store), await a_session(here.store)
        await here.export()
        await SqlPrivacy(here.store, OrganizationRules()).erase(SessionId(erased))

        await here.export()

    assert kept
    assert here.ask("select count(distinct person) from answers") == [(1,)]


@pytest.mark.parametrize(
    "question",
    [
        "select * from read_csv('/etc/passwd')",
        "copy answers to 'taken.csv'",
        "set enable_external_access = true",
        "x",
    ],
)
async def test_a_question_reads_and_writes_nothing_else(url: str, tmp_path: Path, question: str) -> None:
    async with place(url, tmp_path / "files") as here:
        await a_session(here.store)
        await here.export()

        with pytest.raises(AnalyticsFault):
            here.ask(question)


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AnalyticsFault, match="analytics export"):
        ask(tmp_path, "select 1")
