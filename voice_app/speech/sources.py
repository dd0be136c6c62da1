"""Where speech comes from, in this order: a person's recording, SVOX Pico, the system's voice.

Each source that fits gives an `Offer`: the recipe of the sound (its name in the cache) and the way to make it. Whoever
asks tries the offers in order; the failure of one is the turn of the next. A source that cannot even say whether it
fits (its engine is missing or broken) is passed over.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio_content.errors import ContentError
from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import SpeechError, SynthesisFailed
from voice_app.speech import pico, pyttsx3_voice
from voice_app.speech.audio_store import Recipe
from voice_app.speech.plain_text import CLEANER_VERSION, LONGEST_TEXT, clean
from voice_app.speech.process import WorkerDown, WorkerProcess
from voice_app.speech.voice_requests import (
    FACTORY,
    FINISH,
    PLAY,
    PROCESSING_VERSION,
    SPEAK,
    FinishRequest,
    PlayRequest,
    SpeakRequest,
)

log = logging.getLogger(__name__)

SpokenForm = Callable[[str, str], str]
"""Text and locale to the words that are said ("21 h 30" to "vingt et une heures trente")."""
FindRecording = Callable[[str, str], Path | None]
"""Text and locale to a person's recording of it."""

SLOWEST, FASTEST = 0.7, 1.6
PITCH_RANGE = (0.75, 1.3)
FORMANT_RANGE = (0.8, 1.25)
LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")

PROCESSING = f"clean {CLEANER_VERSION}, finish {PROCESSING_VERSION}"
WORKER_LIMIT_S = 8.0
CHARACTERS_PER_S = 150
"""Added to the limit for long texts: slow by a factor of five, for a busy machine."""
SECOND_TRY_WITHIN_S = 3.0
"""A worker that was lost sooner than this crashed; later, it hung, and a second try would double the wait."""
RECYCLE_AFTER = 500
REMEMBERED_TEXTS = 4_096
"""Texts whose spoken form is remembered: all that the content says in one language."""


