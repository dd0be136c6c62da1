"""Ready and alive: which part that is down keeps people away, and what is told of it."""

from __future__ import annotations

import asyncio
import json

import pytest
from quart import Quart

from voice_app.errors import StoreError
from voice_app.operations.metrics import Metrics
from voice_app.operations.readiness import Check, Readiness
from voice_app.ports import Backlog
from voice_app.web.operations import operations_app, readiness_blueprint


def part(answer: bool | Exception) -> Check:
    async def check() -> bool:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return check


def parts(store: bool | Exception = True, voice: bool = True, ear: bool = True) -> dict[str, Check]:
    return {"store": part(store), "voice": part(voice), "ear": part(ear)}


async def test_all_parts_up_is_ready() -> None:
    state = await Readiness(parts(), Metrics()).state()

    assert (state.ready, state.parts) == (True, {"store": "up", "voice": "up", "ear": "up"})


@pytest.mark.parametrize("broken", [{"store": StoreError("disk full")}, {"voice": False}])
async def test_without_memory_or_voice_nobody_is_served(broken: dict[str, bool | Exception]) -> None:
    state = await Readiness(parts(**broken), Metrics()).state()  # type: ignore[arg-type]

    assert not state.ready


@pytest.mark.parametrize(("required", "ready"), [(False, True), (True, False)])
async def test_without_an_ear_people_are_served_by_keys_unless_the_operator_wants_it(
    required: bool, ready: bool
) -> None:
    state = await Readiness(parts(ear=False), Metrics(), ear_required=required).state()

    assert (state.ready, state.parts["ear"]) == (ready, "down")


async def test_a_part_that_hangs_is_down() -> None:
    async def hang() -> bool:
        await asyncio.Event().wait()
        return True

    state = await Readiness({**parts(), "store": hang}, Metrics(), limit_s=0.05).state()

    assert state.parts["store"] == "down"


async def test_a_node_that_is_about_to_stop_takes_nobody() -> None:
    state = await Readiness(parts(), Metrics(), is_leaving=lambda: True).state()

    assert not state.ready


@pytest.mark.parametrize(("store", "status"), [(True, 200), (StoreError("secret address"), 503)])
async def test_the_address_tells_parts_and_no_reason(store: bool | Exception, status: int) -> None:
    app = Quart(__name__)
    app.register_blueprint(readiness_blueprint(lambda: Readiness(parts(store), Metrics())))

    answer = await app.test_client().get("/readyz")
    body = await answer.get_data(as_text=True)

    assert answer.status_code == status
    assert set(json.loads(body)["parts"]) == {"store", "voice", "ear"}
    assert "secret" not in body


async def test_a_process_that_starts_is_alive_and_not_ready() -> None:
    client = operations_app(lambda: None, Metrics()).test_client()

    answers = [(await client.get(path)).status_code for path in ("/healthz", "/readyz", "/metrics")]

    assert answers == [200, 503, 200]


async def test_a_backlog_is_told_by_queue() -> None:
    async def calls() -> Backlog:
        return Backlog(7, 90.0)

    metrics = Metrics()
    readiness = Readiness(parts(), metrics, backlogs={"calls": calls})

    await readiness.note_backlogs()

    told = metrics.exposition().decode()
    assert 'voice_app_backlog{queue="calls"} 7.0' in told
    assert 'voice_app_backlog_oldest_seconds{queue="calls"} 90.0' in told
