"""Chores as Procrastinate tasks on PostgreSQL: shared out among any number of workers, on any number of machines.

The only door to Procrastinate. Each chore is a periodic task: whichever worker is awake puts it in the queue (once for
each moment, whoever does), whichever is free does it. `queueing_lock` keeps the queue from filling up while nobody
works. What must not run twice at once has its own lease in the store (outlets), so a worker that was killed in the
middle stands in nobody's way; its job is given back by `_take_back` once it has been silent for `SILENT_S`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from sqlalchemy import make_url

from voice_app.chores import Chore, run_through
from voice_app.errors import StoreError
from voice_app.store.database import SETTLING_LOCK

log = logging.getLogger(__name__)

QUEUE = "chores"
AT_ONCE = 4
"""Chores wait for other machines most of the time."""
BEAT_S = 10.0
SILENT_S = 30.0
MINUTE_S = 60.0
SECONDS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)


def conninfo(url: str) -> str:
    """Give a database's address as PostgreSQL's own library writes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def cron(every_s: float) -> str:
    """Give the nearest even division of a minute, or of an hour, as a cron line; the sixth field is seconds."""
    if every_s < MINUTE_S:
        return f"* * * * * */{min(SECONDS, key=lambda each: abs(each - every_s))}"
    minutes = every_s / MINUTE_S
    if minutes >= MINUTES[-1] * 1.5:
        return "0 * * * *"
    return f"*/{min(MINUTES, key=lambda each: abs(each - minutes))} * * * *"


async def prepare(url: str) -> None:
    """Make Procrastinate's tables where they are missing; one process at a time. Raises StoreError."""
    try:
        async with await psycopg.AsyncConnection.connect(conninfo(url), autocommit=False) as connection:
            await connection.execute("select pg_advisory_xact_lock(%s)", (SETTLING_LOCK,))
            found = await (await connection.execute("select to_regclass('procrastinate_jobs')")).fetchone()
            if found is not None and found[0] is None:
                schema = App(connector=PsycopgConnector()).schema_manager.get_schema()
                await connection.execute(schema)
    except psycopg.Error as fault:
        raise StoreError(f"the tables of the tasks cannot be made: {fault}") from fault


def task_app(url: str, chores: Sequence[Chore]) -> App:
    """Give an application whose periodic tasks are these chores. Open it before use."""
    app = App(connector=PsycopgConnector(conninfo=conninfo(url), min_size=1, max_size=AT_ONCE + 2))
    for chore in chores:
        task = app.task(name=f"voice_app.{chore.name}", queue=QUEUE, queueing_lock=chore.name)(_work(chore))
        app.periodic(cron=cron(chore.every_s), periodic_id=chore.name)(task)
    back = app.task(name="voice_app.take_back", queue=QUEUE, queueing_lock="take back", pass_context=True)(_take_back)
    app.periodic(cron=cron(SILENT_S), periodic_id="take back")(back)
    return app


async def work(app: App, name: str) -> None:
    """Do tasks until cancelled; what is under way is finished first."""
    await app.run_worker_async(
        name=name,
        queues=[QUEUE],
        concurrency=AT_ONCE,
        install_signal_handlers=False,
        delete_jobs="always",
        update_heartbeat_interval=BEAT_S,
        stalled_worker_timeout=SILENT_S,
    )


def _work(chore: Chore) -> Callable[[int], Awaitable[None]]:
    async def do(timestamp: int) -> None:
        """Do the chore; `timestamp` is the moment it was due."""
        await run_through(chore)

    return do


async def _take_back(context: JobContext, timestamp: int) -> None:
    """Give jobs of silent workers back to the queue."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=SILENT_S):
        log.warning("task %s of a silent worker is given back", job.task_name)
        await jobs.retry_job(job)
