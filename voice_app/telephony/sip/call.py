"""One call: an INVITE dialog and its state (RFC 3261, sections 12 to 15; RFC 3264 for its sound).

    INVITED --answer--> ANSWERED --ACK--> CONFIRMED --BYE, either side--> ENDED
       |                   | no ACK for 32 s: BYE
       +--refuse, CANCEL---+---------------------------------------------> ENDED

The 200 is repeated until its ACK comes, whoever carries it. Nothing is sent to the caller's ear before that ACK: it
proves that the caller really is where the INVITE says. Requests inside the dialog go along the route that the INVITE
recorded, else to the Contact; a peer that wrote the INVITE itself (a single Via) but names a Contact elsewhere sits
behind a NAT, and is answered where it was seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from aiosipua import SipRequest, SipResponse

from voice_app.telephony.errors import CallFailed
from voice_app.telephony.sip.description import CONTENT_TYPE, Describer, Sound, Unacceptable, read_answer
from voice_app.telephony.sip.messages import (
    ABLE,
    ALLOW,
    BadMessage,
    answer,
    body_of_type,
    contact_uri,
    essentials,
    new_request,
    uri_of,
)
from voice_app.telephony.sip.transactions import LIFETIME_S, T1_S, T2_S, ServerTransaction
from voice_app.telephony.sip.transport import Flow

log = logging.getLogger(__name__)

_SIGNAL = re.compile(r"(?im)^\s*signal\s*=\s*([0-9*#])")
_BARE_KEY = re.compile(r"^\s*([0-9*#])\s*$")
_BYE_LIMIT_S = 8.0


class CallState(Enum):
    INVITED = "invited"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    ENDED = "ended"


class Listener(Protocol):
    """Who carries the call's sound and conversation. None of these may raise or wait."""

    def confirmed(self, call: Call, sound: Sound) -> None:
        """The ACK came: sound may flow."""

    def changed(self, sound: Sound) -> None:
        """The caller put us on hold, came back, or moved its sound."""

    def key(self, key: str) -> None:
        """A key came by INFO."""

    def ended(self, reason: str) -> None:
        """The call is over; called once."""


class Agent(Protocol):
    """What a call needs of the user agent that owns it."""

    def contact(self, flow: Flow) -> str: ...

    async def send(self, request: SipRequest, flow: Flow, limit_s: float = ...) -> SipResponse | None: ...

    async def flow_for(self, uri: str) -> Flow: ...

    def run(self, work: Coroutine[Any, Any, None]) -> None: ...

    def forget(self, call: Call) -> None: ...


@dataclass(slots=True)
class Peer:
    """The other side of a dialog. `route`: what further requests pass through, nearest first; `near`: it wrote its
    INVITE itself, no proxy stands between."""

    address: str
    target: str
    route: tuple[str, ...]
    flow: Flow
    near: bool


