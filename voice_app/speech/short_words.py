"""The ear for short words: the keyword head first, the closed-set scorer for options and for doubt.

The head knows the fixed vocabulary (digits, places, yes, no, commands) and hears it well in noise; it knows no option
of a question, and calls it "none of them". The scorer knows every wording and is good at long ones. The evidence is
made of both, with the numbers of `calibration_tables/whisper-base-words.toml`:

    head:    f(m)    = logsumexp over m's known wordings of logit / temperature
             f(else) = logsumexp of all other logits / temperature + else_bias
    scorer:  s(w)    = score of a wording against noise;  s(none) = `none_score`

    known meaning m                  f(m)    + weight * s(m)
    something else                   f(else) + weight * max(best unknown s, s(none))      softmax of these: H
    unknown wordings u, and none     H(else) * softmax over (s(u), s(none)) / scorer_temperature

A meaning's likelihood is the sum over its known and unknown wordings (an option is "le bouton vert" and "réponse un").
Where the head alone is sure (`sure_above`) the scorer is not asked: that saves most of the time. Sound longer than the
head's window is for the scorer alone, and so is a turn without known wordings or a language that is not `in_use`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voice_app.audio import Sound
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId, Recognition
from voice_app.speech import calibration
from voice_app.speech.keyword_head import WINDOW_FRAMES, KeywordHead
from voice_app.speech.log_mel import HOP, Samples, present
from voice_app.speech.models import WHISPER_SHA256
from voice_app.speech.whisper_scorer import ENGINE as SCORER
from voice_app.speech.whisper_scorer import WhisperScorer

ENGINE = "whisper-base-words"
WORTH_SCORING = 0.003
"""Known meanings less likely than this to the head are not scored: each wording costs 25 ms of processor time."""
KNOWN, UNKNOWN = "known ", "unknown "

Likelihoods = dict[MeaningId, float]


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of one channel and language; see the module's formulas. Logits and scores are natural logarithms.

    `sure_above`: likelihood by the head alone from which the scorer is not asked. `match_above`: least likelihood of a
    match. `reject_above`: likelihood of "none of these" from which there is no match. `no_speech_above`: the scorer's
    probability that nobody spoke from which a rejected sound was no speech.
    """

    temperature: float
    else_bias: float
    weight: float
    none_score: float
    scorer_temperature: float
    sure_above: float
    match_above: float
    reject_above: float
    no_speech_above: float


def load_table(channel: str, language: str) -> Table:
    """Give the table of a channel and of a language that has a head.

    A channel that was never measured takes the kiosk's numbers.
    """
    document = calibration.load_document(ENGINE)
    values = document.get(channel, document[calibration.DEFAULT_CHANNEL])[language]
    return Table(**{name: float(value) for name, value in values.items()})


def in_use() -> tuple[str, ...]:
    """Give the languages whose head hears people better than the scorer alone; the calibration file tells why."""
    return tuple(calibration.load_document(ENGINE)["in_use"])


@dataclass(frozen=True, slots=True)
class HeadHeard:
    """Logits by meaning (those with known wordings), and of everything else the head knows."""

    known: Likelihoods
    elsewhere: float


@dataclass(frozen=True, slots=True)
class ScorerHeard:
    """Scores against noise by meaning: by its known wordings (where asked), and by its unknown ones."""

    known: Likelihoods
    unknown: Likelihoods
    no_speech: float


