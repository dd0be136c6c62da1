"""Requests to a provider, by the standard library in a thread: no redirection, a time limit, a size limit.

Only `https` is asked, and `http` on this very machine (for tests and for a provider behind a local proxy).
"""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from voice_app.errors import VoiceAppError

LARGEST_ANSWER = 262_144
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderUnreachable(VoiceAppError):
    """The provider does not answer, or answers something else than was asked."""

    code = "sso.provider_unreachable"
    retryable = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered; `kind` is its content type without parameters."""

    status: int
    kind: str
    body: bytes


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    """A secret sent on to another address would be a secret given away."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


async def fetch(
    address: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, limit_s: float
) -> Answer:
    """Ask an address (a form by POST) and give its answer, whatever the status. Raises ProviderUnreachable."""
    require_safe(address)
    data = None if form is None else urlencode(form).encode()
    request = urllib.request.Request(address, data=data, headers=dict(headers or {}))  # noqa: S310 - checked above
    try:
        return await asyncio.to_thread(_ask, request, limit_s)
    except (OSError, ValueError) as fault:
        raise ProviderUnreachable(f"{urlsplit(address).netloc} does not answer: {type(fault).__name__}") from fault


def require_safe(address: str) -> None:
    """Check that an address may be asked. Raises ProviderUnreachable."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return
    raise ProviderUnreachable(f"a provider is asked by https only: {parts.scheme}://{parts.netloc}")


def _ask(request: urllib.request.Request, limit_s: float) -> Answer:
    opener = urllib.request.build_opener(_NoRedirection)
    try:
        with opener.open(request, timeout=limit_s) as answer:
            return _read(answer.status, answer.headers.get_content_type(), answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return _read(refused.code, refused.headers.get_content_type(), refused)


def _read(status: int, kind: str, source: IO[bytes] | Any) -> Answer:
    body: bytes = source.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise ValueError("too large")
    return Answer(status, kind, body)
