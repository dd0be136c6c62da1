"""Captions: a voice and an ear that also write down, for the terminal and for transcripts. Nothing is kept."""

from __future__ import annotations

from collections.abc import Callable

from voice_app.audio import Sound
from voice_app.hearing import Grammar, Recognition
from voice_app.ports import Recognizer, Synthesizer

Line = Callable[[str], None]


class CaptionedSynthesizer:
    """Speaks with another voice and writes each sentence as it is asked for."""

    def __init__(self, voice: Synthesizer, write: Line) -> None:
        self._voice = voice
        self._write = write

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        self._write(f"S: {text}")
        return await self._voice.speak(text, locale, rate)

    async def close(self) -> None:
        await self._voice.close()


class CaptionedRecognizer:
    """Hears with another ear and writes what it made of each utterance."""

    def __init__(self, ear: Recognizer, write: Line) -> None:
        self._ear = ear
        self._write = write

    @property
    def available(self) -> bool:
        return self._ear.available

    async def prepare(self, grammar: Grammar) -> None:
        await self._ear.prepare(grammar)

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        heard = await self._ear.recognize(utterance, grammar)
        likelihood = heard.ranked[0].likelihood if heard.ranked else 0.0
        self._write(f"   [{heard.outcome}: {heard.best} {likelihood:.2f}, {heard.engine}, {heard.decision_ms:.0f} ms]")
        return heard

    async def close(self) -> None:
        await self._ear.close()


class SilentSynthesizer:
    """A voice for the terminal: what is said is only written, so the sound is a moment of silence."""

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        return Sound(bytes(320))

    async def close(self) -> None:
        return None
