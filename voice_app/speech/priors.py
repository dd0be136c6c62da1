"""The noise priors of wordings, kept beside the model, and the noises they are measured on.

A prior depends on the wording, the language, the model and these noises: never on the grammar or the speaker.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import numpy as np

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.speech.log_mel import Samples, present

METHOD = "2: silence, white 0.001 and 0.03, scrambled harmonics; window 500"
"""Change it with the noises or the front end: what was computed another way is then forgotten."""
NOISE_S = 1.0


def prior_noises() -> list[Samples]:
    """Give sounds without words, as the encoder gets them: silence, two white noises, a speech-like sound."""
    random = np.random.default_rng(20)
    length = int(NOISE_S * HEARING_RATE_HZ)
    white = [random.normal(0.0, level, length) for level in (0.001, 0.03)]
    return [np.zeros(length, np.float32), *(_presented(noise) for noise in (*white, _scrambled_speech(random, length)))]


def _scrambled_speech(random: np.random.Generator, length: int) -> np.ndarray:
    """Give sound with the long-term spectrum of speech (falling 9 dB an octave above 500 Hz) and random phases."""
    frequencies_hz = np.fft.rfftfreq(length, 1 / HEARING_RATE_HZ)
    shape = np.where(frequencies_hz < 500.0, np.clip(frequencies_hz / 100.0, 0.0, 1.0), 1.0)
    shape *= np.power(np.maximum(frequencies_hz, 500.0) / 500.0, -1.5)
    sound = np.fft.irfft(shape * np.exp(1j * random.uniform(0.0, 2 * np.pi, shape.size)), length)
    return np.asarray(0.1 * sound / np.abs(sound).max())


def _presented(samples: np.ndarray) -> Samples:
    return present(Sound((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()))


class NoisePriors:
    """A small dictionary on disk. Two processes may write it: the last one wins, a lost entry is computed again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, dict[str, float]] = {}
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stored = json.loads(path.read_text(encoding="utf-8"))
            if stored.get("method") == METHOD:
                self._known = {
                    language: {str(form): float(value) for form, value in priors.items()}
                    for language, priors in stored["priors"].items()
                }

    def get(self, language: str, form: str) -> float | None:
        return self._known.get(language, {}).get(form)

    def put(self, language: str, form: str, prior: float) -> None:
        self._known.setdefault(language, {})[form] = prior

    def save(self) -> None:
        """Write the priors; a folder that cannot be written only costs time at the next start."""
        unfinished = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            body = json.dumps({"method": METHOD, "priors": self._known}, ensure_ascii=False)
            unfinished.write_text(body, encoding="utf-8")
            unfinished.replace(self._path)