class Call:
    """One dialog. `local` and `peer.address` are From and To with their tags."""

    def __init__(
        self, agent: Agent, *, call_id: str, local_tag: str, local: str, peer: Peer, sequence: int, peer_sequence: int
    ) -> None:
        self.call_id = call_id
        self.local_tag = local_tag
        self.peer = peer
        self.state = CallState.INVITED
        self.listener: Listener | None = None
        self.describer: Describer | None = None
        self._agent = agent
        self.local = local
        self._sequence = sequence
        self._peer_sequence = peer_sequence
        self._invite: ServerTransaction | None = None
        self._acked = asyncio.Event()
        self._pending: Sound | None = None
        self._ack_sequence = 0
        self._offered = False
        self.transfer_heard: Callable[[int], None] = lambda _status: None
        self.first_ack: SipRequest | None = None

    # --- the first INVITE, theirs ---------------------------------------------------------------------------------

    @classmethod
    def invited(cls, agent: Agent, transaction: ServerTransaction, local_tag: str) -> Call:
        """Give the call of an INVITE. Raises BadMessage when it names nobody to talk to."""
        request, known = transaction.request, transaction.essentials
        target = contact_uri(request)
        if target is None:
            raise BadMessage("an INVITE without Contact")
        peer = Peer(
            address=request.headers.get("from")[0],
            target=target,
            route=tuple(request.headers.get("record-route")),
            flow=transaction.flow,
            near=len(request.headers.get("via")) == 1,
        )
        local = f"{request.headers.get('to')[0]};tag={local_tag}"
        call = cls(
            agent,
            call_id=known.call_id,
            local_tag=local_tag,
            local=local,
            peer=peer,
            sequence=0,
            peer_sequence=known.sequence,
        )
        call._invite = transaction
        return call

    @property
    def invite(self) -> SipRequest | None:
        return self._invite.request if self._invite is not None else None

    def offered(self) -> str | None:
        """Give the caller's offer, or None when it leaves the offer to us. Raises Unacceptable for another body."""
        assert self._invite is not None  # noqa: S101 - only asked of an invited call
        return _offer_in(self._invite.request)

    def accept(self, describer: Describer, listener: Listener) -> None:
        """Answer the INVITE. Raises Unacceptable when the offer cannot be met."""
        if self._invite is None or self.state is not CallState.INVITED:
            return
        self.describer, self.listener = describer, listener
        self._answer_invite(self._invite)
        self.state = CallState.ANSWERED

    def refuse(self, status: int, *, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Turn the INVITE down."""
        if self._invite is not None and self.state is CallState.INVITED:
            self._invite.respond(answer(self._invite.request, status, to_tag=self.local_tag, headers=headers))
            self._over(f"refused with {status}")

    def cancelled(self) -> None:
        """The caller gave up before we answered."""
        self.refuse(487)

    # --- the first INVITE, ours -----------------------------------------------------------------------------------

    def established(self, describer: Describer, listener: Listener, ack: SipRequest) -> None:
        """The peer answered our INVITE, and this is the ACK; it is said again when the answer comes again."""
        self.describer, self.listener, self.first_ack = describer, listener, ack
        self.state = CallState.CONFIRMED
        self._acked.set()

    # --- requests of the peer inside the dialog -------------------------------------------------------------------

    def serve(self, transaction: ServerTransaction) -> None:
        """Answer a request inside the dialog. Raises BadMessage."""
        request, known = transaction.request, transaction.essentials
        if self.state is CallState.ENDED:
            transaction.respond(answer(request, 481))
            return
        if known.sequence <= self._peer_sequence:
            transaction.respond(answer(request, 500, headers=[("Retry-After", "1")]))
            return
        self._peer_sequence = known.sequence
        match request.method:
            case "BYE":
                transaction.respond(answer(request, 200))
                if self.state is CallState.INVITED and self._invite is not None:
                    self._invite.respond(answer(self._invite.request, 487, to_tag=self.local_tag))
                self._over("the caller hung up")
            case "INVITE":
                self._renegotiate(transaction)
            case "UPDATE":
                self._update(transaction)
            case "INFO":
                self._info(transaction)
            case "NOTIFY":
                transaction.respond(answer(request, 200))
                self._notified(request)
            case "OPTIONS":
                transaction.respond(answer(request, 200, headers=[ALLOW]))
            case _:
                transaction.respond(answer(request, 405, headers=[ALLOW]))

    def acked(self, ack: SipRequest) -> None:
        """The ACK of our 200 came. Its description is the answer, if the offer was ours."""
        if self._acked.is_set() or self.state is CallState.ENDED or essentials(ack).sequence != self._ack_sequence:
            return
        self._acked.set()
        sound = self._pending
        if self._offered:
            try:
                text = body_of_type(ack, CONTENT_TYPE)
                sound = read_answer(text) if text is not None else None
            except Unacceptable as fault:
                log.info("call %s: %s", self.call_id, fault)
                sound = None
            if sound is None:
                self.hang_up("no common sound")
                return
        first = self.state is CallState.ANSWERED
        self.state = CallState.CONFIRMED
        if sound is None or self.listener is None:
            return
        if first:
            self.listener.confirmed(self, sound)
        else:
            self.listener.changed(sound)

    # --- what we want ---------------------------------------------------------------------------------------------

    def hang_up(self, reason: str = "we hung up") -> None:
        """End the call, in whatever state it is."""
        if self.state is CallState.INVITED:
            self.refuse(486)
        elif self.state is not CallState.ENDED:
            self._over(reason)
            self._agent.run(self._say_bye())

    async def still_there(self) -> bool:
        """Ask the peer whether it still has this call; False when it says no or nothing."""
        response = await self._request("OPTIONS")
        return response is not None and response.status_code not in (408, 481)

    async def refer(self, target: str) -> None:
        """Ask the peer to call somebody else instead (RFC 3515). Raises CallFailed when it will not."""
        contact = self._agent.contact(self.peer.flow)
        headers = [("Refer-To", f"<{target}>"), ("Referred-By", f"<{contact.strip('<>')}>"), ("Contact", contact)]
        response = await self._request("REFER", headers)
        status = response.status_code if response is not None else 408
        if not 200 <= status < 300:
            raise CallFailed(f"the transfer was refused with {status}", status)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _answer_invite(self, transaction: ServerTransaction) -> None:
        assert self.describer is not None  # noqa: S101 - set before any answer
        offer = _offer_in(transaction.request)
        self._offered = offer is None
        if offer is None:
            text, self._pending = self.describer.offer(), None
        else:
            text, self._pending = self.describer.answer(offer)
        response = answer(
            transaction.request,
            200,
            to_tag=self.local_tag,
            headers=[("Contact", self._agent.contact(transaction.flow)), *ABLE, ("Content-Type", CONTENT_TYPE)],
        )
        response.text = text
        self._acked = asyncio.Event()
        self._ack_sequence = transaction.essentials.sequence
        transaction.respond(response)
        self._agent.run(self._repeat_until_acked(transaction, self._acked))

    async def _repeat_until_acked(self, transaction: ServerTransaction, acked: asyncio.Event) -> None:
        """Repeat the 200 (section 13.3.1.4), over streams too: a proxy behind them may use UDP."""
        wait_s, left_s = T1_S, LIFETIME_S
        while left_s > 0 and not acked.is_set() and self.state is not CallState.ENDED:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await acked.wait()
                return
            transaction.repeated()
            left_s -= wait_s
            wait_s = min(2 * wait_s, T2_S)
        if not acked.is_set():
            self.hang_up("the answer was never acknowledged")

    def _renegotiate(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if not self._acked.is_set() or self.describer is None:
            transaction.respond(answer(request, 491))
            return
        self.peer.target = contact_uri(request) or self.peer.target
        try:
            self._answer_invite(transaction)
        except Unacceptable as fault:
            log.info("call %s: %s", self.call_id, fault)
            transaction.respond(answer(request, 488))

    def _update(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        try:
            offer = _offer_in(request)
            headers = [("Contact", self._agent.contact(transaction.flow))]
            response = answer(request, 200, headers=headers)
            if offer is not None and self.describer is not None:
                response.text, sound = self.describer.answer(offer)
                response.headers.set_single("Content-Type", CONTENT_TYPE)
                if self.state is CallState.CONFIRMED and self.listener is not None:
                    self.listener.changed(sound)
            self.peer.target = contact_uri(request) or self.peer.target
            transaction.respond(response)
        except Unacceptable:
            transaction.respond(answer(request, 488))

    def _info(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        pattern = {"application/dtmf-relay": _SIGNAL, "application/dtmf": _BARE_KEY}.get(kind)
        if pattern is None:
            transaction.respond(answer(request, 415 if request.body.strip() else 200))
            return
        transaction.respond(answer(request, 200))
        pressed = pattern.search(request.text)
        if pressed is not None and self.listener is not None and self.state is CallState.CONFIRMED:
            self.listener.key(pressed.group(1))

    def _notified(self, request: SipRequest) -> None:
        """How a transfer goes: the body is the first line of an answer (RFC 3515, 2.4.5)."""
        words = (body_of_type(request, "message/sipfrag") or "").split()
        if len(words) > 1 and words[1].isdigit():
            self.transfer_heard(int(words[1]))

    async def _say_bye(self) -> None:
        with contextlib.suppress(OSError, TimeoutError, BadMessage):
            await self._request("BYE", limit_s=_BYE_LIMIT_S)

    async def _request(
        self, method: str, headers: list[tuple[str, str]] | None = None, limit_s: float = LIFETIME_S
    ) -> SipResponse | None:
        self._sequence += 1
        request = new_request(
            method,
            self.peer.target,
            sender=self.local,
            receiver=self.peer.address,
            call_id=self.call_id,
            sequence=self._sequence,
        )
        for value in self.peer.route:
            request.headers.append("Route", value)
        for name, value in headers or ():
            request.headers.append(name, value)
        return await self._agent.send(request, await self.way(), limit_s)

    async def way(self) -> Flow:
        """Give the flow for a request inside the dialog. Raises OSError, TimeoutError, BadMessage."""
        flow = self.peer.flow
        if flow.reliable and flow.open:
            return flow
        if self.peer.route:
            return await self._agent.flow_for(self.peer.route[0])
        if self.peer.near and uri_of(self.peer.target).host.strip("[]") != flow.peer[0]:
            return flow
        return await self._agent.flow_for(self.peer.target)

    def _over(self, reason: str) -> None:
        if self.state is CallState.ENDED:
            return
        self.state = CallState.ENDED
        self._acked.set()
        self._agent.forget(self)
        if self.listener is not None:
            self.listener.ended(reason)


def _offer_in(request: SipRequest) -> str | None:
    """Give the description of a request, None when it has no body. Raises Unacceptable for another kind of body."""
    if not request.body.strip():
        return None
    text = body_of_type(request, CONTENT_TYPE)
    if text is None:
        raise Unacceptable(f"a body of type {request.content_type}")
    return text
