"""The SVOX Pico voices (package `py-nanotts`): French, English, German, Spanish, Italian. Lives in a worker process.

Not thread-safe: one owner per process.

Pico reads memory that it never wrote: what was said before changes the next sound a little, sometimes its length too.
In a process whose C library hands out zeroed memory (`ENVIRONMENT`, glibc) the same text always gives the same bytes,
those of a fresh process.

Pace. Pico's own pace is too fast for learners: 234 words a minute in French and 222 in British English, measured on
sentences of 20 to 28 words. Duration is inversely proportional to `speed`. In French 0.62 gives 131 words a minute over
twenty sentences of 7 to 13 words, and 149 over long ones: about 140. German, Spanish and Italian words are longer;
those voices are slowed by about as much.
"""

from __future__ import annotations

import importlib.metadata
from functools import cache
from typing import Any

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import SynthesisFailed, UnknownVoice

CALM_SPEEDS = {"fr-FR": 0.62, "en-GB": 0.63, "en-US": 0.61, "de-DE": 0.68, "es-ES": 0.66, "it-IT": 0.72}
"""Speed of each voice at rate 1.0. Words a minute in sentences of 20 words or more: 149, 140, 139, 131, 127, 115."""
DEFAULT_VOICES = {"fr": "fr-FR", "en": "en-GB", "de": "de-DE", "es": "es-ES", "it": "it-IT"}
SPEED_LIMITS = (0.2, 5.0)
PITCH_LIMITS = (0.5, 2.0)
PACKAGE = "py-nanotts"
ENVIRONMENT = {"MALLOC_PERTURB_": "255"}
"""For the process that Pico lives in; glibc fills new memory with the complement of this value."""


def voice_for(locale: str) -> str | None:
    """Give the voice of a locale such as "fr", "fr-CA" or "en-us", or None when Pico has no voice of that language."""
    language, _, region = locale.partition("-")
    exact = f"{language.lower()}-{region.upper()}"
    return exact if exact in CALM_SPEEDS else DEFAULT_VOICES.get(language.lower())


@cache
def version() -> str | None:
    """Give the version of the installed engine, None when it was not installed at the first call."""
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return None


class PicoEngine:
    """One Pico. Raises SynthesisFailed when its library cannot be loaded on this machine."""

    def __init__(self) -> None:
        try:
            import py_nanotts
        except ImportError as error:
            raise SynthesisFailed(
                f"{PACKAGE} cannot be loaded ({error}); install it, or use the system's voices"
            ) from error
        self._engine: Any = py_nanotts.NanoTTS()

    def speak(self, text: str, voice: str, rate: float = 1.0, pitch: float = 1.0) -> Sound:
        """Give the raw sound, at 16 kHz; `rate` 1.0 is the calm pace, `pitch` multiplies the voice's own.

        The text must be clean. Raises UnknownVoice, SynthesisFailed.
        """
        if voice not in CALM_SPEEDS:
            raise UnknownVoice(f"Pico has no voice {voice!r}")
        speed = min(max(CALM_SPEEDS[voice] * rate, SPEED_LIMITS[0]), SPEED_LIMITS[1])
        pitch = min(max(pitch, PITCH_LIMITS[0]), PITCH_LIMITS[1])
        try:
            pcm = bytes(self._engine.speak(text, voice=voice, speed=speed, pitch=pitch))
        except (ValueError, RuntimeError, OSError) as error:
            raise SynthesisFailed(f"Pico could not speak: {error}") from error
        return Sound(pcm[: len(pcm) // 2 * 2], HEARING_RATE_HZ)
