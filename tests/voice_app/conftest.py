"""The databases that tests run on: a SQLite file and a private PostgreSQL server, both real, the server one for all."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import PostgresServer, postgres_server
from voice_app.store.sql_store import SqlStore

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables and nothing in them."""
    file = tmp_path_factory.mktemp("migrated") / "events.sqlite"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def migrated_server(server: PostgresServer) -> PostgresServer:
    """The server, with a migrated database from which others are made."""
    asyncio.run(_migrate(server.new_template()))
    return server


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables, one kind after the other."""
    return new_database(request, request.param, tmp_path / "events.sqlite")


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with all tables and nothing in them, one kind after the other.

    Copied from one that was migrated once: to run all migrations for each test took a third of the tests' time.
    """
    if request.param == "sqlite":
        file = tmp_path / "events.sqlite"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        return f"sqlite+aiosqlite:///{file}"
    running: PostgresServer = request.getfixturevalue("migrated_server")
    return running.new_database(like_template=True)


async def _migrate(url: str) -> None:
    store = await SqlStore.open(url)
    await store.close()


def new_database(request: pytest.FixtureRequest, kind: str, file: Path) -> str:
    """Give the address of an empty database."""
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{file}"
    running: PostgresServer = request.getfixturevalue("server")
    return running.new_database()
