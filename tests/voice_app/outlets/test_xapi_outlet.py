"""The outlet to a store of learning records: nothing lost, nothing doubled, nothing retried blindly."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from audio_content.loader import load
from engine.sync.xapi import VERBS, statement_id
from tests.voice_app.outlets.lrs_double import LrsDouble, lrs_double
from tests.voice_app.outlets.sessions import a_session
from voice_app.chores import Chore, run_through
from voice_app.outlets.back_off import wait_s
from voice_app.outlets.rules import OutletRules
from voice_app.outward import chores_of
from voice_app.settings import Settings
from voice_app.store.sql_outlets import SqlOutlets
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_webhooks import SqlWebhooks

CONTENT = load()
OF_A_SESSION = 7
"""Statements: begun, four answers, one of them taken back, completed."""


@pytest.fixture
def lrs() -> Iterator[LrsDouble]:
    with lrs_double() as double:
        yield double


@dataclass
class Site:
    store: SqlStore
    outlets: SqlOutlets
    chore: Chore


@asynccontextmanager
async def site(url: str, lrs: LrsDouble, **rules: Any) -> AsyncIterator[Site]:
    settings = Settings(data_folder=Path("/nowhere"))
    xapi = replace(settings.xapi, endpoint=lrs.endpoint, user="site", password="word", limit_s=5.0, **rules)
    settings = replace(settings, xapi=xapi, outlets=OutletRules(first_wait_s=0.0, longest_wait_s=0.0))
    store = await SqlStore.open(url)
    outlets = SqlOutlets(store.engine, settings.store)
    try:
        webhooks = SqlWebhooks(store.engine, settings.store)
        *_, chore = await chores_of(settings, CONTENT, outlets, webhooks)
        yield Site(store, outlets, chore)
    finally:
        await store.close()


async def test_every_session_is_told_once_in_batches(url: str, lrs: LrsDouble) -> None:
    async with site(url, lrs, batch=5) as here:
        for _ in range(3):
            await a_session(here.store)

        await run_through(here.chore)
        await run_through(here.chore)
        (state,) = await here.outlets.states()

    assert len(lrs.statements) == 3 * OF_A_SESSION
    assert lrs.doubled == 0
    assert state.backlog.waiting == 0


async def test_version_and_password_are_told(url: str, lrs: LrsDouble) -> None:
    async with site(url, lrs, version="2.0.0") as here:
        await a_session(here.store)
        await run_through(here.chore)

    (request, *_) = lrs.requests
    assert request["path"] == "/xAPI/statements"
    assert request["X-Experience-API-Version"] == "2.0.0"
    assert request["Authorization"] == "Basic " + base64.b64encode(b"site:word").decode()


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_what_the_other_side_cannot_take_now_waits(url: str, lrs: LrsDouble, status: int) -> None:
    async with site(url, lrs) as here:
        await a_session(here.store)
        lrs.answers = [status]

        await run_through(here.chore)
        (failed,) = await here.outlets.states()
        await run_through(here.chore)
        (state,) = await here.outlets.states()

    assert (failed.tries, failed.backlog.waiting > 0, failed.last_fault) == (
        1,
        True,
        f"the other side answered {status}",
    )
    assert (state.tries, state.backlog.waiting, state.set_aside) == (0, 0, 0)
    assert len(lrs.statements) == OF_A_SESSION


async def test_a_lost_acknowledgement_doubles_nothing(url: str, lrs: LrsDouble) -> None:
    async with site(url, lrs) as here:
        await a_session(here.store)
        lrs.loses = 1

        await run_through(here.chore)
        await run_through(here.chore)

    assert len(lrs.requests) == 2
    assert len(lrs.statements) == OF_A_SESSION


async def test_one_refused_statement_is_set_aside_and_not_sent_again(url: str, lrs: LrsDouble) -> None:
    async with site(url, lrs) as here:
        session = await a_session(here.store)
        refused = (await here.outlets.pending("xapi", 100, {"session_finished"})).events[0]
        lrs.refuses = {statement_id(refused.id)}

        await run_through(here.chore)
        sent = len(lrs.requests)
        await run_through(here.chore)
        troubles = await here.outlets.troubles("xapi")

    assert session
    assert troubles == [(refused.id, "refused with 409")]
    assert len(lrs.statements) == OF_A_SESSION - 1
    assert len(lrs.requests) == sent


async def test_two_processes_do_not_send_the_same_at_once(url: str, lrs: LrsDouble) -> None:
    async with site(url, lrs) as here:
        await a_session(here.store)
        async with here.outlets.taken("xapi", 60) as ours:
            await run_through(here.chore)
        async with here.outlets.taken("xapi", 0) as dead:
            pass
        await here.outlets.postpone("xapi", 60, "down")
        async with here.outlets.taken("xapi", 60) as waiting:
            pass

    assert (ours, dead, waiting) == (True, True, False)
    assert lrs.requests == []


async def test_only_shared_sessions_are_told_where_the_site_wants_it(url: str, lrs: LrsDouble) -> None:
    async with site(url, lrs, shared_only=True) as here:
        await a_session(here.store)

        await run_through(here.chore)
        (state,) = await here.outlets.states()

    assert lrs.statements == {}
    assert state.backlog.waiting == 0


async def test_a_withdrawn_answer_voids_the_answer_before_it(url: str, lrs: LrsDouble) -> None:
    async with site(url, lrs) as here:
        await a_session(here.store)
        answers = (await here.outlets.pending("xapi", 100, {"item_answered"})).events
        await run_through(here.chore)

    (voiding,) = [each for each in lrs.statements.values() if each["verb"]["id"] == VERBS["voided"]]
    assert voiding["object"]["id"] == statement_id(answers[0].id)


async def test_a_outlet_from_now_on_tells_nothing_of_the_past(url: str, lrs: LrsDouble) -> None:
    async with site(url, lrs) as here:
        await a_session(here.store)
        await here.outlets.open_outlet("hook", from_now=True)
        before = await here.outlets.pending("hook", 100)
        await a_session(here.store)
        after = await here.outlets.pending("hook", 100, {"session_finished"})

    assert before.events == ()
    assert len(after.events) == 1


def test_waits_grow_to_a_limit_and_are_spread() -> None:
    rules = OutletRules(first_wait_s=5, longest_wait_s=900)
    waits = [wait_s(failures, rules) for failures in range(1, 15)]

    assert all(5 * 2**number / 2 <= wait <= 5 * 2**number for number, wait in enumerate(waits[:7]))
    assert max(waits) <= 900
    assert len(set(waits)) == len(waits)
    assert wait_s(1, rules, asked_s=120) >= 120
