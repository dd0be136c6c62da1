"""The ear of this machine: the `Recognizer` port over the worker processes that hold the engines.

Which engine hears a turn: the Vosk model of its language when one is installed, knows the turn's words and is alive;
otherwise the embedded one (Whisper base, every language; with keyword heads for short French and English words). Where
Vosk leads in a language that has a keyword head, the embedded one hears the same utterance at the same time, and the
evidence is of both (`second_opinion`). A failing engine leaves the other one alone within the same utterance; only when
none is left is the ear down, and the person is told to use keys.

Everybody shares the engines. Hearing goes before writing a sentence down, and both before what is prepared ahead, each
for a moment only (`WRITING_MAY_WAIT_S`, `PREPARING_MAY_WAIT_S`). Who is not waited for any more leaves the queue:
cancel `recognize`.

It decides nothing about what was heard: outcome and evidence come from the engine's calibration and from `policy`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import ModelMissing, RecognizerDown, SpeechError
from voice_app.hearing import Grammar, Recognition
from voice_app.speech.calibration import DEFAULT_CHANNEL, load_document
from voice_app.speech.models import require_whisper
from voice_app.speech.policy import load_costs
from voice_app.speech.process import WorkerDown, WorkerProcess
from voice_app.speech.samples import at_rate
from voice_app.speech.second_opinion import pooled
from voice_app.speech.vosk_models import vosk_folder, vosk_installed

log = logging.getLogger(__name__)

RECOGNITION_LIMIT_S = 6.0
"""For hearing an utterance in one engine, and again for writing it down, queueing included. Measured: under half a
second; a loaded machine takes longer."""
PREPARE_LIMIT_S = 10.0
WRITING_MAY_WAIT_S = 0.4
"""A sentence waits for the whole patience anyway, about a second from its guess on."""
PREPARING_MAY_WAIT_S = 3.0
"""A prompt is longer, as a rule, and what is not prepared is made up for while hearing."""
PREPARED_AT_ONCE = 3
"""Wordings prepared in one request, so that nobody's answer waits behind more than a quarter of a second of it."""
REMEMBERED_GRAMMARS = 5_000
MOST_THREADS = 2

EMBEDDED = "embedded"
SHORT_WORDS = "whisper-base-words"
"""Whose calibration file tells the languages that have a keyword head in use."""
FACTORIES = "voice_app.speech.hearing_worker"


