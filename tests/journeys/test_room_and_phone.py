"""One session through two doors: begun in a room, gone on with by telephone, ended in the room. Real browser, real
telephone; the code is all that the person carries from one to the other."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.journeys.baresip_peer import baresip, needs_baresip
from tests.journeys.harness import service, visitor
from tests.journeys.phone_service import PhoneService, phone_service
from tests.journeys.test_kiosk_journeys import (
    QUESTIONS,
    answers_on_disk,
    assert_is_a_result,
    begin,
    person,
    press_on,
    to_screen,
)
from tests.journeys.test_phone_journeys import BETWEEN_KEYS_S, answer_until, enter_code

pytestmark = [
    needs_baresip,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.realtime,
    pytest.mark.skipif("VOICE_APP_TEST_PEERS" not in os.environ, reason="minutes: scripts/bench_phone.py room"),
]
IN_THE_ROOM, BY_PHONE = 3, 4


def ways(phone: PhoneService) -> list[str]:
    """Give by which channel the answers came, each stretch once."""
    came = [way for (way,) in phone.ask("select channel from event where kind = 'item_answered' order by sequence")]
    return [way for place, way in enumerate(came) if place == 0 or came[place - 1] != way]


async def test_begun_in_a_room_gone_on_by_telephone_and_back(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    who = person(5)
    with service(folder) as served:
        async with visitor(served.address, microphone=False) as there:
            view = await to_screen(there, who, await begin(there), "question")
            while len(answers_on_disk(folder)) < IN_THE_ROOM:
                view = await press_on(there, who, view, mouse=False)
            code = there.codes[-1]
        async with phone_service(folder) as phone:
            async with baresip(tmp_path / "caller") as caller:
                await caller.dial(f"sip:assess@127.0.0.1:{phone.port}")
                await enter_code(caller, code)
                await phone.until("session_resumed", 1, 60)
                await asyncio.sleep(BETWEEN_KEYS_S)
                await answer_until(caller, phone, "item_answered", IN_THE_ROOM + BY_PHONE)
                await phone.until("item_asked", IN_THE_ROOM + BY_PHONE + 1)
                await caller.command("hangup")
                await caller.wait_for("CALL_CLOSED")
            asked_by_phone = phone.ask("select json_extract(payload, '$.item') from event where kind = 'item_asked'")
            async with visitor(f"{served.address}#code={code}", microphone=False) as there:
                resumed = await begin(there)
                asked_in_the_room = phone.ask("select payload from event where kind = 'item_asked'")
                last = await to_screen(there, who, resumed, "result")
            came_by = ways(phone)

    answered = answers_on_disk(folder)
    assert resumed.screen == "question"
    assert len(asked_in_the_room) == len(asked_by_phone) == IN_THE_ROOM + BY_PHONE + 1
    assert came_by == ["kiosk", "phone", "kiosk"]
    assert len(answered) == len(set(answered)) == QUESTIONS
    assert_is_a_result(last)
