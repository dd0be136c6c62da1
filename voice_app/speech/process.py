"""A worker process that may crash or hang without harm: noticed within a second, replaced, and meanwhile said aloud.

It knows nothing of what its engine does. Speech engines live behind it because one of them aborts its whole process on
bad input, another hangs, and Python threads would jitter the telephone's media.

How trouble is seen:
* a crash: the pipe ends, at once;
* a hang while idle: the child's main loop answers a ping every `ping_every_s`, within `ping_limit_s`;
* a hang while a request runs: the child uses no processor time for `stall_limit_s` (stopped, dead lock), or the request
  passes its own deadline (endless loop).

One request runs at a time, the others queue: who asked first is answered first, but for what says that it may wait
(`may_wait_s`), which lets pass whoever asks within that time. After `recycle_after` requests the successor is started
first and takes over between two requests (price: both are in memory for a moment).
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from voice_app.errors import SpeechError
from voice_app.speech import frames
from voice_app.speech.child import BEAT_S, Child, Lost

log = logging.getLogger(__name__)

BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Wait before the first, second, ... start after a loss; the last one repeats."""


class WorkerDown(SpeechError):
    """The worker's process died, hung or was too late; it is being replaced."""

    code = "speech.worker_down"
    retryable = True


class WorkerFault(SpeechError):
    """The worker is well, but this request raised a foreign exception (its trace is in the log)."""

    code = "speech.worker_fault"


@dataclass(slots=True)
class _Job:
    operation: str
    payload: Any
    run_limit_s: float
    answer: asyncio.Future[Any]


