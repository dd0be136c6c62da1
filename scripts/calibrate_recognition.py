"""Calibrates the embedded recogniser on synthetic speech and prints the numbers for its table.

    python scripts/calibrate_recognition.py [--language fr]

Speech: SVOX Pico at several speeds and pitches, clean and in pink noise; the wordings of a real turn (commands, places,
an example of options) and of digits; beside it words and sentences of no grammar. No human recording is used: those of
scripts/bench_recognition.py stay unseen. A third of all combinations is taken.

Fitted: the softmax temperature (likelihood of the right meaning) and the logistic curve "was it in the grammar"
(in-grammar and other speech weigh the same). The thresholds are not fitted: their effect is printed to choose from.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml

from voice_app.audio import Sound
from voice_app.hearing import Grammar, Meaning, MeaningId
from voice_app.settings import load_settings
from voice_app.speech.calibration import load_table, logistic
from voice_app.speech.log_mel import present
from voice_app.speech.models import assemble_whisper
from voice_app.speech.whisper_scorer import ENGINE, Measured, WhisperScorer

VOCABULARY = Path(__file__).parents[1] / "audio_content" / "prompts"
COMMANDS = ("repeat", "slower", "louder", "explain", "dont_know", "back", "pause", "help", "skip")
OPTIONS = {
    "fr": ("le bouton vert", "la barre d'adresse", "je demande à quelqu'un", "le mot de passe"),
    "en": ("the green button", "the address bar", "i ask somebody", "the password"),
}
OTHER_SPEECH = {
    "fr": """bonjour madame|il fait beau aujourd'hui|peut-être|jeudi|septembre|quatorze|chocolat|c'est compliqué
        |attendez|merci|la maison|votre fils est arrivé hier soir|mercredi matin
        |ordinateur|ah bon|maman|toit|peu|nom|lui|quart
        |je voudrais un rendez-vous avec la dame de la mairie s'il vous plaît""",
    "en": """good morning|the weather is fine today|perhaps|thursday|september|fourteen|chocolate|wait a moment|thanks
        |the house|your son came yesterday evening|computer|oh really|mother|shoe|tea|sun|door|floor|fear
        |i would like to make an appointment with the lady of the town hall please""",
}
VOICES = {"fr": "fr-FR", "en": "en-GB"}
SPEAKERS = ((1.0, 1.0), (1.25, 0.75), (0.85, 1.25), (1.0, 0.7), (1.4, 1.3))
"""Speed and pitch."""
SIGNAL_TO_NOISE_DB = (None, 20.0, 12.0)


@dataclass(frozen=True)
class Trial:
    right: MeaningId | None
    measured: Measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", default="fr", choices=sorted(VOICES))
    language = parser.parse_args().language
    scorer = WhisperScorer(assemble_whisper(load_settings().models_folder), "kiosk", threads=2)
    vocabulary = yaml.safe_load((VOCABULARY / f"vocabulary.{language}.yaml").read_text(encoding="utf-8"))
    turn, digits = turn_grammar(language, vocabulary), digit_grammar(language, vocabulary)
    report("mixed: a turn with options, places and commands", scorer, turn, language, [0.8])
    for grammar, name in ((first_four(digits), "short: one to four"), (digits, "short: all digits")):
        report(name, scorer, grammar, language, [0.0, 0.4, 0.8])


def turn_grammar(language: str, vocabulary: dict) -> Grammar:  # type: ignore[type-arg]  # YAML as it comes
    meanings = [Meaning(MeaningId(name), tuple(vocabulary["commands"][name])) for name in COMMANDS]
    places = zip(vocabulary["places"], OPTIONS[language], strict=True)
    meanings += [Meaning(MeaningId(f"option.{n}"), (*forms, option)) for n, (forms, option) in enumerate(places, 1)]
    return Grammar(language, tuple(meanings))


def digit_grammar(language: str, vocabulary: dict) -> Grammar:  # type: ignore[type-arg]  # YAML as it comes
    digits = enumerate(vocabulary["digits"])
    return Grammar(language, tuple(Meaning(MeaningId(str(digit)), tuple(forms)) for digit, forms in digits))


def first_four(digits: Grammar) -> Grammar:
    return Grammar(digits.language, digits.meanings[1:5])


def report(name: str, scorer: WhisperScorer, grammar: Grammar, language: str, weights: list[float]) -> None:
    kind = "mixed" if name.startswith("mixed") else "short"
    table = load_table(ENGINE, "kiosk", kind)
    utterances = list(itertools.islice(speech(grammar, language), 0, None, 3))
    print(f"\n== {name}: {len(utterances)} utterances")
    for weight in weights:
        trials = [
            Trial(right, scorer.measure(present(sound), grammar, replace(table, prior_weight=weight)))
            for right, sound in utterances
        ]
        tell(weight, trials)


