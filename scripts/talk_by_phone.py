#!/usr/bin/env python3
"""A whole diagnostic by telephone: a real baresip calls, a synthetic person answers aloud or with keys, through G.711.
Prints what was kept, how often the person was understood at once, how much was said by voice, and how many windows of
100 ms of what was said to the end reached the other side as they were (correlation over 0.98 at one lag a prompt).

    .venv/bin/python scripts/talk_by_phone.py [--law PCMA] [--ability 3] [--seed 1]
    .venv/bin/python scripts/talk_by_phone.py --lessons        only listens: two lessons, by voice, and nothing is kept
    .venv/bin/python scripts/talk_by_phone.py --keys info      no word: every key by SIP INFO, or `rtp`: RFC 4733
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.journeys.baresip_peer import baresip
from tests.journeys.likeness import likeness
from tests.journeys.speaking_caller import ChannelTap, speak_through
from voice_app.app import open_service
from voice_app.captions import CaptionedRecognizer, CaptionedSynthesizer
from voice_app.channels.learner import HangsUp, KnowingPerson, Person, Presses, Reply, Says
from voice_app.channels.phone import PhoneChannel
from voice_app.ports import ShownView
from voice_app.settings import load_settings
from voice_app.speech.synthesizer import LearnerVoice
from voice_app.store.sql_store import SqlStore
from voice_app.telephony.gateway import Caller, Gateway
from voice_app.telephony.leg import Leg, LegEvent, MarkReached
from voice_app.telephony.rules import PhoneRules

KEY_WAYS = {"info": ";dtmfmode=info", "rtp": ""}


LISTENING = (
    ("français", "1"),
    ("des leçons", "2"),
    ("suivant", "2"),
    ("ce thème", "1"),
    ("cette leçon", "1"),
    ("suivant", "2"),
    ("cette leçon", "1"),
    ("faire une pause", "6"),
    ("terminer", "2"),
)
"""What somebody says who only listens, and the key for who is not understood."""
LISTENED = [words for words, _ in LISTENING if words == "cette leçon"]
LESSON_PARTS = 3
PATIENT_TRIES = 2


@dataclass
class Listener:
    """Somebody who listens to two lessons: says a thing again until the service has gone on, then presses its key."""

    heard: list[str] = field(default_factory=list)
    step: int = 0
    tries: int = 0
    before: tuple[str, str] = ("", "")

    def reply(self, view: ShownView) -> Reply:
        if view.screen == "goodbye":
            return HangsUp()
        if view.choices and view.choices[0].pictogram == "check":  # half heard: it is asked about
            return Says("oui")
        if view.screen == "code_entry":
            return Presses("#")
        here = (view.heading, view.text[-1] if view.text else "")
        was_told = len(view.text) > LESSON_PARTS
        if was_told:
            self.heard.append(view.text[-1])
        went_on = self.before != ("", "") and (here != self.before or was_told)
        self.step, self.tries = (self.step + 1, 0) if went_on else (self.step, self.tries + 1)
        self.before = here
        words, key = LISTENING[min(self.step, len(LISTENING) - 1)]
        return Presses(key) if self.tries > PATIENT_TRIES else Says(words)


@dataclass
class WrittenDown:
    """A leg, and the sound of each prompt that was said to its end."""

    leg: Leg
    said: list[bytes] = field(default_factory=list)
    _open: bytes = b""
    _waiting: dict[int, bytes] = field(default_factory=dict)

    def play(self, pcm: bytes) -> None:
        self._open += pcm
        self.leg.play(pcm)

    def mark(self, number: int) -> None:
        self._waiting[number], self._open = self._open, b""
        self.leg.mark(number)

    def clear(self) -> None:
        self._open, self._waiting = b"", {}
        self.leg.clear()

    async def events(self) -> AsyncIterator[LegEvent]:
        async for event in self.leg.events():
            if isinstance(event, MarkReached):
                self.said.append(self._waiting.pop(event.mark, b""))
            yield event

    def hang_up(self) -> None:
        self.leg.hang_up()

    async def transfer(self, target: str) -> bool:
        return await self.leg.transfer(target)


async def talk(law: str, ability: float, seed: int, quiet: bool, keys: str, lessons: bool) -> int:
    service = await open_service(load_settings())
    voice = LearnerVoice()
    await voice.start()
    outcomes: Counter[str] = Counter()
    taps: asyncio.Queue[tuple[ChannelTap, WrittenDown]] = asyncio.Queue()

    def write(line: str) -> None:
        outcome = line.strip().strip("[").partition(":")[0]
        outcomes[outcome] += line.startswith("   [")
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
            written = WrittenDown(leg)
            tap = ChannelTap(PhoneChannel(written))
            taps.put_nowait((tap, written))
            await captioned.conversation(tap, asker="phone", seed=seed).run()

        async def speak(_prompt: str) -> bytes:
            return bytes(3200)

        gateway = Gateway(PhoneRules(), run_call, speak, host="127.0.0.1")
        await gateway.start(("127.0.0.1", 0))
        began = time.monotonic()
        account = f";audio_codecs={law}/8000/1{KEY_WAYS.get(keys, '')}"
        async with baresip(Path(folder) / "peer", account=account) as caller:
            await caller.dial(f"sip:assess@127.0.0.1:{gateway.agent.transports.listening['UDP'][1]}")
            tap, written = await taps.get()
            listener = Listener()
            knowing = KnowingPerson(service.context.content, ability, seed, keys_only=bool(keys))
            person: Person = listener if lessons else knowing
            spoken = await speak_through(caller, tap, person, voice, pitch=0.8)
            took = time.monotonic() - began
            heard = caller.heard()
        with closing(sqlite3.connect(Path(folder) / "events.sqlite")) as database:
            kept = dict(database.execute("select kind, count(*) from event group by kind").fetchall())
        await gateway.close()
        await store.close()
    await voice.close()
    await service.close()
    windows = [likeness(prompt, heard) for prompt in written.said if prompt]
    good, total = (sum(each) for each in zip(*windows, strict=True))
    print(f"{law}: {took:.0f} s, {spoken} turns spoken, {tap.keys} keys, heard {dict(outcomes)}, kept {kept}")
    print(f"{len(windows)} prompts said to the end: {good} of {total} windows heard as they were said")
    if lessons:
        print(f"lessons heard: {listener.heard}; kept: {kept or 'nothing'}")
        return 0 if len(set(listener.heard)) == len(LISTENED) and not kept else 1
    return 0 if kept.get("session_finished") and good == total else 1


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--law", choices=("PCMA", "PCMU"), default="PCMA")
    options.add_argument("--ability", type=float, default=3.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--quiet", action="store_true")
    options.add_argument("--lessons", action="store_true")
    options.add_argument("--keys", choices=tuple(KEY_WAYS), default="")
    chosen = options.parse_args()
    sys.exit(asyncio.run(talk(chosen.law, chosen.ability, chosen.seed, chosen.quiet, chosen.keys, chosen.lessons)))


if __name__ == "__main__":
    main()
