"""`voice-app privacy ...` on a real database file."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voice_app.cli import app
from voice_app.ports import NewRecord
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_store import SqlStore


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Give the code of a session and the id of an organisation in a new database."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'events.sqlite'}"
    monkeypatch.setenv("VOICE_APP_STORE_DATABASE_URL", url)
    monkeypatch.setenv("VOICE_APP_DATA_FOLDER", str(tmp_path))

    async def made() -> tuple[str, str]:
        store = await SqlStore.open(url)
        session = await store.open_session("kiosk", "bank-1")
        await store.append(session, [NewRecord("item_answered", {"item": "i1"})], channel="kiosk")
        code = await store.issue_code(session)
        organization = await SqlOrganizations(store.engine, OrganizationRules()).create("la Maison Bleue")
        await store.close()
        return code, organization.id

    return asyncio.run(made())


def test_a_session_is_taken_along_then_erased_and_the_chain_holds(kept: tuple[str, str]) -> None:
    run, code = CliRunner().invoke, kept[0]

    exported = run(app, ["privacy", "export", code])
    refused = run(app, ["privacy", "erase", code], input="n\n")
    erased = run(app, ["privacy", "erase", code, "--yes"])

    assert json.loads(exported.stdout)["events"][0]["content"] == {"item": "i1"}
    assert (refused.exit_code, erased.exit_code) == (1, 0)
    assert run(app, ["privacy", "export", code]).exit_code == 1
    assert run(app, ["db", "check"]).exit_code == 0


def test_an_organisation_s_time_is_told_set_and_bounded(kept: tuple[str, str]) -> None:
    run, organization = CliRunner().invoke, kept[1]

    assert run(app, ["privacy", "retention", organization]).stdout == "24 months\n"
    assert run(app, ["privacy", "retention", organization, "6"]).stdout == "6 months\n"
    assert run(app, ["privacy", "retention", organization, "600"]).exit_code == 1
    assert run(app, ["privacy", "expire"]).stdout == "0 sessions erased\n"
