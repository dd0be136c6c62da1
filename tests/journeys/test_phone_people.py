"""Calls that we place, and callers handed over to a person: with real telephones at both ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journeys.baresip_peer import baresip, needs_baresip
from tests.voice_app.telephony.raw_caller import TONE
from voice_app.telephony.errors import CallFailed
from voice_app.telephony.gateway import Caller, Gateway
from voice_app.telephony.leg import Handover, KeyHeard, Leg
from voice_app.telephony.rules import PhoneRules

pytestmark = [needs_baresip, pytest.mark.realtime]
RULES = PhoneRules(first_rtp_port=37_000, last_rtp_port=37_998, caller_id="sip:assess@127.0.0.1")


async def silent(_prompt: str) -> bytes:
    return bytes(320)


async def test_a_caller_is_handed_over_to_a_person(tmp_path: Path) -> None:
    outcomes: list[Handover] = []
    person_address = ""

    async def converse(leg: Leg, caller: Caller) -> None:
        async for event in leg.events():
            if isinstance(event, KeyHeard):
                outcomes.append(await leg.transfer(person_address))

    gateway = Gateway(RULES, converse, silent, host="127.0.0.1")
    await gateway.start(("127.0.0.1", 0))
    async with baresip(tmp_path / "person", answers=True) as person, baresip(tmp_path / "caller") as caller:
        person_address = f"sip:learner@127.0.0.1:{person.port}"
        await caller.dial(f"sip:assess@127.0.0.1:{gateway.agent.transports.listening['UDP'][1]}")
        await caller.press("0")

        await person.wait_for("CALL_ESTABLISHED", 20)
        for _ in range(100):
            if outcomes and not gateway.agent.calls:
                break
            await asyncio.sleep(0.1)
    await gateway.close()

    assert outcomes == [Handover.DONE]
    assert gateway.agent.calls == []


async def test_who_answers_after_we_gave_up_still_gets_the_caller(tmp_path: Path) -> None:
    outcomes: list[Handover] = []
    person_address = ""

    async def converse(leg: Leg, caller: Caller) -> None:
        async for event in leg.events():
            if isinstance(event, KeyHeard):
                outcomes.append(await leg.transfer(person_address))

    gateway = Gateway(replace(RULES, transfer_ring_s=1), converse, silent, host="127.0.0.1")
    await gateway.start(("127.0.0.1", 0))
    async with baresip(tmp_path / "person") as person, baresip(tmp_path / "caller") as caller:
        person_address = f"sip:learner@127.0.0.1:{person.port}"
        await caller.dial(f"sip:assess@127.0.0.1:{gateway.agent.transports.listening['UDP'][1]}")
        await caller.press("0")
        await person.wait_for("CALL_INCOMING", 20)
        async with asyncio.timeout(20):
            while not outcomes:  # noqa: ASYNC110 - a list tells nothing
                await asyncio.sleep(0.1)
        still_there = len(gateway.agent.calls)
        await person.command("accept")
        await person.wait_for("CALL_ESTABLISHED", 20)
        async with asyncio.timeout(20):
            while gateway.agent.calls:  # noqa: ASYNC110 - a list tells nothing
                await asyncio.sleep(0.1)
    await gateway.close()

    assert outcomes == [Handover.NOBODY]
    assert still_there == 1


async def test_we_call_somebody_who_answers_and_presses_a_key(tmp_path: Path) -> None:
    async def nobody(leg: Leg, caller: Caller) -> None:
        return None

    gateway = Gateway(RULES, nobody, silent, host="127.0.0.1")
    await gateway.start(("127.0.0.1", 0))
    async with baresip(tmp_path / "called", answers=True) as called:
        leg = await gateway.dial(f"sip:learner@127.0.0.1:{called.port}", ring_limit_s=10)
        leg.play(TONE * 50)
        await called.wait_for("CALL_ESTABLISHED")
        await asyncio.sleep(0.5)
        await called.press("4")
        keys = []
        async with asyncio.timeout(5):
            async for event in leg.events():
                if isinstance(event, KeyHeard):
                    keys.append(event.key)
                    leg.hang_up()
        await called.wait_for("CALL_CLOSED")
        heard = called.heard()
    with pytest.raises((CallFailed, OSError)):
        await gateway.dial(f"sip:learner@127.0.0.1:{called.port}", ring_limit_s=1)
    await gateway.close()

    assert keys == ["4"]
    assert max(heard) > 0


async def test_a_busy_telephone_is_told_apart_from_no_answer(tmp_path: Path) -> None:
    async def nobody(leg: Leg, caller: Caller) -> None:
        return None

    gateway = Gateway(RULES, nobody, silent, host="127.0.0.1")
    await gateway.start(("127.0.0.1", 0))
    async with baresip(tmp_path / "called") as called:
        dialling = asyncio.create_task(gateway.dial(f"sip:learner@127.0.0.1:{called.port}", ring_limit_s=10))
        await called.wait_for("CALL_INCOMING")
        await called.command("hangup")
        with pytest.raises(CallFailed) as declined:
            await dialling
        with pytest.raises(CallFailed) as unanswered:
            await gateway.dial(f"sip:learner@127.0.0.1:{called.port}", ring_limit_s=1)
        cancelled = await called.wait_for("CALL_CLOSED", 5)
    await gateway.close()

    assert declined.value.status in (486, 603)
    assert unanswered.value.status == 408
    assert cancelled
