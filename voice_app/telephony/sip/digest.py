"""Who we are, proven by digest (RFC 7616, RFC 3261 section 22): answers to challenges, one nonce used several times."""

from __future__ import annotations

from dataclasses import dataclass

from aiosipua import (
    AuthChallenge,
    SipDigestAuth,
    SipRequest,
    SipResponse,
    build_credentials,
    parse_auth,
    stringify_auth,
)

_CHALLENGES = {401: ("www-authenticate", "Authorization"), 407: ("proxy-authenticate", "Proxy-Authorization")}


@dataclass(frozen=True, slots=True)
class Credentials:
    user: str
    password: str


class Digest:
    """The answers to one server's challenges. A nonce serves until the server gives another."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._credentials = credentials
        self._challenge: AuthChallenge | None = None
        self._header = "Authorization"
        self._count = 0
        self._refused = False

    def challenged(self, response: SipResponse) -> bool:
        """Take a 401 or 407; whether another try makes sense.

        A challenge to a signed request means a wrong password, unless it calls the nonce stale or the server had
        accepted us before (a nonce that grew old, a server started anew).
        """
        names = _CHALLENGES.get(response.status_code)
        if names is None or self._credentials is None:
            return False
        for text in _best_first(response.headers.get(names[0])):
            challenge = parse_auth(text)
            stale = challenge.params.get("stale", "").lower() == "true"
            if self._refused and not stale:
                return False
            if self._answer(challenge, "OPTIONS", "sip:") is not None:
                self._challenge, self._header, self._count = challenge, names[1], 0
                self._refused = True  # until it is accepted
                return True
        return False

    def sign(self, request: SipRequest) -> None:
        """Write the answer into a request, if there is a challenge to answer."""
        if self._challenge is None:
            return
        self._count += 1
        value = self._answer(self._challenge, request.method, request.uri, self._count)
        if value is not None:
            request.headers.set_single(self._header, value)

    def accepted(self) -> None:
        """The server took the answer: a later challenge is about its nonce, not about the password."""
        self._refused = False

    def _answer(self, challenge: AuthChallenge, method: str, uri: str, count: int = 1) -> str | None:
        if self._credentials is None:
            return None
        auth = SipDigestAuth(self._credentials.user, self._credentials.password)
        built = build_credentials(auth, challenge, method, uri, nonce_count=count)
        return stringify_auth(built) if built is not None else None


def _best_first(challenges: list[str]) -> list[str]:
    """SHA-256 before MD5, else in the server's order."""
    return sorted(challenges, key=lambda text: "sha-256" not in text.lower())
