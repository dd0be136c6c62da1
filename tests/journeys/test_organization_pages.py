"""Pages of organisations in a real Chromium: what can be read at every size, and that nothing is lost in silence.

The pages are served by Hypercorn with a real store; no kiosk is needed for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from tests.journeys.browser import CHROMIUM
from tests.journeys.desk_server import desk_server
from tests.voice_app.web.organization.desk import PASSWORD, Desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (scripts/setup --test brings it)"),
]

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
WIDTHS = (1280, 390, 320)

_LETTERS = """() => {
  const around = parseFloat(getComputedStyle(document.querySelector("main")).fontSize);
  return [...document.querySelectorAll("svg.bars")].flatMap((drawing) => {
    const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
    const frame = drawing.getBoundingClientRect();
    return [...drawing.querySelectorAll("text")].flatMap((text) => {
      const size = parseFloat(getComputedStyle(text).fontSize) * scale;
      const box = text.getBoundingClientRect();
      const found = [];
      if (size < around - 0.01) found.push(`${text.textContent}: ${size} px beside ${around} px`);
      if (box.right > frame.right || box.bottom > frame.bottom) found.push(`${text.textContent}: outside`);
      return found;
    });
  });
}"""


@dataclass
class Served:
    """A desk that answers at an address, and a browser."""

    desk: Desk
    address: str
    browser: Browser

    async def signed_in(self, who: str, path: str) -> Page:
        """Give a page of this member at this address of their organisation."""
        page = await (await self.browser.new_context(locale="fr-FR", reduced_motion="reduce")).new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{self.address}/org/sign-in")
        await page.fill("#email", self.desk.members[who].email)
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("Parcours")
        await page.goto(f"{self.address}/org/{self.desk.ours}/{path}")
        return page


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with desk_server(tmp_path) as (desk, address), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-features=Translate"])
        yield Served(desk, address, browser)
        await browser.close()


async def test_letters_in_a_drawing_are_as_large_as_those_around_it_at_every_size(served: Served) -> None:
    campaign = await served.desk.campaign()
    skills = tuple({of: str(skill) for skill, of in served.desk.content.skill_map.competence_of.items()}.values())
    for profile in ("beginner", "almost"):
        await served.desk.share(campaign, skills, profile=profile)
    page = await served.signed_in("viewer", f"campaigns/{campaign.id}/results/")
    assert await page.locator("svg.bars text").count() > 20

    found = {}
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        found[width] = await page.evaluate(_LETTERS)

    assert found == {width: [] for width in WIDTHS}


async def test_help_of_somebody_who_is_signed_out_is_not_taken_for_given(served: Served) -> None:
    sitting, session = await served.desk.sit()
    page = await served.signed_in("mediator", f"sittings/{sitting.id}/seats/{session}/")
    account = served.desk.members["mediator"].account
    await served.desk.own_access.end_other_sign_ins(account, "")

    await page.fill("#hint", "Pensez à la banque.")
    await page.keyboard.press("Enter")

    await expect(page.locator("h1")).to_have_text("Me connecter")
    assert await served.desk.sittings.last_request(session) is None


async def test_a_page_that_is_followed_no_more_says_so_and_comes_back_by_itself(served: Served) -> None:
    sitting, session = await served.desk.sit()
    refused = False

    async def proxy(route: Route) -> None:
        """What stands before a service that restarts."""
        await (route.fulfill(status=503) if refused else route.continue_())

    page = await served.signed_in("mediator", "sittings/")
    await page.route("**/live", proxy)
    refused = True
    await page.goto(f"{served.address}/org/{served.desk.ours}/sittings/{sitting.id}/seats/{session}/")
    await expect(page.locator("#said")).to_contain_text("ne suit plus la séance")
    refused = False

    await expect(page.locator("#said")).to_contain_text("suit de nouveau la séance")
    await expect(page.locator("#stem")).to_contain_text("Question 1")


async def test_help_that_cannot_be_sent_is_said_and_its_words_stay(served: Served) -> None:
    sitting, session = await served.desk.sit()
    page = await served.signed_in("mediator", f"sittings/{sitting.id}/seats/{session}/")
    await page.route("**/act", lambda route: route.abort())

    await page.fill("#hint", "Pensez à la banque.")
    await page.keyboard.press("Enter")

    await expect(page.locator("#said")).to_contain_text("Cela n’est pas parti")
    assert await page.input_value("#hint") == "Pensez à la banque."
    assert await served.desk.sittings.last_request(session) is None
