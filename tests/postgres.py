"""A private PostgreSQL server for tests: in a folder of its own, on a socket file, nothing listens on the network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

ACCOUNT = "postgres"
"""PostgreSQL refuses to run as root; Debian's package brings this account."""
TEMPLATE = "migrated"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server; `new_database` gives the address of an empty database."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_database(self, *, like_template: bool = False) -> str:
        name = f"test_{next(self._numbers)}"
        return self._create(name, f" template {TEMPLATE}" if like_template else "")

    def new_template(self) -> str:
        """Give the address of the empty database that others are to be made like."""
        return self._create(TEMPLATE, "")

    def _create(self, name: str, like: str) -> str:
        with psycopg.connect(host=str(self.folder), user=ACCOUNT, dbname=ACCOUNT, autocommit=True) as connection:
            connection.execute(f"create database {name}{like}")
        return f"postgresql+psycopg://{ACCOUNT}@/{name}?host={self.folder}"


@contextmanager
def postgres_server(*, fsync: bool = False) -> Iterator[PostgresServer]:
    """Run a server for the length of a `with`, durable with `fsync`. Raises FileNotFoundError without PostgreSQL."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        raise FileNotFoundError("PostgreSQL is missing: scripts/setup --test installs it")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 bytes
    as_account: list[str] = []
    if os.geteuid() == 0:
        account = pwd.getpwnam(ACCOUNT)
        os.chown(folder, account.pw_uid, account.pw_gid)
        as_account = ["runuser", "-u", ACCOUNT, "--"]

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [*as_account, str(programs / program), *arguments], check=True, stdout=subprocess.DEVNULL, cwd=folder
        )

    data = folder / "data"
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync={'on' if fsync else 'off'}"
    try:
        call("initdb", "-D", str(data), "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        call("pg_ctl", "-D", str(data), "-l", str(folder / "server.log"), "-w", "-o", options, "start")
        try:
            yield PostgresServer(folder)
        finally:
            call("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
