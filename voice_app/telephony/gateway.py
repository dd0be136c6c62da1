"""The gateway: lets callers in, as many as can be served well, and tells the others kindly. It knows no dialogue.

Admission. A call is answered before it is decided what happens to it: a caller who is turned away is told so in words,
not by a tone. Within `capacity` it gets a conversation; past that a sentence, then the line is closed; past
`polite_capacity` the network's own "busy". A call that takes the place of another one (a transfer) needs no place of
its own. Calls that were never acknowledged hold no place in either, only one of `most_pending`, for 32 s at most.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from voice_app.telephony.errors import MediaDown, TelephonyError
from voice_app.telephony.hours import Hours
from voice_app.telephony.leg import Leg, LegEnded, MarkReached
from voice_app.telephony.media.process import MediaLine, MediaProcess
from voice_app.telephony.rules import PhoneRules
from voice_app.telephony.sip.agent import UserAgent, bracketed
from voice_app.telephony.sip.call import Call, CallState
from voice_app.telephony.sip.description import Describer, Unacceptable
from voice_app.telephony.sip.digest import Credentials
from voice_app.telephony.sip.messages import BadMessage, uri_of
from voice_app.telephony.sip.outgoing import RING_LIMIT_S, Trunk, place_call
from voice_app.telephony.sip.registration import Registration
from voice_app.telephony.sip.replacing import NotReplaced, replaced_by
from voice_app.telephony.sip_leg import SipLeg

log = logging.getLogger(__name__)

RETRY_AFTER = (("Retry-After", "60"),)
FAREWELL_LIMIT_S = 30.0
HUNG_UP_LIMIT_S = 10.0
"""Time for a conversation to keep what is under way after the caller has gone."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls whom, as the network tells it: numbers in clear, for this call only."""

    number: str
    dialled: str
    way: str


RunCall = Callable[[Leg, Caller], Awaitable[None]]
"""Holds a conversation over a leg, until it ends."""
Speak = Callable[[str], Awaitable[bytes]]
"""Gives the sound (s16le, 8 kHz) of a prompt, by its id."""


