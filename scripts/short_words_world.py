"""What happens to synthetic speech between the mouth and the recogniser: other mouths, rooms, noises, lines.

Training material of the keyword heads only; the benchmark's conditions are `listening_speech`, written apart from these
so that a head is never tested by what it was trained with.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence

import numpy as np
import soxr
from numpy.typing import NDArray

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.g711 import Law, on_line

Wave = NDArray[np.float64]

MOUTH_WINDOW = 512
MOUTH_CEPSTRA = 29
CLIPPED = 0.2
"""Share of the clips that begin late or end early, as sounds cut out of speech and off at a threshold do."""
CODED_FIRST = 0.2
"""Share of the clips that lost what is above 4 kHz before noise came to them: played from a telephone or an old
recording."""
MOUTH_CORNERS_HZ = (0.0, 600.0, 1300.0, 2200.0, 3500.0, 8000.0)
"""Where first, second and third resonances of speech lie, roughly."""


def coloured(random: np.random.Generator, length: int, slope: float) -> Wave:
    """Give noise whose power falls with frequency to the power `slope` (0 white, 1 pink, 2 brown), of power 1."""
    spectrum = np.fft.rfft(random.normal(size=length))
    wave = np.fft.irfft(spectrum / np.maximum(np.arange(spectrum.size), 1) ** (slope / 2), length)
    return np.asarray(wave / max(float(wave.std()), 1e-9))


def noises(random: np.random.Generator, count: int) -> Iterator[Wave]:
    for _ in range(count):
        length = int(random.uniform(0.2, 1.8) * HEARING_RATE_HZ)
        wave = coloured(random, length, float(random.choice((0.0, 1.0, 2.0))))
        kind, time_s = random.random(), np.arange(length) / HEARING_RATE_HZ
        if kind < 0.2:
            wave = np.sign(np.sin(2 * np.pi * random.choice((50, 100, 150, 440)) * time_s))
        elif kind < 0.4:
            wave = wave * (random.random(length) < 3 / HEARING_RATE_HZ).cumsum() % 3
        elif kind < 0.6:
            wave = wave * np.exp(-time_s / random.uniform(0.02, 0.3))
        yield wave * random.uniform(0.005, 0.2)


class World:
    """What happens to a clip between the mouth and the recogniser. `before`: what people say before an answer."""

    def __init__(self, random: np.random.Generator, babble: Sequence[Wave], before: Sequence[Wave]) -> None:
        self._random = random
        self._babble = babble
        self._before = before

    def carry(self, clip: Wave) -> Sound:
        """Give the clip as it arrives: sometimes after a hesitation, in a room, in noise, through a line."""
        random = self._random
        if random.random() < CLIPPED:
            clip = clipped(clip, random)
        if random.random() < 0.1:
            first = self._before[int(random.integers(len(self._before)))]
            gap = np.zeros(int(random.uniform(0.03, 0.5) * HEARING_RATE_HZ))
            clip = np.concatenate([first / max(np.abs(first).max(), 1e-6) * np.abs(clip).max(initial=0.0), gap, clip])
        longest_s = 1.2 if random.random() < 0.3 else 0.5  # an end that noise hides is found late
        around_s = (random.uniform(0.02, longest_s), random.uniform(0.1, longest_s + 0.2))
        around = [int(length_s * HEARING_RATE_HZ) for length_s in around_s]
        wave = np.pad(clip / max(np.abs(clip).max(initial=0.0), 1e-6) * 0.3, around)
        if random.random() < CODED_FIRST:
            wave = mobile(wave) if random.random() < 0.5 else band(wave, 0.0, random.uniform(3400, 4000))
        if random.random() < 0.35:
            wave = self._room(wave)
        if random.random() < 0.4:
            tilt = random.uniform(-0.6, 0.6)
            wave = wave - tilt * np.concatenate([[0.0], wave[:-1]])
        if random.random() < 0.3:
            wave = equalized(wave, random)
        if random.random() < 0.8:
            wave = self._noisy(wave, random.uniform(0, 30))
        line = random.random()
        if line < 0.30:
            wave = telephone(wave, random.uniform(200, 380), random.uniform(3000, 3800), a_law=random.random() < 0.5)
        elif line < 0.45:
            wave = mobile(wave)
        elif line < 0.60:
            wave = band(wave, 0.0, random.uniform(3400, 4000))
        if random.random() < 0.15:
            wave = self._noisy(wave, random.uniform(10, 30))
        loud = np.abs(wave).max(initial=1e-6)
        level = random.uniform(0.05, 0.9) / loud
        return Sound(np.clip(wave * level * 32767, -32768, 32767).astype("<i2").tobytes())

    def _room(self, wave: Wave) -> Wave:
        decay_s = self._random.uniform(0.1, 0.7)
        length = int(decay_s * HEARING_RATE_HZ)
        tail = self._random.normal(size=length) * 10 ** (-3 * np.arange(length) / length)
        tail *= 1.0 / (np.sqrt(np.sum(tail**2)) * self._random.uniform(0.5, 2.0))
        tail[0] += 1.0
        size = wave.size + length
        return np.asarray(np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(tail, size), size)[: wave.size])

    def _noisy(self, wave: Wave, ratio_db: float) -> Wave:
        random, length, kind = self._random, wave.size, self._random.random()
        if kind < 0.5:
            noise = coloured(random, length, float(random.choice((0.0, 1.0, 2.0))))
        elif kind < 0.86:
            noise = sum((self._voice(length) for _ in range(int(random.integers(2, 6)))), np.zeros(length))
        elif kind < 0.92:
            time_s = np.arange(length) / HEARING_RATE_HZ
            hums = [np.sin(2 * np.pi * 50 * n * time_s + random.uniform(0, 6)) / n for n in range(1, 8)]
            noise = np.sum(hums, axis=0)
        else:
            time_s = np.arange(length) / HEARING_RATE_HZ
            noise = coloured(random, length, 1.0) * (1.2 + np.sin(2 * np.pi * random.uniform(1, 6) * time_s))
        active = wave[np.abs(wave) > 0.03 * np.abs(wave).max(initial=1e-6)]
        loudness = np.sqrt(np.mean(active**2)) if active.size else 0.01
        return np.asarray(wave + noise / max(float(noise.std()), 1e-9) * loudness * 10 ** (-ratio_db / 20))

    def _voice(self, length: int) -> Wave:
        voice = self._babble[int(self._random.integers(len(self._babble)))]
        return np.resize(np.roll(voice, int(self._random.integers(voice.size))), length)


def clipped(wave: Wave, random: np.random.Generator) -> Wave:
    """Give the wave without up to 50 ms of its beginning and 80 ms of its end, at most an eighth of it each."""
    most = wave.size // 8
    begin = int(random.uniform(0, min(most, 0.05 * HEARING_RATE_HZ)))
    end = int(random.uniform(0, min(most, 0.08 * HEARING_RATE_HZ)))
    return wave[begin : wave.size - end]


def band(wave: Wave, low_hz: float, high_hz: float) -> Wave:
    spectrum, pitch_hz = np.fft.rfft(wave), np.fft.rfftfreq(wave.size, 1 / HEARING_RATE_HZ)
    spectrum[(pitch_hz < low_hz) | (pitch_hz > high_hz)] = 0.0
    return np.asarray(np.fft.irfft(spectrum, wave.size))


def telephone(wave: Wave, low_hz: float, high_hz: float, *, a_law: bool) -> Wave:
    """Give the wave cut to a band and through an 8 kHz line coded by mu-law or A-law."""
    narrow = soxr.resample(band(wave, low_hz, high_hz), HEARING_RATE_HZ, 8000)
    sent = np.clip(narrow * 32767, -32768, 32767).astype("<i2")
    coarse = np.frombuffer(on_line(sent.tobytes(), Law.A if a_law else Law.MU), "<i2")
    return np.asarray(soxr.resample(coarse.astype(float) / 32768, 8000, HEARING_RATE_HZ))


def mobile(wave: Wave) -> Wave:
    """Give the wave as a mobile telephone of the first kind sends it (GSM 06.10). Needs sox."""
    narrow = np.clip(soxr.resample(wave, HEARING_RATE_HZ, 8000) * 32767, -32768, 32767).astype("<i2")
    raw = ("-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", "-")
    sent = subprocess.run(("sox", *raw, "-t", "gsm", "-"), input=narrow.tobytes(), capture_output=True, check=True)
    line = ("-t", "gsm", "-r", "8000", "-c", "1", "-")
    heard = subprocess.run(("sox", *line, *raw), input=sent.stdout, capture_output=True, check=True).stdout
    return np.asarray(soxr.resample(np.frombuffer(heard, "<i2").astype(float) / 32768, 8000, HEARING_RATE_HZ))


def equalized(wave: Wave, random: np.random.Generator) -> Wave:
    """Give the wave as a microphone of no even response hears it: up to 8 dB more or less about every octave."""
    pitch_hz = np.fft.rfftfreq(wave.size, 1 / HEARING_RATE_HZ)
    corners_hz = np.array([60, 125, 250, 500, 1000, 2000, 4000, 8000])
    gain_db = np.interp(np.log(np.maximum(pitch_hz, 1)), np.log(corners_hz), random.uniform(-8, 8, len(corners_hz)))
    return np.asarray(np.fft.irfft(np.fft.rfft(wave) * 10 ** (gain_db / 20), wave.size))


def another_mouth(wave: Wave, random: np.random.Generator) -> Wave:
    """Give the wave with its resonances moved, each region by its own share; pitch and time stay.

    People of one height differ in the proportions of mouth and throat, which playing faster does not change. Envelope:
    cepstral smoothing below 1.8 ms (shorter than any period of a voice).
    """
    if wave.size < 2 * MOUTH_WINDOW:
        return wave
    share = random.uniform(0.92, 1.09, len(MOUTH_CORNERS_HZ))
    pitch_hz = np.fft.rfftfreq(MOUTH_WINDOW, 1 / HEARING_RATE_HZ)
    source_hz = pitch_hz / np.interp(pitch_hz, MOUTH_CORNERS_HZ, share)
    window, hop = np.hanning(MOUTH_WINDOW + 1)[:-1], MOUTH_WINDOW // 4
    padded = np.pad(wave, (MOUTH_WINDOW, 2 * MOUTH_WINDOW))
    slices = np.lib.stride_tricks.sliding_window_view(padded, MOUTH_WINDOW)[::hop] * window
    spectra = np.fft.rfft(slices, axis=1)
    loudness = np.log(np.abs(spectra) + 1e-6)
    cepstra = np.fft.irfft(loudness, axis=1)
    cepstra[:, MOUTH_CEPSTRA : MOUTH_WINDOW - MOUTH_CEPSTRA + 1] = 0.0
    envelope = np.fft.rfft(cepstra, axis=1).real
    moved = np.array([np.interp(source_hz, pitch_hz, each) for each in envelope])
    slices = np.fft.irfft(spectra * np.exp(moved - envelope), axis=1) * window
    heard = np.zeros(padded.size)
    for place, part in enumerate(slices):
        heard[place * hop : place * hop + MOUTH_WINDOW] += part
    return heard[MOUTH_WINDOW : MOUTH_WINDOW + wave.size] / 1.5  # of the squared windows, four overlapping
