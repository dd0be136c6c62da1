"""Sign-in by a provider, page by page, against a provider that really answers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from quart import Response

from engine.organization.roles import Role
from tests.voice_app.sso.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, running_issuer
from tests.voice_app.web.organization.desk import PASSWORD, Browser, Desk
from voice_app.settings import InvalidSetting, load_settings
from voice_app.sso.rules import SsoRules
from voice_app.ways_in import identity_provider


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.store.close()


@pytest.fixture
async def issuer(desk: Desk) -> AsyncIterator[Issuer]:
    with running_issuer() as running:
        desk.provider = identity_provider(SsoRules(running.address, CLIENT_ID, CLIENT_SECRET))
        yield running


async def back_from(start: str, browser: Browser) -> str:
    """Go to the provider and give the address that it sends the browser back to."""
    sent = await browser.get(start)
    assert sent.status_code == 303, await sent.get_data(as_text=True)
    async with httpx2.AsyncClient() as outside:
        answer = await outside.get(sent.headers["Location"])
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


async def through(start: str, browser: Browser) -> Response:
    return await browser.get(await back_from(start, browser))


async def linked(desk: Desk, who: str = "viewer") -> Browser:
    """Join the provider's person to this member, as they do it themselves."""
    browser = await desk.browser(who)
    page = await (await through("/org/sso/start?for=link", browser)).get_data(as_text=True)
    secret = re.search(r'name="secret" value="([^"]+)"', page)
    assert secret is not None, page
    assert (await browser.post("/org/sso/link", {"secret": secret[1]})).status_code == 303
    return browser


async def test_the_sign_in_page_offers_the_provider(desk: Desk, issuer: Issuer) -> None:
    assert "Continuer avec ProConnect" in await (await desk.browser()).text("/org/sign-in")


async def test_who_was_joined_comes_in(desk: Desk, issuer: Issuer) -> None:
    await linked(desk)
    guest = await desk.browser()

    came = await through("/org/sso/start", guest)

    assert came.status_code == 303
    assert "viewer@maison.example" in await guest.text("/org/account/")
    assert "par un fournisseur d’identité" in await guest.text("/org/account/")


async def test_the_same_address_alone_opens_nothing(desk: Desk, issuer: Issuer) -> None:
    issuer.userinfo = {"email": "admin@maison.example"}
    guest = await desk.browser()

    came = await through("/org/sso/start", guest)

    assert came.status_code == 400
    assert "relié à personne ici" in await came.get_data(as_text=True)
    assert (await guest.get("/org/account/")).status_code == 303


async def test_an_invitation_is_accepted_without_a_password(desk: Desk, issuer: Issuer) -> None:
    here = desk.members["admin"].organization.id
    token = await desk.organizations.invite(here, "new@maison.example", Role.MEDIATOR, None)
    guest = await desk.browser()
    page = await guest.text(f"/org/invitation/{token}")
    (start,) = re.findall(r'href="(/org/sso/start[^"]+)"', page)

    came = await through(start, guest)

    assert came.status_code == 303
    assert "Ada Lovelace" in await guest.text("/org/account/")
    again = await desk.browser()
    assert (await through("/org/sso/start", again)).status_code == 303
    assert token not in str(issuer.asked)


async def test_an_invitation_to_a_known_address_is_not_taken_over(desk: Desk, issuer: Issuer) -> None:
    token = await desk.organizations.invite(
        desk.members["stranger"].organization.id, "admin@maison.example", Role.ADMIN, None
    )
    guest = await desk.browser()

    came = await through(f"/org/sso/start?invitation={token}", guest)

    assert came.status_code == 400
    assert "déjà un compte" in await came.get_data(as_text=True)
    assert (await guest.get("/org/account/")).status_code == 303


async def test_an_answer_is_taken_once_and_from_the_browser_that_began(desk: Desk, issuer: Issuer) -> None:
    await linked(desk)
    victim, thief = await desk.browser(), await desk.browser()
    stolen = await back_from("/org/sso/start", victim)

    by_thief = await thief.get(stolen)
    late = await victim.get(stolen)

    assert (by_thief.status_code, late.status_code) == (400, 400)
    assert (await thief.get("/org/account/")).status_code == 303


@pytest.mark.parametrize("query", ["", "?state=never&code=x", "?code=x"])
async def test_an_answer_that_nobody_asked_for_is_not_taken(desk: Desk, issuer: Issuer, query: str) -> None:
    assert (await (await desk.browser()).get(f"/org/sso/callback{query}")).status_code == 400


async def test_a_token_that_is_not_believed_lets_nobody_in(desk: Desk, issuer: Issuer) -> None:
    await linked(desk)
    issuer.claims = {"nonce": "another"}
    guest = await desk.browser()

    came = await through("/org/sso/start", guest)

    assert came.status_code == 400
    assert "ne peut pas être vérifiée" in await came.get_data(as_text=True)
    assert (await guest.get("/org/account/")).status_code == 303


async def test_joining_is_asked_once_more_and_somebody_elses_account_is_refused(desk: Desk, issuer: Issuer) -> None:
    await linked(desk, "viewer")
    other = await desk.browser("mediator")
    page = await (await through("/org/sso/start?for=link", other)).get_data(as_text=True)
    secret = re.search(r'name="secret" value="([^"]+)"', page)

    assert secret is not None
    assert "Relier ProConnect" in page
    assert (await other.post("/org/sso/link", {"secret": "guess"})).status_code == 400
    refused = await other.post("/org/sso/link", {"secret": secret[1]})
    assert "déjà relié à une autre personne" in await refused.get_data(as_text=True)


async def test_what_was_joined_is_taken_apart(desk: Desk, issuer: Issuer) -> None:
    browser = await linked(desk)
    await browser.text("/org/account/")

    apart = await browser.post("/org/sso/unlink", {"issuer": issuer.address, "subject": issuer.subject})

    assert apart.status_code == 303
    assert (await through("/org/sso/start", await desk.browser())).status_code == 400


async def test_a_provider_that_is_away_is_told_and_the_password_still_opens(desk: Desk, issuer: Issuer) -> None:
    desk.provider = identity_provider(SsoRules("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET))
    guest = await desk.browser()

    away = await guest.get("/org/sso/start")

    assert away.status_code == 503
    assert "ne répond pas" in await away.get_data(as_text=True)
    form = {"email": "viewer@maison.example", "password": PASSWORD}
    assert (await guest.post("/org/sign-in", form)).status_code == 303


async def test_cookies_of_the_way_are_guarded(desk: Desk, issuer: Issuer) -> None:
    answer = await desk.app.test_client().get("/org/sso/start?invitation=t", scheme="https")

    kept = answer.headers.getlist("Set-Cookie")
    assert len(kept) == 2
    assert all(each.startswith("__Host-voice_app_") for each in kept)
    assert all(part in each for each in kept for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))


def test_a_provider_needs_its_client() -> None:
    with pytest.raises(InvalidSetting, match="client_id"):
        identity_provider(SsoRules("https://id.example"))
    settings = load_settings({"VOICE_APP_SSO_ISSUER": "https://id.example", "VOICE_APP_SSO_CLIENT_ID": "x"})
    assert settings.sso.issuer == "https://id.example"
