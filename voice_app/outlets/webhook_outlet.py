"""Tells every webhook what it has not been told, one event after the other, until it says that it has it.

- 2xx: told. 410: its owner wants no more, it is stopped.
- No answer, 408, 425, 429, 5xx, a redirection: again, later and later; after `give_up_after` failures in a row it is
  stopped, and its place in the log is kept for when it is started again.
- Any other 4xx: this event is refused; it is set aside with the reason, the next ones go on.
- An address that leads into a network that is not public is never called (`sending`).

One slow or dead webhook holds nobody else up: each has its own place and its own waits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from engine.sync.events import Envelope
from voice_app.outlets.back_off import wait_s
from voice_app.outlets.ports import Outlets
from voice_app.outlets.rules import OutletRules, WebhookRules
from voice_app.outlets.sending import AddressRefused, Answer, NotSent, post
from voice_app.outlets.webhooks import TYPES, Place, Webhook, body_of, delivery_id, headers_of

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Events of one webhook in a row, before the others have their turn."""
GONE = 410


class Webhooks(Protocol):
    """The webhooks of all organisations. Every method raises StoreError when the database does not answer."""

    async def told(self) -> Sequence[Webhook]:
        """Give those that are to be told."""

    async def stop(self, webhook: str, reason: str) -> None:
        """Tell this one no more, until it is started again."""

    async def places(self, organization: str, sessions: Collection[str]) -> Mapping[str, Place]:
        """Give campaign and participation of those sessions that are in a campaign of this organisation."""

    async def note(self, webhook: str, told: str, delivery: str, status: int | None, fault: str = "") -> None:
        """Keep what came of one try among the last ones."""


class WebhookOutlet:
    """All webhooks of this service. `run_once` tells each what it can be told."""

    def __init__(
        self,
        webhooks: Webhooks,
        outlets: Outlets,
        rules: WebhookRules,
        waits: OutletRules,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._webhooks = webhooks
        self._outlets = outlets
        self._rules = rules
        self._waits = waits
        self._now = now

    async def run_once(self) -> bool:
        """Tell all; gives whether there may be more at once. Raises StoreError."""
        more = [await self._tell(webhook) for webhook in await self._webhooks.told()]
        return any(more)

    async def _tell(self, webhook: Webhook) -> bool:
        name = webhook.outlet
        async with self._outlets.taken(name, self._rules.limit_s * (AT_ONCE + 1)) as ours:
            if not ours:
                return False
            pending = await self._outlets.pending(name, AT_ONCE, TYPES.keys())
            places = await self._webhooks.places(webhook.organization, {each.session_id for each in pending.events})
            for event in pending.events:
                if event.session_id in places and not await self._deliver(webhook, event, places[event.session_id]):
                    return False
                await self._outlets.told(name, {event.site_id: event.sequence})
            if pending.reached:
                await self._outlets.told(name, pending.reached)
            return len(pending.events) == AT_ONCE

    async def _deliver(self, webhook: Webhook, event: Envelope, place: Place) -> bool:
        """Tell one event; gives whether the next one may follow."""
        identity, body = delivery_id(webhook, event), body_of(webhook, event, place)
        headers = headers_of(webhook, identity, int(self._now()), body)
        try:
            answer = await post(
                webhook.url, body, headers, limit_s=self._rules.limit_s, guarded=not self._rules.allow_private
            )
        except AddressRefused as fault:
            await self._webhooks.note(webhook.id, TYPES[event.kind], identity, None, str(fault))
            await self._stop(webhook, str(fault))
            return False
        except NotSent as fault:
            await self._webhooks.note(webhook.id, TYPES[event.kind], identity, None, str(fault))
            await self._later(webhook, str(fault), None)
            return False
        await self._webhooks.note(webhook.id, TYPES[event.kind], identity, answer.status)
        return await self._answered(webhook, event, answer)

    async def _answered(self, webhook: Webhook, event: Envelope, answer: Answer) -> bool:
        if answer.is_ok:
            return True
        if answer.status == GONE:
            await self._stop(webhook, "its owner answered 410")
            return False
        if answer.may_pass or answer.status < 400:
            await self._later(webhook, f"answered {answer.status}", answer.retry_after_s)
            return False
        log.error("webhook %s refuses event %s (%d): set aside", webhook.id, event.id, answer.status)
        await self._outlets.set_aside(webhook.outlet, event.id, f"refused with {answer.status}")
        return True

    async def _later(self, webhook: Webhook, fault: str, asked_s: float | None) -> None:
        failures = await self._outlets.failures(webhook.outlet) + 1
        wait = wait_s(failures, self._waits, asked_s)
        log.warning("webhook %s: %s; again in %.0f s", webhook.id, fault, wait)
        await self._outlets.postpone(webhook.outlet, wait, fault)
        if failures >= self._rules.give_up_after:
            await self._stop(webhook, f"{failures} failures in a row: {fault}")

    async def _stop(self, webhook: Webhook, reason: str) -> None:
        log.error("webhook %s is stopped: %s", webhook.id, reason)
        await self._webhooks.stop(webhook.id, reason)
