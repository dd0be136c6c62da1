#!/usr/bin/env python3
"""How many speaking callers this machine carries, and what the next one hears.

    bench_callers.py [--callers 1 2 4 8 12 16] [--seconds 90]     people who really speak, N at once, call after call
    bench_callers.py --callers 20 --keyed 20                      and past the places at the ear people who press keys
    bench_callers.py past                                         what callers past both limits hear, written down

The service is the one that `voice-app phone` runs (conversation, ear, voice, media, database), in processes of its own;
only whose turn it is, and with which question, it tells besides. The callers are one light process
(`speaking_callers.py`); its share of the processor is printed beside the service's. A reply is timed from the end of
the last word to the first sound that comes back: what the dialogue waits on purpose (0.26 to 1.2 s) is part of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import psutil
import soxr

sys.path.insert(0, str(Path(__file__).parent.parent))

from audio_content.loader import load
from scripts.speaking_callers import SpeakingLoad, made_beforehand, wordings
from tests.journeys.speaking_caller import ChannelTap
from voice_app.app import Service, open_service
from voice_app.audio import HEARING_RATE_HZ
from voice_app.conversation import Conversation
from voice_app.g711 import Law, decode
from voice_app.phone_line import CallersLine, PhoneLine
from voice_app.ports import CallerLine, Channel, ShownView
from voice_app.settings import load_settings
from voice_app.speech.models import require_whisper
from voice_app.store.sql_errands import SqlErrands

LOCALE = "fr"
MENUS = (
    *("language.name", "welcome.begin", "recognition.yes", "pace.ok", "practice.option.one", "pause.continue"),
    *("result.finish", "result.onward", "option.yes", "option.no", "comeback.continue"),
)
RAMP_S = 10.0
SETTLE_S = 12.0
"""Newcomers press through the menus and come to their first question."""
DECISION = re.compile(r"turn \d+: (\w+) by (\S+) in (\d+) ms")


@dataclass(frozen=True)
class TellingService(Service):
    """The service, which also tells whose turn it is: one JSON line a turn on the standard output."""

    def conversation(
        self,
        channel: Channel,
        *,
        asker: str,
        resume_code: str | None = None,
        seed: int | None = None,
        line: CallerLine | None = None,
    ) -> Conversation:
        number = line.number if isinstance(line, CallersLine) else ""
        tap = _TellingTap(channel, _Teller(number))  # type: ignore[arg-type]
        return super().conversation(tap, asker=asker, resume_code=resume_code, seed=seed, line=line)


class _Teller:
    def __init__(self, number: str) -> None:
        self._number = number

    def put_nowait(self, view: ShownView) -> None:
        self.tell(view, asked=True)

    def tell(self, view: ShownView, *, asked: bool) -> None:
        print(json.dumps({"caller": self._number, "asked": asked, "view": asdict(view)}), flush=True)


class _TellingTap(ChannelTap):
    """Tells a turn twice: when its prompt begins, and when it is the caller's."""

    async def show(self, view: ShownView) -> None:
        await super().show(view)
        cast(_Teller, self.turns).tell(view, asked=False)


async def serve() -> None:
    """Run the line until the input closes; print the port first, the ear's process next."""
    settings = load_settings()
    async with asyncio.TaskGroup() as tasks:
        service = await open_service(settings)
        telling = TellingService(**{each.name: getattr(service, each.name) for each in fields(Service)})
        errands = await SqlErrands.open(settings.database_url, settings.store)
        line = PhoneLine(telling, errands, host="127.0.0.1")
        await line.gateway.start(("127.0.0.1", 0))
        print(line.gateway.agent.transports.listening["UDP"][1], flush=True)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_reader(sys.stdin, stop.set)
        await stop.wait()
        del tasks
    await line.gateway.close()
    await errands.close()
    await service.close()


@dataclass
class RunningService:
    port: int
    turns: BinaryIO
    process: psutil.Process
    log: Path

    def cpu_s(self) -> dict[str, float]:
        """Give the processor seconds of each of its processes, by what it is."""
        spent = {"service": _spent(self.process)}
        for child in self.process.children(recursive=True):
            command = " ".join(child.cmdline())
            name = "media" if "telephony.media" in command else "ear, voice"
            spent[name] = spent.get(name, 0.0) + _spent(child)
        return spent


