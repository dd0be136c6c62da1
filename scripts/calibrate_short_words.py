"""Calibrates the ear for short words on synthetic speech and prints the numbers for its table.

    python scripts/calibrate_short_words.py [--language fr] [--channel phone] [--trials FILE]

Speech: people whom the head never heard, that is other random Pico speakers than in training, and espeak-ng voices, a
synthesiser that training did not use (every second voice; the others are left for tests). Kiosk:
clean, pink noise 20, 10 and 5 dB; telephone: 300-3400 Hz and mu-law, clean and in pink noise 20 and 10 dB. Turns: a
question with options, a code, yes or no, 1 to 4 alone; beside their own wordings, words of no turn and wordings of
other turns. No recording of a person.

Fitted by likelihood: the numbers of `short_words.weigh`. Other speech than that of the turn counts as one sound in
five, and sounds without a voice as another one (`OTHER_SHARE`, `NOISE_SHARE`: guesses, people mostly answer). The
thresholds follow from `policy`'s costs; the effect of other costs is printed, and the reliability before and after.
Last comes what tells noise from speech where there is no answer (`told_apart`). `--trials` keeps what head and scorer
heard, for another fit.
"""

from __future__ import annotations

import argparse
import itertools
import pickle
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from calibrate_recognition import OTHER_SPEECH, VOCABULARY, digit_grammar, first_four, in_noise, turn_grammar
from short_words_speech import VOICES, Speakers, settle
from short_words_world import coloured, noises

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId
from voice_app.settings import load_settings
from voice_app.speech.log_mel import present
from voice_app.speech.models import assemble_whisper
from voice_app.speech.policy import Costs, decide, load_costs
from voice_app.speech.samples import at_rate
from voice_app.speech.short_words import HeadHeard, ScorerHeard, ShortWordEar, Table, load_table, nobody, weigh
from voice_app.speech.wav import parse_wav, phone_band
from voice_app.speech.whisper_scorer import WhisperScorer

SEED = 71
CONDITIONS = {
    "kiosk": ("clean", "pink 20", "pink 10", "pink 5"),
    "phone": ("phone", "phone pink 20", "phone pink 10"),
}
OTHER_SHARE, NOISE_SHARE = 0.2, 0.2
VARIANTS = ("f1", "f2", "f3", "f4", "m1", "m2", "m3", "m4", "m5", "m7", "klatt", "klatt3", "adam", "belinda")
"""Of espeak-ng: those at even places calibrate, those at odd places test."""
NOISES = 320
NOBODY = MeaningId("nobody")
"""What is right of a sound without a voice; no turn has it."""
EVERYWHERE = ("repeat", "slower", "louder", "dont_know", "pause", "help")


@dataclass(frozen=True)
class Trial:
    """`first`: what the head made of it at once; `head`: what it made of it when it heard it slower and faster too."""

    turn: str
    right: MeaningId | None
    first: HeadHeard
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
    steps = condition.split()
    sound = in_noise(wave, float(steps[-1]) if "pink" in steps else None, random)
    return at_rate(phone_band(sound, old_network=True), HEARING_RATE_HZ) if "phone" in steps else sound


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
    language: str, channel: str, all_turns: dict[str, Grammar], share: int
) -> Iterator[tuple[str, MeaningId | None, Sound, str]]:
    """Give turn, meaning, sound and who said it; one combination of `share`."""
    random = np.random.default_rng(SEED)
    people = Speakers(random)
    by_espeak = [f"{language}+{variant}" for variant in VARIANTS[::2]]
    combinations = itertools.product(CONDITIONS[channel], ("pico", "espeak"), said(language, all_turns))
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


def without_voice(channel: str, all_turns: dict[str, Grammar]) -> Iterator[tuple[str, MeaningId | None, Sound, str]]:
    """Give sounds without a voice, each in one turn: steady noise of three colours, knocks and what falls, hums,
    near-silence."""
    random = np.random.default_rng((SEED, 1))
    knocks = noises(random, NOISES)
    for place, (knock, turn) in enumerate(zip(knocks, itertools.cycle(all_turns), strict=False)):
        length = int(random.uniform(0.6, 2.6) * HEARING_RATE_HZ)
        wave = coloured(random, length, float(random.choice((0.0, 1.0, 2.0)))) * random.uniform(0.003, 0.1)
        kind = place // len(all_turns) % 8
        if kind < 3:
            wave = knock
        elif kind == 5:  # something falls in a room
            wave *= np.exp(-np.arange(length) / HEARING_RATE_HZ / random.uniform(0.02, 0.3))
        elif kind == 3:
            wave *= 1e-4 / wave.std()
        elif kind == 4:
            time_s = np.arange(length) / HEARING_RATE_HZ
            wave *= 0.002 / wave.std()
            wave += sum(0.05 / n * np.sin(2 * np.pi * 50 * n * time_s + random.uniform(0, 6)) for n in range(1, 8))
        sound = Sound(np.clip(wave * 32767, -32768, 32767).astype("<i2").tobytes())
        if channel == "phone":
            sound = at_rate(phone_band(sound, old_network=True), HEARING_RATE_HZ)
        yield turn, NOBODY, sound, "no voice"


