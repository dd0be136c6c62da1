"""Calls that we place: INVITE with our offer, digest when asked, ACK, CANCEL when nobody answers in time."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from aiosipua import SipRequest, SipResponse

from voice_app.telephony.errors import CallFailed
from voice_app.telephony.sip.agent import UserAgent
from voice_app.telephony.sip.call import Call, Listener, Peer
from voice_app.telephony.sip.description import CONTENT_TYPE, Describer, Sound, Unacceptable, read_answer
from voice_app.telephony.sip.digest import Credentials, Digest
from voice_app.telephony.sip.messages import (
    ABLE,
    body_of_type,
    contact_uri,
    essentials,
    new_branch,
    new_call_id,
    new_request,
    new_tag,
)
from voice_app.telephony.sip.transport import Flow

RING_LIMIT_S = 45.0
_MOST_CHALLENGES = 2


@dataclass(frozen=True, slots=True)
class Trunk:
    """How calls go out. `proxy` is the address (`sip:host:port;transport=tcp`) that takes them, empty for the target
    itself; `sender` is who we say we are (`sip:number@domain`)."""

    sender: str
    proxy: str = ""
    credentials: Credentials | None = None


async def place_call(
    agent: UserAgent,
    target: str,
    trunk: Trunk,
    describer: Describer,
    listener: Listener,
    *,
    ring_limit_s: float = RING_LIMIT_S,
) -> Call:
    """Call an address and give the call once it was answered; `listener` has heard `confirmed`.

    Raises CallFailed with SIP's status (486 busy, 408 no answer, 603 declined, ...); OSError for no way.
    """
    flow = await agent.flow_for(trunk.proxy or target)
    describer.host = describer.host or agent.host_for(flow)
    call_id, tag, digest = new_call_id(), new_tag(), Digest(trunk.credentials)
    for sequence in range(1, 2 + _MOST_CHALLENGES):
        request = _invite(agent, flow, target, trunk.sender, call_id, tag, sequence, describer)
        digest.sign(request)
        response = await _answer_of(agent, request, flow, ring_limit_s)
        if response.status_code < 300:
            return await _answered(agent, request, response, flow, tag, describer, listener)
        if not digest.challenged(response):
            break
    raise CallFailed(f"{response.status_code} {response.reason_phrase}", response.status_code)


def _invite(
    agent: UserAgent,
    flow: Flow,
    target: str,
    sender: str,
    call_id: str,
    tag: str,
    sequence: int,
    describer: Describer,
) -> SipRequest:
    request = new_request(
        "INVITE", target, sender=f"<{sender}>;tag={tag}", receiver=f"<{target}>", call_id=call_id, sequence=sequence
    )
    request.headers.set_single("Contact", agent.contact(flow))
    for each in ABLE:
        request.headers.set_single(*each)
    request.headers.set_single("Content-Type", CONTENT_TYPE)
    request.text = describer.offer()
    return request


async def _answer_of(agent: UserAgent, request: SipRequest, flow: Flow, limit_s: float) -> SipResponse:
    answered = False
    try:
        response = await agent.send(request, flow, limit_s)
        answered = response is not None
    finally:
        if not answered:
            agent.transactions.cancel(request, flow)
    if response is None:
        raise CallFailed("nobody answered in time", 408)
    return response


async def _answered(
    agent: UserAgent,
    request: SipRequest,
    response: SipResponse,
    flow: Flow,
    tag: str,
    describer: Describer,
    listener: Listener,
) -> Call:
    peer = Peer(
        address=response.headers.get("to")[0],
        target=contact_uri(response) or request.uri,
        route=tuple(reversed(response.headers.get("record-route"))),
        flow=flow,
        near=not response.headers.get("record-route"),
    )
    sequence = essentials(request).sequence
    call = Call(
        agent,
        call_id=essentials(request).call_id,
        local_tag=tag,
        local=request.headers.get("from")[0],
        peer=peer,
        sequence=sequence,
        peer_sequence=-1,
    )
    ack = _ack(agent, call, sequence, flow)
    call.established(describer, listener, ack)
    agent.keep(call)
    (await call.way()).send(bytes(ack))
    sound = _sound(response)
    if sound is None:
        call.hang_up("no common sound")
        raise CallFailed("the answer has no sound that we speak", 488)
    listener.confirmed(call, sound)
    return call


def _sound(response: SipResponse) -> Sound | None:
    text = body_of_type(response, CONTENT_TYPE)
    with contextlib.suppress(Unacceptable):
        return read_answer(text) if text is not None else None
    return None


def _ack(agent: UserAgent, call: Call, sequence: int, flow: Flow) -> SipRequest:
    ack = new_request(
        "ACK",
        call.peer.target,
        sender=call.local,
        receiver=call.peer.address,
        call_id=call.call_id,
        sequence=sequence,
    )
    ack.headers.set_single("Via", agent.via(flow, new_branch()))
    for value in call.peer.route:
        ack.headers.append("Route", value)
    return ack
