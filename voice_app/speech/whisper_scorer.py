"""The embedded recogniser: which of the turn's wordings explains the sound best, according to Whisper base.

It never transcribes freely: single words come out as anything ("trois" as "Toi. Toi."). Instead the sound is encoded
once, and each wording is scored as the sentence `Mot.` (one written form: more forms cost accuracy and time):

    score(w | sound) = sum over tokens of log p(token | sound, tokens before) - weight * (the same on noise)

The second term, the noise prior, takes off what the language model likes to write anyway; without it short and long
wordings cannot be compared. It is the mean over silence, two white noises and speech with its phases scrambled. It
depends on the wording alone, so it is computed once per wording and kept on disk beside the model.

A meaning's score is its best wording's. Wordings of one meaning are different utterances, not spellings.

Scoring a wording costs about 25 ms of processor time, and a turn knows 30 to 60 of them. So the first token is scored
for all of them in one pass, and only the `SHORT_LIST` best go on; the others share the lowest score of the scored ones.

Window: the encoder sees 5 s, or the sound and one second if that is longer; a shorter window hears less, the usual 30 s
costs ten times more.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from voice_app.audio import Sound
from voice_app.hearing import Grammar, MeaningId, Recognition
from voice_app.speech.calibration import Table, judge, kind_of, load_table, no_input, no_match
from voice_app.speech.log_mel import HOP, Samples, log_mel, present, spoken_s
from voice_app.speech.priors import NoisePriors, prior_noises

log = logging.getLogger(__name__)

ENGINE = "whisper-base"
WINDOW_FRAMES = 500
SPARE_FRAMES = 100
LONGEST_FRAMES = 3000
SHORT_LIST = 16
"""Wordings that are scored in full. On 162 synthetic utterances of a turn with 54 wordings, scoring all of them hears
141 right, the 16 best first tokens 139, 12 of them 137, 8 of them 132 (16 without the prior: 127)."""
WRITING_FRAMES = 1000
MOST_WRITTEN_TOKENS = 40
LEAST_WRITTEN_SCORE = -0.8
"""Mean logarithm of a token's probability under which what was written is not believed."""
BATCH = 8
LEAST_PROBABILITY = 1e-12
CERTAINLY_NOT = 0.98
"""`none_of_these` of an utterance that is far too long for anything in the grammar."""

Encoded = NDArray[np.float32]
Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Wording:
    meaning: MeaningId
    form: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Measured:
    """Raw scores of an utterance: by meaning, the winning wording, how well it stands out from noise, and the
    probability that nobody spoke."""

    scores: dict[MeaningId, float]
    winner: str
    confidence: float
    no_speech: float


