import os
import subprocess
import sys
from pathlib import Path

import pytest

from voice_app.errors import UnknownVoice
from voice_app.speech.pico import CALM_SPEEDS, DEFAULT_VOICES, ENVIRONMENT, PicoEngine, voice_for

FRENCH = (
    "Pour envoyer un message à une personne, il faut écrire son adresse dans la première case en haut de la page, "
    "puis appuyer sur le bouton envoyer."
)


@pytest.fixture(scope="module")
def engine() -> PicoEngine:
    return PicoEngine()


@pytest.mark.parametrize(
    ("locale", "voice"),
    [
        ("fr", "fr-FR"),
        ("FR", "fr-FR"),
        ("fr-CA", "fr-FR"),
        ("en", "en-GB"),
        ("en-us", "en-US"),
        ("it-IT", "it-IT"),
        ("pt", None),
        ("fro", None),
        ("", None),
    ],
)
def test_voice_of_a_locale(locale: str, voice: str | None) -> None:
    assert voice_for(locale) == voice


def test_every_default_voice_has_its_pace() -> None:
    assert set(DEFAULT_VOICES.values()) <= set(CALM_SPEEDS)


@pytest.mark.audio
def test_french_is_calm(engine: PicoEngine) -> None:
    minutes = (engine.speak(FRENCH, "fr-FR").duration_ms - 600) / 60_000

    assert len(FRENCH.split()) / minutes == pytest.approx(140, abs=14)


@pytest.mark.audio
@pytest.mark.parametrize("voice", sorted(CALM_SPEEDS))
def test_every_voice_speaks(engine: PicoEngine, voice: str) -> None:
    assert engine.speak("Radio, piano, film.", voice).duration_ms > 1000


@pytest.mark.audio
def test_unknown_voice_is_told(engine: PicoEngine) -> None:
    with pytest.raises(UnknownVoice):
        engine.speak("Olá", "pt-PT")


STORY = """
import hashlib
from voice_app.speech.pico import PicoEngine
engine = PicoEngine()
def digest():
    return hashlib.sha256(engine.speak("Prenez tout votre temps.", "fr-FR").pcm).hexdigest()
heard = [digest(), digest()]
engine.speak("Something else.", "en-GB", 1.6, 1.3)
heard += [digest(), digest()]
print(len(set(heard)))
"""


@pytest.mark.audio
def test_same_bytes_whatever_was_said_before() -> None:
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(Path.cwd())}

    told = subprocess.run([sys.executable, "-c", STORY], env=environment, capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "1"
