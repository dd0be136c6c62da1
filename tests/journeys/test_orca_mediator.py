"""A blind mediator at work: what Orca says on each page, keyboard only, word for word as in the kept transcript.

The pages are the real ones over a real store; the person who is helped is records in that store. To keep a new
transcript after a change of the pages: `VOICE_APP_TEST_TRANSCRIPT=write`, then read it as a mediator would hear it.
"""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.journeys import orca
from tests.journeys.browser import CHROMIUM
from tests.journeys.desk_server import desk_server
from tests.voice_app.web.organization.desk import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.realtime,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (scripts/setup --test brings it)"),
    pytest.mark.skipif("VOICE_APP_TEST_PEERS" not in os.environ, reason="minutes: set VOICE_APP_TEST_PEERS"),
    pytest.mark.skipif(bool(orca.missing()), reason=f"not installed (scripts/setup --test): {orca.missing()}"),
]

KEPT = Path(__file__).parents[1] / "transcripts" / "orca_mediator.txt"
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
STOPS_AT_MOST = 40
CHANGES = ((re.compile(r"\b\d{3} \d{3} \d{3}\b"), "900 000 000"), (re.compile(r"localhost:\d+"), "localhost"))
"""What is another one each time."""
SUMMARY = "La page possède"
"""Orca says it of every page that has been loaded."""
CHATTER = re.compile(
    r"^(Chargement (de|en cours)|Mode (focus|navigation)|Address and search bar|.*Chromium cadre"
    r"|La sélection a été supprimée|•$)"
)
"""What Orca says of itself, of loading and of the browser's own frame, whose moment is chance."""


@dataclass
class Listener:
    """The mediator's ears and keyboard; writes down every step and what was said after it."""

    reader: orca.Orca
    page: Page
    heard: list[str] = field(default_factory=list)

    async def note(self, step: str, *, after: str = "") -> list[str]:
        said = [_same(text) for text in await asyncio.to_thread(self.reader.said, after)]
        said = [text for text in said if not CHATTER.match(text)]
        self.heard += [f"> {step}", *said]
        return said

    async def press(self, key: str, *, after: str = "") -> list[str]:
        await asyncio.to_thread(self.reader.keys, key)
        return await self.note(key, after=after)

    async def open(self) -> None:
        """Press Return where it leads to another page, and let it be read."""
        await self.press("Return", after=SUMMARY)

    async def write(self, words: str) -> None:
        """Type; what Orca says of each letter is left out."""
        await asyncio.to_thread(self.reader.type, words)
        await asyncio.to_thread(self.reader.rest, words=0)
        self.heard.append(f"> {words if words != PASSWORD else 'le mot de passe'}")

    async def tab_to(self, selector: str) -> None:
        """Press Tab until the focus is there; each stop is said."""
        for _ in range(STOPS_AT_MOST):
            await self.press("Tab")
            if await self.page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"{selector} is not reached by Tab: {self.heard[-STOPS_AT_MOST:]}")

    async def skip_to_the_content(self) -> None:
        await self.tab_to(".skip")
        await self.press("Return", after="")


async def test_what_orca_says_to_a_mediator(tmp_path: Path) -> None:
    (tmp_path / "orca").mkdir()
    started = orca.orca(tmp_path / "orca")
    reader = await asyncio.to_thread(started.__enter__)
    try:
        async with desk_server(tmp_path) as (desk, address), async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM,
                headless=False,
                env=reader.environment,
                args=["--force-renderer-accessibility", "--no-first-run", "--disable-features=Translate"],
            )
            page = await (await browser.new_context(no_viewport=True, locale="fr-FR")).new_page()
            page.set_default_timeout(PATIENCE_MS)
            listener = Listener(reader, page)
            await asyncio.to_thread(reader.focus_window)
            await page.goto(f"{address}/org/sign-in")
            await listener.note("la page s'ouvre", after=SUMMARY)
            await listener.tab_to("#email")
            await listener.write(desk.members["mediator"].email)
            await listener.tab_to("#password")
            await listener.write(PASSWORD)
            await listener.open()
            await listener.tab_to("a[href$='/sittings/']")
            await listener.open()
            await listener.skip_to_the_content()
            await listener.tab_to("#title")
            await listener.write("Mardi")
            await listener.open()
            await expect(page.locator("h1")).to_have_text("Mardi")

            sitting = await desk.sittings.find(desk.members["mediator"].organization.id, page.url.split("/")[-2])
            assert sitting is not None
            await desk.sit_down(sitting, "la Maison Bleue")
            await expect(page.get_by_role("link", name="Place 1")).to_be_visible()
            arrived = await listener.note("quelqu'un s'assied")
            await listener.tab_to("#seats a")
            await listener.open()
            await listener.skip_to_the_content()
            await listener.tab_to("#hint")
            await listener.write("Pensez au mot de passe.")
            await asyncio.to_thread(reader.keys, "Return")
            await expect(page.locator("#request")).to_contain_text("en attente")
            asked = await listener.note("Return")
            await listener.tab_to("#words")
            await listener.write("Hesite.")
            await listener.tab_to("form[action$='/note'] button")
            await asyncio.to_thread(reader.keys, "Return")
            await expect(page.locator("#notes")).to_contain_text("Hesite.")
            noted = await listener.note("Return")
            await browser.close()
    finally:
        await asyncio.to_thread(started.__exit__, None, None, None)

    told = "\n".join(listener.heard) + "\n"
    (tmp_path / "heard.txt").write_text(told, encoding="utf-8")
    if os.environ.get("VOICE_APP_TEST_TRANSCRIPT") == "write":
        KEPT.write_text(told, encoding="utf-8")
    assert any("Place 1" in text for text in arrived), arrived
    assert any("votre dernière demande" in text.lower() for text in asked), asked
    assert any("Note gardée" in text for text in noted), noted
    kept = KEPT.read_text(encoding="utf-8")
    # A last word may come a moment before or after the next key: keys and words are compared each in their own order.
    for is_key in (True, False):
        assert _lines(told, is_key) == _lines(kept, is_key), f"what was heard: {tmp_path / 'heard.txt'}"


def _same(text: str) -> str:
    for pattern, always in CHANGES:
        text = pattern.sub(always, text)
    return text


def _lines(transcript: str, is_key: bool) -> list[str]:
    return [line for line in transcript.splitlines() if line.startswith("> ") is is_key]