class Gateway:
    """The telephone of one service. `start`, then callers come; `close` hangs up."""

    def __init__(
        self,
        rules: PhoneRules,
        run_call: RunCall,
        speak: Speak,
        *,
        host: str,
        note: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        """`host`: the address of our own machine that sound is bound to. `note` is told what becomes of each call:
        "talking", "full" (told so in words), "refused" (by the network's own answer), "transferred" (to us, into a
        conversation that goes on), "failed".
        """
        self._note = note
        self._rules = rules
        self._run_call = run_call
        self._speak = speak
        self._media_networks = tuple(ipaddress.ip_network(each, strict=False) for each in rules.media_networks.split())
        self.media = MediaProcess(
            host=host,
            first_port=rules.first_rtp_port,
            last_port=rules.last_rtp_port,
            realtime=rules.realtime_media,
        )
        self.agent = UserAgent(
            self._invited,
            self._accepts,
            advertised_host=rules.advertised_host,
            allowed=rules.allowed_networks,
        )
        self._registration = self._make_registration()
        self._person_hours = Hours.read(rules.person_hours)
        self._pending: Counter[str] = Counter()
        self._talking: dict[Leg, asyncio.Task[None]] = {}
        self._told: dict[Leg, asyncio.Task[None]] = {}
        self._placed: set[Leg] = set()
        self._sentences: dict[str, bytes] = {}
        self.draining = False
        """While set, OPTIONS is answered 503: a dispatcher in front sends new calls elsewhere."""

    @property
    def talking(self) -> int:
        """Conversations at this moment."""
        return len(self._talking)

    async def start(self, sip: tuple[str, int] | None, tls: tuple[str, int] | None = None) -> None:
        """Take calls: SIP over UDP and TCP here, over TLS there. Raises TelephonyError."""
        for prompt in ("phone.full", "phone.fault"):
            self._sentences[prompt] = await self._speak(prompt)
        await self.media.start()
        if sip is not None:
            await self.agent.transports.listen_udp(*sip)
            await self.agent.transports.listen_stream(sip[0], self.agent.transports.listening["UDP"][1])
        if tls is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            try:
                context.load_cert_chain(self._rules.certificate, self._rules.key or None)
            except (OSError, ssl.SSLError) as fault:
                raise TelephonyError(f"the certificate {self._rules.certificate!r} cannot be read: {fault}") from fault
            await self.agent.transports.listen_stream(*tls, context)
        if self._registration is not None:
            self._registration.start()

    async def close(self) -> None:
        """Hang up all calls, give their conversations a moment to keep what is under way, and stop."""
        self.draining = True
        for leg in (*self._talking, *self._told):
            leg.hang_up()
        under_way = [*self._talking.values(), *self._told.values()]
        if under_way:
            await asyncio.wait(under_way, timeout=HUNG_UP_LIMIT_S)
        if self._registration is not None:
            await self._registration.close()
        await self.agent.close()
        await self.media.close()

    # --- calls that we place, and people -----------------------------------------------------------------------------

    def person(self, now: datetime) -> str | None:
        """Give the address of somebody who answers at this moment (local time), None when nobody does."""
        return self._rules.person if self._rules.person and self._person_hours.hold(now) else None

    def places_for_our_calls(self) -> int:
        """Give how many calls we may place now: callers come first, so at most half of the line is ours."""
        return 0 if self.draining or not self.media.available else self._rules.capacity // 2 - len(self._placed)

    def address_of(self, number: str) -> str:
        """Give the address that reaches a telephone number through the trunk."""
        way = uri_of(self._rules.trunk or self._rules.registrar)
        port = f":{way.port}" if way.port else ""
        return f"sip:{number}@{way.host}{port}"

    async def dial(self, target: str, *, ring_limit_s: float = RING_LIMIT_S) -> SipLeg:
        """Call somebody and give the leg once they answered. Raises CallFailed, MediaDown, OSError, TimeoutError."""
        rules = self._rules
        credentials = Credentials(rules.trunk_user, rules.trunk_password) if rules.trunk_user else None
        trunk = Trunk(rules.caller_id or rules.register_as or target, rules.trunk or rules.registrar, credentials)
        line = await self.media.open_line()
        leg = self._leg(line, on_confirmed=lambda _leg: None, on_ended=self._placed.discard)
        self._placed.add(leg)
        try:
            leg.call = await place_call(
                self.agent, target, trunk, Describer("", line.port), leg, ring_limit_s=ring_limit_s
            )
        except BaseException:
            line.close()
            self._placed.discard(leg)
            raise
        return leg

    def _make_registration(self) -> Registration | None:
        rules = self._rules
        if not rules.register_as:
            return None
        registrar = rules.registrar or f"sip:{rules.register_as.rpartition('@')[2]}"
        return Registration(
            self.agent, rules.register_as, registrar, Credentials(rules.trunk_user, rules.trunk_password)
        )

    # --- calls by SIP -----------------------------------------------------------------------------------------------

    def _accepts(self) -> bool:
        return not self.draining and self.media.available

    async def _invited(self, call: Call) -> None:
        host = call.peer.flow.peer[0]
        rules = self._rules
        if (
            not self._accepts()
            or self._pending.total() >= rules.most_pending
            or self._pending[host] >= rules.most_pending_per_host
            or len(self._talking) + len(self._told) >= rules.capacity + rules.polite_capacity
        ):
            self._note("refused")
            call.refuse(503, headers=RETRY_AFTER)
            return
        try:
            before = self._leg_replaced_by(call)
        except NotReplaced as fault:
            log.info("call %s: %s", call.call_id, fault)
            call.refuse(fault.status)
            return
        self._pending[host] += 1
        try:
            await self._answer(call, before)
        except Unacceptable as fault:
            log.info("call %s: %s", call.call_id, fault)
            call.refuse(488)
        except MediaDown as fault:
            log.warning("call %s: %s", call.call_id, fault)
            call.refuse(503, headers=RETRY_AFTER)
        finally:
            if call.listener is None:
                self._no_longer_pending(host)

    def _leg_replaced_by(self, call: Call) -> SipLeg | None:
        """Give the leg of a conversation that this call goes on with. Raises NotReplaced."""
        replaced = replaced_by(call.invite, self.agent.calls) if call.invite is not None else None
        if replaced is None:
            return None
        for leg in self._talking:
            if isinstance(leg, SipLeg) and leg.call is replaced:
                return leg
        raise NotReplaced(481)

    async def _answer(self, call: Call, before: SipLeg | None) -> None:
        describer = Describer(self.agent.host_for(call.peer.flow), 0)
        offer = call.offered()
        if offer is not None:
            describer.answer(offer)  # before anything is opened for it
        line = await self.media.open_line()
        describer.port = line.port
        leg = self._leg(line, on_confirmed=partial(self._confirmed, before), on_ended=self._ended)
        leg.call = call
        if call.state is not CallState.INVITED:  # cancelled meanwhile
            line.close()
            return
        try:
            call.accept(describer, leg)
        except Unacceptable:
            line.close()
            raise

    def _leg(
        self, line: MediaLine, *, on_confirmed: Callable[[SipLeg], None], on_ended: Callable[[SipLeg], None]
    ) -> SipLeg:
        return SipLeg(
            line,
            self._media_networks,
            on_confirmed=on_confirmed,
            on_ended=on_ended,
            check=self._check,
            transfer_limit_s=self._rules.transfer_ring_s,
        )

    def _confirmed(self, before: SipLeg | None, leg: SipLeg) -> None:
        """Sound may flow: in a conversation of its own, or in the one whose caller was transferred to (`before`)."""
        self._no_longer_pending(leg.call.peer.flow.peer[0])
        caller = _caller_of(leg.call)
        if before in self._talking and before.call.state is not CallState.ENDED:
            self._note("transferred")
            before.go_on_as(leg, caller.number)
        else:
            self.take(leg, caller)

    def take(self, leg: Leg, caller: Caller) -> None:
        """Take an answered leg: a conversation when there is room, else the sentence that there is none."""
        loop = asyncio.get_running_loop()
        if len(self._talking) + len(self._placed) < self._rules.capacity:
            task = loop.create_task(self._talk(leg, caller), name=f"call by {caller.way}")
            self._talking[leg] = task
            self._note("talking")
            task.add_done_callback(lambda _task: self._talking.pop(leg, None))
        else:
            task = loop.create_task(self._say_and_hang_up(leg, "phone.full"))
            self._told[leg] = task
            self._note("full")
            task.add_done_callback(lambda _task: self._told.pop(leg, None))

    def _ended(self, leg: SipLeg) -> None:
        if leg not in self._talking and leg not in self._told:
            self._no_longer_pending(leg.call.peer.flow.peer[0])

    def _no_longer_pending(self, host: str) -> None:
        self._pending[host] -= 1
        if self._pending[host] <= 0:
            del self._pending[host]

    def _check(self, leg: SipLeg) -> None:
        async def ask() -> None:
            if not await leg.call.still_there():
                leg.call.hang_up("the caller is gone")

        self.agent.run(ask())

    # --- what callers hear ------------------------------------------------------------------------------------------

    async def _talk(self, leg: Leg, caller: Caller) -> None:
        try:
            await self._run_call(leg, caller)
        except Exception:  # the rim of one call: the caller is told, the service goes on
            log.exception("a conversation by telephone failed")
            self._note("failed")
            await self._say_and_hang_up(leg, "phone.fault")
        finally:
            leg.hang_up()

    async def _say_and_hang_up(self, leg: Leg, prompt: str) -> None:
        leg.clear()
        leg.play(self._sentences[prompt])
        leg.mark(0)
        try:
            async with asyncio.timeout(FAREWELL_LIMIT_S):
                async for event in leg.events():
                    if isinstance(event, LegEnded) or event == MarkReached(0):
                        break
        except TimeoutError:
            log.warning("a caller was not told everything")
        finally:
            leg.hang_up()


def _caller_of(call: Call) -> Caller:
    invite = call.invite
    number = dialled = ""
    if invite is not None:
        try:
            sender = invite.from_addr
            number = (sender.uri.user if sender is not None else None) or ""
            dialled = uri_of(invite.uri).user or ""
        except (BadMessage, ValueError):
            log.debug("a caller without a readable number")
    return Caller(number, dialled, "sip")


def shown_address(kind: str, address: tuple[str, int]) -> str:
    """Give a listening address for people."""
    return f"sip:{bracketed(address[0])}:{address[1]};transport={kind.lower()}"