def speech(grammar: Grammar, language: str) -> Iterator[tuple[MeaningId | None, Sound]]:
    """Give what is said and what it means; None for what is outside the grammar."""
    from py_nanotts import NanoTTS

    engine, random = NanoTTS(), np.random.default_rng(7)
    said = [(meaning.id, form) for meaning in grammar.meanings for form in meaning.forms]
    said += [(None, other.strip()) for other in OTHER_SPEECH[language].split("|")]
    for (speed, pitch), noise_db in itertools.product(SPEAKERS, SIGNAL_TO_NOISE_DB):
        for right, text in said:
            pcm = engine.speak(text, voice=VOICES[language], speed=speed, pitch=pitch)
            yield right, in_noise(np.frombuffer(pcm, "<i2").astype(float), noise_db, random)


def in_noise(speech_samples: np.ndarray, noise_db: float | None, random: np.random.Generator) -> Sound:
    """Give the speech with 0.2 s before and 0.2 s after, in pink noise (relative to its active part)."""
    loud = np.flatnonzero(np.abs(speech_samples) > 200)
    samples = np.pad(speech_samples[loud[0] : loud[-1]], 3200)
    if noise_db is not None:
        active = speech_samples[np.abs(speech_samples) > 200]
        spectrum = np.fft.rfft(random.normal(size=samples.size))
        noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.size), 1)), samples.size)
        samples = samples + noise / noise.std() * np.sqrt(np.mean(active**2)) * 10 ** (-noise_db / 20)
    return Sound(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


def tell(weight: float, trials: list[Trial]) -> None:
    inside = [trial for trial in trials if trial.right is not None]
    outside = [trial for trial in trials if trial.right is None]
    right = [trial for trial in inside if best(trial) == trial.right]
    wrong = [trial for trial in inside if best(trial) != trial.right]
    temperature = min((loss(inside, t), t) for t in (0.5, 0.7, 1.0, 1.3, 1.5, 1.8, 2.2, 2.7, 3.5))[1]
    middle, scale = fit_logistic(inside, outside)
    print(f"prior_weight {weight:g}: right {len(right)}/{len(inside)}, temperature {temperature:g}", end=", ")
    print(f"inside_at {middle:.1f}, inside_scale {scale:.1f}")
    for least in (-1.0, 0.0, 1.0, 2.0):
        refused, lost = ([t.measured.confidence < least for t in some] for some in (outside, right))
        print(f"   reject_below {least:g}: other speech refused {share(refused)}, right refused {share(lost)}")
    for least in (1.0, 1.5, 2.0, 2.5, 3.0):
        caught, asked = ([margin(t) < least for t in some] for some in (wrong, right))
        print(f"   confirm_margin {least:g}: wrong caught {share(caught)}, right asked again {share(asked)}")


def best(trial: Trial) -> MeaningId:
    return max(trial.measured.scores, key=lambda meaning: trial.measured.scores[meaning])


def margin(trial: Trial) -> float:
    first, second = sorted(trial.measured.scores.values(), reverse=True)[:2]
    return first - second


def share(true: list[bool]) -> str:
    return f"{sum(true)}/{len(true)}"


def loss(trials: list[Trial], temperature: float) -> float:
    """Give the mean of -log likelihood of the right meaning."""
    total = 0.0
    for trial in trials:
        scores = {meaning: score / temperature for meaning, score in trial.measured.scores.items()}
        top = max(scores.values())
        total += top + math.log(sum(math.exp(score - top) for score in scores.values())) - scores[trial.right]  # type: ignore[index]  # inside trials have a right meaning
    return total / len(trials)


def fit_logistic(inside: list[Trial], outside: list[Trial]) -> tuple[float, float]:
    """Give middle and scale of the curve, in-grammar and other speech weighing the same."""

    def cost(middle: float, scale: float) -> float:
        curve = lambda trial: logistic((trial.measured.confidence - middle) / scale)  # noqa: E731
        return -float(
            np.mean([math.log(max(curve(trial), 1e-9)) for trial in inside])
            + np.mean([math.log(max(1 - curve(trial), 1e-9)) for trial in outside])
        )

    grid = itertools.product(np.arange(-2.0, 6.0, 0.2), (0.5, 0.7, 1.0, 1.3, 1.7, 2.2, 3.0))
    return min(((float(m), s) for m, s in grid), key=lambda pair: cost(*pair))


if __name__ == "__main__":
    main()
