"""A voice for tests that need none: a tone as long as the text would take, made at once."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

import numpy as np

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import SynthesisFailed, UnknownVoice

WORDS_PER_S = 140 / 60


@dataclass
class FakeSynthesizer:
    """Speaks `locales`; `spoken` tells what was asked, in order; texts in `failing` raise SynthesisFailed."""

    locales: frozenset[str] = frozenset({"fr", "en", "pt"})
    failing: set[str] = field(default_factory=set)
    spoken: list[tuple[str, str, float]] = field(default_factory=list)
    closed: bool = False
    busy_with: str | None = None
    """A text with this beginning is never finished."""

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        self.spoken.append((text, locale, rate))
        if self.busy_with is not None and text.startswith(self.busy_with):
            await asyncio.Event().wait()
        if self.closed or text in self.failing:
            raise SynthesisFailed("this voice was told to fail")
        if not 0.7 <= rate <= 1.6:
            raise SynthesisFailed(f"rate {rate} lies outside 0.7 to 1.6")
        if not any(character.isalnum() for character in text):
            raise SynthesisFailed("there is nothing to say in this text")
        if locale.partition("-")[0] not in self.locales:
            raise UnknownVoice(f"the fake speaks no {locale}")
        length = round((0.2 + len(text.split()) / WORDS_PER_S / rate) * HEARING_RATE_HZ)
        pitch_hz = 150 + int(hashlib.sha256(f"{locale} {text}".encode()).hexdigest()[:6], 16) / 2**16
        wave = 4000 * np.sin(2 * np.pi * pitch_hz * np.arange(length) / HEARING_RATE_HZ)
        return Sound(wave.astype("<i2").tobytes())

    async def close(self) -> None:
        self.closed = True
