"""The ear for short words: the keyword head first, the closed-set scorer for options and for doubt.

The head knows the fixed vocabulary (digits, places, yes, no, commands) and hears it well in noise; it knows no option
of a question, and calls it "none of them". The scorer knows every wording and is good at long ones. The evidence is
made of both, with the numbers of `calibration_tables/whisper-base-words.toml`:

    head:    f(m)    = logsumexp over m's known wordings of logit / temperature
             f(else) = logsumexp of all other logits / temperature + else_bias
    scorer:  s(w)    = score of a wording against noise;  s(none) = `none_score`
             n       = how far its log-odds that nobody spoke lie above those of `SILENT_FROM`, at least 0

    known meaning m                  f(m)    + weight * s(m)
    something else                   f(else) + weight * max(best unknown s, s(none)) + silence_weight * n
                                                                                          softmax of these: H
    unknown wordings u, and none     H(else) * softmax over (s(u), s(none)) / scorer_temperature

A meaning's likelihood is the sum over its known and unknown wordings (an option is "le bouton vert" and "réponse un").
Where the head alone is sure (`sure_above`; without `else_bias` where the turn has wordings that it does not know) the
scorer is not asked: that saves most of the time. Where it is not, it hears the sound again, played slower as by a
larger person and faster as by a smaller one, and f is the mean (what a network makes of changed copies of its input
errs less in the mean; Krizhevsky et al. 2012, section 4.1); the scorer is asked if this leaves it in doubt. What
becomes of the evidence is `policy`'s decision.

Sound longer than the head's first window is taken apart at its pauses (`passages`): where there are several, the one in
which the head hears an answer is heard as if it had been said alone ("euh ... la deux"). Two passages with different
answers are a correction or a quarrel: the last one counts most (`LAST_COUNTS`), never enough to be taken without
asking. Where there are no passages to tell apart, because noise hides the pauses or one word has much noise around it,
the whole is heard through a longer window of the head if it has one, or else the loudest stretch that fits the first.
A piece of an option can sound like a short word: where the scorer is sure (`sure_above`) that the whole is a wording
that the head does not know, a short word in a passage does not count.
Where a head with a longer window is in doubt about all of this, what it finds likeliest is weighed with the scorer as
a short sound is; what it calls none of its words is for the scorer alone, and so is a turn without known wordings or a
language without a head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId, Recognition
from voice_app.speech import calibration, policy
from voice_app.speech.keyword_head import KeywordHead
from voice_app.speech.log_mel import AFTER_S, BEFORE_S, FRAMES_PER_SECOND, HOP, Samples, log_mel, present
from voice_app.speech.models import WHISPER_SHA256
from voice_app.speech.passages import loudest, passages
from voice_app.speech.samples import resample
from voice_app.speech.whisper_scorer import ENGINE as SCORER
from voice_app.speech.whisper_scorer import WhisperScorer

ENGINE = "whisper-base-words"
WORTH_SCORING = 0.003
"""Known meanings less likely than this to the head are not scored: each wording costs 25 ms of processor time."""
SPOKEN_WINDOW_S = 2.5 - BEFORE_S - AFTER_S
"""What the shortest window of a head holds beside the silence that `present` puts around."""
SHORT_SAMPLES = round(2.5 * FRAMES_PER_SECOND) * HOP
"""Up to here nothing is taken apart."""
ANSWER_FROM = 0.5
"""Likelihood by the head alone from which a passage holds an answer."""
PERHAPS_FROM = 0.05
"""Likelihood by the head alone under which a longer sound holds no short word."""
LAST_COUNTS = 0.6
SILENT_FROM = 0.3
"""The scorer's probability that nobody spoke from which it counts: words said in noise mostly lie below."""
PACES = (0.92, 1.08)
"""How fast the sound is played when it is heard again, as by a larger and by a smaller person."""
KNOWN, UNKNOWN = "known ", "unknown "

