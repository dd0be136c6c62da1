"""The transaction layer (RFC 3261, section 17; RFC 6026 for answered INVITEs).

A *server transaction* remembers the last answer to a request for 64 T1 (32 s) and gives it to every repetition, so that
a repeated INVITE is one call. Answers of 300 and more to an INVITE are repeated until their ACK comes (timers G, H); a
2xx is the call's to repeat, until its own ACK. A *client transaction* repeats our request (timers A, E) until an answer
comes, for 64 T1 at most (B, F), and says ACK to answers of 300 and more.

Keys: branch, sent-by and method (an ACK belongs to its INVITE, a CANCEL names an INVITE); for peers of RFC 2543 without
the branch's magic cookie, call, tag, number and sent-by.

A flood cannot fill the memory: past `MOST_LIVE` server transactions a request is answered 503 without being remembered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from aiosipua import SipRequest, SipResponse, Via, stringify_via

from voice_app.telephony.sip.messages import (
    COOKIE,
    BadMessage,
    Essentials,
    answer,
    essentials,
    new_branch,
    note_source,
    parse,
)
from voice_app.telephony.sip.transport import Flow, UdpFlow

log = logging.getLogger(__name__)

T1_S = 0.5
T2_S = 4.0
T4_S = 5.0
LIFETIME_S = 64 * T1_S
MOST_LIVE = 20_000

Key = tuple[str, ...]


@dataclass(slots=True, eq=False)
class ServerTransaction:
    """One request of a peer. `respond` may be called several times; the last answer is what a repetition gets."""

    key: Key
    request: SipRequest
    flow: Flow
    layer: Transactions
    essentials: Essentials
    last: bytes | None = None
    status: int = 0
    _again: asyncio.TimerHandle | None = None
    _end: asyncio.TimerHandle | None = None

    @property
    def answered(self) -> bool:
        """Whether a final answer was given."""
        return self.status >= 200

    def respond(self, response: SipResponse) -> None:
        """Give an answer; after a final one nothing more is sent."""
        if self.answered:
            return
        self.status = response.status_code
        self.last = bytes(response)
        self.flow.send(self.last)
        if not self.answered:
            return
        if self.request.method == "INVITE" and self.status >= 300 and not self.flow.reliable:
            self._repeat(T1_S)
        self._end_after(LIFETIME_S)

    def repeated(self) -> None:
        """The request came again."""
        if self.last is not None:
            self.flow.send(self.last)

    def acknowledged(self) -> None:
        """The ACK of a refused INVITE came: no more repetitions."""
        if self._again is not None:
            self._again.cancel()
        self._end_after(T4_S)

    def _repeat(self, after_s: float) -> None:
        def again() -> None:
            self.repeated()
            self._repeat(min(2 * after_s, T2_S))

        self._again = asyncio.get_running_loop().call_later(after_s, again)

    def _end_after(self, delay_s: float) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(delay_s, self._forget)

    def stop(self) -> None:
        """No more repetitions; the transaction is not forgotten."""
        for timer in (self._again, self._end):
            if timer is not None:
                timer.cancel()

    def _forget(self) -> None:
        self.stop()
        self.layer.drop(self)


@dataclass(slots=True, eq=False)
class _ClientTransaction:
    request: SipRequest
    data: bytes
    flow: Flow
    final: asyncio.Future[SipResponse]
    provisional: Callable[[SipResponse], None]
    proceeding: bool = False


Handler = Callable[[ServerTransaction], Awaitable[None]]
"""Answers a request; what it raises is logged and answered 500."""
AckHandler = Callable[[SipRequest, Flow], None]


class Transactions:
    """Both sides' transactions of one service. `on_request` gets each new request once, `on_ack` the ACK of a 2xx,
    `on_answer_again` a 2xx that came again after its transaction."""

    def __init__(self, on_request: Handler, on_ack: AckHandler, on_answer_again: Callable[[SipResponse], None]) -> None:
        self._on_request = on_request
        self._on_ack = on_ack
        self._on_answer_again = on_answer_again
        self._servers: dict[Key, ServerTransaction] = {}
        self._clients: dict[Key, _ClientTransaction] = {}
        self._running: set[asyncio.Task[None]] = set()

    def receive(self, data: bytes, flow: Flow) -> None:
        """Take one message from the wire. Never raises: what cannot be read is dropped or answered 400."""
        try:
            message = parse(data)
        except BadMessage as fault:
            log.debug("not a SIP message from %s: %s", flow.peer[0], fault)
            return
        if isinstance(message, SipResponse):
            self._response(message)
        else:
            self._request(message, flow)

    def invite_of(self, cancel: ServerTransaction) -> ServerTransaction | None:
        """Give the INVITE that a CANCEL names, or None."""
        return self._servers.get((*cancel.key[:-1], "INVITE"))

    def close(self) -> None:
        """Stop all timers: nothing is sent any more."""
        for transaction in self._servers.values():
            transaction.stop()
        for task in self._running:
            task.cancel()

    def drop(self, transaction: ServerTransaction) -> None:
        """Forget a transaction."""
        self._servers.pop(transaction.key, None)

    async def request(
        self,
        request: SipRequest,
        flow: Flow,
        *,
        via_host: str,
        limit_s: float = LIFETIME_S,
        provisional: Callable[[SipResponse], None] = lambda _response: None,
    ) -> SipResponse | None:
        """Send a request and give its final answer; None when none comes in time. `via_host`: our name in Via."""
        branch = new_branch()
        port = flow.local[1]
        via = Via(transport=flow.kind, host=via_host, port=port, params={"branch": branch, "rport": None})
        request.headers.set_single("Via", stringify_via(via))
        key = (branch, request.method)
        loop = asyncio.get_running_loop()
        client = _ClientTransaction(request, bytes(request), flow, loop.create_future(), provisional)
        self._clients[key] = client
        repeating = loop.create_task(self._repeat(client))
        flow.send(client.data)
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.shield(client.final)
        except TimeoutError:
            return None
        finally:
            repeating.cancel()
            client.proceeding = True
            # late repetitions of an answer are absorbed for a while, an INVITE's refusal is acknowledged again
            loop.call_later(LIFETIME_S if request.method == "INVITE" else T4_S, self._clients.pop, key, None)

    async def _repeat(self, client: _ClientTransaction) -> None:
        if client.flow.reliable:
            return
        wait_s, is_invite = T1_S, client.request.method == "INVITE"
        while not client.final.done():
            await asyncio.sleep(T2_S if client.proceeding and not is_invite else wait_s)
            if is_invite and client.proceeding:
                return
            client.flow.send(client.data)
            wait_s = wait_s * 2 if is_invite else min(wait_s * 2, T2_S)

    def cancel(self, request: SipRequest, flow: Flow) -> None:
        """Send the CANCEL of an INVITE of ours that has no final answer."""
        cancel = SipRequest(method="CANCEL", uri=request.uri)
        for name in ("via", "route", "from", "to", "call-id"):
            for value in request.headers.get(name):
                cancel.headers.append(name, value)
        sequence = essentials(request).sequence
        cancel.headers.set_single("CSeq", f"{sequence} CANCEL")
        cancel.headers.set_single("Max-Forwards", "70")
        flow.send(bytes(cancel))

    # --- from the wire ------------------------------------------------------------------------------------------

    def _request(self, request: SipRequest, flow: Flow) -> None:
        try:
            essential = essentials(request)
            note_source(request, flow.peer)
        except (BadMessage, ValueError):
            return
        key = _server_key(request, essential)
        known = self._servers.get(key)
        if request.method == "ACK":
            if known is not None and known.status >= 300:
                known.acknowledged()
            else:
                self._on_ack(request, flow)
            return
        if known is not None:
            known.repeated()
            return
        if len(self._servers) >= MOST_LIVE:
            flow.send(bytes(answer(request, 503, headers=[("Retry-After", "30")])))
            return
        transaction = ServerTransaction(key, request, _answering(flow, essential), self, essential)
        self._servers[key] = transaction
        task = asyncio.get_running_loop().create_task(self._serve(transaction))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, transaction: ServerTransaction) -> None:
        try:
            await self._on_request(transaction)
        except BadMessage as fault:
            log.info("a request that cannot be read: %s", fault)
            transaction.respond(answer(transaction.request, 400))
        except Exception:  # the rim of one request: the peer hears 500, the service goes on
            log.exception("a request could not be served")
            transaction.respond(answer(transaction.request, 500))

    def _response(self, response: SipResponse) -> None:
        essential = essentials(response)
        client = self._clients.get((essential.via.branch or "", essential.method))
        if client is None:
            if essential.method == "INVITE" and 200 <= response.status_code < 300:
                self._on_answer_again(response)
            return
        if response.status_code < 200:
            client.proceeding = True
            if not client.final.done():
                client.provisional(response)
            return
        if essential.method == "INVITE" and response.status_code >= 300:
            client.flow.send(bytes(_ack_of_refusal(client.request, response)))
        if not client.final.done():
            client.final.set_result(response)
        elif essential.method == "INVITE" and response.status_code < 300:
            self._on_answer_again(response)


def _answering(flow: Flow, essential: Essentials) -> Flow:
    """Give the way for answers: over UDP the port that Via names, unless rport asks for the real one (RFC 3581)."""
    if isinstance(flow, UdpFlow) and "rport" not in essential.via.params:
        return replace(flow, peer=(flow.peer[0], essential.via.port or 5060))
    return flow


def _server_key(request: SipRequest, essential: Essentials) -> Key:
    method = "INVITE" if request.method == "ACK" else request.method
    sent_by = f"{essential.via.host}:{essential.via.port or 5060}"
    branch = essential.via.branch or ""
    if branch.startswith(COOKIE):
        return (branch, sent_by, method)
    return (essential.call_id, essential.from_tag or "", str(essential.sequence), sent_by, method)


def _ack_of_refusal(request: SipRequest, response: SipResponse) -> SipRequest:
    ack = SipRequest(method="ACK", uri=request.uri)
    ack.headers.append("Via", request.headers.get("via")[0])
    for value in request.headers.get("route"):
        ack.headers.append("Route", value)
    for name, source in (("From", request), ("To", response), ("Call-ID", request)):
        ack.headers.set_single(name, source.headers.get(name)[0])
    ack.headers.set_single("CSeq", f"{essentials(request).sequence} ACK")
    ack.headers.set_single("Max-Forwards", "70")
    return ack
