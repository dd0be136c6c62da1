"""From a code to a document, over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import new_file
from tests.voice_app.dialogue.stage import Stage
from tests.voice_app.dialogue.test_real_content import _answer, real_context
from tests.voice_app.documents import paper
from voice_app.dialogue.records import to_payload
from voice_app.dialogue.state import Phase
from voice_app.documents.rules import DocumentRules
from voice_app.ports import NewRecord
from voice_app.session_report import NoResultYet, UnknownCode, places_nearby, session_report
from voice_app.settings import load_settings
from voice_app.store.sql_store import SqlStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(await new_file(tmp_path / "events.sqlite"))
    yield opened
    await opened.close()


async def kept(store: SqlStore, *, questions: int) -> str:
    """Play a session and give its code."""
    stage = Stage(context=real_context(), seed=3)
    stage.open()
    stage.keys("1111")
    for turn in range(questions):
        if stage.state.phase is Phase.QUESTION:
            _answer(stage, "mixed", turn)
    session = await store.open_session("kiosk", stage.context.content.version)
    rows = [NewRecord(record.kind, to_payload(record)) for record in stage.records]
    await store.append(session, rows, channel="kiosk")
    return await store.issue_code(session)


async def test_a_session_becomes_a_document_by_its_code(store: SqlStore, tmp_path: Path) -> None:
    code = await kept(store, questions=15)

    body = await session_report(store, real_context(), DocumentRules(), tmp_path, code=code, asker="test", locale="en")

    file = tmp_path / "report.pdf"
    file.write_bytes(body)
    assert paper.squares(file) == [code]
    assert "Oral estimation aligned with the CRCN" in paper.text(file)


async def test_a_session_without_result_goes_on_first(store: SqlStore, tmp_path: Path) -> None:
    code = await kept(store, questions=2)

    with pytest.raises(NoResultYet):
        await session_report(store, real_context(), DocumentRules(), tmp_path, code=code, asker="test")


async def test_an_unknown_code_is_told(store: SqlStore, tmp_path: Path) -> None:
    with pytest.raises(UnknownCode):
        await session_report(store, real_context(), DocumentRules(), tmp_path, code="12345678", asker="test")


def test_no_place_is_named_when_none_is_known(tmp_path: Path) -> None:
    assert places_nearby("51454", tmp_path, "fr") == ()


def test_two_places_are_named_near_the_commune(tmp_path: Path) -> None:
    from audio_content.referral.shelf import demonstration, keep_places
    from audio_content.referral.territory import load_territory

    folder = load_settings().data_folder / "territory"
    if not (folder / "territory.json").is_file():
        pytest.skip("the communes were not fetched (scripts/fetch_territory)")
    (tmp_path / "territory").symlink_to(folder)
    places = demonstration(load_territory(folder / "territory.json"))
    keep_places(tmp_path / "places", "demonstration", places)

    named = places_nearby(str(places[0].insee), tmp_path, "fr")

    assert len(named) == 2
    assert places[0].commune in named[0]
