#!/usr/bin/env python
"""A site and its hub over 64 kbit/s that break every ten seconds: how long until all is there, and what it costs.

    bench_bad_line.py [--sessions 40] [--sounds-kb 400] [--kbit 64] [--cut-s 10]

The hub answers over HTTP on this machine, `bad_line.py` lies between. The site sends so many whole sessions, then
fetches an organisation's rows, the item bank with two files changed, and so much rendered speech; then both once more,
with nothing new. A pass that the line breaks is begun again at once, as often as it needs (the service waits between
them, longer and longer). At the end every event is looked for at the hub, every file compared, both databases checked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import audio_content
from scripts.bad_line import BadLine
from tests.voice_app.outlets.sessions import a_session
from tests.voice_app.sync.rig import Hub, Site, join, serving
from tests.voice_app.sync.test_line import organization
from voice_app.store.checking import check_database
from voice_app.store.rules import StoreRules
from voice_app.sync.courier import Versions, push
from voice_app.sync.http_line import HttpLine
from voice_app.sync.ports import HubUnreachable
from voice_app.sync.pulling import content_root, pull
from voice_app.sync.rules import SyncRules

RULES = SyncRules()
CLIP_BYTES = 40_000
PASSES_AT_MOST = 200
CHANGED = ("prompts/fr.yaml", "prompts/en.yaml")


def prepared(folder: Path, sounds_kb: int) -> dict[str, Path]:
    """Give what the hub offers: the item bank, changed in two files, and clips that do not compress."""
    bank, speech = folder / "hub-content", folder / "hub-speech" / "ab"
    shutil.copytree(Path(audio_content.__path__[0]), bank, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name in CHANGED:
        file = bank / name
        file.write_text(file.read_text(encoding="utf-8") + "\n# of this hub\n", encoding="utf-8")
    speech.mkdir(parents=True)
    lot = random.Random(1)  # noqa: S311 - noise
    for number in range(sounds_kb * 1000 // CLIP_BYTES):
        (speech / f"clip-{number}.wav").write_bytes(lot.randbytes(CLIP_BYTES))
    return {"content": bank, "speech": speech.parent}


async def insisted(line: BadLine, work: Callable[[], Awaitable[Any]]) -> tuple[Any, dict[str, float]]:
    """Do something until the line lets it; give what came of it, and seconds, bytes, breaks of the line, passes."""
    began, carried, cuts = time.monotonic(), line.carried, line.cuts
    for passes in range(1, PASSES_AT_MOST + 1):
        try:
            done = await work()
        except HubUnreachable:
            continue
        seconds = time.monotonic() - began
        return done, {
            "seconds": round(seconds, 1),
            "kilobytes carried": round((line.carried - carried) / 1000, 1),
            "breaks": line.cuts - cuts,
            "passes": passes,
        }
    raise SystemExit(f"not done after {PASSES_AT_MOST} passes")


async def run(folder: Path, sessions: int, sounds_kb: int, kbit: float, cut_s: float) -> dict[str, Any]:
    offered = await asyncio.to_thread(prepared, folder, sounds_kb)
    async with serving(f"sqlite+aiosqlite:///{folder / 'hub.sqlite'}", offered) as hub:
        site = await join(hub, folder / "site", "le bus", [await organization(hub, "la Maison Bleue")])
        written = [await a_session(site.store) for _ in range(sessions)]
        line = BadLine("127.0.0.1", hub.port, kbit * 1000 / 8, cut_s)
        server = await line.serve()
        clock = asyncio.create_task(line.run_clock())
        here = await site.uplink.uplink()
        bad = HttpLine(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", here.token, RULES)
        figures: dict[str, Any] = {"line": f"{kbit:g} kbit/s, broken every {cut_s:g} s"}
        for turn in ("first", "nothing new"):
            sent, costs = await insisted(line, lambda: push(site.uplink, bad, Versions("1", "bank")))
            figures[f"push, {turn}"] = {"batches of the last pass": sent.batches, **costs}
            told, costs = await insisted(line, lambda: pull(site.uplink, site.exchange, bad, site.folders, RULES))
            figures[f"pull, {turn}"] = {"rows": told.rows, "files": told.files, "resumed": told.breaks, **costs}
        server.close()
        clock.cancel()
        figures["found again"] = await compared(hub, site, offered, written)
        await site.store.close()
    for name in ("hub.sqlite", "site/events.sqlite"):
        checked = await check_database(f"sqlite+aiosqlite:///{folder / name}", StoreRules())
        figures[f"faults in {name}"] = len(checked.faults)
    return figures


async def compared(hub: Hub, site: Site, offered: dict[str, Path], written: list[Any]) -> dict[str, Any]:
    """Give what of it arrived as it was."""
    events = there = 0
    for session in written:
        own = [(each.kind, dict(each.payload)) for each in await site.store.history(session)]
        events += len(own)
        there += sum(mine == its for mine, its in zip(own, await _at(hub, session), strict=False))
    root = content_root(site.folders.content)
    clips = list(offered["speech"].rglob("*.wav"))
    same = sum((site.folders.speech / f.relative_to(offered["speech"])).read_bytes() == f.read_bytes() for f in clips)
    banks = root is not None and all(
        (root / name).read_bytes() == (offered["content"] / name).read_bytes() for name in CHANGED
    )
    return {"events": f"{there} of {events}", "clips": f"{same} of {len(clips)}", "bank in use": banks}


async def _at(hub: Hub, session: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(each.kind, dict(each.payload)) for each in await hub.store.history(session)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=40)
    parser.add_argument("--sounds-kb", type=int, default=400)
    parser.add_argument("--kbit", type=float, default=64)
    parser.add_argument("--cut-s", type=float, default=10)
    chosen = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(run(Path(folder), chosen.sessions, chosen.sounds_kb, chosen.kbit, chosen.cut_s))
    print(json.dumps(told, indent=1, ensure_ascii=False))
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
