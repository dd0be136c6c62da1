"""What machines ask: is it alive, is it ready, its figures. `/readyz` is on the service's own port too, for a balancer;
`/metrics` is behind the operators' door alone, which no person's browser reaches.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config
from quart import Blueprint, Quart, Response

from voice_app.operations.logs import CountingHandler
from voice_app.operations.metrics import CONTENT_TYPE, Metrics
from voice_app.operations.readiness import Readiness
from voice_app.operations.rules import OperationsRules

log = logging.getLogger(__name__)

LOOP_CHECK_S = 0.25
BACKLOGS_EVERY_S = 15.0
"""As often as Prometheus asks, by its default."""
UNCACHED = {"Cache-Control": "no-store"}

GetReadiness = Callable[[], Readiness | None]
"""Gives the readiness of this process; None while it starts."""


def readiness_blueprint(readiness: GetReadiness) -> Blueprint:
    """Give `/readyz`: 200 when this node takes people, else 503, with the parts as JSON."""
    blueprint = Blueprint("readiness", __name__)
    blueprint.add_url_rule("/readyz", "readyz", _readyz(readiness))
    return blueprint


def operations_app(readiness: GetReadiness, metrics: Metrics) -> Quart:
    """Give the operators' door: `/healthz`, `/readyz`, `/metrics`."""
    app = Quart("voice_app_operations", static_folder=None)
    app.register_blueprint(readiness_blueprint(readiness))

    @app.get("/healthz")
    async def healthz() -> Response:
        return Response("ok", content_type="text/plain; charset=utf-8", headers=UNCACHED)

    @app.get("/metrics")
    async def figures() -> Response:
        body = await asyncio.to_thread(metrics.exposition)
        return Response(body, content_type=CONTENT_TYPE, headers=UNCACHED)

    return app


@asynccontextmanager
async def operations_door(rules: OperationsRules, readiness: GetReadiness, metrics: Metrics) -> AsyncIterator[None]:
    """Keep the door open, and what it tells up to date, for the length of a `with`; without a port only the latter."""
    counting = CountingHandler(lambda level: metrics.logged.labels(level).inc())
    logging.getLogger().addHandler(counting)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(_watch_the_loop(metrics)), loop.create_task(_watch_the_parts(readiness))]
    serving = None
    if rules.port:
        config = Config()
        config.bind = [f"[{rules.host}]:{rules.port}" if ":" in rules.host else f"{rules.host}:{rules.port}"]
        config.accesslog = None
        config.errorlog = logging.getLogger("hypercorn.error")
        app: Any = operations_app(readiness, metrics)
        serving = loop.create_task(serve_asgi(app, config, shutdown_trigger=stop.wait))
    try:
        yield
    finally:
        stop.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if serving is not None:
            with suppress(OSError):
                await serving
        logging.getLogger().removeHandler(counting)
        metrics.close()


def _readyz(readiness: GetReadiness) -> Callable[[], Awaitable[Response]]:
    async def readyz() -> Response:
        here = readiness()
        if here is None:
            return _json({"ready": False, "parts": {}}, 503)
        state = await here.state()
        return _json({"ready": state.ready, "parts": dict(state.parts)}, 200 if state.ready else 503)

    return readyz


def _json(value: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(value) + "\n", status, content_type="application/json", headers=UNCACHED)


async def _watch_the_loop(metrics: Metrics) -> None:
    """Note how late a task is that wants to run four times a second."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOP_CHECK_S
        await asyncio.sleep(LOOP_CHECK_S)
        metrics.lag.observe(max(0.0, loop.time() - due))


async def _watch_the_parts(readiness: GetReadiness) -> None:
    while True:
        here = readiness()
        if here is not None:
            await here.state()
            await here.note_backlogs()
        await asyncio.sleep(BACKLOGS_EVERY_S)
