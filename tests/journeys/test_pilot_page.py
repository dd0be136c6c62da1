"""The pilot's page in a real Chromium: a mediator records somebody who agrees aloud, then says the words."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.journeys.browser import CHROMIUM, FALSE_MICROPHONE, NO_MICROPHONE, open_browser, open_page
from tests.journeys.kiosk_rig import FRENCH, Kiosk, Play, tone
from tests.journeys.page_checks import AXE, axe_violations, geometry_faults
from tests.voice_app.speech import french
from voice_app.audio import Sound
from voice_app.pilot.recordings import PilotFolder
from voice_app.pilot.rules import PilotRules
from voice_app.speech.wav import write_wav
from voice_app.web.pilot import pilot_blueprint

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (scripts/setup --test brings it)"),
]
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: scripts/fetch_web_assets --test")
WORDS = {"fr": ("un", "oui"), "en": ("one", "yes")}


async def speak(text: str, locale: str) -> Sound:
    return tone(200)


@pytest.fixture
def folder(tmp_path: Path) -> PilotFolder:
    return PilotFolder(tmp_path / "pilot")


@pytest.fixture
def served(folder: PilotFolder):
    beside = pilot_blueprint(folder, WORDS, speak, PilotRules(enabled=True))
    kiosk = Kiosk(Play([shown for _, shown in FRENCH]), beside=beside)
    kiosk.start()
    yield kiosk
    kiosk.stop()


@pytest.fixture(scope="module")
def playwright():
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright, tmp_path_factory):
    """A browser into whose microphone somebody says "je suis d'accord", over and over."""
    said = tmp_path_factory.mktemp("said") / "agreed.wav"
    write_wav(said, french.speak("je suis d'accord"))
    with open_browser(playwright, *FALSE_MICROPHONE, f"--use-file-for-fake-audio-capture={said}") as opened:
        yield opened


def say(page) -> None:
    page.click("#record")
    page.wait_for_timeout(2_500)
    page.click("#record")


def test_somebody_agrees_says_the_words_and_has_them_erased(browser, served, folder):
    page = open_page(browser)
    page.goto(f"{served.url}pilot?lang=fr")
    page.click(".begin:enabled")
    expect(page.locator("#title")).to_have_text("D’abord, son accord")
    before = folder.people()

    say(page)
    expect(page.locator("#status")).to_have_text("C’est gardé.")
    page.click("#next")
    page.click("#next")  # without the second consent
    for number in (1, 2):
        expect(page.locator("#title")).to_have_text(f"Mot {number} sur 2")
        say(page)
        expect(page.locator("#status")).to_have_text("C’est gardé.")
        page.click("#next")
    (person,) = folder.people()
    page.click("#erase")
    expect(page.locator("#title")).to_have_text("Tout est effacé.")
    page.context.close()

    assert before == ()
    assert (person.recorded, person.training_allowed, person.words) == ((0, 1), False, WORDS["fr"])
    assert folder.people() == ()


@needs_axe
def test_every_step_is_accessible_at_every_size(browser, served):
    page = open_page(browser)
    found = {}
    for width, height in ((1280, 800), (320, 400)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{served.url}pilot?lang=fr")
        page.wait_for_selector(".begin:enabled")
        found[width, "device"] = axe_violations(page) + geometry_faults(page)
        page.click(".begin:enabled")
        expect(page.locator("#steps")).to_be_visible()
        found[width, "consent"] = axe_violations(page) + geometry_faults(page)
        say(page)
        expect(page.locator("#next")).to_be_visible()
        found[width, "kept"] = axe_violations(page) + geometry_faults(page)
    page.context.close()

    assert [each for each in found.values() if each] == []


def test_a_refused_microphone_is_told(playwright, served):
    with open_browser(playwright, *NO_MICROPHONE) as opened:
        page = open_page(opened)
        page.goto(f"{served.url}pilot?lang=en")
        page.click(".begin:enabled")

        expect(page.locator("#status")).to_contain_text("The microphone does not work")
