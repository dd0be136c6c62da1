#!/usr/bin/env python
"""Many people at once at one service, by the page's protocol: how long a turn takes, how late the process runs, whether
memory grows; then past capacity: who is told what.

    bench_sessions.py [--people 100] [--speaking 4] [--minutes 10]

People think 2 to 6 seconds and press a key over the prompt, session after session; those who speak stream real speech
in real time and hear half of a prompt. Speech is rendered ahead as `scripts/serve` has it (`voice-app content render`
first: what is missing is rendered while somebody waits). Reply: from the key (or the last sample of speech) to the
first sound, as the client sees it; clients and service share the machine. Lag and the service's own times are read from
its figures.
Past capacity: a service with one place fewer than people and two places at the ear for four speakers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from audio_content.loader import load
from tests.journeys.page_learner import Moments, PageLearner
from voice_app.channels.learner import KnowingPerson
from voice_app.settings import load_settings
from voice_app.speech.synthesizer import LearnerVoice

CONTENT = load()
THINK_S = (2.0, 6.0)
RAMP_S = 20.0
SAMPLE_S = 5.0
SETTLED_S = 60.0
MEGABYTE = 1_000_000


@dataclass
class Service:
    """A running `voice-app serve` with its operators' door."""

    process: subprocess.Popen[str]
    address: str
    door: int
    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    busy_s: float = 0.0

    def figures(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.door}/metrics", timeout=20) as answer:
            return str(answer.read().decode())

    def sample(self, at_s: float) -> None:
        """Note the memory of the service without its engines' processes, which hold their models."""
        self.memory_mb.append((at_s, psutil.Process(self.process.pid).memory_info().rss / MEGABYTE))

    def processor_s(self) -> float:
        root = psutil.Process(self.process.pid)
        return sum(sum(each.cpu_times()[:2]) for each in (root, *root.children(recursive=True)))


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Service]:
    """Run the service with its own database and the installed models and sounds."""
    installed = load_settings().data_folder.resolve()
    folder.mkdir()
    for name in ("models", "speech"):
        (installed / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(installed / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        door = int(free.getsockname()[1])
    environment = {
        **os.environ,
        **settings,
        "VOICE_APP_DATA_FOLDER": str(folder),
        "VOICE_APP_OPERATIONS_PORT": str(door),
    }
    command = [sys.executable, "-m", "voice_app", "serve", "--port", "0"]
    with (folder / "serve.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, (folder / "serve.log").read_text()[-2000:]
        yield Service(process, address, door)
    finally:
        process.terminate()
        process.wait(timeout=40)


def person(seed: int, keys_only: bool) -> Any:
    counter = iter(range(seed * 1000, seed * 1000 + 1000))
    return lambda: KnowingPerson(CONTENT, ability=2.0, seed=next(counter), keys_only=keys_only)


async def crowd(service: Service, people: int, speaking: int, length_s: float) -> tuple[Moments, Moments]:
    """Let people take part for so long; give what happened to those with keys and to those who speak."""
    keys, spoken, stop = Moments(), Moments(), asyncio.Event()
    voice = LearnerVoice()
    await voice.start()

    async def speak(words: str) -> bytes:
        return (await voice.say(words, "fr", pitch=0.8, rate=1.0, formant=0.92)).pcm

    learners = [
        PageLearner(service.address, person(number, False), spoken, speak=speak, listens=0.5, seed=number, stop=stop)
        for number in range(speaking)
    ] + [
        PageLearner(service.address, person(number, True), keys, think_s=THINK_S, seed=number, stop=stop)
        for number in range(speaking, people)
    ]
    began = time.monotonic()
    tasks = []
    for learner in learners:
        tasks.append(asyncio.create_task(learner.run()))
        await asyncio.sleep(RAMP_S / people)
    before = service.processor_s()
    while time.monotonic() - began < length_s:
        service.sample(time.monotonic() - began)
        await asyncio.sleep(SAMPLE_S)
    service.busy_s = (service.processor_s() - before) / (time.monotonic() - began - RAMP_S)
    stop.set()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await voice.close()
    return keys, spoken


def spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values) or [0.0]
    at = {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in SHARES.items()}
    return {"n": len(values), **{name: round(value) for name, value in at.items()}}


SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def quantile(figures: str, name: str, share: float, *labels: str) -> float:
    """Give a histogram's quantile, in seconds: the bound of the bucket that holds it."""
    counts: dict[float, float] = {}
    for line in figures.splitlines():
        if line.startswith(f"{name}_bucket") and all(label in line for label in labels):
            bound = float(re.findall(r'le="([^"]+)"', line)[0].replace("+Inf", "inf"))
            counts[bound] = counts.get(bound, 0.0) + float(line.rsplit(" ", 1)[1])
    total = max(counts.values(), default=0.0)
    return next((bound for bound, count in sorted(counts.items()) if count >= share * total), 0.0)


def counted(figures: str, name: str) -> float:
    return sum(float(line.rsplit(" ", 1)[1]) for line in figures.splitlines() if line.startswith(name))


def growth_mb_an_hour(samples: list[tuple[float, float]]) -> float:
    """Give the slope of memory after the first minute, by least squares."""
    settled = [(at, mb) for at, mb in samples if at >= min(SETTLED_S, samples[-1][0] / 2)]
    mean_at = sum(at for at, _ in settled) / len(settled)
    mean_mb = sum(mb for _, mb in settled) / len(settled)
    spread_at = sum((at - mean_at) ** 2 for at, _ in settled) or 1.0
    return 3600 * sum((at - mean_at) * (mb - mean_mb) for at, mb in settled) / spread_at


def within_capacity(folder: Path, people: int, speaking: int, length_s: float) -> dict[str, Any]:
    with serving(folder, VOICE_APP_WEB_MOST_CONVERSATIONS=str(people + 10)) as service:
        keys, spoken = asyncio.run(crowd(service, people, speaking, length_s))
        figures = service.figures()
    half = len(service.memory_mb) // 10 or 1
    return {
        "people": people,
        "speaking": speaking,
        "minutes": round(length_s / 60, 1),
        "turns": keys.turns + spoken.turns,
        "sessions_finished": keys.finished + spoken.finished,
        "key_reply_ms": spread(keys.key_reply_ms),
        "spoken_reply_ms": spread(spoken.spoken_reply_ms),
        "reply_within_service_s": {
            "p95 keys and voice": quantile(figures, "voice_app_turn_seconds", 0.95, 'stage="reply"'),
            "p95 save": quantile(figures, "voice_app_turn_seconds", 0.95, 'stage="save"'),
            "p95 hear": quantile(figures, "voice_app_turn_seconds", 0.95, 'stage="hear"'),
        },
        "lag_s": {name: quantile(figures, "voice_app_loop_lag_seconds", share) for name, share in SHARES.items()},
        "memory_mb": {
            "after a tenth": round(service.memory_mb[half][1]),
            "end": round(service.memory_mb[-1][1]),
            "growth an hour": round(growth_mb_an_hour(service.memory_mb)),
        },
        "processors_busy": round(service.busy_s, 2),
        "cuts": keys.cuts + spoken.cuts,
        "answers_lost": keys.lost + spoken.lost,
        "problems": dict(keys.problems + spoken.problems),
    }


def past_capacity(folder: Path) -> dict[str, Any]:
    settings = {"VOICE_APP_WEB_MOST_CONVERSATIONS": "19", "VOICE_APP_SPEECH_EAR_PLACES": "2"}
    with serving(folder, **settings) as service:
        keys, spoken = asyncio.run(crowd(service, 20, 4, 60.0))
        figures = service.figures()
    return {
        "people": 20,
        "places": 19,
        "told that all places are taken": counted(figures, "voice_app_refused_total"),
        "speaking": 4,
        "places at the ear": 2,
        "told to use keys": counted(figures, "voice_app_ear_full_total"),
        "went on by keys": spoken.ear_closed,
        "their turns": spoken.turns,
        "key_reply_ms": spread(keys.key_reply_ms),
        "spoken_reply_ms": spread(spoken.spoken_reply_ms),
        "answers_lost": keys.lost + spoken.lost,
        "problems": dict(keys.problems + spoken.problems),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--speaking", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"load before: {os.getloadavg()[0]:.1f}", flush=True)
        within = within_capacity(Path(folder) / "within", arguments.people, arguments.speaking, arguments.minutes * 60)
        print(json.dumps(within, indent=1), flush=True)
        print(json.dumps(past_capacity(Path(folder) / "past"), indent=1), flush=True)


if __name__ == "__main__":
    main()
