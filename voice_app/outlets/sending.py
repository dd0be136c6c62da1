"""One request to somebody outside: a POST within a time limit, to an address that may be called.

Where an address was given by somebody who is not the operator (a webhook), it could lead into our own network. So with
a `guard` the name is resolved once, every address behind it must be a public one, and the connection goes to that very
address: a name that resolves differently the second time gains nothing. Redirections are never followed, and no more
than `LARGEST_ANSWER` is read. (OWASP, Server-Side Request Forgery Prevention.)
"""

from __future__ import annotations

import asyncio
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from voice_app.errors import VoiceAppError

LARGEST_ANSWER = 65_536
PORTS = {"http": 80, "https": 443}


class NotSent(VoiceAppError):
    """The other side was not reached, or did not answer in time. Whether it got anything is not known."""

    code = "outlets.not_sent"
    retryable = True


class AddressRefused(VoiceAppError):
    """This address must not be called from here."""

    code = "outlets.address_refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said. `retry_after_s`: how long it wants to be left alone."""

    status: int
    body: bytes = b""
    retry_after_s: float | None = None

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed later: too many requests, a time-out, a fault of theirs."""
        return self.status in (408, 425, 429) or self.status >= 500


async def post(url: str, body: bytes, headers: Mapping[str, str], *, limit_s: float, guarded: bool) -> Answer:
    """Send a body and give the answer. Raises NotSent, AddressRefused."""
    try:
        async with asyncio.timeout(limit_s + 1):
            return await asyncio.to_thread(_post, url, body, dict(headers), limit_s, guarded)
    except TimeoutError as late:
        raise NotSent(f"no answer within {limit_s:g} s") from late


async def require_public(url: str, limit_s: float) -> None:
    """Check an address that somebody gave us: its writing, and what is behind it. Raises AddressRefused, NotSent."""
    check_address(url)
    parts = urlsplit(url)
    try:
        port = parts.port or PORTS["https"]
    except ValueError as fault:
        raise AddressRefused("the port of the address is none") from fault
    try:
        async with asyncio.timeout(limit_s):
            await asyncio.to_thread(public_addresses, parts.hostname or "", port)
    except TimeoutError as late:
        raise NotSent("the name of the host is not known in time") from late


def check_address(url: str) -> None:
    """Check the writing of an address that somebody gave us. Raises AddressRefused, with the reason."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise AddressRefused("the address begins with https://")
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise AddressRefused("the address is https://HOST/PATH, without a password and without #")


def public_addresses(host: str, port: int) -> list[str]:
    """Give the addresses behind a name. Raises AddressRefused when one of them is not public, NotSent for none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise NotSent(f"the name of the host is not known: {type(fault).__name__}") from fault
    addresses = [str(each[4][0]) for each in found]
    if not all(is_public(address) for address in addresses):
        raise AddressRefused("the address leads into a network that is not public")
    return addresses


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public Internet, what it carries inside (IPv4 in IPv6) included."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


def _post(url: str, body: bytes, headers: dict[str, str], limit_s: float, guarded: bool) -> Answer:
    parts = urlsplit(url)
    if guarded:
        check_address(url)
    host = parts.hostname or ""
    port = parts.port or PORTS.get(parts.scheme, 0)
    if parts.scheme not in PORTS or not host:
        raise AddressRefused("the address begins with http:// or https://")
    addresses = public_addresses(host, port) if guarded else [host]
    line = _connection(parts.scheme, host, port, addresses[0], limit_s)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        line.request("POST", path, body, {**headers, "Content-Length": str(len(body))})
        answer = line.getresponse()
        return Answer(answer.status, answer.read(LARGEST_ANSWER), _seconds(answer.getheader("Retry-After")))
    except (OSError, http.client.HTTPException) as fault:
        raise NotSent(f"the other side was not reached: {type(fault).__name__}") from fault
    finally:
        line.close()


def _connection(scheme: str, host: str, port: int, address: str, limit_s: float) -> http.client.HTTPConnection:
    """Give a connection that goes to `address` and asks for `host`."""

    class Line(http.client.HTTPConnection):
        def connect(self) -> None:
            plain = socket.create_connection((address, port), limit_s)
            plain.settimeout(limit_s)
            if scheme == "https":
                plain = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            self.sock = plain

    return Line(host, port, timeout=limit_s)


def _seconds(text: str | None) -> float | None:
    """Read `Retry-After`; a date, or nonsense, is left out."""
    return float(text) if text is not None and text.isdigit() else None
