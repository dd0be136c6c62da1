"""A real Chromium for the tests: Debian's, with a false microphone and no download."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FALSE_MICROPHONE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
NO_MICROPHONE = ("--deny-permission-prompts",)


@contextmanager
def open_browser(playwright: Playwright, *flags: str, sound: bool = True) -> Iterator[Browser]:
    """Open Chromium for the length of a `with`. Sound is played into nothing, without a device."""
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--disable-features=Translate", *(flags or FALSE_MICROPHONE)]
    )
    try:
        yield browser
    finally:
        browser.close()


def open_page(browser: Browser, width: int = 1280, height: int = 800, **options: Any) -> Page:
    """Open a page of this size in a context of its own; motion is reduced, so that measures hold still."""
    options = {"reduced_motion": "reduce", "locale": "fr-FR", **options}
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page
