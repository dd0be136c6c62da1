"""The operator's page: closed without its key, in sentences and as a table, in French and English."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from tests.databases import new_file
from voice_app.store.sql_overview import ChainStatus, SiteStatus
from voice_app.store.sql_store import SqlStore
from voice_app.sync.hub_desk import HubDesk
from voice_app.sync.operator_view import operator_sentences, view_words
from voice_app.web.hub_pages import hub_blueprint

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    store = await SqlStore.open(await new_file(tmp_path / "hub.sqlite"))
    desk = HubDesk(store.engine, {})
    await desk.enrolments.enrol("le bus", [])
    app = Quart(__name__)
    app.register_blueprint(hub_blueprint(lambda: desk, "a long operator's key"))
    yield app.test_client()
    await store.close()


async def test_without_the_key_nothing_is_told(client: Client) -> None:
    page = await (await client.get("/hub/")).get_data(as_text=True)
    wrong = await client.post("/hub/key", form={"key": "a guess"})

    assert "le bus" not in page
    assert wrong.status_code == 403
    assert (await client.post("/hub/seen")).status_code == 404


async def test_with_the_key_the_sites_are_told_in_sentences_first(client: Client) -> None:
    opened = await client.post("/hub/key", form={"key": "a long operator's key"})
    page = await (await client.get("/hub/?lang=fr")).get_data(as_text=True)

    assert opened.status_code == 303
    assert page.index("le bus : pas encore de premier contact.") < page.index("<table>")
    assert (await client.post("/hub/seen", headers={"Origin": "https://elsewhere.example"})).status_code == 404
    assert (await client.post("/hub/seen")).status_code == 303


async def test_a_hub_without_a_key_has_no_page() -> None:
    app = Quart(__name__)
    app.register_blueprint(hub_blueprint(lambda: pytest.fail("nobody asked"), ""))

    assert (await app.test_client().get("/hub/")).status_code == 404


def status(name: str, ago: timedelta | None, backlog: int = 0, *, closed: bool = False) -> SiteStatus:
    if ago is None:
        return SiteStatus(name, name, closed, (), 0)
    oldest = NOW - timedelta(hours=5) if backlog else None
    return SiteStatus(name, name, closed, (ChainStatus(name, 9, backlog, NOW - ago, oldest, "1.0", "b", "line"),), 0)


def test_sentences_say_how_each_site_stands() -> None:
    sites = [status("le bus", timedelta(days=3), 12), status("la mairie", timedelta(seconds=5)), status("ici", None)]

    french = operator_sentences(sites, [], [], NOW, "fr")

    assert french[0].startswith("3 sites, dont 2 sans nouvelles")
    assert (
        "le bus : dernier contact il y a 3 jours. 12 événements attendent, le plus ancien il y a 5 heures." in french[2]
    )
    assert french[3] == "la mairie : dernier contact à l'instant. Rien n'attend. Version 1.0."
    assert operator_sentences([], [], [], NOW, "en") == ["No site is let in yet."]
    assert operator_sentences([status("old", timedelta(0), closed=True)], [], [], NOW, "en")[-1] == "old: closed."


def test_both_languages_have_the_same_words() -> None:
    assert set(view_words("fr")) == set(view_words("en"))
