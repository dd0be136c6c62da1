"""Recordings of people, and what rooms, noises and lines do to them: the material of scripts/bench_listening.py.

People (Debian packages; none of their recordings is used in training or calibration):

    June      fr-CA, woman, 8 kHz          asterisk-core-sounds-fr-wav
    Armelle   fr-FR, woman, GSM 06.10      asterisk-prompt-fr-armelle
    KLettres  fr, letters and syllables    klettres-data (speech of no answer only)
    Allison   en-US, woman, 8 kHz          asterisk-core-sounds-en-wav

A recording is a *word* (said alone), or a *cut* (a word cut out of a sentence, `listening_cuts.toml`: coarticulated,
sometimes clipped, so harder than what a person answers). A form puts words together as people do: after a hesitation
(the letter "e", said by the same person), in a carrier phrase, twice. What is put together is not said together.

Conditions: noise is relative to the loudness of the active part; 0.3 s before and 0.5 s after carry it too. The first
eight are those of the study that the goals come from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.g711 import Law
from voice_app.g711 import on_line as through

Wave = NDArray[np.float64]
SOUNDS = Path("/usr/share/asterisk/sounds")
FOLDERS = {"June": SOUNDS / "fr_CA_f_June", "Armelle": SOUNDS / "fr", "Allison": SOUNDS / "en_US_f_Allison"}
SPEAKERS = {"fr": ("June", "Armelle"), "en": ("Allison",)}
PACKAGES = ("asterisk-core-sounds-fr-wav", "asterisk-prompt-fr-armelle", "asterisk-core-sounds-en-wav", "klettres-data")
CUTS = Path(__file__).parent / "listening_cuts.toml"
NUMBERS = {
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
}
ORDINALS = {
    "fr": ("première", "deuxième", "troisième", "quatrième"),
    "en": ("first", "second", "third", "fourth"),
}
DAYS = {
    "fr": ("dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"),
    "en": ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
}
MONTHS = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
           "décembre"),
    "en": ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december"),
}  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"
TEENS = (*range(11, 21), 30, 40, 50, 60, 70, 80, 90)
STUDIED = ("clean", "pink 20", "pink 10", "pink 5", "babble 10", "phone", "phone pink 15", "room pink 15")
LINES = ("16 kHz", "G.711", "phone", "loss")
NOISES = (
    "clean",
    *(f"{kind} {level}" for kind in ("pink", "babble", "street", "hum") for level in (20, 10, 5)),
    "room",
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recording: who, what, said alone or cut out, or how it was put together."""

    speaker: str
    text: str
    kind: str
    wave: Wave


def missing() -> list[str]:
    """Give the packages whose recordings are not on this machine."""
    places = (FOLDERS["June"], FOLDERS["Armelle"] / "digits", FOLDERS["Allison"], Path("/usr/share/klettres/fr"))
    return [package for package, place in zip(PACKAGES, places, strict=True) if not place.exists()]