def collect(
    ear: ShortWordEar,
    language: str,
    all_turns: dict[str, Grammar],
    sounds: Iterator[tuple[str, MeaningId | None, Sound, str]],
) -> dict[str, list[Trial]]:
    table, trials = load_table("kiosk", language), {}
    for place, (turn, right, sound, name) in enumerate(sounds, 1):
        samples = present(sound)
        first = ear.ask_head(samples, all_turns[turn])
        if place % 100 == 0:
            print(place, "heard", round(time.process_time()), "s", flush=True)
        if first is not None:
            head = ear.ask_head_again(samples, first, all_turns[turn])
            scorer = ear.ask_scorer(samples, all_turns[turn], weigh(head, None, table)[0])
            trials.setdefault(name, []).append(Trial(turn, right, first, head, scorer))
    return trials


# --- fit --------------------------------------------------------------------------------------------------------------

GRID = {
    "temperature": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0),
    "else_bias": tuple(np.arange(-6.0, 3.1, 0.25)),
    "weight": (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6),
    "silence_weight": (0.0, 0.5, 1.0, 2.0, 4.0),
    "none_score": tuple(np.arange(-2.0, 6.1, 0.5)),
    "scorer_temperature": (0.7, 1.0, 1.5, 2.0, 3.0),
}
TOGETHER = ("temperature", "else_bias")


def fit(trials: Sequence[Trial], table: Table, fixed: Sequence[str] = ()) -> Table:
    """Give the table with the least loss: one number at a time, and those together that make up for each other, until
    nothing moves."""
    best, least = table, loss(trials, table)
    while True:
        before = least
        for names in (*((name,) for name in GRID), TOGETHER):
            for values in itertools.product(*(GRID[name] for name in names)) if not set(names) & set(fixed) else ():
                tried = replace(best, **{name: float(value) for name, value in zip(names, values, strict=True)})
                if (cost := loss(trials, tried)) < least:
                    best, least = tried, cost
        if least > before - 1e-4:
            return best


def loss(trials: Sequence[Trial], table: Table) -> float:
    said, other, noise = [], [], []
    for trial in trials:
        likelihoods, none = weigh(trial.head, trial.scorer, table)
        share = likelihoods.get(trial.right or NOBODY, none)
        (other if trial.right is None else noise if trial.right == NOBODY else said).append(-np.log(max(share, 1e-6)))
    answers = 1 - OTHER_SHARE - NOISE_SHARE
    return float(answers * np.mean(said) + OTHER_SHARE * np.mean(other) + NOISE_SHARE * np.mean(noise))


def decided(trial: Trial, table: Table, costs: Costs) -> tuple[MeaningId, float, HearingOutcome]:
    """Give the best meaning, its likelihood and the outcome, as the service would."""
    for head, scorer in ((trial.first, None), (trial.head, None), (trial.head, trial.scorer)):
        likelihoods, _ = weigh(head, scorer, table)
        if max(likelihoods.values()) >= table.sure_above:
            break
    first, second = sorted((*likelihoods, MeaningId("")), key=lambda m: -likelihoods.get(m, 0.0))[:2]
    return first, likelihoods[first], decide(likelihoods[first], likelihoods.get(second, 0.0), costs)


def told_apart(silent: Sequence[Trial], spoken: Sequence[Trial], table: Table) -> Table:
    """Give the table with the threshold that tells noise from speech best, and print what it does.

    Best: a sound without a voice heard as one weighs as much as the reverse (Youden 1950, "Index for rating diagnostic
    tests").
    """

    def unanswered(trials: Sequence[Trial]) -> np.ndarray:
        """Give what `nobody` makes of the trials that were given no answer."""
        some = [t for t in trials if decided(t, table, load_costs())[2] is HearingOutcome.NO_MATCH]
        return np.array([nobody(t.scorer.no_speech, weigh(t.head, t.scorer, table)[1]) for t in some])

    noise, voices = unanswered(silent), unanswered(spoken)
    levels = np.arange(0.0, 1.0, 0.01)
    shares = [np.mean(noise > level) - np.mean(voices > level) for level in levels]
    threshold = round(float(levels[int(np.argmax(shares))]), 2)
    print(
        f"noise: {len(silent)}, {len(noise)} of them without an answer, {np.sum(noise > threshold)} of these nobody's; "
        f"speech without an answer: {len(voices)}, {np.sum(voices > threshold)} taken for nobody's"
    )
    return replace(table, no_speech_above=threshold)


