"""A whole diagnostic by telephone: the real command, a real caller, cut in the middle and taken up again by code."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from audio_content.loader import load
from audio_content.model import ItemKind
from tests.journeys.baresip_peer import Baresip, baresip, needs_baresip
from tests.journeys.phone_service import PhoneService, phone_service

pytestmark = [needs_baresip, pytest.mark.audio, pytest.mark.realtime]
BETWEEN_KEYS_S = 0.75
"""Longer than the time in which a second press is taken for a bounce."""
BETWEEN_DIGITS_S = 0.25


CONTENT = load()


def right_keys(service: PhoneService) -> str:
    """Give the keys of the right answer to the question that waits, "1" where none does."""
    asked = service.ask("select kind, payload from event order by sequence desc limit 1")
    if not asked or asked[0][0] not in ("item_asked", "session_resumed"):
        return "1"
    (payload,) = service.ask("select payload from event where kind = 'item_asked' order by sequence desc limit 1")[0]
    asked_item = json.loads(payload)
    item = CONTENT.items[asked_item["item"]]
    if item.kind is ItemKind.NUMBER:
        return f"{item.key}#"
    place = str(asked_item["order"].index(item.key) + 1)
    return f"1{place}" if item.kind is ItemKind.WORD else place


async def answer_until(caller: Baresip, service: PhoneService, kind: str, count: int) -> None:
    """Press the right keys, as somebody who knows the way, until so many records of a kind are kept."""
    for _ in range(40):
        if service.events().count(kind) >= count:
            return
        for key in right_keys(service):
            await caller.press(key)
            await asyncio.sleep(BETWEEN_KEYS_S)
    raise AssertionError(f"no {count} times {kind}: {service.events()}")


async def enter_code(caller: Baresip, code: str) -> None:
    """Press through the menus: French, "I have a code", and its digits."""
    for key in "12":
        await asyncio.sleep(1)
        await caller.press(key)
    await asyncio.sleep(1)
    for digit in code:
        await caller.press(digit)
        await asyncio.sleep(BETWEEN_DIGITS_S)


async def test_by_keys_cut_after_five_questions_and_resumed_by_code(tmp_path: Path) -> None:
    async with phone_service(tmp_path / "service") as service:
        async with baresip(tmp_path / "first") as caller:
            await caller.dial(f"sip:assess@127.0.0.1:{service.port}")
            await asyncio.sleep(1)
            await answer_until(caller, service, "item_answered", 5)
            await service.until("item_asked", 6)
            await caller.kill()
        asked_before = service.ask("select json_extract(payload, '$.item') from event where kind = 'item_asked'")

        account = ";audio_codecs=PCMA/8000/1;dtmfmode=info"
        async with baresip(tmp_path / "second", account=account) as caller:
            await caller.dial(f"sip:assess@127.0.0.1:{service.port}")
            await enter_code(caller, service.code())
            await service.until("session_resumed", 1)
            asked_after = service.ask("select json_extract(payload, '$.item') from event where kind = 'item_asked'")
            await asyncio.sleep(BETWEEN_KEYS_S)
            await answer_until(caller, service, "session_finished", 1)
            await asyncio.sleep(1)
            await caller.press("2")
            await asyncio.sleep(1)
            await caller.press("5")
            await caller.wait_for("CALL_CLOSED", 60)

    kinds = service.events()
    assert asked_after == asked_before
    assert len(asked_before) == 6
    assert kinds.count("item_answered") == 10
    assert kinds[-1] == "session_finished"
