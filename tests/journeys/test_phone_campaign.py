"""A campaign by telephone: queued by the command, called by the running line, asked first; a no is kept."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.journeys.baresip_peer import baresip, needs_baresip
from tests.journeys.phone_service import PhoneService, phone_service

pytestmark = [needs_baresip, pytest.mark.audio, pytest.mark.realtime]
SETTINGS = {
    "VOICE_APP_PHONE_CALLS_QUIET_HOURS": "",
    "VOICE_APP_PHONE_CALLS_LOOK_EVERY_S": "0.5",
    "VOICE_APP_PHONE_CALLER_ID": "sip:assess@127.0.0.1",
}


async def command(service: PhoneService, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "voice_app",
        "calls",
        *words,
        env={**os.environ, "VOICE_APP_DATA_FOLDER": str(service.folder)},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    return told.decode()


@pytest.mark.parametrize(("key", "state"), [("1", "waiting"), ("2", "refused")])
async def test_called_and_asked_first(tmp_path: Path, key: str, state: str) -> None:
    (tmp_path / "numbers.txt").write_text("+33 6 12 34 56 78\n")
    async with baresip(tmp_path / "person", answers=True, user="0612345678") as person:
        settings = {**SETTINGS, "VOICE_APP_PHONE_TRUNK": f"sip:127.0.0.1:{person.port}"}
        async with phone_service(tmp_path / "service", settings=settings) as service:
            window = ("--campaign", "autumn", "--window", "1-7 00:00-24:00")
            await command(service, "add", str(tmp_path / "numbers.txt"), *window)
            await person.wait_for("CALL_ESTABLISHED", 30)
            await asyncio.sleep(1.5)
            await person.press(key)
            if key == "1":
                await asyncio.sleep(1)
                await person.press("1")
                await asyncio.sleep(1)
                await person.press("1")
                await service.until("session_started", 1)
                await person.command("hangup")
            else:
                await asyncio.sleep(1)
                await person.press("5")
            await person.wait_for("CALL_CLOSED", 30)
            await asyncio.sleep(1)
            (line,) = [json.loads(each) for each in (await command(service, "list", "--json")).splitlines()]
            kept = service.ask("select mark, sealed from errand")[0]
            told = (await command(service, "number", line["id"])).strip() if state == "waiting" else "0612345678"

    assert line["state"] == state
    assert told == "0612345678"
    assert service.events().count("session_started") == (key == "1")
    assert "0612345678" not in str(kept)
    assert bool(kept[1]) == (state == "waiting")
