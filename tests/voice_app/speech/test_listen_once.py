"""One recording, a few answers, plain data."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.voice_app.speech import french
from voice_app.audio import Sound
from voice_app.errors import ModelMissing
from voice_app.speech.listen_once import grammar_of, listen_once
from voice_app.speech.models import assemble_whisper
from voice_app.speech.recognizer import LocalRecognizer

OPTIONS = ["Répéter la question", "Je ne sais pas", "Le bouton vert."]
module_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ear(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalRecognizer]:
    folder = tmp_path_factory.mktemp("models")
    assemble_whisper(folder)
    made = LocalRecognizer(folder)
    yield made
    await made.close()


@module_loop
@pytest.mark.audio
async def test_choice_is_the_option_as_it_was_written(ear: LocalRecognizer) -> None:
    told = await listen_once(ear, french.speak("le bouton vert"), "fr", OPTIONS)

    assert (told["choice"], told["outcome"], told["engine"]) == ("Le bouton vert.", "match", "whisper-base-words")


@module_loop
@pytest.mark.audio
async def test_evidence_names_every_option_and_sums_to_one(ear: LocalRecognizer) -> None:
    told = await listen_once(ear, french.speak("je ne sais pas"), "fr", OPTIONS)

    assert set(told["evidence"]) == {*OPTIONS, "none_of_these"}
    assert sum(told["evidence"].values()) == pytest.approx(1.0, abs=0.01)
    assert json.loads(json.dumps(told)) == told


@module_loop
@pytest.mark.audio
async def test_silence_has_no_choice_and_no_evidence(ear: LocalRecognizer) -> None:
    told = await listen_once(ear, Sound(bytes(16_000), 8_000), "fr", OPTIONS)

    assert (told["choice"], told["outcome"], told["evidence"]) == (None, "no_input", {})


@module_loop
@pytest.mark.audio
async def test_other_speech_has_no_choice(ear: LocalRecognizer) -> None:
    told = await listen_once(ear, french.speak("il fait beau aujourd'hui"), "fr", OPTIONS)

    assert (told["choice"], told["outcome"]) == (None, "no_match")


@module_loop
async def test_missing_model_is_told_with_its_remedy(tmp_path: Path) -> None:
    ear = LocalRecognizer(tmp_path)

    with pytest.raises(ModelMissing, match="voice-app models install"):
        await listen_once(ear, Sound(bytes(3200)), "fr", OPTIONS)

    await ear.close()


def test_option_becomes_a_wording_and_stays_its_own_id() -> None:
    meaning = grammar_of("fr", ["  Réponse   DEUX. "]).meanings[0]

    assert (meaning.id, meaning.forms) == ("  Réponse   DEUX. ", ("réponse deux",))


@pytest.mark.parametrize("options", [[], ["..."], ["Un", "un."]])
def test_unusable_options_are_refused(options: list[str]) -> None:
    with pytest.raises(ValueError, match=r"meaning|wording"):
        grammar_of("fr", options)
