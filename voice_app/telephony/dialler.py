"""Runs errands: looks at the queue, calls who may be called now, keeps how it ended. It knows no dialogue.

Callers come first: no more than half of the line's conversations are calls of ours.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from voice_app.errors import StoreError
from voice_app.telephony.errands import Errand, ErrandKind, ErrandRules, Outcome, after, may_call
from voice_app.telephony.errors import CallFailed, MediaDown
from voice_app.telephony.leg import Leg
from voice_app.telephony.sealing import unseal

log = logging.getLogger(__name__)

_BUSY = (486, 600)
_DECLINED = (603,)
_NO_ANSWER = (408, 480, 487)


class ErrandStore(Protocol):
    """The queue. Every method raises StoreError when the database does not answer."""

    async def waiting(self, before: datetime, limit: int) -> Sequence[Errand]:
        """Give errands that wait and whose time has come, the longest waiting first."""

    async def keep(self, errand: Errand) -> None:
        """Write an errand, new or changed."""

    async def take(self, errand: Errand, until: datetime) -> bool:
        """Put an errand off until then, if nobody else has: only one node calls."""

    async def note_call(self, mark: str, at: datetime) -> None: ...

    async def calls_since(self, mark: str, since: datetime) -> int: ...

    async def refuses(self, mark: str) -> bool:
        """Whether this person said that they want no calls."""

    async def note_refusal(self, mark: str, at: datetime) -> None: ...


Hold = Callable[[Leg, Errand, str], Awaitable[Outcome]]
"""Holds the conversation of a call that was answered; the last argument is the number."""


class Dialler:
    """One node's dialler. `dial` calls an address, `address_of` gives the one of a number."""

    def __init__(
        self,
        store: ErrandStore,
        rules: ErrandRules,
        key: bytes,
        *,
        dial: Callable[[str], Awaitable[Leg]],
        address_of: Callable[[str], str],
        hold: Hold,
        places: Callable[[], int],
        clock: Callable[[], datetime],
    ) -> None:
        """`places`: how many more calls of ours the line takes now. `clock` gives local time."""
        self._store = store
        self._rules = rules
        self._key = key
        self._dial = dial
        self._address_of = address_of
        self._hold = hold
        self._places = places
        self._clock = clock

    async def run(self) -> None:
        """Serve the queue until cancelled."""
        async with asyncio.TaskGroup() as calls:
            while True:
                with suppress(StoreError):
                    await self.look(calls)
                await asyncio.sleep(self._rules.look_every_s)

    async def look(self, calls: asyncio.TaskGroup) -> None:
        """Start the calls that may be made now. Raises StoreError."""
        now = self._clock()
        for errand in await self._store.waiting(now, max(0, self._places())):
            if not may_call(errand, now, self._rules):
                continue
            if errand.kind is ErrandKind.CAMPAIGN and await self._store.refuses(errand.mark):
                await self._store.keep(after(errand, Outcome.REFUSED, now, self._rules))
                continue
            week_ago = now - timedelta(days=7)
            if await self._store.calls_since(errand.mark, week_ago) >= self._rules.most_calls_per_week:
                continue
            if await self._store.take(errand, now + timedelta(hours=2)):
                calls.create_task(self._run(errand))

    async def _run(self, errand: Errand) -> None:
        try:
            await self._store.note_call(errand.mark, self._clock())
            outcome = await self._call(errand)
            now = self._clock()
            if outcome is Outcome.REFUSED:
                await self._store.note_refusal(errand.mark, now)
            await self._store.keep(after(errand, outcome, now, self._rules))
            log.info("errand %s: %s", errand.id, outcome)
        except StoreError as fault:
            log.error("errand %s was not kept: %s", errand.id, fault)

    async def _call(self, errand: Errand) -> Outcome:
        try:
            number = unseal(self._key, errand.sealed)
            leg = await self._dial(self._address_of(number))
        except CallFailed as fault:
            if fault.status in _BUSY:
                return Outcome.BUSY
            return Outcome.NO_ANSWER if fault.status in (*_NO_ANSWER, *_DECLINED) else Outcome.UNREACHABLE
        except (MediaDown, OSError, TimeoutError, ValueError) as fault:
            log.warning("errand %s: no call: %s", errand.id, fault)
            return Outcome.UNREACHABLE
        try:
            return await self._hold(leg, errand, number)
        finally:
            leg.hang_up()
