"""An ear for sentences: hears a short wording as the ear inside it does, and writes a sentence down besides.

Scoring wordings cannot tell "pas la deux, la trois" from its pieces, and calls "vous pouvez répéter ?" none of them. So
what matched no wording, what is longer than the wording it matched, and what is long and in pieces or not quite sure is
also written down by the same model. What the sentence means is not decided here: the dialogue reads it.

The model gets no hint of what may be said. With the turn's wordings as a hint it spells them better, and finds them
where they were not said (scripts/bench_sentences.py; with hints 3 of 123 sentences were asked about wrongly, without
none). It costs 0.2 to 0.3 s of processor time, and runs while the conversation waits for the person to go on anyway:
whoever queues calls may hear (`hear`) and write down (`write_down`) apart, so that a short answer of somebody else goes
between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from voice_app.audio import Sound
from voice_app.hearing import Grammar, HearingOutcome, MeaningId, Recognition
from voice_app.speech.log_mel import Samples, present, spoken_s
from voice_app.speech.passages import passages


@dataclass(frozen=True, slots=True)
class SentenceRules:
    """When an utterance is written down. Lengths in seconds of speech, first to last sound."""

    shortest_s: float = 0.5
    longest_s: float = 12.0
    wording_s: float = 0.6
    s_per_letter: float = 0.09
    """A wording takes `wording_s` and so much for each of its letters, said calmly; longer is more than the wording."""
    doubted_from_s: float = 1.0
    sure_above: float = 0.98
    """Likelihood of a match under which an utterance that is at least that long is written down too."""


class Writer(Protocol):
    """Writes speech down freely; see `WhisperScorer.write_down`."""

    def write_down(self, samples: Samples, language: str) -> str: ...


class Inner(Protocol):
    def prepare(self, grammar: Grammar, limit: int | None = None) -> int: ...

    def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition: ...


class SentenceEar:
    """The engine. One owner; every call blocks."""

    def __init__(self, inner: Inner, writer: Writer, rules: SentenceRules | None = None) -> None:
        self._inner = inner
        self._writer = writer
        self._rules = rules or SentenceRules()

    def prepare(self, grammar: Grammar, limit: int | None = None) -> int:
        """Prepare the ear inside."""
        return self._inner.prepare(grammar, limit)

    def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Score one utterance against the grammar; a sentence also has its words."""
        heard, is_sentence = self.hear(utterance, grammar)
        return replace(heard, words=self.write_down(utterance, grammar.language)) if is_sentence else heard

    def hear(self, utterance: Sound, grammar: Grammar) -> tuple[Recognition, bool]:
        """Score one utterance against the grammar; tell whether it is to be written down besides."""
        heard = self._inner.recognize(utterance, grammar)
        if heard.outcome is HearingOutcome.NO_INPUT:
            return heard, False
        length_s = spoken_s(present(utterance))
        return heard, self._is_sentence(length_s, len(passages(utterance)), heard, grammar)

    def write_down(self, utterance: Sound, language: str) -> str:
        """Give what an utterance seems to say; empty when that is not to be believed."""
        return self._writer.write_down(present(utterance), language)

    def _is_sentence(self, length_s: float, pieces: int, heard: Recognition, grammar: Grammar) -> bool:
        rules = self._rules
        if not rules.shortest_s <= length_s <= rules.longest_s:
            return False
        if heard.outcome is not HearingOutcome.MATCH:
            return True
        if length_s >= rules.doubted_from_s and (pieces > 1 or heard.ranked[0].likelihood < rules.sure_above):
            return True
        letters = max(len(form) for form in _forms(grammar, heard.best))
        return length_s > rules.wording_s + rules.s_per_letter * letters


def _forms(grammar: Grammar, meaning: MeaningId | None) -> tuple[str, ...]:
    return next((each.forms for each in grammar.meanings if each.id == meaning), ("",))
