"""A provider's answers, believed or not, from a real HTTP server that signs them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import ECKey

from tests.voice_app.sso.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, another_key, running_issuer
from voice_app.sso.fetching import ProviderUnreachable, fetch
from voice_app.sso.identity import IdentityRefused, Person, Secrets
from voice_app.sso.provider import KEYS_AGAIN_AFTER_S, Provider
from voice_app.sso.rules import SsoRules

BACK = "http://localhost/org/sso/callback"


class Clock:
    """Our clock, to be moved."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


def provider_of(at: Issuer, clock: Clock | None = None, **rules: Any) -> Provider:
    asked = {"issuer": at.address, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **rules}
    return Provider(SsoRules(**asked), clock or Clock())


async def came(provider: Provider, chosen: Secrets | None = None, other: Secrets | None = None) -> Person:
    """Go to the provider as a browser does, and come back; `other` secrets than those that were sent, if given."""
    chosen = chosen or Secrets.new()
    address = await provider.address(chosen, BACK)
    async with httpx2.AsyncClient() as browser:
        sent_back = (await browser.get(address)).headers["Location"]
    told = parse_qs(urlsplit(sent_back).query)
    assert told["state"] == [chosen.state]
    return await provider.person(told["code"][0], other or chosen, BACK)


@pytest.mark.parametrize("basic", [True, False])
@pytest.mark.parametrize("signed", [True, False])
async def test_who_comes_back_is_known(issuer: Issuer, signed: bool, basic: bool) -> None:
    issuer.signed_userinfo, issuer.basic = signed, basic

    assert await came(provider_of(issuer)) == Person(issuer.address, "sub-ada", "Ada Lovelace", "ada@gouv.example")


async def test_the_provider_is_asked_as_it_must_be(issuer: Issuer) -> None:
    provider = provider_of(issuer, acr_values="eidas1", scopes="openid given_name usual_name email")
    told = parse_qs(urlsplit(await provider.address(Secrets("s", "n", "v" * 43), BACK)).query)

    assert told["code_challenge_method"] == ["S256"]
    assert (told["state"], told["nonce"], told["acr_values"]) == (["s"], ["n"], ["eidas1"])
    assert "v" * 43 not in str(told)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "another"}, "invalid_claim"),
        ({"nonce": None}, "missing_claim"),
        ({"aud": "another-service"}, "invalid_claim"),
        ({"aud": None}, "missing_claim"),
        ({"aud": [CLIENT_ID, "another"]}, "other_party"),
        ({"iss": "https://elsewhere.example"}, "invalid_claim"),
        ({"exp": int(time.time()) - 3600}, "expired_token"),
        ({"exp": None}, "missing_claim"),
        ({"iat": int(time.time()) + 3600}, "invalid_claim"),
        ({"sub": None}, "missing_claim"),
    ],
)
async def test_a_token_for_somebody_or_something_else_is_not_believed(
    issuer: Issuer, claims: dict[str, Any], reason: str
) -> None:
    issuer.claims = claims

    with pytest.raises(IdentityRefused) as refused:
        await came(provider_of(issuer))

    assert refused.value.reason == reason


@pytest.mark.parametrize("kind", ["RSA", "EC", "oct"])
async def test_a_signature_by_another_key_is_not_believed(issuer: Issuer, kind: str) -> None:
    issuer.foreign_key = another_key(kind)

    with pytest.raises(IdentityRefused):
        await came(provider_of(issuer))


async def test_the_same_claims_with_two_parties_are_believed_when_we_are_meant(issuer: Issuer) -> None:
    issuer.claims = {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}

    assert (await came(provider_of(issuer))).subject == "sub-ada"


async def test_a_provider_may_sign_with_an_elliptic_curve(issuer: Issuer) -> None:
    issuer.keys = [ECKey.generate_key("P-256", parameters={"kid": "curve", "use": "sig"})]

    assert (await came(provider_of(issuer))).subject == "sub-ada"


async def test_keys_are_fetched_again_when_the_provider_has_changed_them(issuer: Issuer) -> None:
    clock = Clock()
    provider = provider_of(issuer, clock)
    await came(provider)
    issuer.rotate()
    with pytest.raises(IdentityRefused):  # within ten seconds of the last fetch nobody makes us ask again
        await came(provider)

    clock.ahead = KEYS_AGAIN_AFTER_S + 1

    assert (await came(provider)).subject == "sub-ada"
    assert issuer.asked.count("/jwks") == 2
    assert issuer.asked.count("/.well-known/openid-configuration") == 1


@pytest.mark.parametrize("other", [Secrets("s", "n", "another verifier"), Secrets("s", "another nonce", "")])
async def test_a_code_is_of_no_use_without_the_secrets_of_its_sign_in(issuer: Issuer, other: Secrets) -> None:
    chosen = Secrets("s", "n", "v" * 43)
    other = other if other.verifier else Secrets("s", other.nonce, chosen.verifier)

    with pytest.raises(IdentityRefused):
        await came(provider_of(issuer), chosen, other)


async def test_a_code_is_used_once(issuer: Issuer) -> None:
    provider, chosen = provider_of(issuer), Secrets.new()
    await came(provider, chosen)

    with pytest.raises(IdentityRefused, match="code_refused"):
        await provider.person(next(iter(issuer.codes), "used"), chosen, BACK)


@pytest.mark.parametrize("signed", [True, False])
async def test_userinfo_of_somebody_else_is_not_believed(issuer: Issuer, signed: bool) -> None:
    issuer.signed_userinfo, issuer.userinfo = signed, {"sub": "sub-eve"}

    with pytest.raises(IdentityRefused, match="other_subject"):
        await came(provider_of(issuer))


async def test_signed_userinfo_for_another_service_is_not_believed(issuer: Issuer) -> None:
    issuer.userinfo = {"aud": "another-service"}

    with pytest.raises(IdentityRefused):
        await came(provider_of(issuer))


async def test_a_provider_that_is_another_or_away_is_told(issuer: Issuer) -> None:
    renamed = provider_of(issuer, issuer=issuer.address + "/")
    away = provider_of(issuer, issuer="http://127.0.0.1:9")

    for provider in (renamed, away):
        with pytest.raises(ProviderUnreachable):
            await provider.address(Secrets.new(), BACK)


@pytest.mark.parametrize("address", ["http://id.example/x", "file:///etc/passwd", "ftp://id.example/x", ""])
async def test_only_safe_addresses_are_asked(address: str) -> None:
    with pytest.raises(ProviderUnreachable, match="https only"):
        await fetch(address, limit_s=1)


async def test_the_secret_is_not_in_what_is_told(issuer: Issuer) -> None:
    issuer.claims = {"nonce": "another"}

    with pytest.raises(IdentityRefused) as refused:
        await came(provider_of(issuer))

    assert CLIENT_SECRET not in str(refused.value)
    assert "eyJ" not in str(refused.value)
