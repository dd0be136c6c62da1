"""SQLite databases with all tables and nothing in them, made once and copied: migrating takes a sixth of a second."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from voice_app.store.database import open_database
from voice_app.store.rules import StoreRules

_kept = tempfile.TemporaryDirectory(prefix="migrated-")  # removed when the tests end
_template = Path(_kept.name) / "events.sqlite"


async def new_file(file: Path) -> str:
    """Give the address of a new database in this file: no site has its name yet."""
    if not _template.exists():
        engine = await open_database(f"sqlite+aiosqlite:///{_template}", StoreRules())
        await engine.dispose()
    shutil.copy(_template, file)
    return f"sqlite+aiosqlite:///{file}"