@dataclass(frozen=True, slots=True)
class VoiceProfile:
    """What makes one speaker differ from another, as factors of the engine's own voice.

    `formant` above 1: a smaller person. `speed` multiplies the learner's rate. Raises ValueError outside the ranges in
    which speech stays intelligible.
    """

    pitch: float = 1.0
    speed: float = 1.0
    formant: float = 1.0

    def __post_init__(self) -> None:
        if not PITCH_RANGE[0] <= self.pitch <= PITCH_RANGE[1]:
            raise ValueError(f"pitch {self.pitch} lies outside {PITCH_RANGE}")
        if not FORMANT_RANGE[0] <= self.formant <= FORMANT_RANGE[1]:
            raise ValueError(f"formant {self.formant} lies outside {FORMANT_RANGE}")
        if not 0.5 <= self.speed <= 2.0:
            raise ValueError(f"speed {self.speed} lies outside 0.5 to 2")


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to speak a text."""

    recipe: Recipe
    make: Callable[[], Awaitable[Sound]]


def clamp_rate(rate: float) -> float:
    """Give the nearest rate that voices accept, 0.7 to 1.6."""
    return min(max(rate, SLOWEST), FASTEST)


class Sources:
    """Everything on this machine that can speak. `find_recording=None`: engines only."""

    def __init__(self, spoken_form: SpokenForm, find_recording: FindRecording | None) -> None:
        self._spoken_form = functools.lru_cache(maxsize=REMEMBERED_TEXTS)(spoken_form)
        self._find_recording = find_recording
        self._worker = WorkerProcess("voice", FACTORY, {}, recycle_after=RECYCLE_AFTER, environment=pico.ENVIRONMENT)
        self._system = pyttsx3_voice.SystemVoices()

    @property
    def worker_pid(self) -> int | None:
        """The number of the worker process, for operations and tests."""
        return self._worker.pid

    @property
    def available(self) -> bool:
        """Whether the worker process stands ready."""
        return self._worker.available

    async def start(self) -> None:
        """Start the worker process. Its failure is logged, not raised: other sources may still speak."""
        try:
            await self._worker.start()
        except SpeechError as error:
            log.error("the voice's worker did not start: %s", error)

    async def close(self) -> None:
        await self._worker.close()

    async def offers(self, text: str, locale: str, rate: float, profile: VoiceProfile) -> AsyncIterator[Offer]:
        """Give the ways to speak this text, best first. Raises SynthesisFailed for nothing to say, or too much."""
        if not SLOWEST <= rate <= FASTEST:
            raise SynthesisFailed(f"rate {rate} lies outside {SLOWEST} to {FASTEST}")
        if not LOCALE.fullmatch(locale):
            return
        locale, rate = locale.replace("_", "-"), round(rate, 2)
        if (found := self._recording(text, locale)) is not None:
            yield await self._recorded(found, rate)
        words = self._words(text, locale)
        pace = round(rate * profile.speed, 3)
        if (voice := pico.voice_for(locale)) and (installed := pico.version()):
            yield self._by_pico(words, voice, installed, pace, profile)
        if installed := pyttsx3_voice.version():
            try:
                system_voice = await self._system.voice_for(locale)
            except SynthesisFailed as error:
                log.error("the system's voices cannot be listed: %s", error)
            else:
                if system_voice is not None:
                    yield self._by_system(words, system_voice, f"{installed} {sys.platform}", pace, profile)

    def _recording(self, text: str, locale: str) -> Path | None:
        """Give the recording of a text; a damaged index of recordings silences nobody."""
        try:
            return self._find_recording(text, locale) if self._find_recording is not None else None
        except ContentError as error:
            log.error("recordings are left out: %s", error)
            return None

    def _words(self, text: str, locale: str) -> str:
        """Give the words that are said. Raises SynthesisFailed."""
        try:
            words = clean(self._spoken_form(text, locale))
        except ContentError as error:
            log.error("the lexicon is left out: %s", error)
            words = clean(text)
        if not words:
            raise SynthesisFailed("there is nothing to say in this text")
        if len(words) > LONGEST_TEXT:
            raise SynthesisFailed(f"{len(words)} characters are more than the {LONGEST_TEXT} that are spoken at once")
        return words

    async def _recorded(self, path: Path, rate: float) -> Offer:
        content = await asyncio.to_thread(file_digest, path)
        recipe = Recipe("recording", "1", content, rate, "", PROCESSING)
        request = PlayRequest(path, rate)
        return Offer(recipe, lambda: self._ask(PLAY, request, WORKER_LIMIT_S))

    def _by_pico(self, words: str, voice: str, installed: str, pace: float, profile: VoiceProfile) -> Offer:
        recipe = Recipe("pico", installed, voice, pace, words, PROCESSING, profile.pitch, profile.formant)
        request = SpeakRequest(words, voice, pace, profile.pitch, profile.formant)
        return Offer(recipe, lambda: self._ask(SPEAK, request, limit_s(words)))

    def _by_system(self, words: str, voice: str, installed: str, pace: float, profile: VoiceProfile) -> Offer:
        shift = profile.pitch * profile.formant
        recipe = Recipe("system", installed, voice, pace, words, PROCESSING, profile.pitch, profile.formant)

        async def make() -> Sound:
            raw = await self._system.speak(words, voice, pace)
            request = FinishRequest(raw, HEARING_RATE_HZ, shift)
            try:
                return await self._ask(FINISH, request, limit_s(words))
            except WorkerDown:
                return await asyncio.to_thread(finish_here, request)

        return Offer(recipe, make)

    async def _ask(self, operation: str, request: Any, deadline_s: float) -> Sound:
        """Give the worker's answer; once more when it died quickly. Raises SpeechError."""
        clock = asyncio.get_running_loop()
        await self._worker.start()
        asked_s = clock.time()
        try:
            sound = await self._worker.request(operation, request, deadline_s)
        except WorkerDown:
            if clock.time() - asked_s > SECOND_TRY_WITHIN_S:
                raise
            sound = await self._worker.request(operation, request, deadline_s)
        assert isinstance(sound, Sound)  # noqa: S101 the factory's own type
        return sound


def finish_here(request: FinishRequest) -> Sound:
    """Give the finished sound without the worker; its libraries are loaded only for this need."""
    from voice_app.speech.voice_worker import finish_foreign

    return finish_foreign(request)


def limit_s(words: str) -> float:
    return WORKER_LIMIT_S + len(words) / CHARACTERS_PER_S


def file_digest(path: Path) -> str:
    """Give the digest of a file's content, "absent" when it cannot be read. Read again only when the file changed."""
    try:
        state = path.stat()
        return _digest(path, state.st_mtime_ns, state.st_size)
    except OSError:
        return "absent"


@functools.lru_cache(maxsize=4096)
def _digest(path: Path, _modified_ns: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
