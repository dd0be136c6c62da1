"""SIP messages: read, answered, written. The one door to the parser (aiosipua's message model; RFC 3261).

choice: aiosipua's messages, addresses, descriptions and digest, our own transactions, dialogs and transports. reason:
its user agents answer a retransmitted INVITE with 481 and refuse INFO. price: RFC 3261's state machines are ours.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import NamedTuple

from aiosipua import (
    Address,
    CSeq,
    SipMessage,
    SipRequest,
    SipResponse,
    SipUri,
    Via,
    parse_address,
    parse_uri,
    parse_via,
    stringify_uri,
    stringify_via,
)

AGENT = "voice-app"
"""No version: it would tell an attacker which faults to try."""
METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "NOTIFY")
"""What we understand (Allow)."""
ALLOW = ("Allow", ", ".join(METHODS))
EXTENSIONS = ("replaces",)
"""What a peer may require of us: a call that takes the place of another one (RFC 3891)."""
ABLE = (ALLOW, ("Supported", ", ".join(EXTENSIONS)))
COOKIE = "z9hG4bK"
REASONS = {
    100: "Trying",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    415: "Unsupported Media Type",
    420: "Bad Extension",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "Version Not Supported",
}
_REQUIRED = ("via", "from", "to", "call-id", "cseq")


class BadMessage(ValueError):
    """Bytes that are not a SIP message we can answer."""


class Essentials(NamedTuple):
    """What every message must have, read once. `tag`s are None where there is none yet."""

    via: Via
    call_id: str
    sequence: int
    method: str
    from_tag: str | None
    to_tag: str | None


def parse(data: bytes) -> SipRequest | SipResponse:
    """Give the message. Raises BadMessage."""
    try:
        message = SipMessage.parse(data)
        essentials(message)
    except (ValueError, IndexError, TypeError) as fault:
        raise BadMessage(str(fault)) from fault
    return message


def essentials(message: SipRequest | SipResponse) -> Essentials:
    """Give what the state machines need of a message. Raises BadMessage when it is missing or contradicts itself."""
    missing = [name for name in _REQUIRED if not message.headers.get(name)]
    if missing:
        raise BadMessage(f"no {', '.join(missing)}")
    try:
        via, cseq = parse_via(message.headers.get("via")[0]), message.cseq
        sender, receiver = message.from_addr, message.to_addr
    except (ValueError, IndexError) as fault:
        raise BadMessage(str(fault)) from fault
    if cseq is None or sender is None or receiver is None or not via.host or not 0 <= cseq.seq < 1 << 32:
        raise BadMessage("a header that cannot be read")
    if isinstance(message, SipRequest) and cseq.method != message.method:
        raise BadMessage("CSeq names another method")
    return Essentials(via, message.call_id or "", cseq.seq, cseq.method, sender.tag, receiver.tag)


def note_source(request: SipRequest, address: tuple[str, int]) -> None:
    """Write into the top Via where the request really came from (RFC 3261 18.2.1, RFC 3581)."""
    vias = request.headers.get("via")
    via = parse_via(vias[0])
    if via.host != address[0]:
        via.received = address[0]
    if "rport" in via.params:
        via.rport = str(address[1])
        via.received = address[0]
    vias[0] = stringify_via(via)


def answer(
    request: SipRequest, status: int, *, to_tag: str | None = None, headers: Iterable[tuple[str, str]] = ()
) -> SipResponse:
    """Give the response to a request, with its headers copied as section 8.2.6 tells."""
    response = SipResponse(status_code=status, reason_phrase=REASONS.get(status, "Answer"))
    for name in ("via", "record-route"):
        for value in request.headers.get(name):
            response.headers.append(name, value)
    for name in ("from", "to", "call-id", "cseq"):
        response.headers.set_single(name, request.headers.get(name)[0])
    receiver = request.to_addr
    if to_tag is not None and receiver is not None and receiver.tag is None:
        response.headers.set_single("To", f"{request.headers.get('to')[0]};tag={to_tag}")
    response.headers.set_single("Server", AGENT)
    for name, value in headers:
        response.headers.append(name, value)
    return response


def new_request(method: str, uri: str, *, sender: str, receiver: str, call_id: str, sequence: int) -> SipRequest:
    """Give a request without Via; that is the transaction's."""
    request = SipRequest(method=method, uri=uri)
    request.headers.set_single("Max-Forwards", "70")
    request.headers.set_single("From", sender)
    request.headers.set_single("To", receiver)
    request.headers.set_single("Call-ID", call_id)
    request.cseq = CSeq(sequence, method)
    request.headers.set_single("User-Agent", AGENT)
    return request


def new_branch() -> str:
    return COOKIE + secrets.token_hex(8)


def new_tag() -> str:
    return secrets.token_hex(6)


def new_call_id() -> str:
    return secrets.token_hex(12)


def uri_of(text: str) -> SipUri:
    """Read an address. Raises BadMessage."""
    try:
        return parse_uri(text)
    except (ValueError, IndexError) as fault:
        raise BadMessage(f"not a SIP address: {text}") from fault


def tag_of(text: str) -> str | None:
    """Give the tag of a From or To, None where there is none. Raises BadMessage."""
    try:
        return parse_address(text).tag
    except (ValueError, IndexError) as fault:
        raise BadMessage(f"not a SIP address: {text}") from fault


def contact_uri(message: SipRequest | SipResponse) -> str | None:
    """Give the address to send further requests to, or None."""
    try:
        contacts: list[Address] = message.contact
    except (ValueError, IndexError):
        return None
    return stringify_uri(contacts[0].uri) if contacts and contacts[0].uri.host else None


def body_of_type(message: SipRequest | SipResponse, wanted: str) -> str | None:
    """Give the text of the body of this media type, also out of a multipart body; None when there is none."""
    kind = (message.content_type or "").strip()
    if not message.body.strip():
        return None
    if kind.lower().startswith("multipart/"):
        return _part(message.text, kind, wanted)
    return message.text if kind.partition(";")[0].strip().lower() == wanted else None


def _part(text: str, kind: str, wanted: str) -> str | None:
    boundary = next(
        (
            each.partition("=")[2].strip(' "')
            for each in kind.split(";")
            if each.strip().lower().startswith("boundary=")
        ),
        "",
    )
    if not boundary:
        return None
    for part in text.split(f"--{boundary}"):
        head, _, body = part.replace("\r\n", "\n").lstrip("\n").partition("\n\n")
        if any(
            line.lower().startswith("content-type:")
            and line.partition(":")[2].partition(";")[0].strip().lower() == wanted
            for line in head.split("\n")
        ):
            return body
    return None
