"""Writes the answers that stand into files by day, only the days in which something happened since the last time.

An outlet like others (`outlets`): its position in the log tells what is new. A day is that of the session's beginning
and is written whole, so an answer that was taken back later disappears, and writing twice changes nothing. After an
erasure all days are written again: who was erased is in none of them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.organization.participations import FINISHED, WITHDRAWN
from engine.sync.erasure import ERASURE
from engine.sync.xapi import ANSWERED, STARTED
from voice_app.analytics.parquet import write_day, written_days
from voice_app.store.answer_history import AnswerHistory, DaySession
from voice_app.store.sql_outlets import SqlOutlets

OUTLET = "analytics"
EVENTS_AT_ONCE = 20_000
LEASE_S = 3600.0


async def export(
    outlets: SqlOutlets, history: AnswerHistory, folder: Path, progress: Callable[[int, int], None]
) -> Mapping[str, int]:
    """Write the days that changed; give by day how many answers it has. Raises StoreError, AnalyticsFault, OSError."""
    secret = await outlets.open_outlet(OUTLET, from_now=False)
    written: dict[str, int] = {}
    async with outlets.taken(OUTLET, LEASE_S) as ours:
        if not ours:
            return {}
        touched: set[str] = set()
        reached: dict[str, int] = {}
        while True:
            pending = await outlets.pending(OUTLET, EVENTS_AT_ONCE, {ANSWERED, WITHDRAWN, FINISHED, ERASURE}, reached)
            reached |= pending.reached
            if any(event.kind == ERASURE for event in pending.events):
                touched |= written_days(folder)  # an erasure does not say whose day it was
            touched |= await history.days_of({event.session_id for event in pending.events})
            if len(pending.events) < EVENTS_AT_ONCE:
                break
        for number, day in enumerate(sorted(touched)):
            sessions = [session async for session in history.sessions_of(day)]
            written[day] = write_day(folder, day, rows_of(sessions, secret))
            progress(number + 1, len(touched))
        await outlets.told(OUTLET, reached)  # last: a run that was cut writes the same days again
    return written


def rows_of(sessions: Iterable[DaySession], secret: bytes) -> Iterator[tuple[Any, ...]]:
    """Give the rows of these sessions: one an answer that stands, in the order of `parquet.COLUMNS`."""
    for session in sessions:
        started: Mapping[str, Any] = {}
        standing: dict[str, Mapping[str, Any]] = {}
        finished = False
        for kind, payload in session.records:
            if kind == STARTED:
                started = payload
            elif kind == ANSWERED:
                standing.pop(payload["item"], None)
                standing[payload["item"]] = payload
            elif kind == WITHDRAWN:
                standing.pop(payload["item"], None)
            finished = kind == FINISHED or (finished and kind != WITHDRAWN)
        person = hmac.new(secret, session.id.encode(), hashlib.sha256).hexdigest()[:24]
        for position, answer in enumerate(standing.values()):
            evidence = answer["evidence"]
            yield (
                person,
                answer["item"],
                answer["option"] or "",
                *(evidence[name] for name in ("correct", "incorrect", "dont_know")),
                int(answer["aid"]),
                answer["channel"],
                answer["input_mode"],
                position,
                started.get("path", ""),
                started.get("locale", ""),
                session.bank_version,
                finished,
            )
