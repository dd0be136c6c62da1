"""What the voice's worker process does: Pico, recordings, and the finish of every sound. Built by `build` in that
process.

Trimming, loudness and stretching are done here too: they take processor time that the event loop does not have.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from voice_app.audio import Sound
from voice_app.errors import SynthesisFailed
from voice_app.speech.loudness import SilentSound, finish
from voice_app.speech.pico import PicoEngine
from voice_app.speech.recorded import read_recording
from voice_app.speech.samples import at_rate
from voice_app.speech.timestretch import shift_formants, stretch
from voice_app.speech.voice_requests import FINISH, PLAY, SPEAK, FinishRequest, PlayRequest, SpeakRequest


def build() -> Mapping[str, Callable[[Any], Sound]]:
    """Give the operations. Pico is loaded with its first request, so that the others work without it."""
    load = functools.cache(PicoEngine)
    return {SPEAK: lambda request: speak(load(), request), PLAY: play, FINISH: finish_foreign}


def speak(engine: PicoEngine, request: SpeakRequest) -> Sound:
    """Give finished speech. Raises SynthesisFailed (also when the engine stays silent), UnknownVoice."""
    spoken = engine.speak(
        request.text, request.voice, request.rate / request.formant, pitch=request.pitch / request.formant
    )
    return audible(shift_formants(spoken, request.formant), f"Pico's {request.voice}")


def play(request: PlayRequest) -> Sound:
    """Give a finished recording. Raises SoundUnreadable, SynthesisFailed when it is silent."""
    return audible(stretch(read_recording(request.path), request.rate), str(request.path))


def finish_foreign(request: FinishRequest) -> Sound:
    """Give the finished sound at the asked rate. Raises SynthesisFailed when it is silent."""
    sound = at_rate(request.sound, request.rate_hz)
    if request.shift != 1.0:
        sound = stretch(shift_formants(sound, request.shift), 1.0 / request.shift)
    return audible(sound, "the system's voice")


def audible(sound: Sound, source: str) -> Sound:
    try:
        return finish(sound)
    except SilentSound as silence:
        raise SynthesisFailed(f"{source} gave nothing to hear") from silence