def counts(trials: Sequence[Trial], table: Table, costs: Costs) -> str:
    heard = [(decided(trial, table, costs), trial.right) for trial in trials]
    inside = [(best == right, outcome) for (best, _, outcome), right in heard if right is not None]
    outside = [outcome for (_, _, outcome), right in heard if right is None]
    matched = [is_right for is_right, outcome in inside if outcome is HearingOutcome.MATCH]
    right = [outcome for is_right, outcome in inside if is_right]
    asked = sum(outcome is HearingOutcome.DOUBTFUL for outcome in right)
    refused = sum(outcome is HearingOutcome.NO_MATCH for _, outcome in inside)
    false = sum(outcome is HearingOutcome.MATCH for outcome in outside)
    return (
        f"right {len(right)}/{len(inside)}, of these asked about {asked}, wrong accepted {len(matched) - sum(matched)} "
        f"of {len(matched)}, said again {refused}; other speech accepted {false}/{len(outside)}"
    )


def reliability(trials: Sequence[Trial], table: Table) -> None:
    """Print, for the likelihood of the best meaning: how often it was claimed and how often it was true."""
    told: list[tuple[float, bool, float]] = []
    shares = Counter(trial.right is None for trial in trials)
    weight = {True: OTHER_SHARE / max(shares[True], 1), False: (1 - OTHER_SHARE) / max(shares[False], 1)}
    for trial in trials:
        best, p, _ = decided(trial, table, load_costs())
        told.append((p, best == trial.right, weight[trial.right is None]))
    for low, high in itertools.pairwise((0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.01)):
        some = np.array([each for each in told if low <= each[0] < high])
        if len(some):
            said, true = (np.average(some[:, column], weights=some[:, 2]) for column in (0, 1))
            print(f"   best {low:.2f}-{min(high, 1):.2f}: {len(some):4d}, said {said:.2f}, true {true:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", default="fr", choices=sorted(VOICES))
    parser.add_argument("--channel", default="kiosk", choices=sorted(CONDITIONS))
    parser.add_argument("--share", type=int, default=3, help="one of so many utterances")
    parser.add_argument("--heads", type=Path, help="folder of other weights than those in use")
    parser.add_argument("--trials", type=Path, help="file that keeps what was heard")
    chosen = parser.parse_args()
    settle()
    by_name = heard_trials(chosen.language, chosen.channel, chosen.share, chosen.trials, chosen.heads)
    silent = by_name.pop("no voice")
    trials = [trial for some in by_name.values() for trial in some]
    begin = load_table(chosen.channel, chosen.language)
    plain = {"temperature": 1.0, "else_bias": 0.0, "silence_weight": 0.0, "none_score": 0.0, "scorer_temperature": 1.0}
    before = replace(begin, weight=0.3, **plain)
    print("before:")
    reliability(trials, before)
    table = fit([*trials, *silent], begin)
    table = told_apart(silent, trials, table)
    print("after:", table)
    reliability(trials, table)
    for name, some in by_name.items():
        print(f"{name:22s} {counts(some, table, load_costs())}")
    for turn in turns(chosen.language):
        of_turn = [trial for trial in trials if trial.turn == turn]
        print(f"{turn:22s} {counts(of_turn, table, load_costs())}")
    for wrong in (6.0, 8.0, 10.0, 12.0, 15.0, 20.0):
        print(f"wrong = {wrong:g}: {counts(trials, table, Costs(wrong, load_costs().again))}")


def heard_trials(
    language: str, channel: str, share: int, kept: Path | None, weights: Path | None = None
) -> dict[str, list[Trial]]:
    if kept is not None and kept.exists():
        return dict(pickle.loads(kept.read_bytes()))  # noqa: S301 our own file
    scorer = WhisperScorer(assemble_whisper(load_settings().models_folder), channel, threads=1)
    ear = ShortWordEar(scorer, channel, languages=(language,), weights=weights)
    all_turns = turns(language)
    sounds = itertools.chain(speech(language, channel, all_turns, share), without_voice(channel, all_turns))
    by_name = collect(ear, language, all_turns, sounds)
    if kept is not None:
        kept.write_bytes(pickle.dumps(by_name))
    return by_name


if __name__ == "__main__":
    main()