class ShortWordEar:
    """The engine. One owner; every call blocks."""

    def __init__(
        self,
        scorer: WhisperScorer,
        channel: str,
        encoder_sha256: str = WHISPER_SHA256["model.bin"],
        languages: Sequence[str] | None = None,
    ) -> None:
        """Take the heads of some languages, by default those in use.

        Raises ValueError when a head was trained on another encoder than the scorer's.
        """
        self._scorer = scorer
        self._heads = {language: KeywordHead(language) for language in (in_use() if languages is None else languages)}
        for language, head in self._heads.items():
            if head.encoder_sha256 != encoder_sha256:
                raise ValueError(f"the keyword head {language!r} was trained on another encoder: train it again")
        self._tables = {language: load_table(channel, language) for language in self._heads}
        self._scorer_table = calibration.load_table(SCORER, channel, "mixed")

    def prepare(self, grammar: Grammar, limit: int | None = None) -> int:
        """Prepare the scorer, which may be asked about any wording."""
        return self._scorer.prepare(grammar, limit)

    def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Score one utterance against the grammar."""
        samples = present(utterance)
        by_head = self.ask_head(samples, grammar)
        if by_head is None:
            return self._scorer.recognize(utterance, grammar)
        table = self._tables[grammar.language]
        likelihoods, none_of_these = weigh(by_head, None, table)
        no_speech = 0.0
        if max(likelihoods.values()) < table.sure_above:
            by_scorer = self.ask_scorer(samples, grammar, likelihoods)
            likelihoods, none_of_these = weigh(by_head, by_scorer, table)
            no_speech = by_scorer.no_speech
        if none_of_these > table.reject_above and no_speech > table.no_speech_above:
            return calibration.no_input(ENGINE, utterance.duration_ms)
        ranked = calibration.rank({meaning.id: likelihoods.get(meaning.id, 0.0) for meaning in grammar.meanings})
        if none_of_these > table.reject_above:
            outcome = HearingOutcome.NO_MATCH
        elif ranked[0].likelihood < table.match_above:
            outcome = HearingOutcome.DOUBTFUL
        else:
            outcome = HearingOutcome.MATCH
        return Recognition(outcome, ranked, none_of_these, ENGINE, utterance.duration_ms)

    def ask_head(self, samples: Samples, grammar: Grammar) -> HeadHeard | None:
        """Give what the head makes of what `present` made of an utterance; None when it has nothing to say."""
        head = self._heads.get(grammar.language)
        if head is None or not 0 < len(samples) <= WINDOW_FRAMES * HOP:
            return None
        place = {wording: number for number, wording in enumerate(head.wordings)}
        places = {m.id: [place[form] for form in m.forms if form in place] for m in grammar.meanings}
        if not any(places.values()):
            return None
        logits = head.logits(self._scorer.encode(samples, WINDOW_FRAMES)[0])
        asked = [number for numbers in places.values() for number in numbers]
        known = {meaning: logsumexp(logits[numbers]) for meaning, numbers in places.items() if numbers}
        return HeadHeard(known, logsumexp(np.delete(logits, asked)))

    def ask_scorer(self, samples: Samples, grammar: Grammar, by_head: Mapping[MeaningId, float]) -> ScorerHeard:
        """Give the scorer's view of the unknown wordings, and of the known ones that are likely `by_head`."""
        words = frozenset(self._heads[grammar.language].wordings)
        meanings = []
        for meaning in grammar.meanings:
            known = tuple(form for form in meaning.forms if form in words)
            unknown = tuple(form for form in meaning.forms if form not in words)
            if known and by_head[meaning.id] >= WORTH_SCORING:
                meanings.append(Meaning(MeaningId(KNOWN + meaning.id), known))
            if unknown:
                meanings.append(Meaning(MeaningId(UNKNOWN + meaning.id), unknown))
        if not meanings:
            likeliest = max(by_head, key=lambda meaning: by_head[meaning])
            forms = next(meaning.forms for meaning in grammar.meanings if meaning.id == likeliest)
            meanings.append(Meaning(MeaningId(KNOWN + likeliest), forms))
        heard = self._scorer.measure(samples, Grammar(grammar.language, tuple(meanings)), self._scorer_table)
        known_scores, unknown_scores = (
            {MeaningId(m.removeprefix(kind)): score for m, score in heard.scores.items() if m.startswith(kind)}
            for kind in (KNOWN, UNKNOWN)
        )
        return ScorerHeard(known_scores, unknown_scores, heard.no_speech)


def weigh(head: HeadHeard, scorer: ScorerHeard | None, table: Table) -> tuple[Likelihoods, float]:
    """Give the likelihood of every meaning that was asked about, and of none of these; they sum to 1."""
    first = {meaning: logit / table.temperature for meaning, logit in head.known.items()}
    elsewhere = head.elsewhere / table.temperature + table.else_bias
    unknown = {} if scorer is None else scorer.unknown
    if scorer is not None:
        least = min(scorer.known.values(), default=table.none_score)
        first = {m: value + table.weight * scorer.known.get(m, least) for m, value in first.items()}
        elsewhere += table.weight * max(table.none_score, *unknown.values(), table.none_score)
    total = logsumexp(np.array([*first.values(), elsewhere]))
    likelihoods = {meaning: float(np.exp(value - total)) for meaning, value in first.items()}
    rest = float(np.exp(elsewhere - total))
    scores = np.array([*unknown.values(), table.none_score]) / table.scorer_temperature
    shares = np.exp(scores - logsumexp(scores)) * rest
    for meaning, share in zip(unknown, shares[:-1], strict=True):
        likelihoods[meaning] = likelihoods.get(meaning, 0.0) + float(share)
    return likelihoods, float(shares[-1])


def logsumexp(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    highest = float(values.max())
    return highest + float(np.log(np.exp(values - highest).sum()))
