"""The recogniser of an installed Vosk model: the turn's wordings become a closed grammar of words.

What must be known about Vosk 0.3.45 (each found by running it):
* An empty grammar, one that is not a list, a zero rate or SetGrammar under way end or hang the whole process. So the
  grammar is checked here, in Python, before the library sees anything, and every utterance gets its own recogniser.
* A grammar is not a list of sentences but a language model over its words: wordings can come back mixed or repeated.
  Only a result that reads as wordings of exactly one meaning counts.
* Words outside the model's vocabulary are dropped silently. They are looked up first; a wording with an unknown word is
  not offered, a meaning that loses every wording is an error that names its words.
* Word confidences are no confidences: wrong words come with 1.0. They only tell doubtful from clear; the evidence comes
  from the calibration table.
* Some models know `[unk]`, the word for anything else. Where it is missing, common words stand in (from the table).
* Results repeat only without dither (see `vosk_models`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vosk

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import ModelMissing, SpeechError
from voice_app.hearing import Grammar, HearingOutcome, MeaningId, Recognition
from voice_app.speech.calibration import load_document, no_input, no_match, rank
from voice_app.speech.vosk_models import missing_parts

ENGINE = "vosk"
UNKNOWN = "[unk]"
NOT_A_WORD = -1


class GrammarUnfit(SpeechError):
    """The model's vocabulary lacks every wording of a meaning; the sentence names the words."""

    code = "speech.grammar_unfit"


@dataclass(frozen=True, slots=True)
class VoskTable:
    """The calibration of Vosk: how much evidence a clear and an unclear result carry.

    `clear_from`: mean word confidence of a clear result. `shortest_s`: less speech than that was no word.
    """

    clear_from: float
    shortest_s: float
    clear: float
    clear_none: float
    unclear: float
    unclear_none: float
    nothing_none: float


@dataclass(frozen=True, slots=True)
class HeardWord:
    text: str
    confidence: float
    start_s: float
    end_s: float


