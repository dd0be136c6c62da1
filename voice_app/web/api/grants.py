"""A client exchanges its secret for a token of an hour: RFC 6749, section 4.4, with the refusals of section 5.2.

The secret comes by HTTP Basic or in the form, never both. Attempts are counted by client and by address.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from quart import Request, Response

from engine.organization.scopes import InvalidScope, Scope, read_scopes
from voice_app.access import Access, Rates
from voice_app.web.api.gate import WINDOW_S, too_many
from voice_app.web.api.models import TokenAnswer, TokenRefusal, TokenRequest

TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
GRANT = "client_credentials"
PER_CLIENT, PER_ADDRESS = 20, 60
"""Attempts a minute."""


async def grant(request: Request, asked: TokenRequest, access: Access, rates: Rates) -> Any:
    """Give a token, or say why not. Raises Problem when there are too many attempts."""
    address = request.remote_addr or ""
    wait = await rates.take(f"grant-from:{address}", PER_ADDRESS, WINDOW_S)
    if wait:
        raise too_many(wait)
    if asked.grant_type != GRANT:
        return refused("unsupported_grant_type", f"the grant type is {GRANT}")
    known = _credentials(request, asked)
    if known is None:
        return refused("invalid_request", "send id and secret by HTTP Basic or in the form, not both")
    client, secret = known
    wait = await rates.take(f"grant:{client[:64]}", PER_CLIENT, WINDOW_S)
    if wait:
        raise too_many(wait)
    try:
        scopes: frozenset[Scope] | None = None if not asked.scope else read_scopes(asked.scope.split())
        granted = await access.grant(client, secret, scopes)
    except InvalidScope as fault:
        return refused("invalid_scope", str(fault))
    if granted is None:
        return refused("invalid_client", "id and secret do not fit, or no longer open")
    return TokenAnswer(access_token=granted.token, expires_in=granted.seconds, scope=" ".join(sorted(granted.scopes)))


def _credentials(request: Request, asked: TokenRequest) -> tuple[str, str] | None:
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        if asked.client_secret is not None:
            return None
        try:
            client, colon, secret = base64.b64decode(told, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeError):
            return None
        return (unquote_plus(client), unquote_plus(secret)) if colon else None
    if asked.client_id and asked.client_secret:
        return asked.client_id, asked.client_secret
    return None


def refused(error: Any, why: str) -> Response:
    """Give the refusal of a token."""
    status = 401 if error == "invalid_client" else 400
    body = TokenRefusal(error=error, error_description=why).model_dump_json()
    headers = {"WWW-Authenticate": "Basic"} if status == 401 else {}
    return Response(body, status, headers=headers, content_type="application/json")
