"""What runs inside a hearing process: one engine and the operations that it answers.

An engine is anything with `prepare` and `recognize`. It is built here, in the child, because building loads the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from voice_app.audio import Sound
from voice_app.hearing import Grammar, Recognition


class Engine(Protocol):
    """One way of hearing. Blocks; one owner."""

    def prepare(self, grammar: Grammar, limit: int | None = None) -> int:
        """Do at most `limit` pieces of the work that can be done ahead; give how many are left."""

    def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Score one utterance (16 kHz)."""


def whisper(folder: str, channel: str, threads: int) -> Mapping[str, Callable[[Any], Any]]:
    """Build the embedded recogniser, keyword heads before closed-set scorer, sentences written down: the factory of its
    process."""
    from voice_app.speech.sentence_ear import SentenceEar
    from voice_app.speech.short_words import ShortWordEar  # only the child that needs it loads it
    from voice_app.speech.whisper_scorer import WhisperScorer

    scorer = WhisperScorer(Path(folder), channel, threads)
    ear = SentenceEar(ShortWordEar(scorer, channel), scorer)
    return operations(ear) | {
        "recognize": lambda asked: ear.hear(*asked),
        "write_down": lambda asked: ear.write_down(*asked),
    }


def vosk(folder: str, language: str, channel: str) -> Mapping[str, Callable[[Any], Any]]:
    """Build the recogniser of an installed Vosk model: the factory of its process."""
    from voice_app.speech.vosk_recognizer import VoskRecognizer  # only the child that needs it loads it

    return operations(VoskRecognizer(Path(folder), language, channel))


def operations(engine: Engine) -> dict[str, Callable[[Any], Any]]:
    """Give the table of operations of an engine. `recognize` also tells whether the utterance is to be written down, by
    `write_down`: an operation of its own, so that whoever said a short word does not wait for another's sentence."""
    return {
        "prepare": lambda asked: engine.prepare(*asked),
        "recognize": lambda asked: (engine.recognize(*asked), False),
    }
