"""A campaign from the first page to an account, in a real Chromium with the real service, a real voice and telephone.

An admin makes a campaign and prints its poster; the square on the rendered poster opens the page for a learner, who
speaks, without an account; a mediator helps from a second window; the learner shares, the admin sees it; a week later
(the dates in the database are a week older, nothing else) the learner keeps the result in an account by telephone.

The conversation lasts as long as its voices. It is short because the learner knows little: three "I don't know" in a
row end the questions. `VOICE_APP_TEST_PICTURES` names a folder for pictures of the pages.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from audio_content.loader import load
from audio_content.model import PromptId
from engine.organization.claims import CLAIMED
from tests.journeys.baresip_peer import baresip, needs_baresip
from tests.journeys.browser import CHROMIUM
from tests.journeys.harness import Service, Visitor, service, visitor
from tests.journeys.phone_service import phone_service
from tests.journeys.soundcard import SoundCard, sound_card
from tests.journeys.test_kiosk_journeys import AN_ANSWER_IS_TOLD, RESULT_LIMIT_S, begin
from tests.journeys.test_organization_journey import PASSWORD, _invitation
from tests.journeys.test_phone_journeys import BETWEEN_DIGITS_S, enter_code
from tests.voice_app.documents import paper
from voice_app.channels.learner import KnowingPerson, Presses, Says
from voice_app.ports import ShownView
from voice_app.speech.synthesizer import LearnerVoice

pytestmark = [
    needs_baresip,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.audio,
    pytest.mark.realtime,
    pytest.mark.skipif(
        "VOICE_APP_TEST_PEERS" not in os.environ, reason="minutes, and a machine with nothing else to do"
    ),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (scripts/setup --test brings it)"),
]

PHONE = "01 23 45 67 89"
PIN = "4071"
A_WEEK = timedelta(days=7)
TRIES, SAID_AGAIN_AFTER_S = 5, 20.0
LOOKED_UP_S = 3.0
"""A code is looked up in the database before the next key means something else; the machine may have much to do."""
PATIENCE_MS = 60_000
TURNS_LIMIT = 60
HINT = "Pensez à votre banque."
SAID = {prompt: load().prompts["fr"][PromptId(f"{prompt}.heading")] for prompt in ("assist", "pace", "sharing")}
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Speaker:
    """Somebody who knows little, answers aloud, agrees to be helped, keeps their result and sends it."""

    there: Visitor
    card: SoundCard
    voice: LearnerVoice
    who: KnowingPerson
    spoken: int = 0
    faster: int = 2
    kept: str = ""

    async def answer(self) -> ShownView:
        """Say what there is to say to what is shown, again if nothing comes of it; give the next view."""
        for _ in range(TRIES):
            view = await self._my_turn()
            sound = await self.voice.say(self._words(view), "fr", pitch=0.8, rate=1.0, formant=0.92)
            await asyncio.to_thread(self.card.speak, sound)
            self.spoken += 1
            try:
                async with asyncio.timeout(SAID_AGAIN_AFTER_S):
                    return await self.there.next_view(view.turn)
            except TimeoutError:
                continue
        raise AssertionError(f"not heard {TRIES} times: {view}")

    async def _my_turn(self) -> ShownView:
        """Wait until the voice is listened to; a turn may pass by before (somebody helps, a reply is taken back)."""
        async with asyncio.timeout(RESULT_LIMIT_S):
            while True:
                view = self.there.views[-1]
                opened = {"type": "listening", "turn": view.turn, "open": True} in self.there.messages
                if opened or await self.there.page.locator(AN_ANSWER_IS_TOLD).count():
                    return view
                await asyncio.sleep(0.1)  # the page tells of the answers that it says in no message

    def _words(self, view: ShownView) -> str:
        if view.heading in (SAID["assist"], SAID["sharing"]):
            return "oui"
        if view.heading == SAID["pace"] and self.faster:
            self.faster -= 1
            return "plus vite"
        if view.screen == "result":
            return "terminer" if self.kept else "garder mon résultat"
        reply = self.who.reply(view)
        if isinstance(reply, Presses):  # not understood twice: by its number instead
            return load().vocabularies["fr"].places[int(reply.key) - 1][0] if reply.key.isdigit() else "je ne sais pas"
        assert isinstance(reply, Says)
        return reply.words


async def test_a_campaign_from_its_first_page_to_an_account_by_telephone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_APP_DOCUMENTS_PHONE", PHONE)
    folder = tmp_path / "data"
    folder.mkdir()
    voice = LearnerVoice()
    await voice.start()
    with sound_card(tmp_path) as card, service(folder) as served:
        async with visitor(served.address, microphone=True, environment=card.environment) as there:
            browser = there.page.context.browser
            assert browser is not None
            admin = await desk_page(browser)
            campaign = await make_campaign(admin, served)
            address = await print_poster(admin, tmp_path)
            mediator = await join_as_mediator(admin, browser)

            await there.page.goto("about:blank")
            await there.page.goto(address)
            learner = Speaker(there, card, voice, KnowingPerson(load(), ability=0.0, seed=1))
            view = await begin(there)
            while not is_question(view):
                view = await learner.answer()
            view = await help_from_a_second_window(mediator, learner)
            for _ in range(TURNS_LIMIT):
                if view.screen == "result" and not learner.kept:
                    learner.kept = claim_in(view)
                if view.screen == "goodbye":
                    break
                view = await learner.answer()
            await picture(there.page, "shared")

            await admin.goto(campaign)
            await expect(admin.locator(".finding").first).to_have_text(
                "Commencés\u00a0: 1. Terminés\u00a0: 1. Envoyés par la personne\u00a0: 1."
            )
            await picture(admin, "campaign-result")
            await admin.get_by_role("link", name="Résultats", exact=True).first.click()
            await expect(admin.locator("h1")).to_have_text("Résultats")
            await picture(admin, "results")

            assert "C'est envoyé à la Maison Bleue." in view.text
            assert learner.spoken >= 10
            assert answers(folder) == {"voice"}

            a_week_passes(folder)
            number = await keep_by_telephone(folder, tmp_path / "caller", learner.kept)
            await see_the_account(browser, served, number)
    await voice.close()


async def desk_page(browser: Browser) -> Page:
    """Open a page of somebody of the organisation, in a context of its own."""
    context: BrowserContext = await browser.new_context(
        locale="fr-FR", reduced_motion="reduce", viewport={"width": 1280, "height": 800}
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


async def come_in(page: Page, address: str, name: str) -> None:
    await page.goto(address)
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Parcours")


async def make_campaign(admin: Page, served: Service) -> str:
    """Make a campaign as the first admin; give the address of its page."""
    await come_in(admin, await asyncio.to_thread(_invitation, served), "Ada")
    await admin.click("text=Créer un parcours")
    await admin.fill("#title", "Atelier du printemps")
    await admin.select_option("#path", "demarrer")
    await admin.fill("#welcome_fr", "Bonjour, c'est Samia.")
    await admin.click("button:text('Créer le parcours')")
    await expect(admin.locator("h1")).to_have_text("Atelier du printemps")
    await picture(admin, "campaign")
    return admin.url


async def print_poster(admin: Page, folder: Path) -> str:
    """Take the poster from the campaign's page; give the address in its square, as a telephone's camera reads it."""
    await admin.click("text=Affiches et cartes à imprimer")
    assert await admin.input_value("#phone") == PHONE
    await picture(admin, "kit")
    async with admin.expect_download() as coming:
        await admin.get_by_role("button", name="Affiche (A3)").press("Enter")
    poster = folder / "poster.pdf"
    await (await coming.value).save_as(poster)
    (address,) = paper.squares(poster)
    assert PHONE.replace(" ", "\u00a0") in paper.text(poster) or PHONE in paper.text(poster)
    return address


async def join_as_mediator(admin: Page, browser: Browser) -> Page:
    """Invite a mediator; give their page, come in."""
    await admin.click("nav >> text=Équipe")
    await admin.fill("#email", "mel@maison.example")
    await admin.select_option("#role", "mediator")
    await admin.get_by_role("button", name="Préparer l’invitation").click()
    invitation = await admin.locator(".good .address").inner_text()
    mediator = await desk_page(browser)
    await come_in(mediator, invitation, "Mel")
    return mediator


async def help_from_a_second_window(mediator: Page, learner: Speaker) -> ShownView:
    """Ask the learner, who says yes; give a hint and a note, see the answer that follows. Gives the next view."""
    await mediator.click("nav >> text=Séances")
    await mediator.fill("#title", "Mardi")
    await mediator.keyboard.press("Enter")
    await mediator.fill("#code", learner.there.codes[-1])
    await mediator.keyboard.press("Enter")
    await shown_with(learner.there, SAID["assist"])
    view = await learner.answer()
    while not is_question(view):  # a half-heard yes is asked about
        view = await learner.answer()

    await mediator.get_by_role("link", name="Place 1").click()
    await expect(mediator.locator("#stem")).to_contain_text("Question 1")
    await mediator.fill("#hint", HINT)
    await mediator.locator("#hint").press("Enter")
    view = await shown_with(learner.there, HINT)
    helped = view.heading
    learner.who.ability = 8.0  # the hint helps
    while not is_question(view) or view.heading == helped:
        view = await learner.answer()
    learner.who.ability = 0.0
    await expect(mediator.locator("#answers li")).to_have_count(1)
    await expect(mediator.locator("#answers")).to_contain_text("Avec un indice")
    await picture(mediator, "seat")
    return view


async def shown_with(there: Visitor, words: str) -> ShownView:
    """Wait for a view that shows this, among those that come by themselves; give it."""
    async with asyncio.timeout(RESULT_LIMIT_S):
        while not any(words in text for text in (there.views[-1].heading, *there.views[-1].text)):
            there.arrived.clear()
            await there.arrived.wait()
    return there.views[-1]


def is_question(view: ShownView) -> bool:
    """Tell whether this is a question that counts: not the try, not "did you say ...?"."""
    return view.screen == "question" and view.heading.startswith("Question")


def claim_in(view: ShownView) -> str:
    """Give the code that keeps a result, "" where it is not told."""
    told = next((text for text in view.text if "code pour garder" in text), "")
    return "".join(character for character in told if character.isdigit())


def answers(folder: Path) -> set[str]:
    """Give by which means the answers came."""
    with closing(sqlite3.connect(folder / "events.sqlite")) as database:
        rows = database.execute(
            "select json_extract(payload, '$.input_mode') from event where kind = 'item_answered'"
        ).fetchall()
    return {mode for (mode,) in rows}


def a_week_passes(folder: Path) -> None:
    """Make every date of the database a week older. Events stay: each is sealed by its digest."""
    with closing(sqlite3.connect(folder / "events.sqlite", timeout=30)) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            dates = [row[1] for row in database.execute(f'pragma table_info("{table}")') if row[2] == "DATETIME"]
            for column in dates if table != "event" else ():
                rows = database.execute(f'select rowid, "{column}" from "{table}"').fetchall()  # noqa: S608 - names of ours
                older = [(str(datetime.fromisoformat(at) - A_WEEK), row) for row, at in rows if at]
                database.executemany(f'update "{table}" set "{column}" = ? where rowid = ?', older)  # noqa: S608
        database.commit()


async def keep_by_telephone(folder: Path, caller_folder: Path, claim: str) -> str:
    """Open an account with the code, by keys, on a real call; give its number as the database has it."""
    async with phone_service(folder) as phone, baresip(caller_folder) as caller:
        await caller.dial(f"sip:assess@127.0.0.1:{phone.port}")
        await enter_code(caller, claim)
        await asyncio.sleep(LOOKED_UP_S)
        await caller.press("1")
        for _ in range(2):
            await asyncio.sleep(LOOKED_UP_S)
            for digit in PIN:
                await caller.press(digit)
                await asyncio.sleep(BETWEEN_DIGITS_S)
        await phone.until(CLAIMED, 1, RESULT_LIMIT_S)
        await caller.command("hangup")
        await caller.wait_for("CALL_CLOSED")
        ((number,),) = phone.ask("select code from learner")
    return str(number)


async def see_the_account(browser: Browser, served: Service, number: str) -> None:
    """The result of a week ago is in the account, on the page."""
    page = await desk_page(browser)
    await page.goto(f"{served.address}compte/")
    await page.fill("#number", number)
    await page.fill("#known_pin", PIN)
    await page.keyboard.press("Enter")
    await expect(page.locator(".list > li")).to_have_count(1)
    await picture(page, "account")


async def picture(page: Page, name: str) -> None:
    """Keep a picture of the page where pictures are wanted."""
    folder = os.environ.get("VOICE_APP_TEST_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"journey-{name}.png")
