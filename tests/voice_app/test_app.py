"""The wiring: what is opened is closed, also when the rest does not open."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from voice_app.app import create_app, open_service
from voice_app.errors import StoreError
from voice_app.pilot.rules import PilotRules
from voice_app.settings import Settings
from voice_app.sync.rules import SyncRules

MACHINES_ONLY = {"sync", "operations", "readiness"}
"""What no browser opens: bytes and figures for programs, no page."""


async def test_a_broken_database_leaves_no_process_behind(tmp_path: Path) -> None:
    (tmp_path / "events.sqlite").write_bytes(b"this is no database" * 1000)
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    with pytest.raises(StoreError, match="does not open"):
        await open_service(Settings(data_folder=tmp_path))

    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_every_page_of_the_service_carries_the_guard(tmp_path: Path) -> None:
    settings = Settings(
        data_folder=tmp_path, sync=SyncRules(hub=True, operator_token="x"), pilot=PilotRules(enabled=True)
    )
    app = create_app(settings)

    bare = {name for name in app.blueprints if not app.after_request_funcs.get(name)} - MACHINES_ONLY

    assert bare == set()
