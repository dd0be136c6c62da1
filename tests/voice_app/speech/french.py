"""French for the tests of the ear: a synthetic speaker, and noises."""

from __future__ import annotations

from functools import cache

import numpy as np

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.hearing import Grammar, Meaning, MeaningId

PLACES = {"one": ("réponse un", "un"), "two": ("réponse deux", "deux"), "three": ("réponse trois", "trois")}
COMMANDS = {"repeat": ("répéter la question",), "dont_know": ("je ne sais pas",), "help": ("aidez-moi",)}
TURN = Grammar("fr", tuple(Meaning(MeaningId(name), forms) for name, forms in (PLACES | COMMANDS).items()))
LONG_SPEECH = (
    "bonjour madame je voudrais prendre un rendez-vous avec la dame de la mairie s'il vous plaît parce que mon fils "
    "est arrivé hier soir avec sa femme et les enfants"
)


@cache
def speak(text: str, speed: float = 1.0, pitch: float = 1.0) -> Sound:
    """Give the text by a synthetic speaker, 0.2 s of silence around."""
    from py_nanotts import NanoTTS

    silence = bytes(2 * HEARING_RATE_HZ // 5)
    return Sound(silence + NanoTTS().speak(text, voice="fr-FR", speed=speed, pitch=pitch) + silence)


def noise(level: float, length_s: float = 1.5) -> Sound:
    wave = np.random.default_rng(1).normal(0, level, int(length_s * HEARING_RATE_HZ))
    return Sound(np.clip(wave, -32768, 32767).astype("<i2").tobytes())
