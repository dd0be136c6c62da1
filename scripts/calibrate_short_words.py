"""Calibrates the ear for short words on synthetic speech and prints the numbers for its table.

    python scripts/calibrate_short_words.py [--language fr]

Speech: people whom the head never heard, that is other random Pico speakers than in training, and espeak-ng voices, a
synthesiser that training did not use (every second voice; scripts/bench_recognition.py tests on the others). Clean,
pink noise 20, 10 and 5 dB, telephone. Turns: a question with options, a code, yes or no, 1 to 4 alone; beside their own
wordings, words of no turn and wordings of other turns. No recording of a person.

Fitted by likelihood: the numbers of `short_words.weigh`; speech of the turn and other speech weigh the same. The
thresholds are not fitted: their effect is printed to choose from, and a reliability table.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import yaml
from calibrate_recognition import OTHER_SPEECH, VOCABULARY, digit_grammar, first_four, in_noise, turn_grammar
from short_words_speech import VOICES, Speakers, settle

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.hearing import Grammar, Meaning, MeaningId
from voice_app.settings import load_settings
from voice_app.speech.log_mel import present
from voice_app.speech.models import assemble_whisper
from voice_app.speech.samples import at_rate
from voice_app.speech.short_words import HeadHeard, ScorerHeard, ShortWordEar, Table, load_table, weigh
from voice_app.speech.wav import parse_wav, phone_band
from voice_app.speech.whisper_scorer import WhisperScorer

SEED = 71
CONDITIONS = ("clean", "pink 20", "pink 10", "pink 5", "phone")
VARIANTS = ("f1", "f2", "f3", "f4", "m1", "m2", "m3", "m4", "m5", "m7", "klatt", "klatt3", "adam", "belinda")
"""Of espeak-ng: those at even places calibrate, those at odd places test."""
EVERYWHERE = ("repeat", "slower", "louder", "dont_know", "pause", "help")


@dataclass(frozen=True)
class Trial:
    turn: str
    right: MeaningId | None
    head: HeadHeard
    scorer: ScorerHeard


def turns(language: str) -> dict[str, Grammar]:
    vocabulary = yaml.safe_load((VOCABULARY / f"vocabulary.{language}.yaml").read_text(encoding="utf-8"))
    digits = digit_grammar(language, vocabulary)
    commands = tuple(Meaning(MeaningId(name), tuple(vocabulary["commands"][name])) for name in EVERYWHERE)
    both = tuple(Meaning(MeaningId(name), tuple(vocabulary[name])) for name in ("yes", "no"))
    return {
        "question": turn_grammar(language, vocabulary),
        "code": Grammar(language, (*digits.meanings, *commands)),
        "yes or no": Grammar(language, (*both, *commands)),
        "1-4": first_four(digits),
    }


def espeak(text: str, voice: str, words_a_minute: int, pitch: int) -> Sound:
    command = ["espeak-ng", "-v", voice, "-s", str(words_a_minute), "-p", str(pitch), "--stdout", text]
    made = subprocess.run(command, capture_output=True, check=True).stdout
    return at_rate(parse_wav(made, "espeak-ng"), HEARING_RATE_HZ)


def worsen(wave: np.ndarray, condition: str, random: np.random.Generator) -> Sound:
    """Give the wave (16 bit scale) in a condition."""
    kind, _, level = condition.partition(" ")
    sound = in_noise(wave, float(level) if kind == "pink" else None, random)
    return at_rate(phone_band(sound, old_network=True), HEARING_RATE_HZ) if kind == "phone" else sound


def said(language: str, all_turns: dict[str, Grammar]) -> list[tuple[str, MeaningId | None, str]]:
    """Give turn, meaning and text; other turns' wordings and words of no turn mean None."""
    found: list[tuple[str, MeaningId | None, str]] = []
    every = sorted({form for turn in all_turns.values() for meaning in turn.meanings for form in meaning.forms})
    others = [" ".join(text.split()) for text in OTHER_SPEECH[language].split("|")]
    for name, grammar in all_turns.items():
        own = {form: meaning.id for meaning in grammar.meanings for form in meaning.forms}
        found += [(name, meaning, form) for form, meaning in own.items()]
        found += [(name, None, form) for form in every if form not in own][:: 3 if name == "question" else 6]
        found += [(name, None, text) for text in others][:: 1 if name == "question" else 3]
    return found


def speech(
    language: str, all_turns: dict[str, Grammar], share: int
) -> Iterator[tuple[str, MeaningId | None, Sound, str]]:
    """Give turn, meaning, sound and who said it; one combination of `share`."""
    random = np.random.default_rng(SEED)
    people = Speakers(random)
    by_espeak = [f"{language}+{variant}" for variant in VARIANTS[::2]]
    combinations = itertools.product(CONDITIONS, ("pico", "espeak"), said(language, all_turns))
    for place, (condition, who, (turn, right, text)) in enumerate(combinations):
        if place % share:
            continue
        if who == "pico":
            wave = people.speak(text, VOICES[language][place % len(VOICES[language])]) * 32768
        else:
            voice = by_espeak[int(random.integers(len(by_espeak)))]
            made = espeak(text, voice, int(random.integers(110, 170)), int(random.integers(30, 70)))
            wave = np.frombuffer(made.pcm, "<i2").astype(float)
        yield turn, right, worsen(wave, condition, random), f"{who} {condition}"