Likelihoods = dict[MeaningId, float]


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of one channel and language; see the module's formulas. Logits and scores are natural logarithms.

    `sure_above`: likelihood by the head alone from which the scorer is not asked. `no_speech_above`: what `nobody`
    gives from which a sound that gave no answer was no speech.
    """

    temperature: float
    else_bias: float
    weight: float
    silence_weight: float
    none_score: float
    scorer_temperature: float
    sure_above: float
    no_speech_above: float


def load_table(channel: str, language: str) -> Table:
    """Give the table of a channel and of a language that has a head.

    A channel that was never measured takes the kiosk's numbers.
    """
    document = calibration.load_document(ENGINE)
    values = document.get(channel, {}).get(language) or document[calibration.DEFAULT_CHANNEL][language]
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


@dataclass(frozen=True, slots=True)
class Heard:
    """The evidence in an utterance: likelihoods of the meanings asked about and of none of these, which sum to 1."""

    likelihoods: Likelihoods
    none_of_these: float
    no_speech: float


class ShortWordEar:
    """The engine. One owner; every call blocks."""

    def __init__(
        self,
        scorer: WhisperScorer,
        channel: str,
        encoder_sha256: str = WHISPER_SHA256["model.bin"],
        languages: Sequence[str] | None = None,
        weights: Path | None = None,
    ) -> None:
        """Take the heads of some languages, by default those in use; `weights`: a folder of others than the package's.

        Raises ValueError when a head was trained on another encoder than the scorer's.
        """
        self._scorer = scorer
        wanted = in_use() if languages is None else languages
        self._heads = {language: KeywordHead(language, weights) for language in wanted}
        for language, head in self._heads.items():
            if head.encoder_sha256 != encoder_sha256:
                raise ValueError(f"the keyword head {language!r} was trained on another encoder: train it again")
        self._tables = {language: load_table(channel, language) for language in self._heads}
        self._scorer_table = calibration.load_table(SCORER, channel, "mixed")
        self._costs = policy.load_costs()

    def prepare(self, grammar: Grammar, limit: int | None = None) -> int:
        """Prepare the scorer, which may be asked about any wording."""
        return self._scorer.prepare(grammar, limit)

    def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Score one utterance against the grammar."""
        heard = self.measure(utterance, grammar)
        if heard is None:
            return self._scorer.recognize(utterance, grammar)
        ranked = calibration.rank({m.id: heard.likelihoods.get(m.id, 0.0) for m in grammar.meanings})
        second = ranked[1].likelihood if len(ranked) > 1 else 0.0
        outcome = policy.decide(ranked[0].likelihood, second, self._costs)
        is_silent = nobody(heard.no_speech, heard.none_of_these) > self._tables[grammar.language].no_speech_above
        if outcome is HearingOutcome.NO_MATCH and is_silent:
            return calibration.no_input(ENGINE, utterance.duration_ms)
        return Recognition(outcome, ranked, heard.none_of_these, ENGINE, utterance.duration_ms)

    def measure(self, utterance: Sound, grammar: Grammar) -> Heard | None:
        """Give the evidence in an utterance; None when it is for the scorer alone."""
        samples = present(utterance)
        whole = self.ask_head(samples, grammar)
        if len(samples) <= SHORT_SAMPLES:
            return None if whole is None else self._weighed(samples, whole, grammar)
        found = passages(utterance)
        parts = [self._part(each, grammar) for each in found] if whole is None or len(found) > 1 else []
        if whole is None and not any(part.likelihood >= ANSWER_FROM for part in parts):
            heart = loudest(utterance, SPOKEN_WINDOW_S)
            parts += [] if heart is None else [self._part(heart, grammar)]
        answers: dict[MeaningId, _Part] = {}
        for part in parts:
            if part.by_head is not None and part.likelihood >= ANSWER_FROM:
                answers.pop(part.best, None)  # a repeated answer moves to the end
                answers[part.best] = part
        phrase = self._phrase(samples, grammar, answers) if answers else None
        if phrase is not None:
            return phrase
        if not answers and whole is not None:
            alone = [] if len(found) > 1 else parts  # of several pieces in doubt none is the answer: it is a sentence
            perhaps = [_part(samples, whole, self._tables[grammar.language]), *alone]
            likeliest = max(perhaps, key=lambda part: part.likelihood)
            answers = {likeliest.best: likeliest} if likeliest.likelihood >= PERHAPS_FROM else {}
        heard = [self._weighed(each.samples, each.by_head, grammar) for each in answers.values() if each.by_head]
        return corrected(heard) if heard else None

    def _phrase(self, samples: Samples, grammar: Grammar, answers: Mapping[MeaningId, _Part]) -> Heard | None:
        """Give the evidence of the scorer where the whole is surely a wording that the head does not know."""
        if self._knows_all(grammar):
            return None
        in_parts = {meaning.id: float(meaning.id in answers) for meaning in grammar.meanings}
        by_scorer = self.ask_scorer(samples, grammar, in_parts)
        table, shares = self._tables[grammar.language], dict.fromkeys(in_parts, 0.0)
        meanings = (*by_scorer.unknown, *by_scorer.known)
        scores = np.array([*by_scorer.unknown.values(), *by_scorer.known.values(), table.none_score])
        *each, none_of_these = np.exp(scores / table.scorer_temperature - logsumexp(scores / table.scorer_temperature))
        if max(each[: len(by_scorer.unknown)]) < table.sure_above:
            return None
        for meaning, share in zip(meanings, each, strict=True):
            shares[meaning] += float(share)
        return Heard(shares, float(none_of_these), by_scorer.no_speech)

    def _knows_all(self, grammar: Grammar) -> bool:
        """Tell whether the head knows every wording of the turn."""
        words = frozenset(self._heads[grammar.language].wordings)
        return all(form in words for meaning in grammar.meanings for form in meaning.forms)

    def _part(self, passage: Sound, grammar: Grammar) -> _Part:
        samples = present(passage)
        return _part(samples, self.ask_head(samples, grammar), self._tables[grammar.language])

    def _weighed(self, samples: Samples, by_head: HeadHeard, grammar: Grammar) -> Heard:
        table = self._tables[grammar.language]
        if not self._is_sure(by_head, grammar):
            by_head = self.ask_head_again(samples, by_head, grammar)
        likelihoods, none_of_these = weigh(by_head, None, table)
        if self._is_sure(by_head, grammar):
            return Heard(likelihoods, none_of_these, 0.0)
        by_scorer = self.ask_scorer(samples, grammar, likelihoods)
        return Heard(*weigh(by_head, by_scorer, table), by_scorer.no_speech)

    def _is_sure(self, by_head: HeadHeard, grammar: Grammar) -> bool:
        table = self._tables[grammar.language]
        if not self._knows_all(grammar):  # "none of them" may well be a wording: the head is not sure by its bias
            table = replace(table, else_bias=0.0)
        return max(weigh(by_head, None, table)[0].values()) >= table.sure_above

    def ask_head_again(self, samples: Samples, first: HeadHeard, grammar: Grammar) -> HeadHeard:
        """Give the mean of what the head made of the samples and of what it makes of them played slower and faster."""
        other = (resample(samples.astype(np.float64), pace * HEARING_RATE_HZ, HEARING_RATE_HZ) for pace in PACES)
        again = (self.ask_head(each.astype(np.float32), grammar) for each in other)
        every = [first, *(each for each in again if each is not None)]  # None: longer than the head's windows now
        known = {meaning: float(np.mean([each.known[meaning] for each in every])) for meaning in first.known}
        return HeadHeard(known, float(np.mean([each.elsewhere for each in every])))

    def ask_head(self, samples: Samples, grammar: Grammar) -> HeadHeard | None:
        """Give what the head makes of what `present` made of an utterance; None when it has nothing to say."""
        head = self._heads.get(grammar.language)
        window = None if head is None else head.window_for(len(samples))
        if head is None or window is None or not len(samples):
            return None
        place = {wording: number for number, wording in enumerate(head.wordings)}
        places = {m.id: [place[form] for form in m.forms if form in place] for m in grammar.meanings}
        if not any(places.values()):
            return None
        logits = head.logits(self._scorer.encode(samples, window)[0], log_mel(samples, window))
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


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an utterance, and the likeliest meaning in it by the head alone."""

    samples: Samples
    by_head: HeadHeard | None
    best: MeaningId
    likelihood: float


def _part(samples: Samples, by_head: HeadHeard | None, table: Table) -> _Part:
    if by_head is None:
        return _Part(samples, None, MeaningId(""), 0.0)
    likelihoods, _ = weigh(by_head, None, table)
    best = max(likelihoods, key=lambda meaning: likelihoods[meaning])
    return _Part(samples, by_head, best, likelihoods[best])


def log_odds(probability: float) -> float:
    kept = min(max(probability, 1e-3), 1 - 1e-3)
    return float(np.log(kept / (1 - kept)))


def nobody(no_speech: float, none_of_these: float) -> float:
    """Give how likely a sound is nobody's: by the scorer's view of it and by the evidence, since words in noise can
    look like no speech to the scorer."""
    return no_speech * none_of_these


def weigh(head: HeadHeard, scorer: ScorerHeard | None, table: Table) -> tuple[Likelihoods, float]:
    """Give the likelihood of every meaning that was asked about, and of none of these; they sum to 1."""
    first = {meaning: logit / table.temperature for meaning, logit in head.known.items()}
    elsewhere = head.elsewhere / table.temperature + table.else_bias
    unknown = {} if scorer is None else scorer.unknown
    if scorer is not None:
        least = min(scorer.known.values(), default=table.none_score)
        first = {m: value + table.weight * scorer.known.get(m, least) for m, value in first.items()}
        elsewhere += table.weight * max(table.none_score, *unknown.values(), table.none_score)
        elsewhere += table.silence_weight * max(0.0, log_odds(scorer.no_speech) - log_odds(SILENT_FROM))
    total = logsumexp(np.array([*first.values(), elsewhere]))
    likelihoods = {meaning: float(np.exp(value - total)) for meaning, value in first.items()}
    rest = float(np.exp(elsewhere - total))
    scores = np.array([*unknown.values(), table.none_score]) / table.scorer_temperature
    shares = np.exp(scores - logsumexp(scores)) * rest
    for meaning, share in zip(unknown, shares[:-1], strict=True):
        likelihoods[meaning] = likelihoods.get(meaning, 0.0) + float(share)
    return likelihoods, float(shares[-1])


def corrected(answers: Sequence[Heard]) -> Heard:
    """Give the evidence of one answer, or of several that were said one after the other: the last one counts most."""
    *earlier, last = answers
    if not earlier:
        return last
    shares = [(1.0 - LAST_COUNTS) / len(earlier)] * len(earlier) + [LAST_COUNTS]
    meanings = {meaning for heard in answers for meaning in heard.likelihoods}
    return Heard(
        {m: sum(s * h.likelihoods.get(m, 0.0) for s, h in zip(shares, answers, strict=True)) for m in meanings},
        sum(share * heard.none_of_these for share, heard in zip(shares, answers, strict=True)),
        last.no_speech,
    )


def logsumexp(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    highest = float(values.max())
    return highest + float(np.log(np.exp(values - highest).sum()))