class LocalRecognizer:
    """The `Recognizer` of this machine. Make it anywhere, `await start()`; `recognize` starts it if need be.

    `second_opinions`: languages in which the embedded engine is heard beside Vosk; None for those of the keyword heads.
    """

    def __init__(
        self,
        models_folder: Path,
        *,
        channel: str = DEFAULT_CHANNEL,
        second_opinions: Collection[str] | None = None,
    ) -> None:
        self._models_folder = models_folder
        self._channel = channel
        self._workers: dict[str, WorkerProcess] = {}
        self._starting: asyncio.Task[None] | None = None
        self._prepared: OrderedDict[str, None] = OrderedDict()
        self._unfit: OrderedDict[str, None] = OrderedDict()
        known = load_document(SHORT_WORDS)["in_use"] if second_opinions is None else second_opinions
        self._second_opinions = frozenset(known)
        self._costs = load_costs()
        self.problems: dict[str, SpeechError] = {}
        """What is wrong with an engine ("embedded", or a language of Vosk), each with its remedy."""

    @property
    def available(self) -> bool:
        """Whether an engine answers at this moment."""
        return any(worker.available for worker in self._workers.values())

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that answer at this moment: "embedded", or a language of Vosk."""
        return tuple(name for name, worker in self._workers.items() if worker.available)

    def process_of(self, engine: str) -> int | None:
        """Give the process number of an engine's worker, for operations and measurements."""
        worker = self._workers.get(engine)
        return worker.pid if worker else None

    async def start(self) -> None:
        """Start the installed engines. Never raises for a missing or broken one: see `problems` and `available`."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start_all())
        await asyncio.shield(self._starting)

    async def prepare(self, grammar: Grammar) -> None:
        """Compute ahead what this grammar needs. Idempotent, in small pieces; a fault is left to `recognize`."""
        await self.start()
        if grammar.key in self._prepared:
            return
        try:
            for name in self._asked_for(grammar):
                while await self._workers[name].request(
                    "prepare", (grammar, PREPARED_AT_ONCE), PREPARE_LIMIT_S, may_wait_s=PREPARING_MAY_WAIT_S
                ):
                    pass
        except WorkerDown as fault:
            log.warning("a grammar could not be prepared: %s", fault)
        except SpeechError as fault:
            self._unfit_for_vosk(grammar, name, fault)
            await self.prepare(grammar)
        else:
            remember(self._prepared, grammar.key)

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Score one whole utterance (any rate). Raises RecognizerDown when no engine could answer in time."""
        began = time.perf_counter()
        await self.start()
        sound = at_rate(utterance, HEARING_RATE_HZ)
        faults: list[SpeechError] = []
        names = self._engines_for(grammar)
        together = self._asked_for(grammar)
        heard = await asyncio.gather(*(self._ask(name, sound, grammar, faults) for name in together))
        results = [each for each in heard if each is not None]
        for name in names[len(together) :] if not results else ():
            alone = await self._ask(name, sound, grammar, faults)
            if alone is not None:
                results = [alone]
                break
        if not results:
            reasons = [*faults, *self.problems.values()]
            raise RecognizerDown("; ".join(map(str, reasons)) or "every engine is being replaced") from next(
                iter(faults), None
            )
        result = results[0] if len(results) == 1 else pooled(results[0], results[1], self._costs)
        words = next((each.words for each in results if each.words), "")
        return replace(result, decision_ms=(time.perf_counter() - began) * 1000, words=words)

    async def _ask(self, name: str, sound: Sound, grammar: Grammar, faults: list[SpeechError]) -> Recognition | None:
        """Give what one engine heard; None, and its fault in the list, when it could not."""
        worker = self._workers[name]
        try:
            return await _heard_by(worker, sound, grammar)
        except WorkerDown as fault:
            faults.append(fault)
        except SpeechError as fault:
            faults.append(fault)
            self._unfit_for_vosk(grammar, name, fault)
        return None

    async def close(self) -> None:
        """End the engines' processes."""
        if self._starting is not None:
            await asyncio.wait({self._starting})
        for worker in self._workers.values():
            await worker.close()

    # --- engines -------------------------------------------------------------------------------------------------

    async def _start_all(self) -> None:
        threads = min(MOST_THREADS, os.cpu_count() or 1)
        environment = {"OMP_NUM_THREADS": str(threads)}
        vosk = self._models_folder / "vosk"
        for folder in sorted(vosk.glob("[!.]*")):
            language = folder.name
            if vosk_installed(language, self._models_folder):
                arguments: dict[str, object] = {
                    "folder": str(vosk_folder(language, self._models_folder)),
                    "language": language,
                }
                self._add(language, "vosk", arguments | {"channel": self._channel}, environment)
        try:
            embedded = str(require_whisper(self._models_folder))
            arguments = {"folder": embedded, "channel": self._channel, "threads": threads}
            self._add(EMBEDDED, "whisper", arguments, environment)
        except ModelMissing as missing:
            self.problems[EMBEDDED] = missing
        await asyncio.gather(*(self._start_one(name, worker) for name, worker in self._workers.items()))
        for name, problem in self.problems.items():
            log.error("ear %s: %s", name, problem)

    def _add(self, name: str, factory: str, arguments: dict[str, object], environment: dict[str, str]) -> None:
        self._workers[name] = WorkerProcess(f"ear {name}", f"{FACTORIES}:{factory}", arguments, environment=environment)

    async def _start_one(self, name: str, worker: WorkerProcess) -> None:
        try:
            await worker.start()
        except SpeechError as problem:
            self.problems[name] = problem

    def _engines_for(self, grammar: Grammar) -> list[str]:
        """Give the engines that may hear this grammar now, best first."""
        wanted = [] if grammar.key in self._unfit else [grammar.language]
        return [name for name in (*wanted, EMBEDDED) if name in self._workers and self._workers[name].available]

    def _asked_for(self, grammar: Grammar) -> list[str]:
        """Give the engines that hear this grammar together: the best one, and a second opinion where there is one."""
        names = self._engines_for(grammar)
        return names if grammar.language in self._second_opinions else names[:1]

    def _unfit_for_vosk(self, grammar: Grammar, name: str, fault: SpeechError) -> None:
        log.warning("ear %s cannot hear a grammar: %s", name, fault)
        remember(self._unfit if name != EMBEDDED else self._prepared, grammar.key)


async def _heard_by(worker: WorkerProcess, sound: Sound, grammar: Grammar) -> Recognition:
    """Give what an engine heard, a sentence with its words. Raises SpeechError."""
    heard: Recognition
    heard, is_sentence = await worker.request("recognize", (sound, grammar), RECOGNITION_LIMIT_S)
    if not is_sentence:
        return heard
    written = ("write_down", (sound, grammar.language), RECOGNITION_LIMIT_S)
    return replace(heard, words=await worker.request(*written, may_wait_s=WRITING_MAY_WAIT_S))


def remember(known: OrderedDict[str, None], key: str) -> None:
    """Note a key, forgetting the oldest beyond the limit."""
    known[key] = None
    while len(known) > REMEMBERED_GRAMMARS:
        known.popitem(last=False)