def _spent(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


@contextmanager
def running_service(**settings: int) -> Iterator[RunningService]:
    """Run the service with a database of its own, and the installed models and sentences."""
    installed = load_settings().data_folder.resolve()
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        for name in ("models", "speech"):
            (installed / name).mkdir(exist_ok=True)
            (Path(folder) / name).symlink_to(installed / name)
        wishes = {f"VOICE_APP_PHONE_{name.upper()}": str(value) for name, value in settings.items()}
        environment = {**os.environ, **wishes, "VOICE_APP_DATA_FOLDER": folder}
        with subprocess.Popen(
            [sys.executable, __file__, "serve"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            try:
                port = int(process.stdout.readline())
                yield RunningService(port, process.stdout, psutil.Process(process.pid), Path(folder) / "log")
            finally:
                process.stdin.close()
                process.wait(60)


def measure(answers: dict[tuple[int, str], list[bytes]], speaking: list[int], keyed: int, seconds: float) -> None:
    """Let more and more people call, and print what was measured of each crowd once all of it talks."""
    content = load()
    most = max(speaking)
    with running_service(capacity=most + keyed + 1, speaking_capacity=most) as service:
        callers = SpeakingLoad(service.port, answers, service.turns)
        for count in sorted(speaking):
            newcomers = count - len(callers.callers)
            callers.add(content, newcomers, ability=3.0, over_s=max(RAMP_S, newcomers * RAMP_S / 8))
            callers.pass_time(max(RAMP_S, newcomers * RAMP_S / 8) + SETTLE_S)
            tell(callers, service, seconds, f"{count} speak")
        if keyed:  # they come when all places at the ear are taken
            callers.add(content, keyed, ability=3.0, over_s=2 * RAMP_S, keys_only=True)
            callers.pass_time(2 * RAMP_S + SETTLE_S)
            tell(callers, service, seconds, f"{most} speak, {keyed} past the places at the ear press keys")
        callers.leave()


def tell(callers: SpeakingLoad, service: RunningService, seconds: float, title: str) -> None:
    """Measure for so long, and print it."""
    decided_before = len(DECISION.findall(service.log.read_text()))
    before, own_before, began_ns = service.cpu_s(), time.process_time(), time.time_ns()
    callers.begin_window()
    callers.pass_time(seconds)
    own, after, heard = time.process_time() - own_before, service.cpu_s(), callers.figures
    decisions = [float(each[2]) for each in DECISION.findall(service.log.read_text())[decided_before:]]
    sound = callers.figures_of_sound(
        [call for call in callers.calls.values() if call.answered_at and not call.over], began_ns, time.time_ns()
    )
    within = sum(each <= 1000 for each in heard.replies_ms) / max(1, len(heard.replies_ms))
    cpu = ", ".join(f"{name} {after[name] - before.get(name, 0.0):.1f}" for name in after)
    print(f"{title}; load average {os.getloadavg()[0]:.1f}")
    print(f"  reply: {_spread(heard.replies_ms)}, within 1 s {within:.0%}")
    print(f"  the ear's own time: {_spread(decisions)}")
    print(
        f"  said {heard.spoken}, again {heard.repeated}, by key {heard.pressed}, answered before the end"
        f" {heard.over_speech}, lost {heard.lost}, calls ended {heard.finished}"
    )
    print(f"  {sound.row()}")
    print(f"  CPU s of {seconds:.0f}: {cpu}, callers {own:.1f}", flush=True)
    if heard.unmade:
        print(f"  not made beforehand: {sorted(heard.unmade)}")


def past(answers: dict[tuple[int, str], list[bytes]]) -> None:
    """Fill the places at the ear, then the line; print what the next caller hears, and what once a place is free."""
    content = load()
    with running_service(capacity=3, speaking_capacity=2) as service:
        callers = SpeakingLoad(service.port, answers, service.turns)
        callers.add(content, 2, ability=3.0, over_s=1.0)
        callers.pass_time(8)
        callers.add(content, 1, ability=3.0, over_s=0.1, keys_only=True, silent=True)
        callers.pass_time(2)
        callers.add(content, 1, ability=3.0, over_s=0.1, silent=True)
        callers.pass_time(24)
        first, second, keyed, full = callers.callers.values()
        before = len(keyed.heard)
        for caller in (first, second):
            caller.calls_at = float("inf")
            if caller.call is not None:
                callers.hang_up([caller.call])
                caller.call = None
        callers.pass_time(20)
        told = {
            "the third of two places at the ear": bytes(keyed.heard[:before]),
            "the fourth of three lines": bytes(full.heard),
            "the third, once a place is free": bytes(keyed.heard[before:]),
        }
    for who, line in told.items():
        for language in ("fr", "en"):
            print(f"{who} ({language}): {_written_down(line, language)}", flush=True)


def _written_down(line: bytes, language: str) -> str:
    """Give what a listener understands: free transcription by Whisper base, in one language."""
    from faster_whisper import WhisperModel

    pcm = np.frombuffer(decode(line, Law.A), "<i2").astype(np.float32) / 2**15
    samples = np.asarray(soxr.resample(pcm, 8000, HEARING_RATE_HZ), dtype=np.float32)
    model = WhisperModel(str(require_whisper(load_settings().models_folder)), device="cpu", compute_type="int8")
    segments, _ = model.transcribe(samples, language=language, beam_size=1)
    return " ".join(segment.text.strip() for segment in segments)


def _spread(values: list[float]) -> str:
    ordered = sorted(values)
    if not ordered:
        return "none"
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"n={len(ordered)} p50 {statistics.median(ordered):.0f}, p95 {p95:.0f}, worst {ordered[-1]:.0f} ms"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", nargs="?", choices=("bench", "past", "serve"), default="bench")
    options.add_argument("--callers", type=int, nargs="+", default=[1, 2, 4, 8, 12, 16])
    options.add_argument("--keyed", type=int, default=0)
    options.add_argument("--seconds", type=float, default=90)
    chosen = options.parse_args()
    if chosen.what == "serve":
        import logging

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        asyncio.run(serve())
        return
    content = load()
    items = [item.id for item in content.path_items(load_settings().assessment.path)]
    words = wordings(content, items, MENUS, LOCALE)
    kept = load_settings().data_folder / "bench-callers"
    kept.mkdir(parents=True, exist_ok=True)
    answers = asyncio.run(made_beforehand(kept, words, LOCALE))
    print(f"{len(words)} wordings in {len(answers) // len(words)} voices, {os.cpu_count()} cores", flush=True)
    if chosen.what == "past":
        past(answers)
        return
    measure(answers, chosen.callers, chosen.keyed, chosen.seconds)


if __name__ == "__main__":
    main()