class WhisperScorer:
    """The engine. One owner; every call blocks."""

    def __init__(self, folder: Path, channel: str, threads: int) -> None:
        self._model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=threads
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tables = {kind: load_table(ENGINE, channel, kind) for kind in ("mixed", "short")}
        self._noises = [self.encode(noise, WINDOW_FRAMES) for noise in prior_noises()]
        self._priors = NoisePriors(folder / "priors.json")
        self._first_priors: dict[str, NDArray[np.float64]] = {}

    def prepare(self, grammar: Grammar, limit: int | None = None) -> int:
        """Compute the noise priors of at most `limit` wordings that have none; give how many are still missing."""
        return self._prepare(self._wordings(grammar), grammar.language, limit)

    def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Score one utterance against the grammar."""
        table = self._tables[kind_of(grammar)]
        audio_ms = utterance.duration_ms
        samples = present(utterance)
        if not samples.size:
            return no_input(ENGINE, audio_ms)
        length_s = spoken_s(samples)
        if length_s > max(longest_s(form, table) for meaning in grammar.meanings for form in meaning.forms):
            is_silent = self._no_speech(samples, grammar.language) > table.no_speech_above
            return no_input(ENGINE, audio_ms) if is_silent else no_match(grammar, CERTAINLY_NOT, ENGINE, audio_ms)
        heard = self.measure(samples, grammar, table)
        if heard.confidence < table.reject_below and heard.no_speech > table.no_speech_above:
            return no_input(ENGINE, audio_ms)
        if length_s > longest_s(heard.winner, table):
            return no_match(grammar, CERTAINLY_NOT, ENGINE, audio_ms)
        verdict = judge(heard.scores, heard.confidence, table)
        return Recognition(verdict.outcome, verdict.ranked, verdict.none_of_these, ENGINE, audio_ms)

    def measure(self, samples: Samples, grammar: Grammar, table: Table) -> Measured:
        """Give the raw scores of what `present` made of an utterance; for `recognize` and for calibration."""
        frames = min(LONGEST_FRAMES, max(WINDOW_FRAMES, (len(samples) // HOP + SPARE_FRAMES) // 2 * 2))
        encoded = self.encode(samples, frames)
        first, no_speech = self._first_token(encoded, grammar.language)
        wordings = self._short_list(self._wordings(grammar), first, grammar.language, table)
        self._prepare(wordings, grammar.language)  # of these only: a turn never heard before would cost seconds
        raw = self._score(encoded, grammar.language, [wording.tokens for wording in wordings])
        prior = np.array([self._priors.get(grammar.language, wording.form) for wording in wordings])
        scores = raw - table.prior_weight * prior
        winner = int(np.argmax(scores))
        # how well the winner stands out from noise is always asked with the same weight: that is what was calibrated
        confidence = float(raw[winner] - self._tables["mixed"].prior_weight * prior[winner])
        return Measured(_by_meaning(grammar, wordings, scores), wordings[winner].form, confidence, no_speech)

    def write_down(self, samples: Samples, language: str) -> str:
        """Give what a sentence seems to say; empty when that is not to be believed.

        Free decoding loops in a window as short as the scorer's, so this one is longer.
        """
        frames = min(LONGEST_FRAMES, max(WRITING_FRAMES, (len(samples) // HOP + SPARE_FRAMES) // 2 * 2))
        start = self._start(language)
        result: Any = self._model.generate(
            ctranslate2.StorageView.from_array(self.encode(samples, frames)), [start], beam_size=1,
            max_length=len(start) + MOST_WRITTEN_TOKENS, no_repeat_ngram_size=4, return_scores=True,
        )[0]  # fmt: skip
        if float(result.scores[0]) < LEAST_WRITTEN_SCORE:
            return ""
        return str(self._tokenizer.decode(result.sequences_ids[0])).strip()

    def _prepare(self, wordings: list[_Wording], language: str, limit: int | None = None) -> int:
        missing = [wording for wording in wordings if self._priors.get(language, wording.form) is None]
        now = missing[:limit]
        if now:
            scores = [self._score(noise, language, [wording.tokens for wording in now]) for noise in self._noises]
            for wording, prior in zip(now, np.mean(scores, axis=0), strict=True):
                self._priors.put(language, wording.form, float(prior))
            self._priors.save()
        return len(missing) - len(now)

    # --- wordings ------------------------------------------------------------------------------------------------

    def _wordings(self, grammar: Grammar) -> list[_Wording]:
        return [
            _Wording(meaning.id, form, self._tokens(form)) for meaning in grammar.meanings for form in meaning.forms
        ]

    def _tokens(self, form: str) -> Tokens:
        """Give the tokens of the wording as a sentence; its full stop stands for the end, which is not scored."""
        sentence = f" {form[0].upper()}{form[1:]}."
        return tuple(self._tokenizer.encode(sentence, add_special_tokens=False).ids)

    def _start(self, language: str) -> list[int]:
        marks = ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>")
        ids = [self._tokenizer.token_to_id(mark) for mark in marks]
        known = [token for token in ids if token is not None]
        if len(known) < len(ids):
            raise ValueError(f"the embedded recogniser does not know the language {language!r}")
        return known

    def _short_list(
        self, wordings: list[_Wording], first: NDArray[np.float64], language: str, table: Table
    ) -> list[_Wording]:
        if len(wordings) <= SHORT_LIST:
            return wordings
        lift = first - table.prior_weight * self._first_prior(language)
        return sorted(wordings, key=lambda wording: -lift[wording.tokens[0]])[:SHORT_LIST]

    def _first_prior(self, language: str) -> NDArray[np.float64]:
        if language not in self._first_priors:
            on_noise = [self._first_token(noise, language)[0] for noise in self._noises]
            self._first_priors[language] = np.mean(on_noise, axis=0)
        return self._first_priors[language]

    # --- the model -----------------------------------------------------------------------------------------------

    def encode(self, samples: Samples, frames: int) -> Encoded:
        """Give what the encoder makes of a window of so many frames, 1 x frames/2 x 512; the keyword heads read it."""
        picture = ctranslate2.StorageView.from_array(log_mel(samples, frames)[None])
        return np.array(self._model.encode(picture))

    def _no_speech(self, samples: Samples, language: str) -> float:
        """Give the probability that nobody speaks in the first seconds."""
        return self._first_token(self.encode(samples, WINDOW_FRAMES), language)[1]

    def _first_token(self, encoded: Encoded, language: str) -> tuple[NDArray[np.float64], float]:
        """Give the logarithm of every token's probability to come first, and the probability that nobody speaks."""
        start = self._start(language)
        result: Any = self._model.generate(
            ctranslate2.StorageView.from_array(encoded), [start], beam_size=1, max_length=len(start) + 1,
            return_logits_vocab=True, return_no_speech_prob=True, suppress_blank=False, suppress_tokens=[],
        )[0]  # fmt: skip
        logits = np.array(result.logits[0][0], dtype=np.float64)
        logits -= logits.max()
        return logits - np.log(np.exp(logits).sum()), float(result.no_speech_prob)

    def _score(self, encoded: Encoded, language: str, sentences: Sequence[Tokens]) -> NDArray[np.float64]:
        """Give the logarithm of each sentence's probability, in the order of the sentences."""
        start = self._start(language)
        scores = np.zeros(len(sentences))
        by_length = sorted(range(len(sentences)), key=lambda place: len(sentences[place]))
        for places in _batches(by_length):
            repeated = ctranslate2.StorageView.from_array(np.ascontiguousarray(encoded.repeat(len(places), axis=0)))
            results: Any = self._model.align(
                repeated, start, [list(sentences[place]) for place in places], [encoded.shape[1] * 2] * len(places)
            )
            for place, result in zip(places, results, strict=True):
                scores[place] = np.log(np.clip(result.text_token_probs, LEAST_PROBABILITY, 1.0)).sum()
        return scores


def longest_s(form: str, table: Table) -> float:
    """Give how long an utterance may be to be this wording and nothing more."""
    return table.patience_s + table.s_per_character * len(form)


def _batches(places: list[int]) -> Iterator[list[int]]:
    rest = iter(places)
    while batch := list(itertools.islice(rest, BATCH)):
        yield batch


def _by_meaning(grammar: Grammar, wordings: list[_Wording], scores: NDArray[np.float64]) -> dict[MeaningId, float]:
    """Give every meaning its best wording's score, or the lowest of all when none of its wordings was scored."""
    lowest = float(scores.min())
    best = {meaning.id: lowest for meaning in grammar.meanings}
    for wording, score in zip(wordings, scores, strict=True):
        best[wording.meaning] = max(best[wording.meaning], float(score))
    return best
