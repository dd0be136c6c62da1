"""The real Kamailio between callers and us: our BYE finds its way back, and a dead call node is left out."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.journeys.baresip_peer import baresip, free_port, needs_baresip
from tests.journeys.phone_service import phone_service

KAMAILIO = shutil.which("kamailio")
MODULES = next((path.parent for path in Path("/usr/lib").glob("*/kamailio/modules/dispatcher.so")), None)
CONFIGURATION = Path(__file__).parents[2] / "docs/examples/kamailio-dispatcher.cfg"

pytestmark = [
    needs_baresip,
    pytest.mark.skipif(KAMAILIO is None or MODULES is None, reason="needs kamailio"),
    pytest.mark.skipif("VOICE_APP_TEST_PEERS" not in os.environ, reason="minutes: scripts/bench_phone.py kamailio"),
    pytest.mark.realtime,
    pytest.mark.slow,
]


@asynccontextmanager
async def kamailio(folder: Path, nodes: list[int]) -> AsyncIterator[int]:
    """Run the documented configuration in front of these nodes; gives its port."""
    port = free_port()
    _write(folder, port, nodes)
    with (folder / "kamailio.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(KAMAILIO),
            "-f",
            "k.cfg",
            "-DD",
            "-E",
            "-w",
            str(folder),
            "-Y",
            str(folder),
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        await asyncio.sleep(3)  # the first probes of its nodes
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        await process.wait()


def _write(folder: Path, port: int, nodes: list[int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = CONFIGURATION.read_text()
    text = re.sub(r"!LISTEN!.*!g", f"!LISTEN!udp:127.0.0.1:{port}!g", text)
    text = re.sub(r"!NODES!.*!g", f"!NODES!{folder}/dispatcher.list!g", text)
    text = re.sub(r"!MODULES!.*!g", f"!MODULES!{MODULES}/!g", text)
    (folder / "k.cfg").write_text(text)
    (folder / "dispatcher.list").write_text("".join(f"1 sip:127.0.0.1:{node}\n" for node in nodes))


async def test_two_nodes_one_killed_the_caller_goes_on_at_the_other(tmp_path: Path) -> None:
    shared = tmp_path / "service"
    async with AsyncExitStack() as running:
        one, two = [await running.enter_async_context(phone_service(shared)) for _ in range(2)]
        port = await running.enter_async_context(kamailio(tmp_path / "kamailio", [one.port, two.port]))
        async with baresip(tmp_path / "first") as caller:
            await caller.dial(f"sip:assess@127.0.0.1:{port}")
            await asyncio.sleep(1)
            for _ in range(6):
                await caller.press("1")
                await asyncio.sleep(0.8)
            await one.until("item_asked", 1)
            with_call = one if one.talks() else two
            with_call.process.kill()
        await asyncio.sleep(5)

        async with baresip(tmp_path / "second") as caller:
            await caller.dial(f"sip:assess@127.0.0.1:{port}")
            for key in "12":
                await asyncio.sleep(1)
                await caller.press(key)
            await asyncio.sleep(1)
            for digit in one.code():
                await caller.press(digit)
                await asyncio.sleep(0.25)
            await one.until("session_resumed", 1)
            await asyncio.sleep(0.8)
            for key in "6222":  # a pause, its end: the service hangs up, through the proxy
                await caller.press(key)
                await asyncio.sleep(1)
            await caller.wait_for("CALL_CLOSED", 30)

    assert one.events().count("session_resumed") == 1
