"""Ways in, in a real Chromium: passkeys by its virtual authenticator, every new page judged by axe at four sizes.

The pages are served by Hypercorn with a real store; no kiosk is needed for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from quart import Blueprint

from engine.organization.roles import Role
from tests.journeys.browser import CHROMIUM
from tests.journeys.desk_server import desk_server
from tests.journeys.page_checks import _RUN_AXE, AXE
from tests.voice_app.web.organization.desk import PASSWORD, Desk
from voice_app.ports import SessionId
from voice_app.session_report import UnknownCode
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.sync.hub_desk import HubDesk
from voice_app.web.attestation import attestation_blueprint
from voice_app.web.certification import certification_blueprint
from voice_app.web.help import help_blueprint
from voice_app.web.hub_pages import hub_blueprint
from voice_app.web.organization.forms import in_threes
from voice_app.web.privacy import privacy_blueprint

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (scripts/setup --test brings it)"),
    pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: scripts/fetch_web_assets --test"),
]

PATIENCE_MS = 60_000
"""The machine of the tests may have much else to do."""
expect.set_options(timeout=PATIENCE_MS)
STOPS_AT_MOST = 40
SIZES = ((1920, 1080), (1280, 800), (640, 400), (320, 256))
OPERATOR_KEY, PIN = "a long operator's key", "4071"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Served:
    """A desk that answers at an address, and a browser."""

    desk: Desk
    address: str
    browser: Browser
    asked: set[str] = field(default_factory=set)

    async def page(self, **options: object) -> Page:
        context = await self.browser.new_context(locale="fr-FR", reduced_motion="reduce", **options)  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: self.asked.add(urlsplit(request.url).netloc))
        return page

    async def signed_in(self, page: Page, who: str) -> None:
        await page.goto(f"{self.address}/org/sign-in")
        await page.fill("#email", self.desk.members[who].email)
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("Parcours")


def _public_pages(desk: Callable[[], Desk]) -> tuple[Blueprint, ...]:
    async def refuses(*_asked: object) -> NoReturn:
        raise UnknownCode("no session has this code")

    return (
        help_blueprint(desk),
        privacy_blueprint(desk, OrganizationRules(), StoreRules()),
        certification_blueprint(refuses, lambda _postal, _locale: ()),
        attestation_blueprint(refuses),
    )


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    hub: list[HubDesk] = []
    beside = (hub_blueprint(lambda: hub[0], OPERATOR_KEY), *_public_pages(lambda: opened[0]))
    opened: list[Desk] = []
    async with desk_server(tmp_path, *beside) as (desk, address), async_playwright() as playwright:
        opened.append(desk)
        hub.append(HubDesk(desk.store.engine, {}))
        await hub[0].enrolments.enrol("le bus", [])
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-features=Translate"])
        yield Served(desk, address, browser)
        await browser.close()


async def test_a_passkey_is_made_and_opens_without_a_password(served: Served) -> None:
    page = await served.page()
    device = await page.context.new_cdp_session(page)
    await device.send("WebAuthn.enable")
    made = await device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    await served.signed_in(page, "mediator")
    await page.goto(f"{served.address}/org/account/")
    button = page.get_by_role("button", name="Ajouter une clé sur cet appareil")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Oublier cette clé")).to_have_count(1)

    await page.click("text=Me déconnecter")
    await page.get_by_role("button", name="Me connecter avec une clé d’accès personnelle").press("Enter")
    await expect(page.locator("h1")).to_have_text("Parcours")
    await page.goto(f"{served.address}/org/account/")
    await expect(page.locator("main")).to_contain_text("par clé d’accès personnelle")
    (kept,) = await served.desk.own_access.passkeys(served.desk.members["mediator"].account)
    assert kept.sign_count > 0
    assert kept.used_at is not None

    await page.click("text=Me déconnecter")
    which = {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
    await device.send("WebAuthn.setUserVerified", which)
    await page.get_by_role("button", name="Me connecter avec une clé d’accès personnelle").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("La clé n’a pas ouvert")

    await device.send("WebAuthn.setUserVerified", {**which, "isUserVerified": True})
    await served.desk.own_access.remove_passkey(served.desk.members["mediator"].account, kept.id)
    await page.get_by_role("button", name="Me connecter avec une clé d’accès personnelle").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("La clé n’a pas ouvert")
    assert served.asked == {urlsplit(served.address).netloc}


@dataclass
class Looker:
    """Looks at pages by axe, at four sizes, in the dark and in forced colours; `found`: what is wrong where."""

    address: str
    page: Page
    forced: Page
    found: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    async def of(cls, served: Served) -> Looker:
        return cls(served.address, await served.page(), await served.page(forced_colors="active"))

    async def judge(self, which: Page, name: str) -> None:
        if not await which.evaluate("'axe' in window"):
            await which.evaluate(AXE.read_text(encoding="utf-8"))
        faults = await which.evaluate(_RUN_AXE)
        wide = await which.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if faults or wide > 0:
            self.found[name] = [*faults, f"{wide} px too wide"]

    async def look(self, path: str) -> None:
        await self.page.goto(self.address + path)
        for width, height in SIZES:
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.judge(self.page, f"{path} {width}")
        await self.page.emulate_media(color_scheme="dark")
        await self.judge(self.page, f"{path} dark")
        await self.page.emulate_media(color_scheme="light")
        await self.forced.goto(self.address + path)
        await self.judge(self.forced, f"{path} forced colours")


PLACES = ("/help", "/privacy", "/certification", "/attestation")


@pytest.mark.parametrize("path", [*PLACES, "/attestation?lang=en"])
async def test_every_page_for_everybody_is_clean_at_four_sizes_in_the_dark_and_in_forced_colours(
    served: Served, path: str
) -> None:
    looker = await Looker.of(served)

    await looker.look(path)

    assert looker.found == {}
    assert served.asked == {urlsplit(served.address).netloc}


async def test_the_pages_for_everybody_lead_to_each_other_in_one_order(served: Served) -> None:
    """WCAG 3.2.3: who has learned the links of one page knows those of the others."""
    looker, told = await Looker.of(served), []

    for here in PLACES:
        await looker.page.goto(f"{served.address}{here}?lang=fr")
        links = await looker.page.eval_on_selector_all(
            "header nav a", "links => links.map(a => [new URL(a.href).pathname, a.getAttribute('aria-current')])"
        )
        told.append(links)
        assert [path for path, current in links if current == "page"] == [here]

    assert {tuple(path for path, _ in links[:-1]) for links in told} == {("/", *PLACES)}
    assert [links[-1][0] for links in told] == list(PLACES)  # the other language of the same page


async def test_every_new_page_is_clean_at_four_sizes_in_the_dark_and_in_forced_colours(served: Served) -> None:
    here = f"/org/{served.desk.ours}"
    await served.desk.waiting()
    await served.desk.program()
    looker = await Looker.of(served)
    page, forced, judge, look = looker.page, looker.forced, looker.judge, looker.look

    for path in ("/org/sign-in", "/org/join", "/org/invitation/never", "/compte/", "/hub/"):
        await look(path)
    campaign = await served.desk.campaign()
    await served.desk.share(campaign)
    sitting, session = await served.desk.sit("admin")
    claim, _ = await served.desk.learners.issue_claim(SessionId(session))
    learner = await served.desk.learners.open_account(claim, PIN, channel="kiosk", asker="test")
    for each in (page, forced):
        await served.signed_in(each, "admin")
        await each.goto(f"{served.address}/compte/")
        await each.fill("#number", learner.number)
        await each.fill("#known_pin", PIN)
        await each.keyboard.press("Enter")
        await expect(each.locator(".big-code")).to_be_visible()
        await each.goto(f"{served.address}/hub/")
        await each.fill("input[name=key]", OPERATOR_KEY)
        await each.keyboard.press("Enter")
        await expect(each.locator("main, body").first).to_contain_text("le bus")
    for path in (
        f"{here}/first-steps/",
        f"{here}/members/",
        f"{here}/programs/",
        f"{here}/settings/",
        f"{here}/log/",
        f"{here}/phone/",
        f"{here}/campaigns/{campaign.id}/kit/",
        f"{here}/campaigns/{campaign.id}/recording/",
        f"{here}/campaigns/{campaign.id}/change",
        f"{here}/campaigns/{campaign.id}/results/",
        f"{here}/campaigns/{campaign.id}/participants/",
        f"{here}/campaigns/{campaign.id}/participants/{await served.desk.participant(campaign)}",
        f"{here}/campaigns/new",
        f"{here}/sittings/",
        f"{here}/sittings/{sitting.id}/",
        f"{here}/sittings/{sitting.id}/seats/{session}/",
        f"{here}/retention/",
        f"{here}/accreditation/",
        f"{here}/webhooks/",
        f"{here}/webhooks/{await served.desk.webhook()}/",
        "/org/account/",
        "/compte/",
        "/hub/",
    ):
        await look(path)
    await served.desk.join_the_strangers("admin")
    await look("/org/")
    await expect(page.locator("h1")).to_have_text("Mes structures")
    await page.goto(f"{served.address}{here}/programs/")
    await page.fill("#name", "Tableau")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Cochez au moins")
    await judge(page, "programs refused")
    await page.check("#scope-6")
    await page.get_by_role("button", name="Faire la clé").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("vapp_")
    await judge(page, "programs made")

    assert looker.found == {}
    assert served.asked == {urlsplit(served.address).netloc}


async def test_keys_alone_lead_from_an_invitation_to_the_first_campaign(served: Served) -> None:
    organization = await served.desk.organizations.create("les Tilleuls")
    invitation = await served.desk.organizations.invite(organization.id, "noe@tilleuls.example", Role.ADMIN, None)
    page = await served.page(java_script_enabled=False)
    await page.goto(f"{served.address}/org/invitation/{invitation}")

    async def to(selector: str) -> None:
        for _ in range(STOPS_AT_MOST):
            await page.keyboard.press("Tab")
            if await page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"{selector} is not reached by Tab")

    async def write(field: str, words: str) -> None:
        await to(f"#{field}")
        await page.keyboard.type(words)

    async def follow(selector: str, heading: str) -> None:
        await to(selector)
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text(heading)

    await write("name", "Noé")
    await write("password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Parcours")
    await follow("a[href$='/first-steps/']", "Premiers pas")
    await expect(page.locator(".main-act")).to_have_text("Étape suivante\u00a0: Dire qui vous êtes")
    await follow(".main-act", "Fiche de la structure")
    await write("kind", "association")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_be_visible()
    await page.goto(f"{served.address}/org/{organization.id}/first-steps/")
    await expect(page.locator(".main-act")).to_have_text("Étape suivante\u00a0: Créer un parcours")
    await follow(".main-act", "Créer un parcours")
    await write("title", "Le premier")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Le premier")
    (campaign,) = await served.desk.organizations.campaigns(organization.id)
    await expect(page.locator(".big-code")).to_have_text(in_threes(campaign.code))
    await page.goto(f"{served.address}/org/{organization.id}/first-steps/")
    await expect(page.locator(".main-act")).to_have_text("Étape suivante\u00a0: L’essayer vous-même")
    assert await page.locator("li", has_text="C’est fait.").count() == 2