@cache
def read(path: Path) -> Wave:
    """Give a sound file of any kind at the rate of hearing, full scale 1."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("s16", "mono", HEARING_RATE_HZ)
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        parts = [frame.to_ndarray() for frame in (*frames, *resampler.resample(None))]
    return np.concatenate(parts, axis=1)[0] / 32768.0


def recording(speaker: str, name: str) -> Wave | None:
    """Give a recording by its name without ending; None when the speaker did not say it."""
    for ending in (".wav", ".gsm"):
        path = FOLDERS[speaker] / f"{name}{ending}"
        if path.exists():
            return read(path)
    return None


def words(language: str, names: Iterable[tuple[str, str]]) -> list[Spoken]:
    """Give recordings of words said alone, for (file name, text), by every speaker who has them."""
    return [
        Spoken(speaker, text, "word", wave)
        for speaker in SPEAKERS[language]
        for name, text in names
        if (wave := recording(speaker, name)) is not None
    ]


def numbers(language: str) -> list[Spoken]:
    return words(language, [(f"digits/{number}", text) for number, text in enumerate(NUMBERS[language])])


def ordinals(language: str) -> list[Spoken]:
    """Give the ordinals; a folder of French ones may be masculine ("premier"), which is told apart by `text`."""
    return words(language, [(f"digits/h-{number}", text) for number, text in enumerate(ORDINALS[language], 1)])


def days(language: str) -> list[Spoken]:
    return words(language, [(f"digits/day-{number}", text) for number, text in enumerate(DAYS[language])])


def months(language: str) -> list[Spoken]:
    return words(language, [(f"digits/mon-{number}", text) for number, text in enumerate(MONTHS[language])])


def letters(language: str) -> list[Spoken]:
    said = words(language, [(f"letters/{letter}", letter) for letter in LETTERS])
    folder = {"fr": "fr", "en": "en_GB"}[language]
    for number, letter in enumerate(LETTERS):
        name = f"a-{number}" if language == "fr" else letter
        path = Path(f"/usr/share/klettres/{folder}/alpha/{name}.ogg")
        said += [Spoken("KLettres", letter, "word", read(path))] if path.exists() else []
    return said


def other_speech(language: str) -> list[Spoken]:
    """Give human speech of no answer: numbers from eleven on, days, months, letters, syllables, sentences."""
    said = words(language, [(f"digits/{number}", str(number)) for number in TEENS])
    said += [*days(language), *months(language), *letters(language)]
    folder = Path(f"/usr/share/klettres/{language}/syllab")
    alike = {"no"}  # English syllables that are words of ours
    said += [
        Spoken("KLettres", path.stem, "syllable", read(path))
        for path in sorted(folder.glob("*.ogg"))
        if path.stem not in alike
    ]
    for speaker in SPEAKERS[language]:
        sentences = [path for path in sorted(FOLDERS[speaker].glob("*.*")) if path.stem.startswith(("conf-", "vm-"))]
        said += [
            Spoken(speaker, path.stem, "sentence", wave)
            for path in sentences
            if 1.0 < (wave := read(path)).size / HEARING_RATE_HZ < 3.0
        ]
    return said


def cuts(language: str) -> list[Spoken]:
    """Give the words cut out of sentences."""
    listed = tomllib.loads(CUTS.read_text(encoding="utf-8"))
    found = []
    for speaker in SPEAKERS[language]:
        for cut in listed.get(speaker, ()):
            wave = recording(speaker, cut["file"])
            if wave is not None:
                begin, end = (round(cut[edge] * HEARING_RATE_HZ) for edge in ("from_s", "to_s"))
                found.append(Spoken(speaker, cut["text"], "cut", wave[begin:end]))
    return found


def carriers() -> list[tuple[str, Wave]]:
    """Give the words that carry a number ("réponse", "numéro", "number"), by speaker."""
    listed = tomllib.loads(CUTS.read_text(encoding="utf-8"))["carriers"]
    found = []
    for cut in listed:
        wave = recording(cut["speaker"], cut["file"])
        if wave is not None:
            begin, end = (round(cut[edge] * HEARING_RATE_HZ) for edge in ("from_s", "to_s"))
            found.append((cut["speaker"], wave[begin:end]))
    return found


# --- forms ------------------------------------------------------------------------------------------------------------


def silence(length_s: float) -> Wave:
    return np.zeros(round(length_s * HEARING_RATE_HZ))


def spoken_part(wave: Wave) -> Wave:
    """Give the wave without what is quieter than 35 dB below its peak at both ends."""
    loud = np.flatnonzero(np.abs(wave) > np.abs(wave).max(initial=1e-9) * 10 ** (-35 / 20))
    return wave[loud[0] : loud[-1] + 1] if loud.size else wave


def joined(parts: Iterable[Wave]) -> Wave:
    """Give spoken parts one after the other, equally loud; silences stay as they are."""
    even = []
    for part in parts:
        active = np.abs(part) > 0.03 * np.abs(part).max(initial=1e-9)
        loudness = np.sqrt(np.mean(part[active] ** 2)) if part.any() else 0.0
        even.append(spoken_part(part) / loudness * 0.1 if loudness else part)
    return np.concatenate(even)


def in_form(spoken: Spoken, form: str, carrier: Wave | None) -> Spoken | None:
    """Give the recording in a form: "plain", "hesitation", "carrier", "repetition"; None where nothing fits."""
    if form == "plain":
        return spoken
    if form == "repetition":
        wave = joined([spoken.wave, silence(0.25), spoken.wave])
    elif form == "hesitation":
        hesitation = recording(spoken.speaker, "letters/e" if spoken.speaker != "Allison" else "letters/r")
        if hesitation is None:
            return None
        wave = joined([hesitation, silence(0.3), spoken.wave])
    else:
        if carrier is None:
            return None
        wave = joined([carrier, silence(0.05), spoken.wave])
    return Spoken(spoken.speaker, spoken.text, form, wave)


FORMS = ("plain", "hesitation", "carrier", "repetition")


# --- conditions -------------------------------------------------------------------------------------------------------


class World:
    """Applies conditions. `language`: whose speech is heard; the babble is in the other one, by another person."""

    def __init__(self, language: str) -> None:
        speaker = "Allison" if language == "fr" else "June"
        names = ("demo-congrats", "demo-instruct", "demo-moreinfo", "conf-adminmenu", "demo-abouttotry", "demo-thanks")
        found = [wave for name in names if (wave := recording(speaker, name)) is not None]
        self._babble = found if len(found) > 3 else []

    def worsen(self, wave: Wave, condition: str, random: np.random.Generator, line: str = "16 kHz") -> Sound:
        """Give the wave in a condition ("clean", "pink 10", "phone pink 15", ...), then through a line."""
        active = np.abs(wave) > 0.03 * np.abs(wave).max(initial=1e-9)
        wave = np.concatenate(
            [silence(0.3), wave / max(np.sqrt(np.mean(wave[active] ** 2)), 1e-9) * 0.08, silence(0.5)]
        )
        steps = condition.split()
        if "room" in steps:
            wave = room(wave, random)
        for kind in ("pink", "babble", "street", "hum"):
            if kind in steps:
                level_db = float(steps[steps.index(kind) + 1])
                wave = wave + self._noise(kind, wave.size, random) * 0.08 * 10 ** (-level_db / 20)
        if "phone" in steps or line == "phone":
            wave = on_line(band(wave, 300.0, 3400.0))
        elif line == "G.711":
            wave = on_line(wave)
        elif line == "loss":
            wave = with_loss(on_line(band(wave, 300.0, 3400.0)), random)
        return Sound(np.clip(wave * 32767, -32768, 32767).astype("<i2").tobytes())

    def _noise(self, kind: str, length: int, random: np.random.Generator) -> Wave:
        """Give noise of power 1."""
        time_s = np.arange(length) / HEARING_RATE_HZ
        if kind == "babble":
            voices = [self._babble[int(random.integers(len(self._babble)))] for _ in range(4)]
            noise = np.sum([np.resize(np.roll(v, int(random.integers(v.size))), length) for v in voices], axis=0)
        elif kind == "hum":
            noise = np.sum(
                [np.sin(2 * np.pi * 50 * n * time_s + random.uniform(0, 6)) / n for n in range(1, 12)], axis=0
            )
        elif kind == "street":  # rumble that swells and ebbs, and tyres
            swell = 1.3 + np.sin(2 * np.pi * random.uniform(0.2, 0.8) * time_s + random.uniform(0, 6))
            noise = (coloured(length, 2.0, random) + 0.3 * coloured(length, 0.5, random)) * swell
        else:
            noise = coloured(length, 1.0, random)
        return np.asarray(noise / max(float(noise.std()), 1e-9))


def coloured(length: int, slope: float, random: np.random.Generator) -> Wave:
    spectrum = np.fft.rfft(random.normal(size=length))
    wave = np.fft.irfft(spectrum / np.maximum(np.arange(spectrum.size), 1) ** (slope / 2), length)
    return np.asarray(wave / wave.std())


def room(wave: Wave, random: np.random.Generator, decay_s: float = 0.45) -> Wave:
    length = round(decay_s * HEARING_RATE_HZ)
    tail = random.normal(size=length) * 10 ** (-3 * np.arange(length) / length)
    tail /= np.sqrt(np.sum(tail**2))
    tail[0] += 1.0
    size = wave.size + length
    return np.asarray(np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(tail, size), size)[: wave.size])


def band(wave: Wave, low_hz: float, high_hz: float) -> Wave:
    spectrum, pitch_hz = np.fft.rfft(wave), np.fft.rfftfreq(wave.size, 1 / HEARING_RATE_HZ)
    spectrum[(pitch_hz < low_hz) | (pitch_hz > high_hz)] = 0.0
    return np.asarray(np.fft.irfft(spectrum, wave.size))


def on_line(wave: Wave) -> Wave:
    """Give the wave through an 8 kHz line coded by mu-law."""
    narrow = np.clip(soxr.resample(wave, HEARING_RATE_HZ, 8000) * 32767, -32768, 32767).astype("<i2")
    coarse = np.frombuffer(through(narrow.tobytes(), Law.MU), "<i2")
    return np.asarray(soxr.resample(coarse.astype(float) / 32768, 8000, HEARING_RATE_HZ))


def with_loss(wave: Wave, random: np.random.Generator, share: float = 0.03) -> Wave:
    """Give the wave without some 20 ms packets, each replaced by the one before at half its loudness."""
    wave, length = wave.copy(), HEARING_RATE_HZ // 50
    for start in range(length, wave.size - length, length):
        if random.random() < share:
            wave[start : start + length] = 0.5 * wave[start - length : start]
    return wave
