"""A call by SIP as a leg: signalling and media of one caller brought together.

Keys come as RTP events or by INFO. Some gateways send both for one press: the way that brought the first key is the way
of this call. Sound goes to the signalling peer or to a network that the settings name, nowhere else; a caller who names
another address (behind a NAT, or with bad intent) is sent nothing until its own packets arrive from an allowed one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import AsyncIterator, Callable

from voice_app.telephony.errors import CallFailed
from voice_app.telephony.leg import KeyHeard, LegEnded, LegEvent
from voice_app.telephony.media.process import MediaLine
from voice_app.telephony.sip.call import Call
from voice_app.telephony.sip.description import Sound

log = logging.getLogger(__name__)

TRANSFER_LIMIT_S = 60.0
"""A person may let it ring for so long."""
Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


class _KeyByInfo(KeyHeard):
    """A key that came by INFO."""


class SipLeg:
    """One caller; `call` is set before anything else happens. `on_confirmed` is called once when sound may flow,
    `on_ended` once when all is over."""

    call: Call

    def __init__(
        self,
        line: MediaLine,
        media_networks: Networks,
        *,
        on_confirmed: Callable[[SipLeg], None],
        on_ended: Callable[[SipLeg], None],
        check: Callable[[SipLeg], None],
    ) -> None:
        """`check` is called when the caller's sound has stopped to come, to ask whether it is still there."""
        self.line = line
        self._media_networks = media_networks
        self._on_confirmed = on_confirmed
        self._on_ended = on_ended
        self._keys_by_info: bool | None = None
        line.on_still = lambda: check(self)

    # --- the port -------------------------------------------------------------------------------------------------

    def play(self, pcm: bytes) -> None:
        self.line.play(pcm)

    def mark(self, number: int) -> None:
        self.line.mark(number)

    def clear(self) -> None:
        self.line.clear()

    async def events(self) -> AsyncIterator[LegEvent]:
        async for event in self.line.events():
            if isinstance(event, KeyHeard) and not self._is_of_this_way(event):
                continue
            if isinstance(event, LegEnded) and event.fault is not None:
                self.call.hang_up(event.fault)
            yield event

    def hang_up(self) -> None:
        self.call.hang_up()

    async def transfer(self, target: str) -> bool:
        """Ask the caller's side to call somebody else (REFER) and hang up once it says that this succeeded."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[int] = loop.create_future()

        def heard(status: int) -> None:
            if status >= 200 and not outcome.done():
                outcome.set_result(status)

        self.call.transfer_heard = heard
        try:
            await self.call.refer(target)
            async with asyncio.timeout(TRANSFER_LIMIT_S):
                done = await outcome < 300
        except (CallFailed, OSError, TimeoutError) as fault:
            log.info("call %s: no transfer: %s", self.call.call_id, fault)
            return False
        if done:
            self.call.hang_up("handed over")
        return done

    # --- what signalling tells ------------------------------------------------------------------------------------

    def confirmed(self, call: Call, sound: Sound) -> None:
        self.call = call
        self._set(sound)
        self._on_confirmed(self)

    def changed(self, sound: Sound) -> None:
        self._set(sound)

    def key(self, key: str) -> None:
        self.line.inbox.put(_KeyByInfo(key))

    def ended(self, reason: str) -> None:
        log.info("call %s: %s", self.call.call_id, reason)
        self.line.close()
        self._on_ended(self)

    def _is_of_this_way(self, key: KeyHeard) -> bool:
        by_info = isinstance(key, _KeyByInfo)
        if self._keys_by_info is None:
            self._keys_by_info = by_info
        return by_info == self._keys_by_info

    def _set(self, sound: Sound) -> None:
        peer = self.call.peer.flow.peer[0]
        wanted = sound.remote[0]
        allowed = wanted == peer or self._in_networks(wanted)
        if not allowed:
            log.info("call %s: sound is wanted at another address; waiting for the caller's own", self.call.call_id)
        self.line.set(
            law=sound.law,
            payload_type=sound.payload_type,
            key_type=sound.key_type,
            remote=sound.remote if allowed else None,
            hosts=tuple(dict.fromkeys((peer, wanted) if allowed else (peer,))),
            sending=sound.sends,
            hearing=sound.hears,
        )

    def _in_networks(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._media_networks)
