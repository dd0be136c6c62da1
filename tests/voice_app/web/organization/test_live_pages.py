"""The live pages are pushed: what changes comes by the open stream, without anybody asking again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import pytest

from tests.voice_app.web.organization.desk import Desk
from voice_app.live_feed import LocalFeed
from voice_app.ports import SessionId
from voice_app.sittings import Glimpse
from voice_app.store.sql_sittings import SqlSittings

SCRIPT = Path(__file__).parents[4] / "voice_app" / "web" / "static" / "js" / "live.js"
LIMIT_S = 60.0


class WokenOnly(LocalFeed):
    """A feed that nobody's patience ends: whoever waits is woken by what happens, or never."""

    async def changed(self, topic: str, within_s: float) -> None:
        await super().changed(topic, LIMIT_S)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    opened.sittings = SqlSittings(opened.store.engine, WokenOnly(), opened.moment)
    yield opened
    await opened.store.close()


async def test_a_place_s_page_is_told_of_a_change_without_asking_again(desk: Desk) -> None:
    sitting, session = await desk.sit()
    browser = await desk.browser("mediator")
    path = f"/org/{desk.ours}/sittings/{sitting.id}/seats/{session}/live"

    async with asyncio.timeout(LIMIT_S), browser.client.request(path) as stream:
        await stream.send_complete()
        while b"data:" not in (before := await stream.receive()):
            pass
        began = perf_counter()
        await desk.sittings.show(session, Glimpse("question", 5, wants_help=True))
        while b"data:" not in (after := await stream.receive()):
            pass
        print(f"a change was on the stream {perf_counter() - began:.3f} s after it was written")  # noqa: T201
        await stream.disconnect()

    told = [json.loads(each.decode().partition("data: ")[2]) for each in (before, after)]
    assert "Demande de l’aide" not in told[0]
    assert "Demande de l’aide" in told[1]


async def test_who_was_put_out_is_shown_nothing_more_by_the_open_stream(desk: Desk) -> None:
    sitting, session = await desk.sit()
    browser, member = await desk.browser("mediator"), desk.members["mediator"]
    path = f"/org/{desk.ours}/sittings/{sitting.id}/seats/{session}/live"

    async with asyncio.timeout(LIMIT_S), browser.client.request(path) as stream:
        await stream.send_complete()
        while b"data:" not in await stream.receive():
            pass
        await desk.organizations.change_member(
            member.organization.id, member.id, role=member.role, active=False, by=desk.members["admin"]
        )
        await desk.sittings.show(SessionId(session), Glimpse("question", 5, wants_help=True))

    assert b"data:" not in stream.response_data  # it has ended by itself


def test_the_script_of_the_page_waits_for_the_stream_and_asks_for_nothing() -> None:
    script = SCRIPT.read_text("utf-8")

    assert "new EventSource(" in script
    assert "setInterval" not in script
    assert script.count("fetch(") == 1  # a form that is sent
