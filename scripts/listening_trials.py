"""What the ear makes of recordings, counted: shared by scripts/bench_listening.py and its report.

Ears side by side, in one process: the closed-set scorer alone, the keyword head alone (and its softmax before any
calibration), and the service's fusion.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from voice_app.audio import Sound
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId, Recognition
from voice_app.settings import load_settings
from voice_app.speech import calibration, policy
from voice_app.speech.log_mel import Samples, present
from voice_app.speech.models import assemble_whisper
from voice_app.speech.passages import passages
from voice_app.speech.short_words import ShortWordEar, Table, load_table, weigh
from voice_app.speech.whisper_scorer import Encoded, WhisperScorer

REMEMBERED = 100


class RememberingScorer(WhisperScorer):
    """The scorer, which encodes a sound once though several ears and grammars hear it."""

    def __init__(self, folder: Path, channel: str, threads: int) -> None:
        self._remembered: OrderedDict[tuple[bytes, int], Encoded] = OrderedDict()
        super().__init__(folder, channel, threads)

    def encode(self, samples: Samples, frames: int) -> Encoded:
        key = (hashlib.sha256(samples.tobytes()).digest(), frames)
        if key not in self._remembered:
            self._remembered[key] = super().encode(samples, frames)
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return self._remembered[key]


class Ears:
    """The three ears of a language on a channel."""

    def __init__(self, language: str, channel: str, weights: Path | None = None) -> None:
        self.language = language
        folder = assemble_whisper(load_settings().models_folder)
        self.scorer = RememberingScorer(folder, channel, threads=1)
        self.service = ShortWordEar(self.scorer, channel, languages=(language,), weights=weights)
        self.table = load_table(channel, language)
        self.raw = replace(self.table, temperature=1.0, else_bias=0.0)

    def hear(self, ear: str, sound: Sound, grammar: Grammar) -> Recognition:
        if ear == "scorer":
            return self.scorer.recognize(sound, grammar)
        if ear in ("head", "raw head"):
            return self._head_alone(sound, grammar, self.table if ear == "head" else self.raw)
        return self.service.recognize(sound, grammar)

    def _head_alone(self, sound: Sound, grammar: Grammar, table: Table) -> Recognition:
        whole = self.service.ask_head(present(sound), grammar)
        parts = (self.service.ask_head(present(part), grammar) for part in (passages(sound) if whole is None else ()))
        heard = [weigh(each, None, table) for each in (whole, *parts) if each is not None]
        if not heard:
            return calibration.no_match(grammar, 1.0, "head", sound.duration_ms)
        likelihoods, none = max(heard, key=lambda each: max(each[0].values()))
        ranked = calibration.rank({meaning.id: likelihoods.get(meaning.id, 0.0) for meaning in grammar.meanings})
        second = ranked[1].likelihood if len(ranked) > 1 else 0.0
        outcome = policy.decide(ranked[0].likelihood, second, policy.load_costs())
        return Recognition(outcome, ranked, none, "head", sound.duration_ms)


@dataclass
class Row:
    """Counts of one set, condition and ear. `expected` None: speech or noise of no answer."""

    clips: int = 0
    right: int = 0
    accepted_right: int = 0
    accepted_wrong: int = 0
    confirmed_right: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    confusions: Counter[str] = field(default_factory=Counter)
    claims: list[tuple[float, bool]] = field(default_factory=list)
    groups: dict[str, list[bool]] = field(default_factory=dict)

    def add(self, heard: Recognition, expected: str | None, group: str) -> None:
        self.clips += 1
        self.outcomes[str(heard.outcome)] += 1
        accepted = heard.outcome is HearingOutcome.MATCH
        is_right = expected is not None and heard.best == expected
        self.right += is_right
        self.accepted_right += is_right and accepted
        self.accepted_wrong += accepted and not is_right
        self.confirmed_right += is_right and heard.outcome is HearingOutcome.DOUBTFUL
        self.groups.setdefault(group, []).append(is_right)
        if heard.ranked:
            self.claims.append((heard.ranked[0].likelihood, is_right))
        if expected is not None and not is_right:
            self.confusions[f"{expected} > {heard.best or 'nothing'}"] += 1

    def interval(self, draws: int = 2000) -> tuple[float, float]:
        """Give the 95 % interval of the share that is right, by drawing recordings (with all their conditions)."""
        random = np.random.default_rng(9)
        sums = np.array([[sum(some), len(some)] for some in self.groups.values()])
        drawn = sums[random.integers(len(sums), size=(draws, len(sums)))].sum(axis=1)
        low, high = np.percentile(drawn[:, 0] / drawn[:, 1], (2.5, 97.5))
        return float(low), float(high)


def grammar_of(language: str, meanings: Iterable[tuple[str, tuple[str, ...]]]) -> Grammar:
    return Grammar(language, tuple(Meaning(MeaningId(name), forms) for name, forms in meanings))
