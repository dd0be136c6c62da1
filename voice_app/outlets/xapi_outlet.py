"""Tells a store of learning records what happened, statement by statement, until it has acknowledged every one.

- What was sent and not acknowledged is sent again: the ids are the same, so nothing is doubled.
- Down, slow, overloaded (no answer, 408, 425, 429, 5xx): wait, longer each time, try again. Nothing is ever dropped.
- 401, 403, 404: the settings are wrong; the same, and the operator is told.
- 400, 409, 413: something in the batch is refused. It is halved until the statement stands alone; that one is set
  aside with the reason and never sent again blindly, the others go on. (An LRS that has the same statement already,
  word for word, accepts it; 409 means another one under the same id.)
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Sequence

from engine.sync.events import Envelope
from engine.sync.xapi import SHARED, TOLD_KINDS, Statement, Teller, statement_of
from voice_app.outlets.back_off import wait_s
from voice_app.outlets.ports import Outlets
from voice_app.outlets.rules import OutletRules, XapiRules
from voice_app.outlets.sending import Answer, NotSent, post

log = logging.getLogger(__name__)

OUTLET = "xapi"
REFUSALS = (400, 409, 413)
"""Answers that concern what was sent, not the moment."""


class XapiOutlet:
    """One store of learning records. `open` it, then `run_once` again and again."""

    def __init__(self, outlets: Outlets, teller: Teller, rules: XapiRules, waits: OutletRules) -> None:
        self._outlets = outlets
        self._teller = teller
        self._rules = rules
        self._waits = waits

    async def run_once(self) -> bool:
        """Send the next batch; tells whether there may be more at once. Raises StoreError."""
        async with self._outlets.taken(OUTLET, self._rules.limit_s * 4) as ours:
            if not ours:
                return False
            pending = await self._outlets.pending(OUTLET, self._rules.batch, TOLD_KINDS)
            if not pending.reached:
                return False
            try:
                await self._tell(await self._statements(pending.events))
            except NotSent as fault:
                failures = await self._outlets.failures(OUTLET) + 1
                wait = wait_s(failures, self._waits, fault.retry_after_s if isinstance(fault, TryLater) else None)
                log.warning("xapi: not sent, again in %.0f s: %s", wait, fault)
                await self._outlets.postpone(OUTLET, wait, str(fault))
                return False
            await self._outlets.told(OUTLET, pending.reached)
            return len(pending.events) >= self._rules.batch

    async def _statements(self, events: Sequence[Envelope]) -> list[tuple[str, Statement]]:
        """Give event ids with their statements, in order."""
        if self._rules.shared_only:
            events = await self._of_shared(events)
        facts = await self._outlets.facts(events)
        made = [(event.id, statement_of(event, facts[event.id], self._teller)) for event in events]
        return [(event, statement) for event, statement in made if statement is not None]

    async def _of_shared(self, events: Sequence[Envelope]) -> list[Envelope]:
        """Give the events of sessions that were shared: with the yes, all that led to it; afterwards each by itself."""
        told: dict[str, Envelope] = {}
        shared_before = await self._outlets.shared_sessions({event.session_id for event in events})
        for event in events:
            if event.kind == SHARED:
                led_to_it = await self._outlets.session_events(event.session_id, TOLD_KINDS, event.id)
                told |= {each.id: each for each in led_to_it}
            elif event.session_id in shared_before and shared_before[event.session_id] < event.id:
                told[event.id] = event
        return list(told.values())

    async def _tell(self, statements: Sequence[tuple[str, Statement]]) -> None:
        """Send these, all or in halves. Raises NotSent when it has to be tried later."""
        if not statements:
            return
        answer = await self._post([statement for _, statement in statements])
        if answer.is_ok:
            return
        if answer.status not in REFUSALS:
            raise TryLater(answer)
        if len(statements) == 1:
            event = statements[0][0]
            log.error("xapi: the statement of event %s is refused (%d) and set aside", event, answer.status)
            await self._outlets.set_aside(OUTLET, event, f"refused with {answer.status}")
            return
        half = len(statements) // 2
        await self._tell(statements[:half])
        await self._tell(statements[half:])

    async def _post(self, statements: list[Statement]) -> Answer:
        rules = self._rules
        headers = {
            "Content-Type": "application/json",
            "X-Experience-API-Version": rules.version,
        }
        if rules.user:
            secret = base64.b64encode(f"{rules.user}:{rules.password}".encode()).decode()
            headers["Authorization"] = f"Basic {secret}"
        body = json.dumps(statements, ensure_ascii=False).encode()
        url = f"{rules.endpoint.rstrip('/')}/statements"
        return await post(url, body, headers, limit_s=rules.limit_s, guarded=False)  # the operator's own choice


class TryLater(NotSent):
    """The other side answered, and cannot take it at this moment."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"the other side answered {answer.status}")
        self.retry_after_s = answer.retry_after_s
