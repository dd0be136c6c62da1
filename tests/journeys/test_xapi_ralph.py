"""Statements in the real Ralph LRS: whole sessions arrive once, an outage loses nothing, Ralph's models accept them."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audio_content.loader import load
from engine.sync.xapi import VERBS
from tests.journeys.ralph_server import PASSWORD, USER, Ralph, ralph, ralph_python
from tests.voice_app.outlets.sessions import a_session
from voice_app.chores import Chore, run_through
from voice_app.outward import chores_of
from voice_app.settings import Settings
from voice_app.store.sql_outlets import SqlOutlets
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_webhooks import SqlWebhooks

pytestmark = [
    pytest.mark.skipif(not ralph_python().exists(), reason="needs Ralph: scripts/make_ralph"),
    pytest.mark.skipif("VOICE_APP_TEST_PEERS" not in os.environ, reason="a minute: set VOICE_APP_TEST_PEERS"),
    pytest.mark.slow,
]

VALIDATE = """
import json, sys
from ralph.models.xapi.base.statements import BaseXapiStatement
for line in sys.stdin:
    BaseXapiStatement.model_validate(json.loads(line))
print("valid")
"""


@asynccontextmanager
async def site(folder: Path, lrs: Ralph, version: str = "1.0.3") -> AsyncIterator[tuple[SqlStore, SqlOutlets, Chore]]:
    settings = Settings(data_folder=folder)
    xapi = replace(settings.xapi, endpoint=lrs.endpoint, user=USER, password=PASSWORD, version=version, batch=50)
    waits = replace(settings.outlets, first_wait_s=0.01, longest_wait_s=0.05)
    settings = replace(settings, xapi=xapi, outlets=waits)
    store = await SqlStore.open(settings.database_url)
    outlets = SqlOutlets(store.engine, settings.store)
    try:
        webhooks = SqlWebhooks(store.engine, settings.store)
        *_, chore = await chores_of(settings, load(), outlets, webhooks)
        yield store, outlets, chore
    finally:
        await store.close()


def validated(lines: str) -> str:
    """Give what Ralph's own models say of statements, one a line."""
    checked = subprocess.run([str(ralph_python()), "-c", VALIDATE], input=lines, capture_output=True, text=True)
    return checked.stdout or checked.stderr[-2000:]


def verbs(statements: list[dict[str, Any]]) -> Counter[str]:
    names = {address: name for name, address in VERBS.items()}
    return Counter(names[statement["verb"]["id"]] for statement in statements)


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
async def test_sessions_arrive_once_and_are_valid(tmp_path: Path, version: str) -> None:
    with ralph(tmp_path / "lrs") as lrs:
        async with site(tmp_path, lrs, version) as (store, outlets, chore):
            for _ in range(8):
                await a_session(store)

            await run_through(chore)
            await outlets.told("xapi", dict.fromkeys([store.site_id], 0))  # the acknowledgement was lost: all again
            await run_through(chore)
            (state,) = await outlets.states()
        arrived = lrs.statements()

    assert verbs(arrived) == {"initialized": 8, "answered": 32, "voided": 8, "completed": 8}
    assert (state.backlog.waiting, state.set_aside) == (0, 0)
    lines = "\n".join(map(json.dumps, arrived))
    assert validated(lines) == "valid\n"


async def test_an_outage_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with ralph(tmp_path / "lrs") as lrs:
        async with site(tmp_path, lrs) as (store, outlets, chore):
            for _ in range(10):
                await a_session(store)
            await chore.run_once()
            lrs.stop()
            for _ in range(10):
                await a_session(store)
            await run_through(chore)
            (down,) = await outlets.states()
            lrs.start()
            for _ in range(100):
                await run_through(chore)
                (state,) = await outlets.states()
                if not state.backlog.waiting:
                    break
        arrived = lrs.statements()

    assert down.tries > 0
    assert down.backlog.waiting > 0
    assert verbs(arrived) == {"initialized": 20, "answered": 80, "voided": 20, "completed": 20}
    assert len({statement["id"] for statement in arrived}) == len(arrived)


async def test_another_statement_under_the_same_id_is_set_aside_and_the_others_go_on(tmp_path: Path) -> None:
    with ralph(tmp_path / "lrs") as lrs:
        async with site(tmp_path, lrs) as (store, outlets, chore):
            await a_session(store)
            await run_through(chore)
            file = tmp_path / "lrs/statements/statements.jsonl"
            first, *others = file.read_text().splitlines()
            file.write_text("\n".join([first.replace("initialized", "terminated"), *others]) + "\n")
            await a_session(store)

            await outlets.told("xapi", {store.site_id: 0})
            await run_through(chore)
            (state,) = await outlets.states()
        arrived = lrs.statements()

    assert (state.set_aside, state.backlog.waiting) == (1, 0)
    assert len({statement["context"]["registration"] for statement in arrived}) == 2
