"""A worker process: whatever its engine does, the service learns it in time and goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from voice_app.errors import ModelMissing
from voice_app.speech import frames
from voice_app.speech.process import WorkerDown, WorkerFault, WorkerProcess

NOTICED_S = 1.0
LATE_S = 2.0
"""A busy machine wakes the watcher late; unwatched, all of these would last as long as their limits, 10 s and more."""
FACTORY = "worker_doubles:build"


@pytest.fixture(autouse=True)
def _doubles_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@pytest.fixture
async def worker() -> AsyncIterator[WorkerProcess]:
    process = WorkerProcess("test", FACTORY, {"greeting": "bonjour"})
    await process.start()
    yield process
    await process.close()


async def lost(worker: WorkerProcess) -> float:
    """Give the seconds until the worker says that it is not available."""
    began = time.monotonic()
    while worker.available:
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.005)
    return time.monotonic() - began


async def back(worker: WorkerProcess) -> None:
    async with asyncio.timeout(10):
        while not worker.available:  # noqa: ASYNC110 the worker tells by callback; the test only looks
            await asyncio.sleep(0.01)


async def test_request_gives_the_engines_result(worker: WorkerProcess) -> None:
    assert await worker.request("greet", "Ana", 5) == "bonjour Ana"


async def test_requests_at_once_are_answered_each_with_its_own(worker: WorkerProcess) -> None:
    answers = await asyncio.gather(*(worker.request("echo", number, 10) for number in range(50)))

    assert answers == list(range(50))


async def test_large_payload_goes_there_and_back(worker: WorkerProcess) -> None:
    payload = os.urandom(8 * 1024 * 1024)

    assert await worker.request("echo", payload, 10) == payload


async def test_payload_over_the_limit_is_refused_and_the_process_stays(worker: WorkerProcess) -> None:
    before = worker.pid

    with pytest.raises(WorkerFault, match="do not fit"):
        await worker.request("echo", bytes(frames.MAX_FRAME_BYTES + 1), 10)

    assert (await worker.request("greet", "Ana", 5), worker.pid) == ("bonjour Ana", before)


async def test_result_over_the_limit_is_a_fault_and_the_process_stays(worker: WorkerProcess) -> None:
    before = worker.pid

    with pytest.raises(WorkerFault, match="do not fit"):
        await worker.request("large", frames.MAX_FRAME_BYTES + 1, 10)

    assert (await worker.request("greet", "Ana", 5), worker.pid) == ("bonjour Ana", before)


async def test_result_that_cannot_travel_is_a_fault(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerFault, match="generator"):
        await worker.request("unpicklable", None, 5)


async def test_own_error_of_the_engine_arrives_as_it_is(worker: WorkerProcess) -> None:
    with pytest.raises(ModelMissing, match="models install"):
        await worker.request("raise_own", "run voice-app models install fr", 5)


async def test_foreign_error_becomes_a_fault_that_names_it(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerFault, match="KeyError: 'mot'"):
        await worker.request("raise_foreign", "mot", 5)


async def test_unknown_operation_is_a_fault(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerFault, match="nope"):
        await worker.request("nope", None, 5)


async def test_printing_in_c_does_not_disturb_the_protocol(worker: WorkerProcess) -> None:
    assert await worker.request("print_in_c", None, 5) == "printed"


async def test_kill_while_idle_is_seen_at_once_and_replaced(worker: WorkerProcess) -> None:
    assert worker.pid is not None

    os.kill(worker.pid, signal.SIGKILL)
    seconds = await lost(worker)
    await back(worker)

    assert seconds < 0.3
    assert await worker.request("greet", "Ana", 5) == "bonjour Ana"


async def test_kill_during_a_request_is_told_to_its_caller_at_once(worker: WorkerProcess) -> None:
    assert worker.pid is not None
    running = asyncio.create_task(worker.request("work", 5.0, 10))
    await asyncio.sleep(0.2)

    began = time.monotonic()
    os.kill(worker.pid, signal.SIGKILL)

    with pytest.raises(WorkerDown, match="ended"):
        await running
    assert time.monotonic() - began < 0.3


async def test_segmentation_fault_is_told_and_survived(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerDown):
        await worker.request("segfault", None, 5)

    assert await worker.request("greet", "Ana", 5) == "bonjour Ana"


async def test_stopped_process_is_noticed_within_a_second_while_idle(worker: WorkerProcess) -> None:
    assert worker.pid is not None

    os.kill(worker.pid, signal.SIGSTOP)
    seconds = await lost(worker)
    await back(worker)

    assert seconds < NOTICED_S + LATE_S
    assert await worker.request("greet", "Ana", 5) == "bonjour Ana"


async def test_stopped_process_is_noticed_within_a_second_during_a_request(worker: WorkerProcess) -> None:
    assert worker.pid is not None
    running = asyncio.create_task(worker.request("work", 5.0, 10))
    await asyncio.sleep(0.2)

    began = time.monotonic()
    os.kill(worker.pid, signal.SIGSTOP)

    with pytest.raises(WorkerDown, match="progress"):
        await running
    assert time.monotonic() - began < NOTICED_S + LATE_S


async def test_dead_lock_is_noticed_within_a_second(worker: WorkerProcess) -> None:
    began = time.monotonic()

    with pytest.raises(WorkerDown, match="progress"):
        await worker.request("sleep", 30, 20)

    assert time.monotonic() - began < NOTICED_S + LATE_S


async def test_waiting_engine_is_left_alone_when_stalls_are_not_watched() -> None:
    worker = WorkerProcess("patient", FACTORY, {}, stall_limit_s=None)
    await worker.start()

    answer = await worker.request("sleep", 1.2, 5)

    await worker.close()
    assert answer is None


async def test_endless_loop_ends_with_its_deadline_and_the_next_request_is_answered(worker: WorkerProcess) -> None:
    began = time.monotonic()

    with pytest.raises(WorkerDown, match="loop_for_ever"):
        await worker.request("loop_for_ever", None, 0.5)

    assert time.monotonic() - began < 1.0
    assert await worker.request("greet", "Ana", 5) == "bonjour Ana"


async def test_long_honest_work_is_not_taken_for_a_hang(worker: WorkerProcess) -> None:
    assert await worker.request("work", 1.5, 20) == "worked"


async def test_blocked_event_loop_does_not_blame_the_child(worker: WorkerProcess) -> None:
    before = worker.pid

    time.sleep(2)  # noqa: ASYNC251 the fault under test: the service itself stood still
    await asyncio.sleep(0.3)

    assert (worker.available, worker.pid) == (True, before)


async def test_request_waiting_behind_another_has_its_own_deadline(worker: WorkerProcess) -> None:
    first = asyncio.create_task(worker.request("work", 1.0, 10))
    await asyncio.sleep(0.05)

    with pytest.raises(WorkerDown, match="waited"):
        await worker.request("greet", "Ana", 0.3)

    assert await first == "worked"


async def test_what_may_wait_lets_pass_what_is_asked_soon_after_it_and_nothing_later(worker: WorkerProcess) -> None:
    done: list[str] = []

    async def ask(name: str, may_wait_s: float) -> None:
        done.append(await worker.request("echo", name, 10, may_wait_s=may_wait_s))

    running = asyncio.create_task(worker.request("work", 0.5, 10))
    await asyncio.sleep(0.05)
    patient = asyncio.create_task(ask("prepared ahead", 0.1))
    await asyncio.sleep(0.01)
    soon = asyncio.create_task(ask("asked soon", 0.0))
    await asyncio.sleep(0.2)
    late = asyncio.create_task(ask("asked late", 0.0))
    await asyncio.gather(running, patient, soon, late)

    assert done == ["asked soon", "prepared ahead", "asked late"]


async def test_who_has_left_the_queue_costs_nothing(worker: WorkerProcess) -> None:
    running = asyncio.create_task(worker.request("work", 0.2, 10))
    await asyncio.sleep(0.05)
    overtaken = [asyncio.create_task(worker.request("die", 1, 10)) for _ in range(3)]
    await asyncio.sleep(0.05)
    before = worker.pid

    for each in overtaken:
        each.cancel()

    assert (await running, await worker.request("greet", "Ana", 5), worker.pid) == ("worked", "bonjour Ana", before)


async def test_cancelled_caller_does_not_harm_the_next(worker: WorkerProcess) -> None:
    before = worker.pid
    running = asyncio.create_task(worker.request("work", 0.4, 10))
    await asyncio.sleep(0.1)

    running.cancel()

    assert (await worker.request("greet", "Ana", 5), worker.pid) == ("bonjour Ana", before)


async def test_change_of_availability_is_told_in_order() -> None:
    told: list[bool] = []
    worker = WorkerProcess("told", FACTORY, {})
    worker.on_change = told.append
    await worker.start()

    with pytest.raises(WorkerDown):
        await worker.request("die", 1, 5)
    await worker.request("greet", "Ana", 5)
    await worker.close()

    assert told == [True, False, True, False]


async def test_recycling_hands_over_without_a_gap() -> None:
    told: list[bool] = []
    worker = WorkerProcess("recycled", FACTORY, {}, recycle_after=3)
    worker.on_change = told.append
    await worker.start()
    first = await worker.request("pid", None, 5)

    slowest = 0.0
    seen = {first}
    async with asyncio.timeout(15):
        while len(seen) < 2:
            began = time.monotonic()
            seen.add(await worker.request("pid", None, 5))
            slowest = max(slowest, time.monotonic() - began)
            await asyncio.sleep(0.01)

    await worker.close()
    assert told == [True, False]
    assert slowest < 0.3
    assert not psutil.pid_exists(first)


async def test_missing_model_is_told_by_start() -> None:
    worker = WorkerProcess("missing", FACTORY, {"fail": "own"})

    with pytest.raises(ModelMissing, match="models install fr"):
        await worker.start()

    await worker.close()


@pytest.mark.parametrize(("fail", "error"), [("foreign", WorkerFault), ("die", WorkerDown)])
async def test_broken_engine_is_told_by_start(fail: str, error: type[Exception]) -> None:
    worker = WorkerProcess("broken", FACTORY, {"fail": fail})

    with pytest.raises(error):
        await worker.start()

    assert not worker.available
    await worker.close()


async def test_request_to_an_engine_that_cannot_start_fails_at_once() -> None:
    worker = WorkerProcess("broken", FACTORY, {"fail": "foreign"})
    with pytest.raises(WorkerFault):
        await worker.start()

    began = time.monotonic()
    with pytest.raises(WorkerDown, match="broken library"):
        await worker.request("greet", "Ana", 5)

    assert time.monotonic() - began < 0.5
    await worker.close()


async def test_engine_slower_to_build_than_allowed_is_told() -> None:
    worker = WorkerProcess("slow", FACTORY, {"fail": "sleep"}, start_limit_s=0.5)

    with pytest.raises(WorkerDown, match="being built"):
        await worker.start()

    await worker.close()


async def test_closing_answers_waiting_requests_and_ends_the_process() -> None:
    worker = WorkerProcess("closed", FACTORY, {})
    await worker.start()
    pid = worker.pid
    running = asyncio.create_task(worker.request("work", 5.0, 10))
    waiting = asyncio.create_task(worker.request("greet", "Ana", 10))
    await asyncio.sleep(0.1)

    await worker.close()
    outcomes: list[Any] = await asyncio.gather(running, waiting, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [WorkerDown, WorkerDown]
    assert not psutil.pid_exists(pid or 0)
    with pytest.raises(WorkerDown, match="closed"):
        await worker.request("greet", "Ana", 1)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_child_ends_with_its_parent_even_in_an_endless_loop(how: signal.Signals) -> None:
    script = """
import asyncio, sys
from voice_app.speech.process import WorkerProcess

async def main():
    worker = WorkerProcess("orphan", "worker_doubles:build", {})
    await worker.start()
    print(worker.pid, flush=True)
    await worker.request("loop_for_ever", None, 60)

asyncio.run(main())
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    time.sleep(0.2)

    parent.send_signal(how)
    parent.wait(5)
    parent.stdout.close()

    psutil.wait_procs([child], timeout=3)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
