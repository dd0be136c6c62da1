#!/usr/bin/env python3
"""A whole diagnostic by telephone, spoken: a real baresip calls, a synthetic learner answers aloud, the ear hears it
through G.711. Prints what was kept, how often the learner was understood at once, and how much was said by voice.
With `--lessons` the caller only listens: two lessons, chosen by voice, and nothing may be kept.

    .venv/bin/python scripts/talk_by_phone.py [--law PCMA] [--ability 3] [--seed 1] [--lessons]
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.journeys.baresip_peer import baresip
from tests.journeys.speaking_caller import ChannelTap, speak_through
from voice_app.app import open_service
from voice_app.captions import CaptionedRecognizer, CaptionedSynthesizer
from voice_app.channels.learner import HangsUp, KnowingPerson, Reply, Says
from voice_app.channels.phone import PhoneChannel
from voice_app.ports import ShownView
from voice_app.settings import load_settings
from voice_app.speech.synthesizer import LearnerVoice
from voice_app.store.sql_store import SqlStore
from voice_app.telephony.gateway import Caller, Gateway
from voice_app.telephony.leg import Leg
from voice_app.telephony.rules import PhoneRules

LISTENING = (
    ("language", "français"),
    ("welcome", "des leçons"),
    ("theme", "suivant"),
    ("theme", "ce thème"),
    ("lesson", "cette leçon"),
    ("lesson", "suivant"),
    ("lesson", "cette leçon"),
    ("lesson", "faire une pause"),
    ("pause", "terminer"),
)
"""What somebody says who only listens: where, and in which words."""
LESSON_PARTS = 2
"""A view that tells a lesson has its three parts and the name of the offer."""


@dataclass
class Listener:
    """Somebody who listens to two lessons. Says a thing again until the service has gone on; the lessons heard."""

    step: int = 0
    before: str = ""
    heard: list[str] = field(default_factory=list)

    def reply(self, view: ShownView) -> Reply:
        here = " ".join((view.heading, *view.text))
        if self.before and here != self.before:
            self.step += 1
        if len(view.text) > LESSON_PARTS:
            self.heard.append(view.text[0])
        self.before = here
        if view.screen == "goodbye":
            return HangsUp()
        return Says(LISTENING[min(self.step, len(LISTENING) - 1)][1])


async def talk(law: str, ability: float, seed: int, quiet: bool, lessons: bool) -> int:
    service = await open_service(load_settings())
    voice = LearnerVoice()
    await voice.start()
    heard: Counter[str] = Counter()
    taps: asyncio.Queue[ChannelTap] = asyncio.Queue()

    def write(line: str) -> None:
        outcome = line.strip().strip("[").partition(":")[0]
        heard[outcome] += line.startswith("   [")
        if not quiet:
            print(line, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        store = await SqlStore.open(f"sqlite+aiosqlite:///{Path(folder) / 'events.sqlite'}")
        captioned = replace(
            service,
            recognizer=CaptionedRecognizer(service.recognizer, write),
            synthesizer=CaptionedSynthesizer(service.synthesizer, write),
            store=store,
        )

        async def run_call(leg: Leg, caller: Caller) -> None:
            tap = ChannelTap(PhoneChannel(leg))
            taps.put_nowait(tap)
            await captioned.conversation(tap, asker="phone", seed=seed).run()

        async def speak(_prompt: str) -> bytes:
            return bytes(3200)

        gateway = Gateway(PhoneRules(), run_call, speak, host="127.0.0.1")
        await gateway.start(("127.0.0.1", 0))
        began = time.monotonic()
        async with baresip(Path(folder) / "peer", account=f";audio_codecs={law}/8000/1") as caller:
            await caller.dial(f"sip:assess@127.0.0.1:{gateway.agent.transports.listening['UDP'][1]}")
            tap = await taps.get()
            listener = Listener()
            person = listener if lessons else KnowingPerson(service.context.content, ability, seed)
            spoken = await speak_through(caller, tap, person, voice, pitch=0.8)
        took = time.monotonic() - began
        with closing(sqlite3.connect(Path(folder) / "events.sqlite")) as database:
            kept = dict(database.execute("select kind, count(*) from event group by kind").fetchall())
        await gateway.close()
        await store.close()
    await voice.close()
    await service.close()
    print(f"{law}: {took:.0f} s, {spoken} turns spoken, {tap.keys} keys, heard {dict(heard)}, kept {kept}")
    if lessons:
        print(f"lessons heard: {len(listener.heard)}; kept: {kept or 'nothing'}")
        return (
            0
            if len(listener.heard) == len([said for _, said in LISTENING if said == "cette leçon"]) and not kept
            else 1
        )
    return 0 if kept.get("session_finished") else 1


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--law", choices=("PCMA", "PCMU"), default="PCMA")
    options.add_argument("--ability", type=float, default=3.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--quiet", action="store_true")
    options.add_argument("--lessons", action="store_true")
    chosen = options.parse_args()
    sys.exit(asyncio.run(talk(chosen.law, chosen.ability, chosen.seed, chosen.quiet, chosen.lessons)))


if __name__ == "__main__":
    main()
