"""A mediator helps a learner from a second window, in a real Chromium with the real service, by keyboard alone.

The learner sits at the kiosk's page, by keys; the mediator's page follows, helps, and comes back by itself after the
service was killed and started again. On the way the pages are judged by axe and by their sizes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.browser import CHROMIUM, NO_MICROPHONE, open_browser, open_page
from tests.journeys.harness import Service, service
from tests.journeys.page_checks import AXE
from tests.journeys.test_organization_journey import PASSWORD, Judge, _invitation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (scripts/setup --test brings it)"),
    pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: scripts/fetch_web_assets --test"),
]

WITHIN_MS = 20_000
"""How long anything is waited for on a busy machine. The second that is promised is measured without a browser
(`tests/voice_app/test_assisted_conversation.py`), that nothing is polled in `test_live_pages.py`; here the figures that
the two pages themselves saw are printed."""

_PRESSED = """() => addEventListener("keydown", () => { window.pressedAt = Date.now(); }, { capture: true })"""
_CLICKED = """() => addEventListener("click", () => { window.pressedAt = Date.now(); }, { capture: true })"""
_SEEN = """([place, words]) => {
  const look = () => {
    if (window.seenAt || !document.querySelector(place)?.textContent.includes(words)) return;
    window.seenAt = Date.now();
  };
  window.seenAt = 0;
  window.watching?.disconnect();
  window.watching = new MutationObserver(look);
  window.watching.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("assisted")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, open_browser(playwright, *NO_MICROPHONE) as opened:
        yield opened


def _watch(page: Page, place: str, words: str) -> None:
    """Let a page note the moment when this place shows these words."""
    page.evaluate(_SEEN, [place, words])


def _tell_delay(what: str, acting: Page, showing: Page) -> None:
    """Print how long after the last key or click of one page the other one showed what was waited for."""
    seen, pressed = (page.evaluate(f"window.{name}") for page, name in ((showing, "seenAt"), (acting, "pressedAt")))
    assert seen >= pressed > 0
    print(f"{what}: {(seen - pressed) / 1000:.2f} s")  # noqa: T201


def _to_a_question(page: Page, address: str) -> None:
    page.goto(address)
    page.click(".begin:enabled")
    heading = page.locator("#view h1")
    expect(heading).to_have_text("Français ou English", timeout=60_000)
    for _ in range(5):  # the language, yes to help, begin, the pace, the try
        before = heading.inner_text()
        page.keyboard.press("1")
        page.wait_for_function("before => document.querySelector('#view h1').innerText !== before", arg=before)
    expect(heading).to_have_text("Question un")


def test_a_mediator_follows_and_helps_by_keyboard_through_a_restart(served: Service, browser: Browser) -> None:
    judge, mediator = Judge(), open_page(browser)
    mediator.set_default_timeout(60_000)
    mediator.goto(_invitation(served))
    mediator.fill("#name", "Ada")
    mediator.fill("#password", PASSWORD)
    mediator.keyboard.press("Enter")
    with mediator.expect_navigation(url="**/sittings/"):
        mediator.get_by_role("link", name="Séances").press("Enter")
    judge.look(mediator, "sittings")
    mediator.locator("#title").fill("Lundi matin")
    mediator.locator("#title").press("Enter")
    expect(mediator.locator("h1")).to_have_text("Lundi matin")
    judge.look(mediator, "sitting, empty")
    address = mediator.locator(".qr .address").inner_text()

    learner = open_page(browser)
    learner.set_default_timeout(60_000)
    _to_a_question(learner, address)
    link = mediator.get_by_role("link", name="Place 1")
    expect(link).to_be_visible(timeout=WITHIN_MS)
    expect(mediator.locator("#seats")).to_contain_text("Question 1 sur 10 au plus.")
    judge.look(mediator, "sitting with a person")
    learner.evaluate(_CLICKED)
    _watch(mediator, "#seats .seat-state", "Demande de l’aide")
    learner.click("#view [data-pictogram=help]")  # by key it is another one where a number is typed
    expect(mediator.locator("#seats .seat-state")).to_have_text("Demande de l’aide", timeout=WITHIN_MS)
    expect(mediator.locator("#said")).to_contain_text("Place 1\u00a0: Demande de l’aide".replace("\u00a0", " "))
    _tell_delay("asking for help, from the learner's click to the dashboard", learner, mediator)
    with mediator.expect_navigation():  # a page without its scripts would send the form itself, and be loaded anew
        link.press("Enter")
    expect(mediator.locator("#stem")).to_contain_text("Question 1 sur 10 au plus.")

    mediator.evaluate(_PRESSED)
    _watch(learner, "#view", "Pensez à votre banque.")
    mediator.locator("#hint").focus()
    mediator.keyboard.type("Pensez à votre banque.")
    mediator.keyboard.press("Enter")
    expect(learner.locator("#view")).to_contain_text("Pensez à votre banque.", timeout=WITHIN_MS)
    _tell_delay("a hint, from the mediator's key to the learner's page", mediator, learner)
    expect(mediator.locator("#request")).to_contain_text("fait, et dit à la personne", timeout=WITHIN_MS)
    assert mediator.evaluate("document.activeElement.id") == "hint"
    expect(mediator.locator("#aid")).to_have_text("Avec un indice")

    learner.evaluate(_PRESSED)
    _watch(mediator, "#answers", "Avec un indice")
    learner.keyboard.press("#")  # an answer to every kind of question
    expect(mediator.locator("#answers li")).to_have_count(1, timeout=WITHIN_MS)
    _tell_delay("an answer, from the learner's key to the mediator's page", learner, mediator)
    expect(mediator.locator("#answers")).to_contain_text("entendu nettement")
    expect(mediator.locator("#answers")).to_contain_text("Avec un indice")
    expect(mediator.locator("#said")).to_contain_text("Réponse notée")
    assert mediator.evaluate("document.activeElement.id") == "hint"
    judge.look(mediator, "a place")

    radio = mediator.locator("#relay-options input").first
    radio.focus()
    mediator.keyboard.press("Space")
    mediator.keyboard.press("Enter")
    expect(learner.locator("#view")).to_contain_text("On m'a transmis votre réponse", timeout=WITHIN_MS)
    expect(mediator.locator("#answers li")).to_have_count(2, timeout=WITHIN_MS)
    expect(mediator.locator("#answers li").first).to_contain_text("Transmise par le médiateur")
    assert mediator.evaluate("document.activeElement.id") == "option"

    level = mediator.locator("#level").inner_text()
    mediator.locator("#words").fill("Hésite devant les mots longs.")
    mediator.get_by_role("button", name="Garder la note").press("Enter")
    expect(mediator.locator("#notes")).to_contain_text("Hésite devant les mots longs.", timeout=WITHIN_MS)
    mediator.get_by_role("button", name="Retirer la dernière réponse").press("Enter")
    expect(mediator.locator("#answers li").first).to_contain_text("Retirée par le médiateur", timeout=WITHIN_MS)
    expect(learner.locator("#view")).to_contain_text("J'avais mal entendu")
    assert mediator.locator("#level").inner_text() != "" != level

    served.kill()
    mediator.get_by_role("button", name="Répéter").press("Enter")
    expect(mediator.locator("#said")).to_contain_text("Cela n’est pas parti", timeout=WITHIN_MS)
    expect(mediator.locator("#said")).to_contain_text("ne suit plus la séance", timeout=WITHIN_MS)
    served.start()
    expect(mediator.locator("#said")).to_contain_text("suit de nouveau la séance", timeout=WITHIN_MS)
    mediator.reload()
    expect(mediator.locator("#answers li")).to_have_count(2)
    expect(mediator.locator("#notes")).to_contain_text("Hésite devant les mots longs.")
    expect(learner.locator("#view h1")).to_have_text("Question deux", timeout=30_000)
    mediator.get_by_role("button", name="Répéter").press("Enter")
    expect(learner.locator("#view")).to_contain_text("Je répète", timeout=WITHIN_MS * 2)

    mediator.get_by_role("button", name="Cesser d’aider").press("Enter")
    expect(mediator.locator("#state")).to_have_text("Continue sans aide", timeout=WITHIN_MS)
    learner.context.close()
    mediator.context.close()
    assert judge.faults == {}
