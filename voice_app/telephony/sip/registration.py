"""Being known to a trunk or a telephone system: REGISTER, refreshed (RFC 3261, section 10).

Registered for as long as the registrar grants; refreshed when a fifth of that is left. 423 tells a longer time to ask
for. Without an answer, or after a refusal, it tries again, ever more slowly, for ever: an outage ends some day. Each
change is told by `on_change`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable

from aiosipua import SipResponse

from voice_app.telephony.sip.agent import UserAgent
from voice_app.telephony.sip.digest import Credentials, Digest
from voice_app.telephony.sip.messages import BadMessage, new_call_id, new_request, new_tag

log = logging.getLogger(__name__)

EXPIRES_S = 300
RETRY_S = (2.0, 5.0, 15.0, 30.0, 60.0)
"""Wait after the first, second, ... failure in a row; the last one repeats."""
ANSWER_LIMIT_S = 8.0
_MOST_TRIES = 4


class Registration:
    """One registration. `address` is ours at the registrar (`sip:assess@pbx.example`)."""

    def __init__(
        self,
        agent: UserAgent,
        address: str,
        registrar: str,
        credentials: Credentials,
        *,
        expires_s: int = EXPIRES_S,
        retry_s: tuple[float, ...] = RETRY_S,
        answer_limit_s: float = ANSWER_LIMIT_S,
        on_change: Callable[[bool], None] = lambda _registered: None,
    ) -> None:
        """`registrar` is where REGISTER goes: `sip:pbx.example:5060;transport=tcp`."""
        self._agent = agent
        self._address = address
        self._registrar = registrar
        self._digest = Digest(credentials)
        self._wish_s = expires_s
        self._retry_s = retry_s
        self._answer_limit_s = answer_limit_s
        self._on_change = on_change
        self._call_id, self._tag = new_call_id(), new_tag()
        self._sequence = 0
        self._keeper: asyncio.Task[None] | None = None
        self.registered = False

    def start(self) -> None:
        """Register, and stay registered."""
        self._keeper = asyncio.get_running_loop().create_task(self._keep(), name="registration")

    async def close(self) -> None:
        """Say that we are gone, and stop."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self.registered:
            await self._register(0)
            self._set(registered=False)

    async def _keep(self) -> None:
        failures = 0
        while True:
            granted_s = await self._register(self._wish_s)
            self._set(registered=granted_s is not None)
            if granted_s is not None:
                failures = 0
                await asyncio.sleep(max(1.0, granted_s * 0.8))
                continue
            wait_s = self._retry_s[min(failures, len(self._retry_s) - 1)]
            failures += 1
            await asyncio.sleep(wait_s * random.uniform(0.9, 1.1))  # noqa: S311 - spread, nothing secret

    async def _register(self, expires_s: int) -> float | None:
        """Give the seconds granted, None when it failed."""
        try:
            return await self._try(expires_s)
        except (OSError, TimeoutError, BadMessage) as fault:
            log.warning("no way to the registrar: %s", fault)
            return None

    async def _try(self, expires_s: int) -> float | None:
        flow = await self._agent.flow_for(self._registrar)
        contact = self._agent.contact(flow)
        for _ in range(_MOST_TRIES):
            self._sequence += 1
            request = new_request(
                "REGISTER",
                self._registrar.partition(";")[0],
                sender=f"<{self._address}>;tag={self._tag}",
                receiver=f"<{self._address}>",
                call_id=self._call_id,
                sequence=self._sequence,
            )
            request.headers.set_single("Contact", contact)
            request.headers.set_single("Expires", str(expires_s))
            self._digest.sign(request)
            response = await self._agent.send(request, flow, self._answer_limit_s)
            if response is None:
                log.warning("the registrar does not answer")
                return None
            if response.status_code < 300:
                self._digest.accepted()
                return _granted(response, contact, expires_s)
            longer = response.headers.get_first("min-expires")
            if response.status_code == 423 and longer is not None and longer.strip().isdigit():
                expires_s = self._wish_s = int(longer)
            elif not self._digest.challenged(response):
                log.error("the registrar refused: %d %s", response.status_code, response.reason_phrase)
                return None
        return None

    def _set(self, *, registered: bool) -> None:
        if registered != self.registered:
            self.registered = registered
            log.info("registered at %s: %s", self._registrar, registered)
            self._on_change(registered)


def _granted(response: SipResponse, contact: str, asked_s: int) -> float:
    """Give the time granted for our own contact: beside it, else in Expires, else what was asked."""
    ours = contact.strip("<>")
    with contextlib.suppress(ValueError, IndexError):
        for value in response.headers.get("contact"):
            if ours.partition(";")[0] in value:
                _, found, rest = value.lower().rpartition(";expires=")
                if found:
                    return float(rest.partition(";")[0].strip('" '))
    expires = response.headers.get_first("expires")
    return float(expires) if expires is not None and expires.strip().isdigit() else float(asked_s)
