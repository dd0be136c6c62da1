"""What a real telephone hears is what was said, and the other way round: baresip against the gateway, sample by sample.

Speech, not a tone: a tone fits itself at many places. One constant lag must fit every window of 100 ms that has sound.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.journeys.baresip_peer import baresip, needs_baresip
from tests.journeys.likeness import likeness
from tests.voice_app.telephony.raw_caller import Line, running_line
from voice_app.channels.phone import for_line
from voice_app.speech.synthesizer import LearnerVoice
from voice_app.telephony.gateway import Caller
from voice_app.telephony.leg import KeyHeard, Leg, LineHeard
from voice_app.telephony.rules import PhoneRules

pytestmark = [needs_baresip, pytest.mark.audio, pytest.mark.quiet]
PROMPT = "Bonjour. Je vais vous poser dix questions."
ANSWER = "Répétez la question, s'il vous plaît."


@pytest.fixture(scope="module")
def speech() -> tuple[bytes, bytes]:
    async def spoken() -> tuple[bytes, bytes]:
        voice = LearnerVoice()
        await voice.start()
        try:
            return for_line(await voice.say(PROMPT, "fr")), for_line(await voice.say(ANSWER, "fr", pitch=0.8))
        finally:
            await voice.close()

    return asyncio.run(spoken())


@pytest.mark.parametrize(
    ("codec", "account", "transport", "telephone_event"),
    [
        ("PCMU", ";audio_codecs=PCMU/8000/1", "udp", 101),
        ("PCMA", ";audio_codecs=PCMA/8000/1;dtmfmode=info", "tcp", 96),
    ],
)
async def test_heard_is_said_both_ways(
    tmp_path: Path, speech: tuple[bytes, bytes], codec: str, account: str, transport: str, telephone_event: int
) -> None:
    prompt, answer = speech
    heard = bytearray()
    keys: list[str] = []

    async def converse(leg: Leg, caller: Caller) -> None:
        leg.play(prompt)
        async for event in leg.events():
            match event:
                case LineHeard(pcm):
                    heard.extend(pcm)
                case KeyHeard(key):
                    keys.append(key)
                    if key == "#":
                        leg.hang_up()

    rules = PhoneRules(first_rtp_port=36_000, last_rtp_port=36_998)
    line: Line
    with running_line(rules, converse) as line:
        async with baresip(tmp_path, account=account, transport=transport, telephone_event=telephone_event) as caller:
            await caller.dial(f"sip:assess@127.0.0.1:{line.port};transport={transport}")
            await caller.say(answer)
            await asyncio.sleep(max(len(prompt), len(answer)) / 16_000 + 1)
            for key in "1*0":
                await caller.press(key)
                await asyncio.sleep(0.15)
            await caller.press("#")
            await caller.wait_for("CALL_CLOSED")
            to_caller = likeness(prompt, caller.heard())
            from_caller = likeness(answer, bytes(heard))

    assert keys == list("1*0#")
    assert to_caller[0] == to_caller[1] > 20
    assert from_caller[0] == from_caller[1] > 10