class VoskRecognizer:
    """The engine of one language. One owner; every call blocks."""

    def __init__(self, folder: Path, language: str, channel: str) -> None:
        missing = missing_parts(folder)
        if missing:
            raise ModelMissing(
                f"{folder} is no Vosk model ({', '.join(missing)} missing): voice-app models install {language}"
            )
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(str(folder))
        self.language = language
        document = load_document(ENGINE)
        self._table = VoskTable(**document.get(channel, document["kiosk"]))
        self.knows_unknown = self._knows(UNKNOWN)
        common = () if self.knows_unknown else document["common_words"].get(language, ())
        self._common = tuple(word for word in common if self._knows(word))

    def unknown_words(self, grammar: Grammar) -> dict[str, tuple[str, ...]]:
        """Give the words outside the vocabulary, by wording; a wording without any is not listed."""
        forms = [form for meaning in grammar.meanings for form in meaning.forms]
        return {form: self._unknown_in(form) for form in forms if self._spell(form) is None}

    def prepare(self, grammar: Grammar, limit: int | None = None) -> int:
        """Check the grammar; nothing is to be computed ahead. Raises GrammarUnfit."""
        self._spellings(grammar)
        return 0

    def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Hear one utterance. Raises GrammarUnfit; ValueError for another rate or language."""
        if utterance.rate_hz != HEARING_RATE_HZ:
            raise ValueError(f"Vosk is fed at {HEARING_RATE_HZ} Hz, not at {utterance.rate_hz}")
        if grammar.language != self.language:
            raise ValueError(f"this model hears {self.language}, not {grammar.language}")
        spellings = self._spellings(grammar)
        if not any(utterance.pcm):
            return no_input(ENGINE, utterance.duration_ms)
        words = self._hear(utterance, spellings)
        return decide(words, spellings, grammar, self._table, utterance.duration_ms)

    def _hear(self, utterance: Sound, spellings: Mapping[str, MeaningId]) -> list[HeardWord]:
        phrases = [*spellings, *(word for word in self._common if word not in spellings)]
        if self.knows_unknown:
            phrases.append(UNKNOWN)
        recognizer = vosk.KaldiRecognizer(self._model, float(HEARING_RATE_HZ), json.dumps(phrases, ensure_ascii=False))
        recognizer.SetWords(True)
        # the library ends utterances by rules of its own: what it has finished by then is a part of ours
        parts = [recognizer.Result()] if recognizer.AcceptWaveform(utterance.pcm) else []
        parts.append(recognizer.FinalResult())
        return [word for part in parts for word in _words(json.loads(part))]

    def _spellings(self, grammar: Grammar) -> dict[str, MeaningId]:
        """Give every wording that the model can hear, as the model spells it. Raises GrammarUnfit."""
        spellings: dict[str, MeaningId] = {}
        for meaning in grammar.meanings:
            known = [spelling for form in meaning.forms if (spelling := self._spell(form)) is not None]
            if not known:
                words = sorted({word for form in meaning.forms for word in self._unknown_in(form)})
                raise GrammarUnfit(
                    f"the {self.language} model does not know the words of {meaning.id}: {', '.join(words)}"
                )
            for spelling in known:
                spellings.setdefault(spelling, meaning.id)
        return spellings

    def _spell(self, form: str) -> str | None:
        """Give a wording in words of the vocabulary, or None: models differ about apostrophes and hyphens."""
        for spelling in (
            form,
            form.replace("-", " "),
            form.replace("'", "' "),
            form.replace("-", " ").replace("'", "' "),
        ):
            words = spelling.split()
            if words and all(self._knows(word) for word in words):
                return " ".join(words)
        return None

    def _unknown_in(self, form: str) -> tuple[str, ...]:
        return tuple(word for word in form.split() if not self._knows(word))

    def _knows(self, word: str) -> bool:
        return int(self._model.vosk_model_find_word(word)) != NOT_A_WORD


def decide(
    words: list[HeardWord], spellings: Mapping[str, MeaningId], grammar: Grammar, table: VoskTable, audio_ms: int
) -> Recognition:
    """Give the recognition for the words that came back."""
    if not words:
        return no_match(grammar, table.nothing_none, ENGINE, audio_ms)
    text = [word.text for word in words]
    meanings = meanings_of(text, spellings)
    if len(meanings) != 1:
        return no_match(grammar, table.nothing_none, ENGINE, audio_ms)
    spoken_s = sum(word.end_s - word.start_s for word in words)
    mean_confidence = sum(word.confidence for word in words) / len(words)
    is_clear = mean_confidence >= table.clear_from and spoken_s >= table.shortest_s
    best, none = (table.clear, table.clear_none) if is_clear else (table.unclear, table.unclear_none)
    heard = next(iter(meanings))
    others = len(grammar.meanings) - 1
    share = (1.0 - best - none) / others if others else 0.0
    likelihoods = {meaning.id: best if meaning.id == heard else share for meaning in grammar.meanings}
    if not others:
        likelihoods[heard] = 1.0 - none
    outcome = HearingOutcome.MATCH if is_clear else HearingOutcome.DOUBTFUL
    return Recognition(outcome, rank(likelihoods), none, ENGINE, audio_ms)


def meanings_of(words: list[str], spellings: Mapping[str, MeaningId]) -> frozenset[MeaningId]:
    """Give the meanings of which the words are made, if they are nothing but whole wordings; else none.

    "deux deux" is one meaning, "un deux" are two, "deux [unk]" is nothing. Of several readings the one with fewest
    meanings counts.
    """
    readings: list[frozenset[MeaningId] | None] = [frozenset()]
    for end in range(1, len(words) + 1):
        found = [
            before | {spellings[phrase]}
            for start in range(end)
            if (before := readings[start]) is not None and (phrase := " ".join(words[start:end])) in spellings
        ]
        readings.append(min(found, key=len) if found else None)
    return readings[-1] or frozenset()


def _words(result: Mapping[str, Any]) -> list[HeardWord]:
    return [
        HeardWord(str(word["word"]), float(word["conf"]), float(word["start"]), float(word["end"]))
        for word in result.get("result", ())
    ]
