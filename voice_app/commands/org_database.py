"""The database of organisations, opened for one command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from voice_app.commands.terminal import run, settings_here
from voice_app.store.database import open_database
from voice_app.store.rules import OrganizationRules

Result = TypeVar("Result")


def with_database(work: Callable[[AsyncEngine, OrganizationRules], Awaitable[Result]]) -> Result:
    """Run this on the opened database and give what it gives; its failures are told, and end the command."""
    settings = settings_here()
    settings.data_folder.mkdir(parents=True, exist_ok=True)

    async def opened() -> Result:
        engine = await open_database(settings.database_url, settings.store)
        try:
            return await work(engine, settings.organization)
        finally:
            await engine.dispose()

    return run(opened)
