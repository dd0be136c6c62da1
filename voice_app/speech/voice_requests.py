"""What the service asks of the voice's worker process: plain frozen values, so that they travel.

Apart from the worker's own module, so that the service does not load the libraries that only the worker needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from voice_app.audio import Sound

PROCESSING_VERSION = 1
"""Part of every cache key: raise it when trimming, loudness or stretching give other bytes for the same input."""
FACTORY = "voice_app.speech.voice_worker:build"
SPEAK, PLAY, FINISH = "speak", "play", "finish"


@dataclass(frozen=True, slots=True)
class SpeakRequest:
    """Clean text for Pico. `formant` above 1 is a smaller person; pitch and pace stay as asked."""

    text: str
    voice: str
    rate: float
    pitch: float = 1.0
    formant: float = 1.0


@dataclass(frozen=True, slots=True)
class PlayRequest:
    """A human recording at a learner's rate."""

    path: Path
    rate: float


@dataclass(frozen=True, slots=True)
class FinishRequest:
    """A raw sound of another engine. `shift` moves pitch and formants together, the pace stays."""

    sound: Sound
    rate_hz: int
    shift: float = 1.0