def collect(
    ear: ShortWordEar,
    language: str,
    all_turns: dict[str, Grammar],
    sounds: Iterator[tuple[str, MeaningId | None, Sound, str]],
) -> dict[str, list[Trial]]:
    table, trials = load_table("kiosk", language), {}
    for turn, right, sound, name in sounds:
        samples = present(sound)
        head = ear.ask_head(samples, all_turns[turn])
        if head is not None:
            scorer = ear.ask_scorer(samples, all_turns[turn], weigh(head, None, table)[0])
            trials.setdefault(name, []).append(Trial(turn, right, head, scorer))
    return trials


# --- fit --------------------------------------------------------------------------------------------------------------

GRID = {
    "temperature": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0),
    "else_bias": tuple(np.arange(-3.0, 3.1, 0.25)),
    "weight": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6),
    "none_score": tuple(np.arange(-2.0, 6.1, 0.5)),
    "scorer_temperature": (0.7, 1.0, 1.5, 2.0, 3.0),
}


def fit(trials: Sequence[Trial], table: Table, fixed: Sequence[str] = ()) -> Table:
    """Give the table with the least loss, one number at a time until nothing moves."""
    best, least = table, loss(trials, table)
    while True:
        before = least
        for name, values in GRID.items():
            for value in values if name not in fixed else ():
                tried = replace(best, **{name: float(value)})
                if (cost := loss(trials, tried)) < least:
                    best, least = tried, cost
        if least > before - 1e-4:
            return best


def loss(trials: Sequence[Trial], table: Table) -> float:
    inside, outside = [], []
    for trial in trials:
        likelihoods, none = weigh(trial.head, trial.scorer, table)
        share = none if trial.right is None else likelihoods[trial.right]
        (outside if trial.right is None else inside).append(-np.log(max(share, 1e-6)))
    return float(np.mean(inside) + np.mean(outside))


def decide(trial: Trial, table: Table) -> tuple[MeaningId, float, float]:
    """Give the best meaning, its likelihood and that of none of these, as the service would."""
    likelihoods, none = weigh(trial.head, None, table)
    if max(likelihoods.values()) < table.sure_above:
        likelihoods, none = weigh(trial.head, trial.scorer, table)
    best = max(likelihoods, key=lambda meaning: likelihoods[meaning])
    return best, likelihoods[best], none


def counts(trials: Sequence[Trial], table: Table) -> str:
    inside = [(decide(trial, table), trial.right) for trial in trials if trial.right is not None]
    outside = [decide(trial, table) for trial in trials if trial.right is None]
    right = sum(best == truth for (best, _, _), truth in inside)
    matched = [(best == truth) for (best, p, none), truth in inside if taken(p, none, table)]
    refused = sum(none > table.reject_above for (_, _, none), _ in inside)
    false = sum(taken(p, none, table) for _, p, none in outside)
    sure = sum(max(weigh(trial.head, None, table)[0].values()) >= table.sure_above for trial in trials)
    return (
        f"right {right}/{len(inside)}, matched {sum(matched)}, wrong matched {len(matched) - sum(matched)}, "
        f"refused {refused}; other speech matched {false}/{len(outside)}; head alone {sure}/{len(trials)}"
    )


def taken(likelihood: float, none: float, table: Table) -> bool:
    return likelihood >= table.match_above and none <= table.reject_above


def reliability(trials: Sequence[Trial], table: Table) -> None:
    """Print, for the likelihood of the best meaning: how often it was claimed and how often it was true."""
    claims = [(p, best == trial.right) for trial in trials for best, p, _ in [decide(trial, table)]]
    for low, high in itertools.pairwise((0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.01)):
        told = [(p, true) for p, true in claims if low <= p < high]
        if told:
            mean, share = np.mean(told, axis=0)
            print(f"   best {low:.2f}-{min(high, 1):.2f}: {len(told):4d}, said {mean:.2f}, true {share:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", default="fr", choices=sorted(VOICES))
    parser.add_argument("--share", type=int, default=3, help="one of so many utterances")
    chosen = parser.parse_args()
    settle()
    scorer = WhisperScorer(assemble_whisper(load_settings().models_folder), "kiosk", threads=1)
    ear = ShortWordEar(scorer, "kiosk", languages=(chosen.language,))
    all_turns = turns(chosen.language)
    by_name = collect(ear, chosen.language, all_turns, speech(chosen.language, all_turns, chosen.share))
    trials = [trial for some in by_name.values() for trial in some]
    table = fit(trials, load_table("kiosk", chosen.language))
    print(table)
    for name, some in by_name.items():
        print(f"{name:16s} {counts(some, table)}")
    for turn in all_turns:
        print(f"{turn:16s} {counts([trial for trial in trials if trial.turn == turn], table)}")
    reliability(trials, table)
    for sure, match, reject in itertools.product((0.9, 0.95, 0.98), (0.6, 0.7, 0.8, 0.9), (0.5, 0.7)):
        tried = replace(table, sure_above=sure, match_above=match, reject_above=reject)
        print(f"sure {sure:g} match {match:g} reject {reject:g}: {counts(trials, tried)}")


if __name__ == "__main__":
    main()
