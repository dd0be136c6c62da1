"""`voice-app worker`: work beside the conversations, on PostgreSQL; any number of workers share it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from contextlib import AsyncExitStack, suppress
from functools import cache

import typer

from audio_content.loader import load
from audio_content.model import Content
from voice_app.app import contexts, dialogue_context
from voice_app.commands.terminal import failures_told, messages, settings_here
from voice_app.operations.logs import set_up_logs
from voice_app.operations.metrics import Metrics
from voice_app.operations.readiness import Readiness
from voice_app.outward import backlogs_of, chores_of, house_chores
from voice_app.session_memory import ContextOf
from voice_app.settings import Settings
from voice_app.store.sql_comparisons import SqlComparisons
from voice_app.store.sql_outlets import SqlOutlets
from voice_app.store.sql_privacy import SqlPrivacy
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_webhooks import SqlWebhooks
from voice_app.web.operations import operations_door


def worker() -> None:
    """Tell the outside what happened, and whatever else need not be done while people wait. Until it is stopped."""
    settings = settings_here()
    set_up_logs(settings.operations.log_format, settings.operations.log_level)
    if settings.database_url.startswith("sqlite"):
        messages.print("On SQLite the service does this work itself; a worker is for PostgreSQL.")
        raise typer.Exit(2)
    with failures_told():
        asyncio.run(_work(settings))


def _contexts(settings: Settings, content: Content) -> ContextOf:
    return contexts(settings, dialogue_context(settings, content))


async def _work(settings: Settings) -> None:
    try:
        from voice_app import tasks  # an extra: one machine does without
    except ModuleNotFoundError as missing:
        messages.print("A worker needs Procrastinate: pip install 'voice-app[nodes]'.")
        raise typer.Exit(1) from missing
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as opened:
        store = await SqlStore.open(settings.database_url, rules=settings.store)
        opened.push_async_callback(store.close)
        outlets = SqlOutlets(store.engine, settings.store)
        metrics = Metrics()
        readiness = Readiness(
            {"store": store.answers},
            metrics,
            limit_s=settings.operations.check_limit_s,
            is_leaving=stop.is_set,
            backlogs=backlogs_of(settings, outlets),
        )
        await opened.enter_async_context(operations_door(settings.operations, lambda: readiness, metrics))
        privacy = SqlPrivacy(store, settings.organization)
        webhooks = SqlWebhooks(store.engine, settings.store)
        content = load()
        chores = [
            *await chores_of(settings, content, outlets, webhooks),
            *house_chores(privacy, SqlComparisons(store.engine), cache(lambda: _contexts(settings, content))),
        ]
        await tasks.prepare(settings.database_url)
        app = await opened.enter_async_context(tasks.task_app(settings.database_url, chores).open_async())
        working = loop.create_task(tasks.work(app, f"{socket.gethostname()}:{os.getpid()}"))
        typer.echo(f"working: {', '.join(chore.name for chore in chores) or 'nothing to do'}")
        stopping = loop.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            await working  # what ended it is told
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        logging.getLogger(__name__).info("the worker has stopped")
