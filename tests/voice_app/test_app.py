"""The wiring: what is opened is closed, also when the rest does not open."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from voice_app.app import open_service
from voice_app.errors import StoreError
from voice_app.settings import Settings


async def test_a_broken_database_leaves_no_process_behind(tmp_path: Path) -> None:
    (tmp_path / "events.sqlite").write_bytes(b"this is no database" * 1000)
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    with pytest.raises(StoreError, match="does not open"):
        await open_service(Settings(data_folder=tmp_path))

    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
