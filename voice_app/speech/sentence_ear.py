"""An ear for sentences: hears a short wording as the ear inside it does, and writes a sentence down besides.

Scoring wordings cannot tell "pas la deux, la trois" from its pieces, and calls "vous pouvez répéter ?" none of them. So
an utterance that matched no wording well, or that is longer than the wording it matched, is also written down by the
same model, with wordings of the turn as its hint (people's words are then spelled as the grammar spells them). What the
sentence means is not decided here: the dialogue reads it.

It costs 0.2 to 0.4 s of processor time, and mostly runs while the conversation is waiting for the person to go on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from voice_app.audio import Sound
from voice_app.hearing import Grammar, HearingOutcome, MeaningId, Recognition
from voice_app.speech.log_mel import Samples, present, spoken_s


@dataclass(frozen=True, slots=True)
class SentenceRules:
    """When an utterance is written down. Lengths in seconds of speech, first to last sound."""

    shortest_s: float = 0.5
    longest_s: float = 12.0
    wording_s: float = 0.6
    s_per_letter: float = 0.09
    """A wording takes `wording_s` and so much for each of its letters, said calmly; longer is more than the wording."""
    hints: int = 24


class Writer(Protocol):
    """Writes speech down freely; see `WhisperScorer.write_down`."""

    def write_down(self, samples: Samples, language: str, hints: tuple[str, ...]) -> str: ...


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
        heard = self._inner.recognize(utterance, grammar)
        if heard.outcome is HearingOutcome.NO_INPUT:
            return heard
        samples = present(utterance)
        if not self._is_sentence(spoken_s(samples), heard, grammar):
            return heard
        return replace(
            heard, words=self._writer.write_down(samples, grammar.language, hints(grammar, self._rules.hints))
        )

    def _is_sentence(self, length_s: float, heard: Recognition, grammar: Grammar) -> bool:
        rules = self._rules
        if not rules.shortest_s <= length_s <= rules.longest_s:
            return False
        if heard.outcome is not HearingOutcome.MATCH:
            return True
        letters = max(len(form) for form in _forms(grammar, heard.best))
        return length_s > rules.wording_s + rules.s_per_letter * letters


def hints(grammar: Grammar, limit: int) -> tuple[str, ...]:
    """Give wordings of a turn that are likely inside a sentence: two of each choice, one of each command."""
    chosen: list[str] = []
    for meaning in grammar.meanings:
        is_command = meaning.id.startswith("command.")
        chosen += meaning.forms[:1] if is_command else (meaning.forms[0], *meaning.forms[-2:-1])
    return tuple(dict.fromkeys(chosen))[:limit]


def _forms(grammar: Grammar, meaning: MeaningId | None) -> tuple[str, ...]:
    return next((each.forms for each in grammar.meanings if each.id == meaning), ("",))
