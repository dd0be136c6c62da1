"""A call by SIP as a leg: signalling and media of one caller brought together.

Keys come as RTP events or by INFO. Some gateways send both for one press: the way that brought the first key is the way
of this call. Sound goes to the signalling peer or to a network that the settings name, nowhere else; a caller who names
another address (behind a NAT, or with bad intent) is sent nothing until its own packets arrive from an allowed one.

A transfer changes the caller, not the conversation: the leg goes on over the other call's line, with a port of its own,
so that the last packets of the first caller are never taken for the second one's.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import AsyncIterator, Callable

from voice_app.telephony.errors import CallFailed
from voice_app.telephony.leg import Handover, KeyHeard, LegEnded, LegEvent, LegMoved
from voice_app.telephony.media.process import MediaLine
from voice_app.telephony.sip.call import Call
from voice_app.telephony.sip.description import Sound

log = logging.getLogger(__name__)

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
        transfer_limit_s: float,
    ) -> None:
        """`check` is called when the caller's sound has stopped to come, to ask whether it is still there.
        `transfer_limit_s`: for how long somebody's telephone may ring before we say that nobody answers."""
        self.line = line
        self._check = check
        self._transfer_limit_s = transfer_limit_s
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
        line: MediaLine | None = None
        while line is not self.line:  # the call goes on over another line after a transfer
            line = self.line
            async for event in line.events():
                if isinstance(event, KeyHeard) and not self._is_of_this_way(event):
                    continue
                if isinstance(event, LegEnded):
                    if line is not self.line:
                        break
                    if event.fault is not None:
                        self.call.hang_up(event.fault)
                yield event

    def hang_up(self) -> None:
        self.call.hang_up()

    async def transfer(self, target: str) -> Handover:
        """Ask the caller's side to call somebody else (REFER) and hang up once it says that this succeeded.

        A ringing telephone cannot be called off this way: who answers it after we gave up still gets the caller.
        """
        call = self.call
        outcome: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def heard(status: int) -> None:
            if 200 <= status < 300:
                call.hang_up("handed over")
            if status >= 200 and not outcome.done():
                outcome.set_result(status)

        call.transfer_heard = heard
        try:
            await call.refer(target)
        except (CallFailed, OSError, TimeoutError) as fault:
            log.info("call %s: no transfer: %s", call.call_id, fault)
            return Handover.NOT_HERE
        try:
            async with asyncio.timeout(self._transfer_limit_s):
                status = await outcome
        except TimeoutError:
            status = 408
        log.info("call %s: transferred with %s", call.call_id, status)
        return Handover.DONE if status < 300 else Handover.NOBODY

    # --- a transfer to us -----------------------------------------------------------------------------------------

    def go_on_as(self, other: SipLeg, number: str) -> None:
        """Let the conversation of this leg go on with the caller of the other one, whose leg is not used any more."""
        call, line = self.call, self.line
        self.call, self.line = other.call, other.line
        self.call.listener = self
        self.line.on_still = lambda: self._check(self)
        self._keys_by_info = None
        self.line.inbox.put(LegMoved(number))
        call.listener = None
        call.hang_up("somebody else has taken over the call")
        line.close()

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
