"""Whole journeys at the kiosk: the real service, a real browser, from the first page to the spoken result."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from audio_content.loader import load
from audio_content.model import PromptId
from tests.journeys.harness import Service, Visitor, service, visitor
from tests.journeys.soundcard import sound_card
from tests.voice_app.documents import paper
from tests.voice_app.test_session_report import kept
from voice_app.channels.learner import KnowingPerson, Presses, Says
from voice_app.ports import ShownView
from voice_app.settings import load_settings
from voice_app.speech.synthesizer import LearnerVoice
from voice_app.store.sql_store import SqlStore

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUESTIONS = 10
TURNS_LIMIT = 60
RESULT_LIMIT_S = 120
RESULT_LASTS_S = 100
"""Of the recording, at its end: the result and what can be said after it, at any pace."""
AN_ANSWER_IS_TOLD = ".choice.spoken-now"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("kiosk")) as running:
        yield running


@pytest.fixture
def served(house: Service) -> Service:
    """One service for all of these visitors: it runs, even where the test before died while it was killed."""
    if not house.is_running:
        house.start()
    return house


@pytest.fixture
def answered(served: Service) -> Callable[[], list[str]]:
    """Gives the items that were answered since the test began."""
    before = len(answers_on_disk(served.folder))
    return lambda: answers_on_disk(served.folder)[before:]


def person(seed: int, *, keys_only: bool = True) -> KnowingPerson:
    return KnowingPerson(load(), ability=2.0, seed=seed, keys_only=keys_only)


def answers_on_disk(folder: Path) -> list[str]:
    """The items answered, oldest first, read as another process would."""
    database = sqlite3.connect(folder / "events.sqlite")
    rows = database.execute(
        "select json_extract(payload, '$.item') from event where kind = 'item_answered' order by sequence"
    ).fetchall()
    database.close()
    return [row[0] for row in rows]


async def begin(there: Visitor) -> ShownView:
    await there.page.click("button.begin")
    return await there.next_view()


async def press_on(there: Visitor, who: KnowingPerson, view: ShownView, *, mouse: bool) -> ShownView:
    """Answer one view with a key or the mouse; give the next view."""
    reply = who.reply(view)
    assert isinstance(reply, Presses)
    if mouse:
        await there.page.click(f'#view [data-key="{reply.key}"]')
    else:
        await there.page.keyboard.press(reply.key)
    return await there.next_view(view.turn)


async def to_screen(
    there: Visitor, who: KnowingPerson, view: ShownView, screen: str, *, mouse: bool = False
) -> ShownView:
    for _ in range(TURNS_LIMIT):
        if view.screen == screen:
            return view
        view = await press_on(there, who, view, mouse=mouse)
    raise AssertionError(f"no {screen} within {TURNS_LIMIT} turns: {view}")


def assert_is_a_result(view: ShownView) -> None:
    told = " ".join(view.text)
    assert "estimation orale" in told
    assert "prochaine étape" in told
    judged = without_names_of_skills(told).lower()
    assert not any(word in judged for word in ("faux", "fausse", "erreur", "mauvais", "%", "score")), judged


def without_names_of_skills(told: str) -> str:
    """What is said of the person: a skill may be called "raccrocher face à un faux conseiller"."""
    for names in load().skill_map.names.values():
        told = told.replace(names.by_locale["fr"], "")
    return told


@pytest.mark.parametrize("mouse", [False, True], ids=["keys", "mouse"])
async def test_a_diagnostic_by_keys_or_by_mouse(
    served: Service, answered: Callable[[], list[str]], mouse: bool
) -> None:
    async with visitor(served.address, microphone=True) as there:
        view = await to_screen(there, person(3), await begin(there), "result", mouse=mouse)

    assert_is_a_result(view)
    assert len(set(answered())) == len(answered()) == QUESTIONS


async def test_a_diagnostic_with_the_microphone_refused(served: Service) -> None:
    async with visitor(served.address, microphone=False) as there:
        view = await to_screen(there, person(4), await begin(there), "result", mouse=True)
        microphone_said = [message for message in there.messages if message["type"] == "listening" and message["open"]]

    assert_is_a_result(view)
    assert microphone_said == []


async def take_report(there: Visitor, file: Path) -> str:
    """Press the button of the report by keyboard, keep the file, give the address it came from."""
    async with there.page.expect_download() as coming:
        await there.page.focus("[data-action=report]")
        await there.page.keyboard.press("Enter")
    await (await coming.value).save_as(file)
    return [message["address"] for message in there.messages if message["type"] == "report"][-1]


async def test_a_printed_square_leads_to_the_result_and_the_result_to_a_sheet(served: Service, tmp_path: Path) -> None:
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    store = await SqlStore.open(f"sqlite+aiosqlite:///{served.folder / 'events.sqlite'}")
    code = await kept(store, questions=15)
    await store.close()
    async with visitor(f"{served.address}#code={code}", microphone=False) as there:
        view = await begin(there)
        addresses = [await take_report(there, first), await take_report(there, second)]
        note = await there.page.inner_text("#note")
        again = await there.page.request.get(served.address.rstrip("/") + addresses[0])
        shown_in_address = await there.page.evaluate("location.hash")

    assert_is_a_result(view)
    assert paper.squares(first) == paper.squares(second) == [code]
    assert paper.faults(first) == []
    assert addresses[0] != addresses[1]
    assert again.status == 404
    assert "prête" in note
    assert shown_in_address == ""


async def test_the_page_of_the_certification_leads_to_a_rehearsal(served: Service) -> None:
    async with visitor(served.address, microphone=False) as there:
        await there.page.goto(f"{served.address.rstrip('/')}/certification?lang=fr")
        await there.page.click("text=Commencer une répétition")
        language = await begin(there)
        await there.page.keyboard.press("1")
        view = await there.next_view(language.turn)
        shown_in_address = await there.page.evaluate("location.hash")

    assert "C'est une répétition" in " ".join(view.text).replace("\u2019", "'")
    assert [choice.label for choice in view.choices] == ["Commencer", "Un code, ou des leçons", "Autres parcours"]
    assert shown_in_address == ""


async def test_killed_after_the_fourth_answer_and_resumed_by_code(
    served: Service, answered: Callable[[], list[str]]
) -> None:
    who = person(5)
    async with visitor(served.address, microphone=False) as there:
        view = await to_screen(there, who, await begin(there), "question")
        while len(answered()) < 4:
            view = await press_on(there, who, view, mouse=False)
        asked, code = view, there.codes[-1]
        served.kill()
        await there.wait_state("lost")
        told = await there.page.inner_text("body")
    served.start()
    async with visitor(served.address, microphone=False) as there:
        view = await begin(there)
        for keys in ("1", "2"):
            await there.page.keyboard.press(keys)
            view = await there.next_view(view.turn)
        for digit in code:
            await there.page.keyboard.press(digit)
            view = await there.next_view(view.turn)
        resumed = view
        view = await to_screen(there, who, view, "result")

    assert " ".join(code[i : i + 2] for i in range(0, 8, 2)) in told
    assert [b.label for b in resumed.choices] == [b.label for b in asked.choices]
    assert resumed.text[-1:] == asked.text[-1:]
    assert len(answered()) == len(set(answered())) == QUESTIONS


async def test_the_page_comes_back_by_itself_after_a_cut(served: Service, answered: Callable[[], list[str]]) -> None:
    who = person(6)
    async with visitor(served.address, microphone=False) as there:
        view = await to_screen(there, who, await begin(there), "question")
        view = await press_on(there, who, view, mouse=False)
        served.kill()
        await there.wait_state("lost")
        seen = len(there.views)
        await asyncio.to_thread(served.start)
        while len(there.views) == seen:
            there.arrived.clear()
            await asyncio.wait_for(there.arrived.wait(), 60)
        resumed = there.views[-1]
        last = await to_screen(there, who, resumed, "result")

    assert [b.label for b in resumed.choices] == [b.label for b in view.choices]
    assert_is_a_result(last)
    assert len(answered()) == len(set(answered())) == QUESTIONS


@pytest.mark.realtime
async def test_a_diagnostic_by_voice_alone(served: Service, answered: Callable[[], list[str]], tmp_path: Path) -> None:
    """Headphones and microphone only: nothing is pressed after the first page, and the result is really spoken."""
    who = person(7, keys_only=False)
    learner = LearnerVoice()
    await learner.start()
    heard_keys: list[str] = []
    pace = load().prompts["fr"][PromptId("pace.heading")]
    faster = [Says("plus vite")] * 3
    with sound_card(tmp_path) as card:
        async with visitor(served.address, microphone=True, environment=card.environment) as there:
            view = await begin(there)
            recording = card.record_loudspeaker(tmp_path / "played.raw")
            for _ in range(TURNS_LIMIT):
                view = there.views[-1]
                if view.screen == "result":
                    await there.wait_ear_open(view.turn, RESULT_LIMIT_S)
                    break
                await may_speak(there, view.turn)
                reply = faster.pop() if faster and view.heading == pace else who.reply(view)
                if isinstance(reply, Presses):
                    heard_keys.append(reply.key)
                    reply = Says(load().vocabularies["fr"].places[int(reply.key) - 1][0])
                sound = await learner.say(reply.words, "fr", pitch=0.8, rate=1.0, formant=0.92)
                await asyncio.to_thread(card.speak, sound)
                view = await there.next_view(view.turn)
            recording.terminate()
            recording.wait(timeout=10)
    await learner.close()

    assert view.screen == "result"
    assert_is_a_result(view)
    assert len(answered()) == QUESTIONS
    words = transcribed(tmp_path / "played.raw", last_s=RESULT_LASTS_S)
    assert "point fort" in words or "étape" in words
    assert "certification" in words


async def may_speak(there: Visitor, turn: int) -> None:
    """Wait until the voice may interrupt: an answer of this turn is being told, or its ear is open."""
    told = asyncio.create_task(there.page.wait_for_selector(AN_ANSWER_IS_TOLD, timeout=RESULT_LIMIT_S * 1000))
    opened = asyncio.create_task(there.wait_ear_open(turn, RESULT_LIMIT_S))
    done, waiting = await asyncio.wait({told, opened}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for task in done:
        task.result()


def transcribed(path: Path, last_s: int) -> str:
    """What a listener hears at the end of a recording (16 kHz raw): free transcription by Whisper base."""
    from faster_whisper import WhisperModel

    from voice_app.speech.models import require_whisper

    samples = np.frombuffer(path.read_bytes(), "<i2")[-last_s * 16_000 :].astype(np.float32) / 2**15
    model = WhisperModel(str(require_whisper(load_settings().models_folder)), device="cpu", compute_type="int8")
    segments, _ = model.transcribe(samples, language="fr", beam_size=1)
    return " ".join(segment.text for segment in segments).lower()
