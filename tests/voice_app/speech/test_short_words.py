"""The ear for short words: how head and scorer are weighed, and what is heard of synthetic French."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_content.loader import load
from tests.voice_app.speech import french, june
from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId
from voice_app.speech.calibration import load_document
from voice_app.speech.keyword_head import languages
from voice_app.speech.log_mel import present
from voice_app.speech.models import assemble_whisper
from voice_app.speech.policy import decide, load_costs
from voice_app.speech.samples import at_rate, resample
from voice_app.speech.short_words import (
    ENGINE,
    PACES,
    HeadHeard,
    Heard,
    ScorerHeard,
    ShortWordEar,
    Table,
    corrected,
    in_use,
    load_table,
    weigh,
)
from voice_app.speech.wav import phone_band
from voice_app.speech.whisper_scorer import WhisperScorer

TABLE = Table(
    temperature=1.0, else_bias=0.0, weight=0.3, silence_weight=1.0, none_score=2.0, scorer_temperature=1.0,
    sure_above=0.95, no_speech_above=0.4,
)  # fmt: skip
A, B, C = MeaningId("a"), MeaningId("b"), MeaningId("c")
MEANINGS = st.dictionaries(st.sampled_from([A, B, C]), st.floats(-30, 30), max_size=3)


@given(MEANINGS.filter(bool), st.floats(-30, 30), MEANINGS, MEANINGS)
def test_evidence_sums_to_one(
    head: dict[MeaningId, float], other: float, known: dict[MeaningId, float], unknown: dict[MeaningId, float]
) -> None:
    likelihoods, none = weigh(HeadHeard(head, other), ScorerHeard(known, unknown, 0.0), TABLE)

    assert sum(likelihoods.values()) + none == pytest.approx(1.0)
    assert set(likelihoods) == set(head) | set(unknown)


def test_head_alone_decides_without_the_scorer() -> None:
    likelihoods, none = weigh(HeadHeard({A: 5.0, B: 0.0}, 0.0), None, TABLE)

    assert (likelihoods[A] > 0.98, none < 0.01) == (True, True)


def test_scorer_decides_between_wordings_that_the_head_takes_for_equal() -> None:
    likelihoods, _ = weigh(HeadHeard({A: 3.0, B: 3.0}, 0.0), ScorerHeard({A: 2.0, B: 8.0}, {}, 0.0), TABLE)

    assert likelihoods[B] > likelihoods[A]


def test_option_that_the_head_does_not_know_is_heard_by_the_scorer() -> None:
    likelihoods, none = weigh(HeadHeard({A: 0.0}, 6.0), ScorerHeard({}, {B: 9.0, C: 1.0}, 0.0), TABLE)

    assert likelihoods[B] > 0.9 > 0.1 > none


def test_something_else_that_no_option_explains_is_none_of_these() -> None:
    likelihoods, none = weigh(HeadHeard({A: 0.0}, 6.0), ScorerHeard({}, {B: -3.0}, 0.0), TABLE)

    assert none > 0.9 > likelihoods[B]


def test_where_nobody_seems_to_speak_an_answer_needs_more_evidence() -> None:
    head = HeadHeard({A: 3.0, B: 1.0}, 2.0)
    spoken, silent = (weigh(head, ScorerHeard({A: 2.0, B: 2.0}, {}, no_speech), TABLE)[0] for no_speech in (0.1, 0.6))

    assert silent[A] < spoken[A]
    assert silent[A] / silent[B] == pytest.approx(spoken[A] / spoken[B])  # which answer it would be is not touched


def test_meaning_gathers_its_known_and_its_unknown_wordings() -> None:
    alone, _ = weigh(HeadHeard({A: 2.0, B: 2.0}, 2.0), ScorerHeard({}, {C: 5.0}, 0.0), TABLE)
    both, _ = weigh(HeadHeard({A: 2.0, B: 2.0}, 2.0), ScorerHeard({}, {A: 5.0}, 0.0), TABLE)

    assert both[A] == pytest.approx(alone[A] + alone[C])


def test_channel_without_measurements_takes_the_kiosks_table() -> None:
    assert load_table("carrier pigeon", "fr") == load_table("kiosk", "fr")


def test_languages_in_use_have_a_head() -> None:
    assert set(in_use()) <= set(languages())


def test_calibration_says_how_it_was_made() -> None:
    assert len(load_document(ENGINE)["how"]) > 200


@pytest.mark.parametrize("language", languages())
def test_where_the_head_alone_is_sure_nothing_is_asked(language: str) -> None:
    assert decide(load_table("kiosk", language).sure_above, 0.0, load_costs()) is HearingOutcome.MATCH


def test_last_of_two_answers_counts_most_and_is_asked_about() -> None:
    heard = corrected((Heard({A: 0.99}, 0.01, 0.0), Heard({B: 0.98, C: 0.01}, 0.01, 0.0)))

    ranked = sorted(heard.likelihoods.values(), reverse=True)
    assert max(heard.likelihoods, key=lambda meaning: heard.likelihoods[meaning]) == B
    assert sum(ranked) + heard.none_of_these == pytest.approx(1.0)
    assert decide(ranked[0], ranked[1], load_costs()) is HearingOutcome.DOUBTFUL


# --- on synthetic speech ----------------------------------------------------------------------------------------------

CODE = Grammar(
    "fr",
    tuple(
        Meaning(MeaningId(word), (word,))
        for word in ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
    ),
)
TURN = Grammar(
    "fr",
    (
        Meaning(MeaningId("first"), ("réponse un", "un", "le bouton vert")),
        Meaning(MeaningId("second"), ("réponse deux", "deux", "la barre d'adresse")),
        Meaning(MeaningId("help"), ("aidez-moi", "aide")),
    ),
)


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> WhisperScorer:
    return WhisperScorer(assemble_whisper(tmp_path_factory.mktemp("models")), "kiosk", threads=2)


@pytest.fixture(scope="module")
def ear(scorer: WhisperScorer) -> ShortWordEar:
    return ShortWordEar(scorer, "kiosk")


def in_pink_noise(sound: Sound, level_db: float) -> Sound:
    samples = np.frombuffer(sound.pcm, "<i2").astype(float)
    spectrum = np.fft.rfft(np.random.default_rng(4).normal(size=samples.size))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.size), 1)), samples.size)
    loudness = np.sqrt(np.mean(samples[np.abs(samples) > 200] ** 2))
    mixed = samples + noise / noise.std() * loudness * 10 ** (-level_db / 20)
    return Sound(np.clip(mixed, -32768, 32767).astype("<i2").tobytes())


@pytest.mark.audio
@pytest.mark.parametrize("word", ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "zéro"])
def test_digit_is_heard_in_noise(ear: ShortWordEar, word: str) -> None:
    assert ear.recognize(in_pink_noise(french.speak(word, 0.8), 10.0), CODE).best == word


@pytest.mark.audio
@pytest.mark.parametrize(
    ("text", "meaning"), [("deux", "second"), ("le bouton vert", "first"), ("la barre d'adresse", "second")]
)
def test_digits_and_options_are_heard_in_one_turn(ear: ShortWordEar, text: str, meaning: str) -> None:
    assert ear.recognize(french.speak(text, 0.7), TURN).best == meaning


@pytest.mark.audio
def test_clear_command_is_a_match_without_the_scorer(scorer: WhisperScorer, ear: ShortWordEar) -> None:
    heard = ear.recognize(french.speak("aidez-moi", 0.7), TURN)

    assert (heard.outcome, heard.best, heard.engine) == (HearingOutcome.MATCH, "help", ENGINE)
    assert heard.ranked[0].likelihood > load_table("kiosk", "fr").sure_above


@pytest.mark.audio
def test_doubtful_sound_is_heard_again_played_slower_and_faster(ear: ShortWordEar) -> None:
    samples = present(in_pink_noise(french.speak("six", 0.8), 5.0))
    each = [
        ear.ask_head(resample(samples, pace, 1.0).astype(np.float32) if pace != 1.0 else samples, CODE)
        for pace in (1.0, *PACES)
    ]
    first, slower, faster = (heard for heard in each if heard is not None)
    assert first.known != slower.known != faster.known

    every = ear.ask_head_again(samples, first, CODE)

    for meaning, logit in every.known.items():
        known = (first.known[meaning], slower.known[meaning], faster.known[meaning])
        assert logit == pytest.approx(sum(known) / 3, abs=1e-3)
    assert every.elsewhere == pytest.approx((first.elsewhere + slower.elsewhere + faster.elsewhere) / 3, abs=1e-3)


@pytest.mark.audio
def test_what_is_too_long_when_played_slower_is_still_heard_faster(ear: ShortWordEar) -> None:
    samples = present(Sound(french.speak("six", 0.8).pcm + bytes(2 * 48_000) + french.speak("six", 0.8).pcm))
    samples = samples[: 16_000 * 39 // 10]
    first = ear.ask_head(samples, CODE)
    faster = ear.ask_head(resample(samples, PACES[1], 1.0).astype(np.float32), CODE)
    assert first is not None
    assert faster is not None
    assert ear.ask_head(resample(samples, PACES[0], 1.0).astype(np.float32), CODE) is None

    both = ear.ask_head_again(samples, first, CODE)

    assert both.elsewhere == pytest.approx((first.elsewhere + faster.elsewhere) / 2, abs=1e-3)


@pytest.mark.audio
def test_every_meaning_has_its_evidence_and_all_sum_to_one(ear: ShortWordEar) -> None:
    heard = ear.recognize(french.speak("le bouton vert"), TURN)

    assert {scored.meaning for scored in heard.ranked} == {meaning.id for meaning in TURN.meanings}
    assert sum(scored.likelihood for scored in heard.ranked) + heard.none_of_these == pytest.approx(1.0)


@pytest.mark.audio
@pytest.mark.parametrize("text", ["il fait beau", "chocolat", "jeudi"])
def test_other_speech_is_not_taken_for_an_answer(ear: ShortWordEar, text: str) -> None:
    assert ear.recognize(french.speak(text), TURN).outcome is not HearingOutcome.MATCH


@pytest.mark.audio
@pytest.mark.parametrize("pcm", [b"", b"\0\0", bytes(64_000)], ids=["empty", "sample", "long"])
def test_silence_is_no_input(ear: ShortWordEar, pcm: bytes) -> None:
    assert ear.recognize(Sound(pcm), TURN).outcome is HearingOutcome.NO_INPUT


@pytest.mark.audio
@pytest.mark.parametrize("level", [20.0, 300.0, 3000.0])
def test_noise_is_nothing_of_the_grammar(ear: ShortWordEar, level: float) -> None:
    outcome = ear.recognize(french.noise(level), TURN).outcome

    assert outcome in (HearingOutcome.NO_INPUT, HearingOutcome.NO_MATCH)


@pytest.mark.audio
def test_knocks_on_the_telephone_are_no_answers(scorer: WhisperScorer) -> None:
    by_phone, random = ShortWordEar(scorer, "phone"), np.random.default_rng(8)
    outcomes = []
    for _ in range(24):
        time_s = np.arange(int(random.uniform(0.2, 1.8) * HEARING_RATE_HZ)) / HEARING_RATE_HZ
        knock = random.normal(size=time_s.size) * np.exp(-time_s / random.uniform(0.02, 0.3))
        sound = Sound((knock / np.abs(knock).max() * random.uniform(300, 9000)).astype("<i2").tobytes())
        heard = by_phone.recognize(at_rate(phone_band(sound, old_network=True), HEARING_RATE_HZ), CODE)
        outcomes.append(heard.outcome)

    answered = [each for each in outcomes if each in (HearingOutcome.MATCH, HearingOutcome.DOUBTFUL)]
    assert len(answered) <= len(outcomes) // 5  # calibrated without noise: more than half


@pytest.mark.audio
def test_answer_after_a_long_hesitation_is_heard(ear: ShortWordEar) -> None:
    pause = bytes(2 * 16_000)
    sound = Sound(french.speak("bonjour madame").pcm + pause + french.speak("réponse deux").pcm)

    assert ear.recognize(sound, TURN).best == "second"


@pytest.mark.audio
def test_answer_that_is_corrected_is_asked_about_as_corrected(ear: ShortWordEar) -> None:
    pause = bytes(3 * 16_000)
    sound = Sound(french.speak("réponse deux").pcm + pause + french.speak("réponse un").pcm)

    heard = ear.recognize(sound, TURN)

    assert (heard.best, heard.outcome) == ("first", HearingOutcome.DOUBTFUL)


@pytest.mark.audio
@pytest.mark.parametrize(
    ("option", "pitch"), [("payer, puis demander un remboursement", 0.9), ("selon la date d'inscription", 1.15)]
)
def test_option_of_which_a_piece_sounds_like_a_command_is_heard_as_itself(
    ear: ShortWordEar, option: str, pitch: float
) -> None:
    words = load().vocabularies["fr"]
    options = (Meaning(A, (option, *words.places[0])), Meaning(B, ("rien du tout", *words.places[1])))
    commands = tuple(Meaning(MeaningId(name), tuple(forms)) for name, forms in words.commands.items())

    heard = ear.recognize(french.speak(option, speed=0.7, pitch=pitch), Grammar("fr", (*options, *commands)))

    assert (heard.best, heard.outcome) == (A, HearingOutcome.MATCH)


@pytest.mark.audio
def test_longer_speech_than_the_window_is_for_the_scorer(scorer: WhisperScorer, ear: ShortWordEar) -> None:
    sound = french.speak(french.LONG_SPEECH)

    assert ear.recognize(sound, TURN) == scorer.recognize(sound, TURN)


@pytest.mark.audio
def test_turn_without_a_known_wording_is_for_the_scorer(scorer: WhisperScorer, ear: ShortWordEar) -> None:
    grammar = Grammar("fr", (Meaning(A, ("le bouton vert",)), Meaning(B, ("la barre d'adresse",))))
    sound = french.speak("le bouton vert")

    assert ear.recognize(sound, grammar) == scorer.recognize(sound, grammar)


@pytest.mark.audio
def test_language_without_a_head_is_for_the_scorer(scorer: WhisperScorer, ear: ShortWordEar) -> None:
    grammar = replace(TURN, language="de")
    sound = french.speak("deux")

    assert ear.recognize(sound, grammar) == scorer.recognize(sound, grammar)


@pytest.mark.audio
def test_head_of_another_encoder_is_refused(scorer: WhisperScorer) -> None:
    with pytest.raises(ValueError, match="another encoder"):
        ShortWordEar(scorer, "kiosk", "0" * 64)


# --- on a person's speech ---------------------------------------------------------------------------------------------

needs_june = pytest.mark.skipif(not june.is_available(), reason="needs the package asterisk-core-sounds-fr-wav")
FOUR = Grammar("fr", tuple(Meaning(MeaningId(word), (word, f"réponse {word}")) for word in june.WORDS[1:5]))
ELEVEN = Grammar("fr", tuple(Meaning(MeaningId(word), (word,)) for word in june.WORDS))


@needs_june
@pytest.mark.audio
@pytest.mark.parametrize("word", june.WORDS[1:5])
def test_persons_answer_by_telephone_in_noise_is_heard(ear: ShortWordEar, word: str) -> None:
    by_phone = at_rate(phone_band(in_pink_noise(june.say(word), 15.0), old_network=True), HEARING_RATE_HZ)

    assert ear.recognize(by_phone, FOUR).best == word


@needs_june
@pytest.mark.audio
def test_persons_numbers_are_heard_and_no_wrong_one_is_accepted(ear: ShortWordEar) -> None:
    heard = {word: ear.recognize(june.say(word), ELEVEN) for word in june.WORDS}

    assert sum(each.best == word for word, each in heard.items()) >= 10
    assert not [w for w, each in heard.items() if each.outcome is HearingOutcome.MATCH and each.best != w]


@needs_june
@pytest.mark.audio
def test_person_who_spoke_is_not_told_that_nothing_was_heard(ear: ShortWordEar) -> None:
    voices = [french.speak(text, pitch=pitch) for text in ("bonjour madame", "il fait beau") for pitch in (0.8, 1.2)]
    babble = sum(np.resize(np.frombuffer(each.pcm, "<i2").astype(float), 2 * HEARING_RATE_HZ) for each in voices)
    outcomes = []
    for word in june.WORDS:
        said = np.pad(np.frombuffer(june.say(word).pcm, "<i2").astype(float), HEARING_RATE_HZ // 3)
        loudness = np.sqrt(np.mean(said[np.abs(said) > 200] ** 2))
        around = np.resize(babble, said.size) / babble.std() * loudness * 10 ** (-5.0 / 20)
        mixed = Sound(np.clip(said + around, -32768, 32767).astype("<i2").tobytes())
        outcomes.append(ear.recognize(mixed, ELEVEN).outcome)

    assert HearingOutcome.NO_INPUT not in outcomes


@needs_june
@pytest.mark.audio
def test_noise_around_a_persons_word_does_not_hide_it(ear: ShortWordEar) -> None:
    around = bytes(2 * 16_000)
    sound = in_pink_noise(Sound(around + june.say("trois").pcm + around), 10.0)

    assert ear.recognize(sound, FOUR).best == "trois"
