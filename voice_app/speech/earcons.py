"""Earcons: short, soft sounds that say where one is without words. Made by arithmetic, the same bytes every time.

The four places differ in two ways at once, because one may be lost (a cheap loudspeaker, a hearing loss): pitch rises
from left to right along a major chord, and each has a timbre of its own. All partials that carry the difference lie
between 300 and 3400 Hz, so the telephone keeps them. Attack and release are half cosines: nothing clicks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.speech.samples import Samples, seconds, to_sound

LEVEL_DBFS = -23.3
"""Power of the whole earcon: about -23 LUFS, 4 dB under speech."""
ATTACK_S = 0.008
RELEASE_S = 0.030
LOUDEST_PEAK = 0.5

C5, E5, G5, C6 = 523.25, 659.26, 783.99, 1046.50
A4, D5, F5, A5 = 440.00, 587.33, 698.46, 880.00


@dataclass(frozen=True, slots=True)
class Timbre:
    """Partials as (multiple of the pitch, amplitude); in `fading_s` they fall to 1/e, None: they hold."""

    partials: tuple[tuple[float, float], ...]
    fading_s: float | None = None


FLUTE = Timbre(((1.0, 1.0), (2.0, 0.12)))
CLARINET = Timbre(((1.0, 1.0), (3.0, 0.55), (5.0, 0.25)))
MARIMBA = Timbre(((1.0, 1.0), (3.93, 0.35)), fading_s=0.060)
BELL = Timbre(((1.0, 1.0), (2.0, 0.45), (2.76, 0.60)), fading_s=0.110)


@dataclass(frozen=True, slots=True)
class Note:
    pitch_hz: float
    length_s: float
    timbre: Timbre = FLUTE


EARCONS: dict[str, tuple[Note, ...]] = {
    "place.1": (Note(C5, 0.200, FLUTE),),
    "place.2": (Note(E5, 0.200, CLARINET),),
    "place.3": (Note(G5, 0.200, MARIMBA),),
    "place.4": (Note(C6, 0.230, BELL),),
    "listening": (Note(A4, 0.080), Note(A5, 0.120)),
    "saved": (Note(G5, 0.090, MARIMBA), Note(C5, 0.150, MARIMBA)),
    "resumed": (Note(C5, 0.075, BELL), Note(E5, 0.075, BELL), Note(G5, 0.100, BELL)),
    "attention": (Note(F5, 0.110, CLARINET), Note(D5, 0.130, CLARINET)),
}


@cache
def earcon(name: str, rate_hz: int = HEARING_RATE_HZ) -> Sound:
    """Give an earcon of at most 250 ms. Raises KeyError for a name that is not in `EARCONS`."""
    samples = np.concatenate([play(note, rate_hz) for note in EARCONS[name]])
    power = float(np.sqrt(np.mean(samples**2)))
    gain = min(10.0 ** (LEVEL_DBFS / 20.0) / power, LOUDEST_PEAK / float(np.abs(samples).max()))
    return to_sound(samples * gain, rate_hz)


def play(note: Note, rate_hz: int) -> Samples:
    """Give one note, rising from and falling to zero; partials over half the sample rate are left out."""
    time_s = np.arange(seconds(note.length_s, rate_hz)) / rate_hz
    samples = np.zeros_like(time_s)
    for multiple, amplitude in note.timbre.partials:
        if multiple * note.pitch_hz < rate_hz / 2:
            samples += amplitude * np.sin(2 * np.pi * multiple * note.pitch_hz * time_s)
    if note.timbre.fading_s is not None:
        samples *= np.exp(-time_s / note.timbre.fading_s)
    attack = np.minimum(time_s / ATTACK_S, 1.0)
    release = np.minimum((time_s[-1] - time_s) / RELEASE_S, 1.0)
    return np.asarray(samples * (0.5 - 0.5 * np.cos(np.pi * np.minimum(attack, release))), dtype=np.float64)
