"""When an utterance is written down besides, and what the real model writes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from audio_content.forms import words
from tests.voice_app.dialogue.stage import Stage
from tests.voice_app.speech import french
from tests.voice_app.speech.test_endpointing import voiced
from voice_app.audio import Sound
from voice_app.dialogue.interpret import Doubtful, Meant, intent_of_voice
from voice_app.dialogue.messages import option_meaning
from voice_app.dialogue.sounds_like import likeness, sound_of
from voice_app.hearing import NO_INPUT, Grammar, HearingOutcome, Meaning, MeaningId, Recognition, Scored
from voice_app.speech.log_mel import Samples, present
from voice_app.speech.models import assemble_whisper
from voice_app.speech.sentence_ear import SentenceEar
from voice_app.speech.short_words import ShortWordEar
from voice_app.speech.whisper_scorer import WhisperScorer

GRAMMAR = Grammar("fr", (Meaning(MeaningId("option.a"), ("deux",)), Meaning(MeaningId("option.b"), ("trois",))))


@dataclass
class ToldInner:
    """A fake of the ear inside."""

    hears: Recognition

    def prepare(self, grammar: Grammar, limit: int | None = None) -> int:
        return 0

    def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        return self.hears


@dataclass
class ToldWriter:
    """A fake of the model that writes."""

    asked: list[Samples] = field(default_factory=list)

    def write_down(self, samples: Samples, language: str) -> str:
        self.asked.append(samples)
        return "la trois"


def heard(outcome: HearingOutcome, likelihood: float) -> Recognition:
    ranked = (Scored(MeaningId("option.a"), likelihood), Scored(MeaningId("option.b"), (1 - likelihood) / 2))
    return Recognition(outcome, ranked, (1 - likelihood) / 2, "told")


def speech(length_ms: int) -> Sound:
    silence = np.zeros(4_800)
    return Sound(np.concatenate([silence, voiced(length_ms), silence]).astype("<i2").tobytes())


@pytest.mark.parametrize(
    ("inner", "length_ms", "written"),
    [
        (heard(HearingOutcome.MATCH, 0.9), 500, ""),  # a word, as long as a word
        (heard(HearingOutcome.MATCH, 0.99), 900, ""),
        (heard(HearingOutcome.MATCH, 0.99), 1_800, "la trois"),  # longer than the wording
        (heard(HearingOutcome.MATCH, 0.9), 1_200, "la trois"),  # long and not quite sure
        (heard(HearingOutcome.DOUBTFUL, 0.6), 800, "la trois"),
        (heard(HearingOutcome.NO_MATCH, 0.2), 2_000, "la trois"),
        (heard(HearingOutcome.NO_MATCH, 0.2), 300, ""),  # too short to be a sentence
        (heard(HearingOutcome.NO_MATCH, 0.2), 13_000, ""),  # a speech
        (NO_INPUT, 2_000, ""),
    ],
)
def test_a_sentence_is_written_down(inner: Recognition, length_ms: int, written: str) -> None:
    ear = SentenceEar(ToldInner(inner), ToldWriter())

    assert ear.recognize(speech(length_ms), GRAMMAR).words == written


def test_a_single_word_costs_no_writing() -> None:
    writer = ToldWriter()

    SentenceEar(ToldInner(heard(HearingOutcome.MATCH, 0.99)), writer).recognize(speech(500), GRAMMAR)

    assert writer.asked == []


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> WhisperScorer:
    return WhisperScorer(assemble_whisper(tmp_path_factory.mktemp("models")), "kiosk", threads=2)


@pytest.mark.audio
@pytest.mark.parametrize("sentence", ["est-ce que vous pouvez répéter", "je pense que c'est la première"])
def test_the_real_model_writes_sentences_down(scorer: WhisperScorer, sentence: str) -> None:
    written = scorer.write_down(present(french.speak(sentence)), "fr")

    said, read = ("".join(sound_of(word, "fr") for word in words(text)) for text in (sentence, written))
    assert likeness(said, read) > 0.75, written


@pytest.mark.audio
def test_the_real_model_writes_nothing_long_about_noise(scorer: WhisperScorer) -> None:
    assert len(scorer.write_down(present(french.noise(3_000.0)), "fr").split()) <= 2


@pytest.mark.audio
def test_a_corrected_answer_is_understood_through_the_real_ear(scorer: WhisperScorer) -> None:
    ear = SentenceEar(ShortWordEar(scorer, "kiosk"), scorer)
    stage = Stage().to_question()
    stage.answer(right=True)
    asked, said_for = stage.state.session.asked, stage.listens[-1].grammar
    assert asked is not None
    assert said_for is not None

    recognition = ear.recognize(french.speak("pas la deuxième, la dernière", speed=0.8), said_for)
    known = frozenset(meaning.id for meaning in said_for.meanings)
    intent = intent_of_voice(stage.context, stage.state, recognition, known)

    last = option_meaning(asked.order[-1])
    assert isinstance(intent, Meant | Doubtful)
    assert last in ((intent.meaning,) if isinstance(intent, Meant) else intent.candidates), recognition.words
