"""Human French words: a few recordings of the Debian package asterisk-core-sounds-fr-wav (June, fr-CA, 8 kHz)."""

from __future__ import annotations

from pathlib import Path

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.speech.samples import at_rate
from voice_app.speech.wav import read_wav

FOLDER = Path("/usr/share/asterisk/sounds/fr_CA_f_June")
WORDS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")


def is_available() -> bool:
    return (FOLDER / "digits" / "1.wav").exists()


def path_of(word: str) -> Path:
    return FOLDER / "digits" / f"{WORDS.index(word)}.wav"


def say(word: str) -> Sound:
    """Give a number from "zéro" to "dix" as she said it, at the rate of hearing."""
    return at_rate(read_wav(path_of(word)), HEARING_RATE_HZ)
