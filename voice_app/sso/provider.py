"""OpenID Connect as a relying party: authorization code with PKCE, by discovery, for any provider.

The way (OpenID Connect Core 1.0, section 3.1; RFC 7636):
1. The browser is sent to the provider with `state` (it comes back to who began), `nonce` (the token was made for this
   sign-in) and the digest of a `verifier` (a stolen code is of no use).
2. It comes back with a code; we exchange it, with the verifier and our secret, for an id token.
3. The id token is believed when its signature is by one of the provider's keys, and issuer, audience, expiry and nonce
   are right. Algorithms are of public keys only: neither `none` nor a shared secret can be smuggled in.
4. The userinfo tells more. ProConnect signs it: it is then a JWT of the same issuer for the same audience, and checked
   like one. Its subject must be that of the id token (section 5.3.2).

The provider's keys are kept; a signature by an unknown one has them fetched again, once in a while, so that a provider
may change its keys at any time. The one door to joserfc.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from voice_app.sso.fetching import Answer, ProviderUnreachable, fetch, require_safe
from voice_app.sso.identity import IdentityRefused, Person, Secrets
from voice_app.sso.rules import SsoRules

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
KEYS_AGAIN_AFTER_S = 10.0
"""An unknown key has the keys fetched again, at most this often: false tokens must not make us ask without end."""
DISCOVERY = "/.well-known/openid-configuration"


class Provider:
    """One provider. `clock` gives seconds since 1970; it judges expiry."""

    def __init__(self, rules: SsoRules, clock: Callable[[], float] = time.time) -> None:
        self._rules = rules
        self._clock = clock
        self._known: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None
        self._keys_at = float("-inf")
        self._fetching = asyncio.Lock()

    @property
    def label(self) -> str:
        """What people call the provider."""
        return self._rules.label

    async def address(self, chosen: Secrets, back: str) -> str:
        """Give where the browser is sent; `back` is where it shall return to. Raises ProviderUnreachable."""
        endpoint = (await self._described())["authorization_endpoint"]
        asked = {
            "response_type": "code",
            "client_id": self._rules.client_id,
            "redirect_uri": back,
            "scope": self._rules.scopes,
            "state": chosen.state,
            "nonce": chosen.nonce,
            "code_challenge": _challenge(chosen.verifier),
            "code_challenge_method": "S256",
        }
        if self._rules.acr_values:
            asked["acr_values"] = self._rules.acr_values
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def person(self, code: str, chosen: Secrets, back: str) -> Person:
        """Give who came with this code. Raises ProviderUnreachable, IdentityRefused."""
        described = await self._described()
        told = await self._exchanged(described, code, chosen.verifier, back)
        claims = await self._believed(str(told.get("id_token", "")), {"nonce": chosen.nonce}, expires=True)
        endpoint = described.get("userinfo_endpoint")
        more = await self._userinfo(str(endpoint), str(told.get("access_token", ""))) if endpoint else {}
        if more and more.get("sub") != claims["sub"]:
            raise IdentityRefused("other_subject")
        every = {**claims, **more}
        named = " ".join(str(every[part]) for part in ("given_name", "usual_name") if every.get(part))
        name = str(every.get("name") or named)
        return Person(self._rules.issuer, str(claims["sub"]), name, str(every.get("email") or ""))

    # --- what is asked of the provider -------------------------------------------------------------------------

    async def _described(self) -> Mapping[str, Any]:
        async with self._fetching:
            if self._known is None:
                told = _json(await self._fetch(self._rules.issuer.rstrip("/") + DISCOVERY))
                if told.get("issuer") != self._rules.issuer:
                    raise ProviderUnreachable("the discovery document is that of another issuer")
                for needed in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    require_safe(str(told.get(needed, "")))
                self._known = told
            return self._known

    async def _exchanged(self, described: Mapping[str, Any], code: str, verifier: str, back: str) -> Mapping[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {"Accept": "application/json"}
        methods = described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in methods:
            pair = f"{quote(self._rules.client_id, safe='')}:{quote(self._rules.client_secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": self._rules.client_id, "client_secret": self._rules.client_secret}
        answer = await self._fetch(described["token_endpoint"], form=form, headers=headers)
        if answer.status in (400, 401):
            raise IdentityRefused("code_refused")
        return _json(answer)

    async def _userinfo(self, endpoint: str, token: str) -> Mapping[str, Any]:
        answer = await self._fetch(endpoint, headers={"Authorization": f"Bearer {token}"})
        if answer.status == 200 and answer.kind == "application/jwt":
            return await self._believed(answer.body.decode("ascii", "replace").strip(), {}, expires=False)
        return _json(answer)

    async def _believed(self, token: str, more: Mapping[str, str], *, expires: bool) -> Mapping[str, Any]:
        """Give the claims of a token of the provider for us. Raises IdentityRefused."""
        rules = self._rules
        wanted: dict[str, Any] = {name: {"essential": True, "value": value} for name, value in more.items()}
        wanted["iss"] = {"essential": True, "value": rules.issuer}
        wanted["aud"] = {"essential": True, "value": rules.client_id}
        wanted |= {"sub": {"essential": True}, "exp": {"essential": expires}}
        judge = jwt.JWTClaimsRegistry(now=int(self._clock()), leeway=rules.leeway_s, **wanted)
        try:
            claims: Mapping[str, Any] = await self._decoded(token)
            judge.validate(dict(claims))
        except (JoseError, ValueError) as fault:
            raise IdentityRefused(getattr(fault, "error", "") or type(fault).__name__) from fault
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != rules.client_id:
            raise IdentityRefused("other_party")
        return claims

    async def _decoded(self, token: str) -> Mapping[str, Any]:
        try:
            return jwt.decode(token, await self._key_set(fresh=False), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            if self._clock() - self._keys_at < KEYS_AGAIN_AFTER_S:
                raise
        return jwt.decode(token, await self._key_set(fresh=True), algorithms=ALGORITHMS).claims

    async def _key_set(self, *, fresh: bool) -> KeySet:
        described = await self._described()
        async with self._fetching:
            if self._keys is None or fresh:
                told = _json(await self._fetch(described["jwks_uri"]))
                try:
                    self._keys = KeySet.import_key_set({"keys": list(told["keys"])})
                except (JoseError, KeyError, TypeError, ValueError) as fault:
                    raise ProviderUnreachable("the provider's keys cannot be read") from fault
                self._keys_at = self._clock()
            return self._keys

    async def _fetch(self, address: str, **options: Any) -> Answer:
        return await fetch(address, limit_s=self._rules.http_limit_s, **options)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _json(answer: Answer) -> Mapping[str, Any]:
    if answer.status != 200:
        raise ProviderUnreachable(f"the provider answers {answer.status}")
    try:
        told = json.loads(answer.body)
    except ValueError as fault:
        raise ProviderUnreachable("the provider's answer is no JSON") from fault
    if not isinstance(told, dict):
        raise ProviderUnreachable("the provider's answer is no JSON object")
    return told
