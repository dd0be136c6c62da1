"""What Whisper's encoder looks at: a log-mel spectrogram of a short window of sound.

Every reader of the encoder (the closed-set scorer, a keyword head) must see the same picture in training and in use. It
is the one Whisper was trained on: 80 mel bands (Slaney's scale: linear below 1 kHz, logarithmic above), 25 ms Hann
windows every 10 ms, log10, floored 8 below the maximum, then (x + 4) / 4.
Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision", and its reference code.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from voice_app.audio import HEARING_RATE_HZ, Sound

Samples = NDArray[np.float32]
Picture = NDArray[np.float32]

BANDS = 80
WINDOW = 400
HOP = 160
FRAMES_PER_SECOND = HEARING_RATE_HZ // HOP
FULL_SCALE = 32768.0

TRIM_BELOW_PEAK_DB = 35.0
SPOKEN_BELOW_LOUDEST_DB = 20.0
LOUDNESS_DB = -20.0
"""Root mean square of an utterance after `present`, relative to full scale."""
BEFORE_S, AFTER_S = 0.2, 0.5


def present(utterance: Sound) -> Samples:
    """Give an utterance as the encoder wants it: trimmed, equally loud, a little silence around; empty for silence.

    Trimmed where it stays 35 dB below its peak (10 ms blocks).
    """
    samples = np.frombuffer(utterance.pcm, dtype="<i2").astype(np.float32) / FULL_SCALE
    whole = len(samples) // HOP * HOP
    if not whole:
        return np.zeros(0, np.float32)
    block_peaks = np.abs(samples[:whole]).reshape(-1, HOP).max(axis=1)
    peak = float(block_peaks.max())
    if peak <= 0.0:
        return np.zeros(0, np.float32)
    loud = np.flatnonzero(block_peaks > peak * 10 ** (-TRIM_BELOW_PEAK_DB / 20))
    kept = samples[loud[0] * HOP : (loud[-1] + 1) * HOP]
    kept = kept * (10 ** (LOUDNESS_DB / 20) / max(float(np.sqrt(np.mean(kept**2))), 1e-9))
    padding = (int(BEFORE_S * HEARING_RATE_HZ), int(AFTER_S * HEARING_RATE_HZ))
    return np.pad(np.clip(kept, -1.0, 1.0), padding).astype(np.float32)


def spoken_s(samples: Samples) -> float:
    """Give how long somebody spoke: from the first to the last 10 ms block within 20 dB of the loudest."""
    whole = len(samples) // HOP * HOP
    if not whole:
        return 0.0
    power = np.mean(np.square(samples[:whole]).reshape(-1, HOP), axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-SPOKEN_BELOW_LOUDEST_DB / 10))
    return float(loud[-1] - loud[0] + 1) / FRAMES_PER_SECOND if loud.size else 0.0


def log_mel(samples: Samples, frames: int) -> Picture:
    """Give the picture of the samples, bands x frames; shorter sound is followed by silence, longer sound is cut."""
    length = frames * HOP
    samples = np.pad(samples[:length], (0, max(0, length - len(samples))))
    padded = np.pad(samples, WINDOW // 2, mode="reflect")
    slices = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:frames]
    power = np.abs(np.fft.rfft(slices * _hann(), axis=1)) ** 2
    picture = np.log10(np.maximum(_filters() @ power.T, 1e-10))
    picture = np.maximum(picture, picture.max() - 8.0)
    return np.ascontiguousarray((picture + 4.0) / 4.0, dtype=np.float32)


@cache
def _hann() -> NDArray[np.float64]:
    return np.hanning(WINDOW + 1)[:-1]


@cache
def _filters() -> NDArray[np.float64]:
    """Give the triangles of the mel bands, bands x frequencies, each of equal area."""
    frequencies_hz = np.fft.rfftfreq(WINDOW, 1 / HEARING_RATE_HZ)
    corners_hz = _mel_to_hz(np.linspace(0.0, _hz_to_mel(HEARING_RATE_HZ / 2), BANDS + 2))
    rising = (frequencies_hz - corners_hz[:-2, None]) / np.diff(corners_hz)[:-1, None]
    falling = (corners_hz[2:, None] - frequencies_hz) / np.diff(corners_hz)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (corners_hz[2:] - corners_hz[:-2]))[:, None])


LINEAR_HZ_PER_MEL = 200.0 / 3
LOG_FROM_HZ = 1000.0
LOG_FROM_MEL = LOG_FROM_HZ / LINEAR_HZ_PER_MEL
LOG_STEP = float(np.log(6.4)) / 27.0


def _hz_to_mel(hz: float) -> float:
    if hz < LOG_FROM_HZ:
        return hz / LINEAR_HZ_PER_MEL
    return LOG_FROM_MEL + float(np.log(hz / LOG_FROM_HZ)) / LOG_STEP


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    logarithmic = LOG_FROM_HZ * np.exp(LOG_STEP * (mel - LOG_FROM_MEL))
    return np.where(mel < LOG_FROM_MEL, mel * LINEAR_HZ_PER_MEL, logarithmic)
