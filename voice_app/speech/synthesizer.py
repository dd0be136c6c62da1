"""The voices: `LocalSynthesizer` speaks for the service, `LearnerVoice` for a synthetic learner in tests and
rehearsals.

The service's voice keeps what it has rendered (`audio_store`): a text that was spoken once costs a file read, and one
that was spoken a moment ago not even that. Two requests for the same sound share one rendering.

When the best source fails, the next one speaks, and its sound is kept under its own name; the best one is tried again
at the next request, so a passing trouble leaves no trace.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from audio_content.lexicon import spoken_form
from audio_content.recordings import find_recording
from voice_app.audio import Sound
from voice_app.errors import SpeechError, SynthesisFailed, UnknownVoice
from voice_app.speech.audio_store import DEFAULT_LIMIT_BYTES, AudioStore, SoundKey
from voice_app.speech.sources import FindRecording, Offer, Sources, SpokenForm, VoiceProfile

log = logging.getLogger(__name__)

PLAIN = VoiceProfile()
RECENT_BYTES = 24_000_000
"""Twelve minutes of sound, held in memory: what many people hear again and again, as commands and first questions."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sound with its origin: `engine` is "recording", "pico" or "system"; `cached` when nothing had to be made."""

    sound: Sound
    engine: str
    key: SoundKey
    cached: bool


class LocalSynthesizer:
    """The `Synthesizer` port on this machine. `folder` holds what was rendered and may be deleted at any time."""

    def __init__(
        self,
        folder: Path,
        *,
        voice_profile: VoiceProfile = PLAIN,
        cache_limit_bytes: int = DEFAULT_LIMIT_BYTES,
        find_recording: FindRecording | None = find_recording,
        spoken_form: SpokenForm = spoken_form,
    ) -> None:
        self.store = AudioStore(folder, cache_limit_bytes)
        self._recent = RecentSounds(RECENT_BYTES)
        self._profile = voice_profile
        self._sources = Sources(spoken_form, find_recording)
        self._rendering: dict[SoundKey, asyncio.Task[Sound]] = {}
        self._closed = False

    @property
    def worker_pid(self) -> int | None:
        """The number of the worker process, for operations and tests."""
        return self._sources.worker_pid

    @property
    def available(self) -> bool:
        """Whether the worker stands ready."""
        return self._sources.available

    async def start(self) -> None:
        """Start the worker ahead, so that the first sentence does not wait. Optional; never raises SpeechError."""
        await self._sources.start()

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        """Give the speech of a text; see the port. A rate outside 0.7 to 1.6 is SynthesisFailed: `clamp_rate` first."""
        return (await self.produce(text, locale, rate)).sound

    async def produce(self, text: str, locale: str, rate: float = 1.0) -> Spoken:
        """Give the speech of a text with its origin. Raises UnknownVoice, SynthesisFailed."""
        if self._closed:
            raise SynthesisFailed("this voice is closed")
        failure: SpeechError | None = None
        async for offer in self._sources.offers(text, locale, rate, self._profile):
            key = offer.recipe.key
            if (recent := self._recent.get(key)) is not None:
                return Spoken(recent, offer.recipe.engine, key, cached=True)
            if (kept := await asyncio.to_thread(self.store.get, key)) is not None:
                self._recent.put(key, kept)
                return Spoken(kept, offer.recipe.engine, key, cached=True)
            try:
                return Spoken(await self._render_once(key, offer), offer.recipe.engine, key, cached=False)
            except SpeechError as error:
                log.warning("%s could not speak %s: %s", offer.recipe.engine, key[:12], error)
                failure = error
        raise no_voice(locale, failure)

    async def close(self) -> None:
        """Stop renderings and the worker. What was asked for and not made ends in SynthesisFailed or a cancellation."""
        self._closed = True
        for task in list(self._rendering.values()):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, SpeechError):
                await task
        await self._sources.close()

    async def _render_once(self, key: SoundKey, offer: Offer) -> Sound:
        """Give the sound of an offer, from the rendering that already runs if there is one. A caller may leave."""
        if (task := self._rendering.get(key)) is None:
            task = asyncio.create_task(self._render(key, offer), name=f"render {key[:12]}")
            self._rendering[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    async def _render(self, key: SoundKey, offer: Offer) -> Sound:
        sound = await offer.make()
        try:
            await asyncio.to_thread(self.store.put, key, sound)
        except OSError as error:
            log.error("rendered speech cannot be kept: %s", error)
        return sound

    def _forget(self, key: SoundKey, done: asyncio.Task[Sound]) -> None:
        self._rendering.pop(key, None)
        if not done.cancelled():
            done.exception()  # looked at here as well, for the case that every caller has left


class LearnerVoice:
    """A synthetic learner: speaks like somebody else than the service, from engines only, and keeps nothing."""

    def __init__(self, *, spoken_form: SpokenForm = spoken_form) -> None:
        self._sources = Sources(spoken_form, find_recording=None)

    async def start(self) -> None:
        await self._sources.start()

    async def say(
        self, text: str, locale: str, *, pitch: float = 1.2, rate: float = 1.1, formant: float = 1.08
    ) -> Sound:
        """Give the learner's speech at 16 kHz; the same arguments give the same bytes.

        `pitch` 0.75 to 1.3 and `formant` 0.8 to 1.25 are factors of the engine's voice, `rate` is 0.7 to 1.6.
        Raises ValueError outside these, UnknownVoice, SynthesisFailed.
        """
        profile = VoiceProfile(pitch=pitch, formant=formant)
        failure: SpeechError | None = None
        async for offer in self._sources.offers(text, locale, rate, profile):
            try:
                return await offer.make()
            except SpeechError as error:
                log.warning("the learner's %s could not speak: %s", offer.recipe.engine, error)
                failure = error
        raise no_voice(locale, failure)

    async def close(self) -> None:
        await self._sources.close()


class RecentSounds:
    """Sounds by their key, at most so many bytes of them; the one used longest ago goes first."""

    def __init__(self, room_bytes: int) -> None:
        self._room_bytes = room_bytes
        self._sounds: OrderedDict[SoundKey, Sound] = OrderedDict()
        self._held_bytes = 0

    def get(self, key: SoundKey) -> Sound | None:
        """Give the sound of a key, or None when it is not held."""
        sound = self._sounds.get(key)
        if sound is not None:
            self._sounds.move_to_end(key)
        return sound

    def put(self, key: SoundKey, sound: Sound) -> None:
        """Hold a sound; one that alone is larger than the room is not held."""
        if len(sound.pcm) > self._room_bytes:
            return
        before = self._sounds.pop(key, None)
        self._held_bytes += len(sound.pcm) - (0 if before is None else len(before.pcm))
        self._sounds[key] = sound
        while self._held_bytes > self._room_bytes:
            _, oldest = self._sounds.popitem(last=False)
            self._held_bytes -= len(oldest.pcm)


def no_voice(locale: str, failure: SpeechError | None) -> SpeechError:
    """Give the error of a text that nobody could speak; its cause is the last failure."""
    if failure is None:
        return UnknownVoice(f"no voice on this machine speaks {locale!r}; install espeak-ng or a voice of the system")
    error = SynthesisFailed(f"no source could speak this text in {locale!r}: {failure}")
    error.__cause__ = failure
    return error
