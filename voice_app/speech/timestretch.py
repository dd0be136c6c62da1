"""Slower or faster without another pitch, and another voice without another pace.

`stretch` is FFmpeg's `atempo` (overlapping windows aligned by similarity, WSOLA) through PyAV. `shift_formants` plays
the samples faster or slower, which moves pitch, formants and pace by the same factor; the caller asks the engine for
the opposite pitch and pace first.
"""

from __future__ import annotations

import av
import numpy as np
from av.filter import Graph

from voice_app.audio import Sound
from voice_app.speech.samples import resample, to_samples, to_sound

TEMPO_LIMITS = (0.5, 2.0)
"""Where one `atempo` sounds clean; outside them it skips or stutters."""
BLOCK_SAMPLES = 4096


def stretch(sound: Sound, tempo: float) -> Sound:
    """Give the sound `tempo` times as fast, pitch kept. Raises ValueError outside `TEMPO_LIMITS`."""
    if not TEMPO_LIMITS[0] <= tempo <= TEMPO_LIMITS[1]:
        raise ValueError(f"tempo {tempo} lies outside {TEMPO_LIMITS}")
    if tempo == 1.0 or not sound.pcm:
        return sound
    graph = Graph()
    source = graph.add_abuffer(sample_rate=sound.rate_hz, format="s16", layout="mono")
    filtered = graph.add("atempo", f"{tempo:.4f}")
    shaped = graph.add("aformat", f"sample_fmts=s16:sample_rates={sound.rate_hz}:channel_layouts=mono")
    sink = graph.add("abuffersink")
    source.link_to(filtered)
    filtered.link_to(shaped)
    shaped.link_to(sink)
    graph.configure()

    pieces: list[bytes] = []
    whole = np.frombuffer(sound.pcm, dtype="<i2")
    for begin in range(0, len(whole), BLOCK_SAMPLES):
        frame = av.AudioFrame.from_ndarray(whole[begin : begin + BLOCK_SAMPLES].reshape(1, -1), "s16", "mono")
        frame.sample_rate = sound.rate_hz
        frame.pts = begin
        graph.push(frame)
        pieces += pull_all(graph)
    graph.push(None)
    pieces += pull_all(graph)
    return Sound(b"".join(pieces), sound.rate_hz)


def pull_all(graph: Graph) -> list[bytes]:
    """Give what the graph has ready."""
    ready: list[bytes] = []
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return ready
        ready.append(np.ascontiguousarray(frame.to_ndarray()).astype("<i2").tobytes())


def shift_formants(sound: Sound, factor: float) -> Sound:
    """Give the sound as of a throat `factor` times as short: pitch, formants and pace times `factor`."""
    if factor == 1.0:
        return sound
    return to_sound(resample(to_samples(sound), sound.rate_hz * factor, sound.rate_hz), sound.rate_hz)
