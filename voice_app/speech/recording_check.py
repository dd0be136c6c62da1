"""Is a human recording fit to be played? Level, clipping, noise, silence at its ends, and the right words.

Figures are taken on the sound as it was recorded; playing evens out the loudness afterwards (`loudness.finish`), so
only what cannot be mended is a fault: too quiet or clipped, noise that would be lifted with the voice, a cut at the
edge of a word, or other words than the text's.

Right words, by our own recogniser: the text competes with other texts of the same list (the nearest in length), and
must win. It tells a recording that belongs to another sentence, not a slip of the tongue inside a long one: that is for
ears.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np

from audio_content.forms import said_form
from audio_content.lexicon import spoken_form
from voice_app.audio import Sound
from voice_app.hearing import Grammar, Meaning, MeaningId, Recognition
from voice_app.speech.samples import Samples, to_samples

QUIETEST_DBFS = -40.0
"""RMS of the voice; below, its noise would be lifted with it."""
CLIPPED_SHARE = 0.0005
"""Of all samples at full scale: a few peaks are a loud word, more is a distortion that is heard."""
LEAST_SIGNAL_TO_NOISE_DB = 20.0
LEAST_EDGE_MS = 80
"""Silence before the first and after the last sound: less cuts a consonant."""
MOST_EDGE_MS = 3_000
FRAME_MS = 20
VOICE_BELOW_PEAK_DB = 30.0
RIVALS = 3
LONGEST_HEARD_S = 9.0
"""Longer sentences are not given to the recogniser, whose window is made for short answers."""

Hear = Callable[[Sound, Grammar], Awaitable[Recognition]]


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured. Levels in dB below full scale; `noise_db` is the level of the quietest tenth of it."""

    voice_db: float
    noise_db: float
    clipped_share: float
    before_ms: int
    after_ms: int
    length_ms: int


def measure(sound: Sound) -> Measures | None:
    """Give the measures of a recording, None when nobody speaks in it."""
    samples = to_samples(sound)
    size = sound.rate_hz * FRAME_MS // 1000
    count = len(samples) // size
    if count == 0:
        return None
    levels = _levels(samples[: count * size].reshape(count, size))
    voiced = np.flatnonzero(levels > levels.max() - VOICE_BELOW_PEAK_DB)
    if levels.max() < QUIETEST_DBFS - VOICE_BELOW_PEAK_DB:
        return None
    return Measures(
        voice_db=float(10 * np.log10(np.mean(10 ** (levels[voiced] / 10)))),
        noise_db=float(np.percentile(levels, 10)),
        clipped_share=float(np.mean(np.abs(samples) >= 32_700 / 32_768)),
        before_ms=int(voiced[0]) * FRAME_MS,
        after_ms=int(count - 1 - voiced[-1]) * FRAME_MS,
        length_ms=sound.duration_ms,
    )


def _levels(frames: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    power = np.mean(np.asarray(frames, dtype=np.float64) ** 2, axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-10)))


def faults(sound: Sound) -> list[str]:
    """Give what makes a recording unfit, in words for who records; empty when it is good."""
    measured = measure(sound)
    if measured is None:
        return ["nobody speaks in it"]
    found = []
    if measured.voice_db < QUIETEST_DBFS:
        found.append(f"the voice is too quiet ({measured.voice_db:.0f} dB, at least {QUIETEST_DBFS:.0f}): come closer")
    if measured.clipped_share > CLIPPED_SHARE:
        found.append(f"the sound is clipped ({measured.clipped_share:.2%} of it): turn the level down")
    ratio = measured.voice_db - measured.noise_db
    if ratio < LEAST_SIGNAL_TO_NOISE_DB:
        found.append(f"the room is too loud (voice {ratio:.0f} dB above it, at least {LEAST_SIGNAL_TO_NOISE_DB:.0f})")
        return found  # where the voice begins and ends cannot be told in such a room
    for name, edge in (("before the first", measured.before_ms), ("after the last", measured.after_ms)):
        if edge < LEAST_EDGE_MS:
            found.append(f"the sound is cut {name} word: leave half a second of silence")
        elif edge > MOST_EDGE_MS:
            found.append(f"{edge / 1000:.0f} s of silence {name} word: cut it")
    return found


async def right_words(text: str, locale: str, sound: Sound, others: Sequence[str], hear: Hear) -> bool | None:
    """Tell whether the recording says its text rather than one of the others; None when that was not asked (too long,
    or nothing to compare with)."""
    wanted = said_form(spoken_form(text, locale))
    rivals = _rivals(wanted, [said_form(spoken_form(other, locale)) for other in others])
    if not rivals or sound.duration_ms > LONGEST_HEARD_S * 1000:
        return None
    meanings = [Meaning(MeaningId("right"), (wanted,))]
    meanings += [Meaning(MeaningId(f"other.{place}"), (rival,)) for place, rival in enumerate(rivals)]
    heard = await hear(sound, Grammar(locale, tuple(meanings)))
    await asyncio.sleep(0)
    return heard.best == "right"


def _rivals(wanted: str, others: Sequence[str]) -> list[str]:
    different = {other for other in others if other and other != wanted}
    return sorted(different, key=lambda other: (abs(len(other) - len(wanted)), other))[:RIVALS]
