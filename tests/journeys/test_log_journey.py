"""A whole session by voice and keys, a wrong code, a wrong password: the log tells nothing of the person."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.parse
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest
from websockets.asyncio.client import connect

from audio_content.loader import load
from tests.journeys.harness import service
from tests.journeys.page_learner import Moments, PageLearner
from voice_app.channels.learner import KnowingPerson, Reply, Says
from voice_app.ports import ShownView
from voice_app.speech.synthesizer import LearnerVoice

pytestmark = [pytest.mark.audio, pytest.mark.realtime]

WRONG_CODE = "10203045"
MAIL = "marianne.dupont@mairie.example"
SPOKEN_TURNS = 4


class SpeaksFirst:
    """Answers aloud at first, then by keys."""

    def __init__(self) -> None:
        self._speaks = KnowingPerson(load(), ability=3.0, seed=5)
        self._presses = KnowingPerson(load(), ability=3.0, seed=5, keys_only=True)
        self._turns = 0

    def reply(self, view: ShownView) -> Reply:
        self._turns += 1
        reply = self._speaks.reply(view)
        return reply if self._turns <= SPOKEN_TURNS and isinstance(reply, Says) else self._presses.reply(view)


def post(address: str, form: bytes) -> None:
    origin = address.removesuffix("/org/sign-in")
    request = urllib.request.Request(address, form, {"Origin": origin})  # noqa: S310 - our own service
    urllib.request.urlopen(request).close()  # noqa: S310


def words_of(texts: set[str]) -> set[str]:
    """Give what would give a person away: texts of more than one word."""
    return {text for text in texts if len(text.split()) > 1}


@pytest.mark.parametrize("style", ["json"])
async def test_no_word_and_no_number_of_a_person_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    monkeypatch.setenv("VOICE_APP_OPERATIONS_LOG_FORMAT", style)
    voice = LearnerVoice()

    async def speak(words: str) -> bytes:
        return (await voice.say(words, "fr")).pcm

    with service(tmp_path) as running:
        learner = PageLearner(running.address, SpeaksFirst, Moments(), speak=speak, sessions=1)
        await learner.run()
        await voice.close()
        async with connect(running.address.replace("http", "ws") + "kiosk/ws") as line:
            hello = {"type": "hello", "version": 1, "mode": "reader", "locale": "fr", "microphone": False}
            await line.send(json.dumps({**hello, "resume": WRONG_CODE}))
            await line.recv()
        form = urllib.parse.urlencode({"email": MAIL, "password": "not the password"}).encode()
        with pytest.raises(HTTPError, match="400"):
            await asyncio.to_thread(post, f"{running.address}org/sign-in", form)

    log = (tmp_path / "serve.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines()]
    said = words_of(learner.told) | words_of(learner.said)
    assert learner.moments.finished == 1
    assert len(learner.said) >= 2
    assert any(re.match("turn .* by ", line["message"]) for line in lines)
    assert [text for text in said if text.lower() in log.lower()] == []
    assert [code for code in (*learner.codes, WRONG_CODE, MAIL, "marianne") if code in log] == []
    assert {line["level"] for line in lines if line["logger"].startswith("voice_app")} <= {"info", "warning"}
