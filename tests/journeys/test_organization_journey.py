"""An organisation from nothing to a downloaded result, in a real Chromium with the real service.

The admin opens the invitation that the command line printed, signs in, creates a campaign; a learner takes it at the
kiosk by keys, from the campaign's own address, and shares; the admin sees the result and downloads it. On the way every
page is judged by axe at the sizes of the kiosk's pages.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.browser import CHROMIUM, NO_MICROPHONE, open_browser, open_page
from tests.journeys.harness import Service, service
from tests.journeys.page_checks import AXE, axe_violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (scripts/setup --test brings it)"),
    pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: scripts/fetch_web_assets --test"),
]

SIZES = ((1280, 800), (640, 400), (320, 256))
PASSWORD = "quatre mots faciles ici"
SMALLEST_TARGET_PX = 44
SHARING = "Envoyer votre résultat\u00a0?"
STEPS_AT_MOST = 40

_FAULTS = """(target) => {
  const found = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) found.push(`the page is ${wide} px too wide`);
  const targets = "button, input:not([type=hidden]), select, textarea, a[href]:not(.skip)";
  for (const each of document.querySelectorAll(targets)) {
    const box = each.getBoundingClientRect();
    if (box.width > 0 && box.height < target - 0.5) found.push(`${each.outerHTML.slice(0, 80)}: ${box.height} px high`);
  }
  return found;
}"""


@dataclass
class Judge:
    """Looks at pages as they are, at every size, and remembers what is wrong with them."""

    seen: list[str] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)

    def look(self, page: Page, name: str) -> None:
        """Judge the page that is there, once its styles and scripts are."""
        page.wait_for_load_state()
        self.seen.append(name)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            found = axe_violations(page) + page.evaluate(_FAULTS, SMALLEST_TARGET_PX)
            if found:
                self.faults[f"{name} {width}"] = found
        page.emulate_media(color_scheme="dark")
        found = axe_violations(page)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 800})
        if found:
            self.faults[f"{name} dark"] = found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("organisation")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, open_browser(playwright, *NO_MICROPHONE) as opened:
        yield opened


def _invitation(served: Service) -> str:
    command = [sys.executable, "-m", "voice_app", "org", "create", "la Maison Bleue", "ada@maison.example", "--json"]
    environment = {**os.environ, "VOICE_APP_DATA_FOLDER": str(served.folder)}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    path: str = json.loads(told.stdout)["invitation"]
    return served.address.rstrip("/") + path


def follow(page: Page, selector: str) -> None:
    """Click on what leads to another page, and wait for that page to be whole: a click alone waits for nothing."""
    with page.expect_navigation():
        page.click(selector)


def _take_and_share(page: Page, address: str) -> list[str]:
    """Take the diagnostic by keys alone, share the result, and give the headings met."""
    page.goto(address)
    page.click(".begin:enabled")
    heading = page.locator("#view h1")
    expect(heading).to_have_text("Français ou English", timeout=60_000)
    met: list[str] = []
    for _ in range(STEPS_AT_MOST):
        met.append(heading.inner_text())
        if met[-1] == "Au revoir":
            return met
        page.keyboard.press("2" if met[-1] == "Votre résultat" else "1")
        page.wait_for_function("before => document.querySelector('#view h1').innerText !== before", arg=met[-1])
    raise AssertionError(f"no end: {met}")


def test_from_an_invitation_to_a_downloaded_result(served: Service, browser: Browser) -> None:
    judge, admin = Judge(), open_page(browser, accept_downloads=True)
    requested: set[str] = set()
    admin.on("request", lambda request: requested.add(urlsplit(request.url).netloc))
    admin.goto(_invitation(served))
    judge.look(admin, "invitation")
    admin.fill("#name", "Ada")
    admin.fill("#password", PASSWORD)
    admin.keyboard.press("Enter")
    expect(admin.locator("h1")).to_have_text("Parcours")
    judge.look(admin, "empty home")

    follow(admin, "nav >> text=Téléphone")
    admin.fill("#person", "01 23 45 67 89")
    follow(admin, "button:text('Enregistrer')")
    expect(admin.locator("#main")).to_contain_text("En ce moment : 01 23 45 67 89")
    judge.look(admin, "person on the telephone")

    follow(admin, "text=Me déconnecter")
    judge.look(admin, "sign-in")
    admin.fill("#email", "ada@maison.example")
    admin.fill("#password", "wrong")
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("alert")).to_contain_text("ne vont pas ensemble")
    judge.look(admin, "sign-in refused")
    admin.fill("#password", PASSWORD)
    admin.keyboard.press("Enter")

    follow(admin, "text=Créer un parcours")
    judge.look(admin, "new campaign")
    admin.fill("#title", "Printemps")
    admin.fill("#closes", "2020-01-01")
    admin.fill("#opens", "2020-01-02")
    follow(admin, "button:text('Créer le parcours')")
    expect(admin.get_by_role("alert")).to_contain_text("avant l’ouverture")
    judge.look(admin, "new campaign refused")
    admin.fill("#opens", "")
    admin.fill("#closes", "")
    admin.fill("#welcome_fr", "Bonjour, c'est Samia de la Maison Bleue.")
    follow(admin, "button:text('Créer le parcours')")
    expect(admin.locator("h1")).to_have_text("Printemps")
    campaign, address = admin.url, admin.locator(".qr .address").inner_text()
    judge.look(admin, "campaign without results")
    assert admin.evaluate("document.querySelector('.qr img').naturalWidth") > 100

    learner = open_page(browser)
    met = _take_and_share(learner, address)
    assert SHARING.replace("\u00a0", " ") in [heading.replace("\u00a0", " ") for heading in met]
    expect(learner.locator("#view")).to_contain_text("C'est envoyé à la Maison Bleue.")
    learner.context.close()

    admin.goto(campaign)
    expect(admin.locator(".finding").first).to_have_text(
        "Commencés\u00a0: 1. Terminés\u00a0: 1. Envoyés par la personne\u00a0: 1."
    )
    judge.look(admin, "campaign with results")
    for link, name in (("Résultats un par un", "participants"), ("Résultats", "results")):
        with admin.expect_navigation():
            admin.get_by_role("link", name=link, exact=True).first.click()
        expect(admin.locator("h1")).to_have_text(link)
        judge.look(admin, name)
    admin.select_option("#channel", "phone")
    follow(admin, "button:text('Appliquer')")
    expect(admin.locator("main")).to_contain_text("Aucun résultat ne correspond à ce choix.")
    judge.look(admin, "results filtered")
    admin.goto(campaign)
    follow(admin, "button:text('Montrer ces chiffres à tous')")
    figures = admin.locator("form .address").get_attribute("href")
    admin.goto(str(figures))
    expect(admin.locator(".finding")).to_contain_text("pas encore assez de résultats")
    judge.look(admin, "figures for everybody")
    admin.goto(campaign)
    with admin.expect_download() as downloading:
        admin.click("text=Télécharger pour un tableur")
    rows = list(csv.reader(io.StringIO(Path(downloading.value.path()).read_text("utf-8-sig")), delimiter=";"))
    assert [row[0] for row in rows] == ["Parcours", "Printemps"]
    assert int(rows[1][7]) + int(rows[1][8]) > 0

    follow(admin, "nav >> text=Parcours")
    judge.look(admin, "home")
    follow(admin, "nav >> text=Équipe")
    judge.look(admin, "members")
    admin.goto(campaign.rstrip("/") + "0/")
    expect(admin.locator("h1")).to_have_text("Cette page n’existe pas")
    judge.look(admin, "not found")
    admin.context.close()

    assert judge.faults == {}
    assert len(judge.seen) == 16
    assert requested == {urlsplit(served.address).netloc}


def test_keys_alone_make_a_campaign_and_forced_colours_keep_the_borders(served: Service, browser: Browser) -> None:
    page = open_page(browser, forced_colors="active", java_script_enabled=False)
    page.goto(served.address + "org/sign-in")
    page.keyboard.press("Tab")
    assert page.locator(".skip:focus").count() == 1
    page.locator("#email").focus()
    page.keyboard.type("ada@maison.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Créer un parcours").press("Enter")
    page.locator("#title").focus()
    page.keyboard.type("Sans souris")
    page.keyboard.press("Tab")
    page.keyboard.type("Le courrier")
    page.locator("#title").press("Enter")

    expect(page.locator("h1")).to_have_text("Sans souris")
    expect(page.locator(".facts")).to_contain_text("Le courrier électronique")
    page.context.close()
