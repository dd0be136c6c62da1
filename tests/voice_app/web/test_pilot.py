"""The pilot's addresses: consent first, same origin only, faults as problems."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from quart import Quart

from tests.voice_app.speech.test_endpointing import voiced
from voice_app.audio import Sound
from voice_app.errors import SynthesisFailed
from voice_app.pilot.recordings import PilotFolder
from voice_app.pilot.rules import PilotRules
from voice_app.web.pilot import pilot_blueprint

WORDS = {"fr": ("un", "deux"), "en": ("one", "two")}
ABOUT = "rate=16000&locale=fr&device=kiosk"
SPOKEN = np.concatenate([np.zeros(4_800), voiced(900), np.zeros(4_800)]).astype("<i2").tobytes()


async def speak(text: str, locale: str) -> Sound:
    if locale == "en":
        raise SynthesisFailed("no voice")
    return Sound(bytes(640))


@pytest.fixture
def folder(tmp_path: Path) -> PilotFolder:
    return PilotFolder(tmp_path / "pilot")


@pytest.fixture
def client(folder: PilotFolder):
    app = Quart(__name__, static_folder=None)
    app.register_blueprint(pilot_blueprint(folder, WORDS, speak, PilotRules(enabled=True, longest_s=2)))
    return app.test_client()


async def begun(client, consent=SPOKEN):
    number = (await (await client.post("/pilot/people", json={"locale": "fr", "device": "kiosk"})).get_json())["number"]
    answer = await client.put(f"/pilot/people/{number}/consent?{ABOUT}", data=consent)
    return number, answer


async def test_the_page_has_the_words_of_its_language(client):
    body = await (await client.get("/pilot?lang=fr")).get_data(as_text=True)

    assert "deux" in body
    assert "je suis d’accord" in body


async def test_a_word_is_kept_after_the_spoken_consent(client, folder):
    number, agreed = await begun(client)

    kept = await client.put(f"/pilot/people/{number}/1?{ABOUT}", data=SPOKEN)

    assert (agreed.status_code, kept.status_code) == (200, 200)
    assert folder.person(number).recorded == (1,)


async def test_nothing_is_kept_without_a_spoken_consent(client, folder):
    asked = await client.post("/pilot/people", json={"locale": "fr", "device": "kiosk"})
    number = (await asked.get_json())["number"]

    refused = await client.put(f"/pilot/people/{number}/0?{ABOUT}", data=SPOKEN)

    assert (refused.status_code, (await refused.get_json())["code"]) == (409, "pilot.no_consent")
    assert folder.people() == ()


async def test_a_silent_consent_is_none(client, folder):
    _, answer = await begun(client, bytes(32_000))

    assert (answer.status_code, (await answer.get_json())["code"]) == (422, "pilot.consent_unheard")
    assert folder.people() == ()


async def test_the_second_consent_is_kept_apart(client, folder):
    number, _ = await begun(client)
    before = folder.person(number).training_allowed

    await client.put(f"/pilot/people/{number}/training?{ABOUT}", data=SPOKEN)

    assert (before, folder.person(number).training_allowed) == (False, True)


async def test_a_person_is_erased(client, folder):
    number, _ = await begun(client)

    erased = await client.delete(f"/pilot/people/{number}")
    again = await client.delete(f"/pilot/people/{number}")

    assert (erased.status_code, again.status_code) == (200, 404)
    assert folder.people() == ()


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("consent?rate=1&locale=fr&device=kiosk", SPOKEN, 422),
        (f"consent?{ABOUT}", b"", 422),
        (f"consent?{ABOUT}", b"odd", 422),
        (f"consent?{ABOUT}", bytes(200_000), 422),
        ("consent?rate=16000&locale=xx&device=kiosk", SPOKEN, 422),
        (f"something?{ABOUT}", SPOKEN, 422),
        (f"99?{ABOUT}", SPOKEN, 409),
    ],
)
async def test_what_is_no_recording_is_refused(client, folder, address, body, status):
    answer = await client.put(f"/pilot/people/123456/{address}", data=body)

    assert answer.status_code == status
    assert folder.people() == ()


async def test_a_number_that_is_a_path_reaches_nothing(client, folder):
    answer = await client.delete("/pilot/people/..")

    assert answer.status_code == 404


async def test_a_page_of_another_site_changes_nothing(client, folder):
    answer = await client.post(
        "/pilot/people", json={"locale": "fr", "device": "kiosk"}, headers={"Origin": "https://elsewhere.example"}
    )

    assert answer.status_code == 403


async def test_words_and_consent_can_be_heard_and_a_missing_voice_is_not_found(client):
    heard = [(await client.get(f"/pilot/said/fr/{name}.wav")).status_code for name in ("consent", "0", "9", "x")]
    mute = await client.get("/pilot/said/en/0.wav")

    assert heard == [200, 200, 404, 404]
    assert mute.status_code == 404
