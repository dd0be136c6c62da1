"""The user agent: which request goes to which call, and what strangers are told.

Whatever is asked about an unknown call, extension or name gets the same answer, so that nothing can be found out by
trying: every extension is us, nobody can register here, and no header tells a version.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from aiosipua import SipRequest, SipResponse, Via, stringify_uri, stringify_via

from voice_app.telephony.sip.call import Call, CallState
from voice_app.telephony.sip.description import CONTENT_TYPE
from voice_app.telephony.sip.messages import (
    ABLE,
    ALLOW,
    EXTENSIONS,
    BadMessage,
    answer,
    essentials,
    new_tag,
    uri_of,
)
from voice_app.telephony.sip.transactions import LIFETIME_S, ServerTransaction, Transactions
from voice_app.telephony.sip.transport import Flow, Transports

log = logging.getLogger(__name__)

_PORTS = {"UDP": 5060, "TCP": 5060, "TLS": 5061}


class UserAgent:
    """All calls of one service. `on_call` gets each new one and must answer or refuse it; `accepting` tells OPTIONS."""

    def __init__(
        self,
        on_call: Callable[[Call], Coroutine[Any, Any, None]],
        accepting: Callable[[], bool],
        *,
        advertised_host: str = "",
        allowed: str = "",
    ) -> None:
        """`advertised_host`: our address as peers see it, by default the one we talk to them from. `allowed`: networks
        that may call, by spaces; empty for everybody."""
        self._on_call = on_call
        self._accepting = accepting
        self._advertised_host = advertised_host
        self._allowed = [ipaddress.ip_network(each, strict=False) for each in allowed.split()]
        self._calls: dict[tuple[str, str], Call] = {}
        self._invited: dict[tuple[str, str, int], tuple[str, ...]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self.transactions = Transactions(self._serve, self._acked, self._answered_again)
        self.transports = Transports(self.transactions.receive)

    @property
    def calls(self) -> list[Call]:
        return list(self._calls.values())

    # --- for calls ------------------------------------------------------------------------------------------------

    def contact(self, flow: Flow) -> str:
        """Give our address for the peer of a flow, in angle brackets."""
        kind = "" if flow.kind == "UDP" else f";transport={flow.kind.lower()}"
        port = self.transports.listening.get(flow.kind, flow.local)[1]
        return f"<sip:{bracketed(self.host_for(flow))}:{port}{kind}>"

    def host_for(self, flow: Flow) -> str:
        """Give the host that the peer of a flow reaches us by."""
        if self._advertised_host:
            return self._advertised_host
        host = flow.local[0]
        return source_towards(flow.peer[0]) if ipaddress.ip_address(host).is_unspecified else host

    def via(self, flow: Flow, branch: str) -> str:
        """Give a Via of ours, for a request outside the transactions (the ACK of a 2xx)."""
        host = bracketed(self.host_for(flow))
        return stringify_via(Via(transport=flow.kind, host=host, port=flow.local[1], params={"branch": branch}))

    async def send(self, request: SipRequest, flow: Flow, limit_s: float = LIFETIME_S) -> SipResponse | None:
        """Send a request and give its final answer, None when there is none."""
        return await self.transactions.request(request, flow, via_host=bracketed(self.host_for(flow)), limit_s=limit_s)

    async def flow_for(self, uri: str) -> Flow:
        """Give the way to an address (with or without angle brackets). Raises OSError, TimeoutError, BadMessage."""
        text = uri.partition("<")[2].partition(">")[0] or uri
        address = uri_of(text)
        kind = str(address.params.get("transport") or "udp").upper()
        kind = "TLS" if address.scheme == "sips" or kind == "TLS" else kind
        if kind not in _PORTS:
            raise BadMessage(f"no transport for {stringify_uri(address)}")
        return await self.transports.flow_to(kind, address.host.strip("[]"), address.port or _PORTS[kind])

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something go on beside; it ends by itself or with the agent."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def keep(self, call: Call) -> None:
        """Know a call from now on."""
        self._calls[call.call_id, call.local_tag] = call

    def forget(self, call: Call) -> None:
        self._calls.pop((call.call_id, call.local_tag), None)

    async def close(self) -> None:
        """Hang up, give the last words a moment, and stop."""
        for call in self.calls:
            call.hang_up("the service stops")
        if self._running:
            await asyncio.wait(self._running, timeout=1.0)
        for task in self._running:
            task.cancel()
        self.transactions.close()
        await self.transports.close()

    # --- requests -------------------------------------------------------------------------------------------------

    async def _serve(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if not self._is_allowed(transaction.flow.peer[0]):
            transaction.respond(answer(request, 403, to_tag=new_tag()))
            return
        required = (each.strip() for value in request.headers.get("require") for each in value.split(","))
        unknown = [each for each in required if each.lower() not in EXTENSIONS]
        if unknown and request.method != "CANCEL":
            transaction.respond(answer(request, 420, to_tag=new_tag(), headers=[("Unsupported", ", ".join(unknown))]))
            return
        if request.method == "CANCEL":
            self._cancel(transaction)
        elif transaction.essentials.to_tag is not None:
            self._inside(transaction, transaction.essentials.to_tag)
        elif request.method == "INVITE":
            await self._new_call(transaction)
        elif request.method == "OPTIONS":
            status = 200 if self._accepting() else 503
            transaction.respond(answer(request, status, to_tag=new_tag(), headers=[*ABLE, ("Accept", CONTENT_TYPE)]))
        elif request.method in ("BYE", "INFO", "UPDATE", "NOTIFY"):
            transaction.respond(answer(request, 481, to_tag=new_tag()))
        else:
            transaction.respond(answer(request, 405, to_tag=new_tag(), headers=[ALLOW]))

    def _inside(self, transaction: ServerTransaction, tag: str) -> None:
        call = self._calls.get((transaction.essentials.call_id, tag))
        if call is None:
            transaction.respond(answer(transaction.request, 481))
        else:
            call.serve(transaction)

    async def _new_call(self, transaction: ServerTransaction) -> None:
        known = transaction.essentials
        merged = (known.call_id, known.from_tag or "", known.sequence)
        if self._invited.setdefault(merged, transaction.key) != transaction.key:
            transaction.respond(answer(transaction.request, 482, to_tag=new_tag()))  # section 8.2.2.2
            return
        asyncio.get_running_loop().call_later(LIFETIME_S, self._invited.pop, merged, None)
        call = Call.invited(self, transaction, new_tag())
        transaction.respond(answer(transaction.request, 100))
        self.keep(call)
        try:
            await self._on_call(call)
        finally:
            if call.state is CallState.INVITED:
                call.refuse(500)

    def _cancel(self, transaction: ServerTransaction) -> None:
        invite = self.transactions.invite_of(transaction)
        if invite is None:
            transaction.respond(answer(transaction.request, 481, to_tag=new_tag()))
            return
        transaction.respond(answer(transaction.request, 200, to_tag=new_tag()))
        for call in self.calls:
            if call.invite is invite.request:
                call.cancelled()

    def _acked(self, ack: SipRequest, _flow: Flow) -> None:
        known = essentials(ack)
        call = self._calls.get((known.call_id, known.to_tag or ""))
        if call is not None:
            call.acked(ack)

    def _answered_again(self, response: SipResponse) -> None:
        """A 2xx to our INVITE that comes again lost its ACK."""
        known = essentials(response)
        call = self._calls.get((known.call_id, known.from_tag or ""))
        if call is not None and call.first_ack is not None:
            self.run(self._ack_again(call, call.first_ack))

    async def _ack_again(self, call: Call, ack: SipRequest) -> None:
        (await call.way()).send(bytes(ack))

    def _is_allowed(self, host: str) -> bool:
        return not self._allowed or any(ipaddress.ip_address(host) in network for network in self._allowed)


def bracketed(host: str) -> str:
    """Give a host as it stands in an address."""
    return f"[{host}]" if ":" in host else host


def source_towards(host: str) -> str:
    """Give our own address on the way to a host."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((host, 9))  # nothing is sent: the kernel only chooses the way
        return str(probe.getsockname()[0])