class WorkerProcess:
    """Keeps one engine alive in a process of its own and carries requests to it.

    `factory` ("module:callable", called in the child with `arguments`) gives a mapping from operation to a function of
    one payload. `on_change` is called with the new value of `available`, in the event loop; it must not raise.
    `stall_limit_s=None` is for engines that rightly wait for something else than the processor.
    """

    def __init__(
        self,
        name: str,
        factory: str,
        arguments: dict[str, Any],
        *,
        ping_every_s: float = 0.35,
        ping_limit_s: float = 0.5,
        stall_limit_s: float | None = 0.8,
        recycle_after: int | None = None,
        start_limit_s: float = 60.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._setup = frames.Setup(factory, arguments)
        self._ping_every_s = ping_every_s
        self._ping_limit_s = ping_limit_s
        self._stall_limit_s = stall_limit_s
        self._recycle_after = recycle_after
        self._start_limit_s = start_limit_s
        self._environment = dict(environment or {})
        self.on_change: Callable[[bool], None] | None = None
        self._available = False
        self._jobs: list[tuple[float, int, _Job]] = []
        """A heap: when each is due, and the order in which they came."""
        self._numbers = itertools.count()
        self._wake = asyncio.Event()
        self._child: Child | None = None
        self._start_failure: Exception | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def available(self) -> bool:
        """Whether a process stands ready at this moment."""
        return self._available

    @property
    def pid(self) -> int | None:
        """The process number of the child that serves, for operations and tests."""
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """Start the process and wait until its engine is built.

        Raises what the factory raised (our own errors as they are, WorkerFault for foreign ones) or WorkerDown; further
        starts are tried in the background until `close`. Does nothing when already started.
        """
        if self._keeper is not None:
            return
        began: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(began), name=f"worker {self._name}")
        await began

    async def request(self, operation: str, payload: Any, deadline_s: float, *, may_wait_s: float = 0.0) -> Any:
        """Give the result of an operation within `deadline_s`, queueing included.

        `may_wait_s`: it lets pass what is asked for so long after it, and no longer: nothing waits for ever.

        Raises WorkerDown (died, hung, too late, not started, closed), the engine's own SpeechError, or WorkerFault for
        a foreign exception. A cancelled caller leaves the queue; if its request runs already, the result is dropped.
        A process that runs one request for longer than `deadline_s` is replaced.
        """
        if self._keeper is None or self._keeper.done():
            raise WorkerDown(f"{self._name}: not started, or closed")
        if self._start_failure is not None:
            raise WorkerDown(f"{self._name}: cannot be started ({self._start_failure})") from self._start_failure
        loop = asyncio.get_running_loop()
        job = _Job(operation, payload, deadline_s, loop.create_future())
        heapq.heappush(self._jobs, (loop.time() + may_wait_s, next(self._numbers), job))
        self._wake.set()
        try:
            async with asyncio.timeout(deadline_s + 2 * BEAT_S):  # the running job's own limit comes first
                return await job.answer
        except TimeoutError as error:
            raise WorkerDown(f"{self._name}: {operation} waited longer than {deadline_s:g} s") from error

    async def close(self) -> None:
        """End the process; waiting requests get WorkerDown."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper

    # --- the keeper: the one task that owns the child ------------------------------------------------------------

    async def _keep(self, began: asyncio.Future[None]) -> None:
        losses = 0
        try:
            while True:
                await asyncio.sleep(BACK_OFF_S[min(losses, len(BACK_OFF_S) - 1)])
                try:
                    self._child = await self._spawn()
                    self._start_failure = None
                    self._announce(True)
                    if not began.done():
                        began.set_result(None)
                    await self._serve()
                except Lost as loss:
                    log.warning("worker %s (process %s) lost: %s", self._name, self.pid, loss)
                    self._announce(False)
                except SpeechError as error:
                    self._refuse_start(error, began)
                finally:
                    served_well = await self._let_go()
                losses = 0 if served_well else losses + 1
        finally:
            self._announce(False)
            if not began.done():
                began.set_exception(WorkerDown(f"{self._name}: closed while starting"))
            self._fail_all("closed")

    def _refuse_start(self, error: SpeechError, began: asyncio.Future[None]) -> None:
        log.error("worker %s cannot be started: %s", self._name, error)
        self._start_failure = error
        self._fail_all(str(error))
        if not began.done():
            began.set_exception(error)

    async def _spawn(self) -> Child:
        """Give a child whose engine is built. Raises SpeechError."""
        creation = asyncio.ensure_future(self._create())
        try:
            child = await asyncio.shield(creation)
        except asyncio.CancelledError:  # a half-made process would be nobody's: let it be made, then end it
            await (await creation).close()
            raise
        try:
            self._open_answer(await child.call(self._setup, self._start_limit_s, watch_progress=False))
        except Lost as loss:
            await child.close()
            raise WorkerDown(f"{self._name}: {loss} while its engine was being built") from loss
        except BaseException:
            await child.close()
            raise
        return child

    async def _create(self) -> Child:
        environment = {**os.environ, **self._environment, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        command = (sys.executable, "-P", "-m", "voice_app.speech.worker_main")
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=environment)
        except OSError as error:
            raise WorkerDown(f"{self._name}: no process could be started ({error})") from error
        return Child(process, self._stall_limit_s)

    async def _serve(self) -> None:
        """Answer jobs and ping in between, for ever. Raises Lost."""
        successor: asyncio.Task[Child] | None = None
        try:
            while True:
                child = self._child
                assert child is not None  # noqa: S101 set by the keeper
                if successor is None and self._recycle_after and child.requests >= self._recycle_after:
                    successor = asyncio.create_task(self._spawn(), name=f"worker {self._name} successor")
                if successor is not None and successor.done():
                    await self._hand_over(successor)
                    successor = None
                    continue
                job = await self._next_job(child)
                if job is None:
                    await child.call(frames.Request(frames.PING, None), self._ping_limit_s, watch_progress=False)
                else:
                    await self._run(child, job)
        finally:
            if successor is not None:
                successor.cancel()
                with contextlib.suppress(asyncio.CancelledError, SpeechError):
                    await (await successor).close()

    async def _hand_over(self, successor: asyncio.Task[Child]) -> None:
        """Let the successor serve; keep the present child when it could not be started."""
        assert self._child is not None  # noqa: S101 set by the keeper
        try:
            following = successor.result()
        except SpeechError as error:
            log.error("worker %s: no successor, the present process goes on: %s", self._name, error)
            self._child.requests = 0
            return
        previous, self._child = self._child, following
        await previous.close()

    async def _next_job(self, child: Child) -> _Job | None:
        """Give the next wanted job, or None when it is time for a ping. Raises Lost when the child ends meanwhile."""
        if (job := self._first_wanted()) is not None:
            return job
        self._wake.clear()
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({woken, child.ended}, timeout=self._ping_every_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
        if child.ended.done():
            raise Lost("the process ended")
        return self._first_wanted()

    def _first_wanted(self) -> _Job | None:
        """Take the job that is due first out of the queue; those whose caller has left are dropped."""
        while self._jobs:
            _, _, job = heapq.heappop(self._jobs)
            if not job.answer.done():
                return job
        return None

    async def _run(self, child: Child, job: _Job) -> None:
        child.requests += 1
        try:
            reply = await child.call(frames.Request(job.operation, job.payload), job.run_limit_s, watch_progress=True)
            value = self._open_answer(reply)
        except Lost as loss:
            self._settle(job, error=WorkerDown(f"{self._name}: {loss} during {job.operation}"))
            raise
        except SpeechError as error:
            self._settle(job, error=error)
        except Exception as error:  # noqa: BLE001 a payload that cannot be sent is its caller's fault, not the child's
            self._settle(job, error=WorkerFault(f"{self._name}: {job.operation} could not be sent: {error}"))
        except asyncio.CancelledError:
            self._settle(job, error=WorkerDown(f"{self._name}: closed during {job.operation}"))
            raise
        else:
            self._settle(job, value=value)

    def _open_answer(self, reply: frames.Done | frames.Refused) -> Any:
        """Give a reply's value. Raises our own error from the child, or WorkerFault."""
        match reply:
            case frames.Done(value):
                return value
            case frames.Refused(error, description, trace):
                if isinstance(error, SpeechError):
                    raise error
                log.error("worker %s: %s\n%s", self._name, description, trace)
                raise WorkerFault(f"{self._name}: {description}")

    @staticmethod
    def _settle(job: _Job, *, value: Any = None, error: Exception | None = None) -> None:
        if job.answer.done():
            return  # its caller has gone
        if error is None:
            job.answer.set_result(value)
        else:
            job.answer.set_exception(error)

    def _fail_all(self, reason: str) -> None:
        while (job := self._first_wanted()) is not None:
            self._settle(job, error=WorkerDown(f"{self._name}: {reason}"))

    async def _let_go(self) -> bool:
        """End the present child, if any; give whether it had answered anything since it was built."""
        child, self._child = self._child, None
        if child is None:
            return False
        await child.close()
        return child.answers > 1

    def _announce(self, available: bool) -> None:
        if available != self._available:
            self._available = available
            if self.on_change is not None:
                self.on_change(available)
