#!/usr/bin/env python
"""kill -9 of the server while fifty people answer, again and again: no acknowledged answer is lost, all go on.

    scripts/bench_kill.py --kills 200 [--people 50]

The server is a process with real conversations (content, dialogue, memory, SQLite on disk); the people press keys; ear,
voice and page are the tests' fakes. Acknowledged is what a page has told: "3 of 10". The process is killed at a moment
drawn by lot, the next one opens the same file, and every person comes back with their code. Then for each of them: no
fewer answers are in the file than were told, at most one more (its key was pressed, its page not yet shown), none
twice; the question shown is the open one, or the next one where that answer was on disk. The practice question counts
for nothing, but it is behind once its answer is on disk. At the end the database is checked whole.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from audio_content.model import PromptId
from tests.fakes_speech import FakeSynthesizer
from tests.voice_app.fakes import FakeChannel, FakeEndpointer, FakeRecognizer
from voice_app.app import dialogue_context
from voice_app.conversation import Conversation, Voices
from voice_app.conversation_rules import ConversationRules
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import Phrase
from voice_app.ports import KeyPressed, ShownView
from voice_app.settings import Settings
from voice_app.speech.earcons import earcon
from voice_app.store.checking import check_database
from voice_app.store.rules import StoreRules
from voice_app.store.sql_store import SqlStore
from voice_app.wording import Wording

PEOPLE = 50
PATH = "courriel"
VIEW_LIMIT_S = 120.0
"""A machine with much other work is slow; this tells who is stuck, not who waits."""
THINKING_S = 0.05
QUESTION, NUMBER, PRESSED, STUCK = "question", "number_entry", "pressed", "stuck"
PRACTICE = "the practice question"
ENDS = ("result", "goodbye")


@dataclass
class Person:
    """What the world outside knows of one person: the code, the open question, how many answers were acknowledged."""

    number: int
    code: str | None = None
    question: str = ""
    acknowledged: int = 0
    pressed: bool = False
    finished: bool = False


# --- the server's process -----------------------------------------------------------------------------------------


def serve(
    context: DialogueContext, file: str, people: list[tuple[int, str | None]], seed: int, pipe: Connection
) -> None:
    """Serve these people until killed, telling outside what they see."""
    asyncio.run(_serve(context, file, people, seed, pipe))


async def _serve(
    context: DialogueContext, file: str, people: list[tuple[int, str | None]], seed: int, pipe: Connection
) -> None:
    rules = StoreRules(
        wrong_codes_per_site=10_000, wrong_codes_per_asker=10_000, statement_limit_s=60.0, busy_ms=60_000
    )
    store = await SqlStore.open(f"sqlite+aiosqlite:///{file}", rules=rules)
    async with asyncio.TaskGroup() as work:
        for number, code in people:
            work.create_task(_attend(context, store, number, code, seed * 1_000 + number, pipe))


async def _attend(
    context: DialogueContext, store: SqlStore, number: int, code: str | None, seed: int, pipe: Connection
) -> None:
    channel = FakeChannel(microphone=False)
    outside = Voices(FakeRecognizer(), FakeSynthesizer(), FakeEndpointer(), earcon, store)
    conversation = Conversation(
        channel, context, outside, seed=seed, asker=f"kiosk-{number}", rules=ConversationRules(), resume_code=code
    )
    running = asyncio.create_task(conversation.run())
    wording = Wording(context.content)
    practice = {wording.written(Phrase(PromptId("practice.heading")), locale) for locale in ("fr", "en")}
    lot, seen = random.Random(seed), 0  # noqa: S311 - answers, not secrets
    try:
        while True:
            view = await _view_after(channel, seen)
            seen = len(channel.views)
            told = None if view.progress is None else view.progress[0]
            question = PRACTICE if view.heading in practice else _question_of(view)
            pipe.send((number, view.screen, told, question, view.code))
            if view.screen in ENDS:
                return
            await asyncio.sleep(lot.random() * THINKING_S)
            key = _key(view, lot)
            pipe.send((number, PRESSED, None, "", None))
            channel.send(KeyPressed(view.turn, key))
    except TimeoutError:  # one person's trouble is told, and is not the end of the server
        pipe.send((number, STUCK, None, "", None))
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _view_after(channel: FakeChannel, seen: int) -> ShownView:
    async with asyncio.timeout(VIEW_LIMIT_S):
        while len(channel.views) <= seen:  # noqa: ASYNC110 - the fake is a list, nothing tells of it
            await asyncio.sleep(0.005)
    return channel.views[-1]


def _key(view: ShownView, lot: random.Random) -> str:
    """Give the key that is pressed: one of the answers; for a number or a word, that it is not known."""
    if view.screen == NUMBER or view.writing:
        return "#"
    return lot.choice("12") if view.screen == QUESTION else "1"


def _question_of(view: ShownView) -> str:
    """Give the question that a view puts; empty for menus."""
    if view.screen not in (QUESTION, NUMBER) or view.progress is None:
        return ""
    return " ".join([view.heading, view.text[-1], *sorted(button.label for button in view.choices)])


# --- the world outside ---------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit-s", type=float, default=600.0, help="end after so long, with fewer kills")
    chosen = parser.parse_args()
    context = dialogue_context(Settings(), path=PATH)
    lot = random.Random(chosen.seed)  # noqa: S311 - moments, not secrets
    told: Counter[str] = Counter()
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        file, begun, kills = str(Path(folder) / "events.sqlite"), time.monotonic(), 0
        people = {number: Person(number) for number in range(chosen.people)}
        newest = chosen.people
        while kills < chosen.kills and time.monotonic() - begun < chosen.limit_s:
            resumed = {person.number for person in people.values() if person.code is not None}
            _live(context, file, people, chosen.seed * 10_000 + kills, lot, resumed, faults, told)
            kills += 1
            faults += _compare(file, people, told)
            for number in [number for number, person in people.items() if person.finished]:
                del people[number]
                people[newest] = Person(newest)
                newest += 1
        found = asyncio.run(check_database(f"sqlite+aiosqlite:///{file}", StoreRules()))
        faults += [str(fault) for fault in found.faults]
        seconds = time.monotonic() - begun
        print(f"{kills} times killed in {seconds:.0f} s, {chosen.people} people at a time, {newest} in all")
        for what, count in sorted(told.items()):
            print(f"  {what}: {count}")
        print(f"  events in the file: {found.events}, chain and projections: {len(found.faults)} faults")
    for fault in faults[:20]:
        print(f"WRONG: {fault}")
    print(f"{len(faults)} went wrong")
    sys.exit(bool(faults))


def _live(
    context: DialogueContext,
    file: str,
    people: dict[int, Person],
    seed: int,
    lot: random.Random,
    resumed: set[int],
    faults: list[str],
    told: Counter[str],
) -> None:
    """Let a server live for a while, kill it, and note what people saw of it."""
    ours, theirs = multiprocessing.Pipe()
    arguments = (context, file, [(person.number, person.code) for person in people.values()], seed, theirs)
    process = multiprocessing.get_context("fork").Process(target=serve, args=arguments, daemon=True)
    process.start()
    theirs.close()
    assert process.pid is not None
    waiting, end = set(resumed), None
    began = time.monotonic()
    deadline = began + 2 * VIEW_LIMIT_S
    while end is None or time.monotonic() < end:
        begun = sum(person.code is not None for person in people.values()) > len(people) // 2
        if end is None and ((begun and not waiting) or time.monotonic() > deadline):
            # on a slow machine as long as coming back took, or nobody would ever get further than back
            end = time.monotonic() + lot.random() * max(0.6, (time.monotonic() - began) / 2)
        if ours.poll(0.005):
            try:
                _note(ours.recv(), people, waiting, faults, told)
            except EOFError:
                process.join(5)
                faults.append(f"the server ended by itself ({process.exitcode})")
                break
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    with suppress(EOFError, OSError):
        while ours.poll(0):
            _note(ours.recv(), people, waiting, faults, told)
    faults += [f"person {number} did not get back to a question" for number in waiting]


def _note(
    message: tuple[int, str, int | None, str, str | None],
    people: dict[int, Person],
    waiting: set[int],
    faults: list[str],
    told: Counter[str],
) -> None:
    number, screen, progress, question, code = message
    person = people[number]
    if screen == PRESSED:
        person.pressed = True
        return
    if screen == STUCK:
        faults.append(f"person {number} was shown nothing for {VIEW_LIMIT_S:g} s after {person.question!r}")
        return
    person.code = _digits(code) if code else person.code
    person.finished = screen in ENDS
    if progress is None:
        return
    if progress < person.acknowledged:
        faults.append(f"person {number}: {person.acknowledged} answers were told, now {progress}")
    if not question and not person.finished:
        return
    if number in waiting:
        waiting.discard(number)
        _came_back(person, progress, question, faults, told)
    told["answers acknowledged"] += max(0, progress - person.acknowledged)
    person.acknowledged, person.question = max(progress, person.acknowledged), question
    person.pressed = False


def _came_back(person: Person, progress: int, question: str, faults: list[str], told: Counter[str]) -> None:
    told["came back with their code"] += 1
    if progress == person.acknowledged and (question == person.question or not person.question):
        told["came back to the open question"] += 1
    elif progress == person.acknowledged == 0 and person.question == PRACTICE and person.pressed:
        told["came back to question one, the practice answer was on disk"] += 1
    elif progress == person.acknowledged + 1 and person.pressed:
        told["came back to the next one, the answer was on disk"] += 1
    else:
        faults.append(f"person {person.number} left {person.question!r} and came back to {question!r}")


def _digits(code: str) -> str:
    """Give a code as it is entered, without the spaces in which it is shown."""
    return "".join(filter(str.isdigit, code))


def _compare(file: str, people: dict[int, Person], told: Counter[str]) -> list[str]:
    """Give what of the acknowledged answers is not in the file, or twice."""
    faults = []
    with sqlite3.connect(file) as database:
        for person in people.values():
            if person.code is None:
                continue
            rows = database.execute(
                "select e.payload from event e join resume_code c on c.session_id = e.session_id"
                " where c.code = ? and e.kind = 'item_answered'",
                (person.code,),
            ).fetchall()
            items = [json.loads(payload)["item"] for (payload,) in rows]
            told["answers looked for"] += person.acknowledged
            if len(items) < person.acknowledged:
                faults.append(f"person {person.number}: {person.acknowledged} acknowledged, {len(items)} in the file")
            if len(items) > person.acknowledged + person.pressed + person.finished:
                faults.append(f"person {person.number}: {len(items)} in the file, {person.acknowledged} acknowledged")
            if len(items) != len(set(items)):
                faults.append(f"person {person.number}: an item was answered twice")
    database.close()
    return faults


if __name__ == "__main__":
    main()
