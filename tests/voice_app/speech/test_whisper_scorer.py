"""The embedded recogniser on synthetic French: what is heard, and above all what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.voice_app.speech import french
from tests.voice_app.speech.french import TURN
from voice_app.audio import Sound
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId
from voice_app.speech.log_mel import present
from voice_app.speech.models import assemble_whisper
from voice_app.speech.priors import NoisePriors
from voice_app.speech.whisper_scorer import SHORT_LIST, WhisperScorer

pytestmark = pytest.mark.audio

CHOSEN = (HearingOutcome.MATCH, HearingOutcome.DOUBTFUL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assemble_whisper(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def ear(folder: Path) -> WhisperScorer:
    return WhisperScorer(folder, "kiosk", threads=2)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("réponse deux", "two"),
        ("réponse trois", "three"),
        ("répéter la question", "repeat"),
        ("je ne sais pas", "dont_know"),
    ],
)
@pytest.mark.parametrize(("speed", "pitch"), [(1.0, 1.0), (1.3, 0.8)])
def test_phrase_is_heard(ear: WhisperScorer, text: str, meaning: str, speed: float, pitch: float) -> None:
    recognition = ear.recognize(french.speak(text, speed, pitch), TURN)

    assert (recognition.best, recognition.outcome in CHOSEN) == (meaning, True)


def test_clear_phrase_is_a_match_with_most_of_the_evidence(ear: WhisperScorer) -> None:
    recognition = ear.recognize(french.speak("répéter la question"), TURN)

    assert recognition.outcome is HearingOutcome.MATCH
    assert recognition.ranked[0].likelihood > 0.9


def test_every_meaning_has_its_evidence_and_all_sum_to_one(ear: WhisperScorer) -> None:
    recognition = ear.recognize(french.speak("réponse un"), TURN)

    assert {scored.meaning for scored in recognition.ranked} == {meaning.id for meaning in TURN.meanings}
    assert sum(scored.likelihood for scored in recognition.ranked) + recognition.none_of_these == pytest.approx(1)


def test_same_sound_gives_the_same_recognition(ear: WhisperScorer) -> None:
    sound = french.speak("réponse deux")

    assert ear.recognize(sound, TURN) == ear.recognize(sound, TURN)


def test_loudness_does_not_matter(ear: WhisperScorer) -> None:
    spoken = np.frombuffer(french.speak("réponse deux").pcm, "<i2")
    soft = Sound((spoken * 0.05).astype("<i2").tobytes())

    assert ear.recognize(soft, TURN).best == "two"


@pytest.mark.parametrize("pcm", [b"", b"\0\0", bytes(200), bytes(64_000)], ids=["empty", "sample", "short", "long"])
def test_silence_is_no_input(ear: WhisperScorer, pcm: bytes) -> None:
    assert ear.recognize(Sound(pcm), TURN).outcome is HearingOutcome.NO_INPUT


@pytest.mark.parametrize("level", [20.0, 300.0, 3000.0])
def test_noise_is_nothing_of_the_grammar(ear: WhisperScorer, level: float) -> None:
    outcome = ear.recognize(french.noise(level), TURN).outcome

    assert outcome in (HearingOutcome.NO_INPUT, HearingOutcome.NO_MATCH)


@pytest.mark.parametrize("text", ["il fait beau aujourd'hui", "septembre", french.LONG_SPEECH], ids=["a", "b", "long"])
def test_other_speech_is_no_match(ear: WhisperScorer, text: str) -> None:
    assert ear.recognize(french.speak(text), TURN).outcome is HearingOutcome.NO_MATCH


def test_long_speech_that_begins_like_an_answer_is_no_match(ear: WhisperScorer) -> None:
    said = "réponse deux mais en fait je ne suis pas du tout certaine parce que mon fils m'a dit hier autre chose"

    assert ear.recognize(french.speak(said), TURN).outcome is HearingOutcome.NO_MATCH


def test_longer_phrase_than_the_usual_window_is_heard(ear: WhisperScorer) -> None:
    long_option = (
        "je demande à la personne de l'accueil de m'expliquer comment créer une adresse de messagerie gratuite"
    )
    grammar = Grammar("fr", (*TURN.meanings, Meaning(MeaningId("ask"), (long_option,))))
    sound = french.speak(long_option, 0.8)

    recognition = ear.recognize(sound, grammar)

    assert sound.duration_ms > 5_000
    assert recognition.best == "ask"


def test_grammar_beyond_the_short_list_still_hears_the_right_one(ear: WhisperScorer) -> None:
    months = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre")
    days = ("mardi", "mercredi", "dimanche")
    many = (*TURN.meanings, *(Meaning(MeaningId(word), (f"en {word}", word)) for word in (*months, *days)))
    grammar = Grammar("fr", many)

    recognition = ear.recognize(french.speak("en septembre"), grammar)

    assert sum(len(meaning.forms) for meaning in many) > 2 * SHORT_LIST
    assert (recognition.best, len(recognition.ranked)) == ("septembre", len(many))


def test_english_is_heard_with_an_english_grammar(ear: WhisperScorer) -> None:
    from py_nanotts import NanoTTS

    grammar = Grammar(
        "en", tuple(Meaning(MeaningId(form), (form,)) for form in ("repeat the question", "i don't know"))
    )
    sound = Sound(NanoTTS().speak("I don't know.", voice="en-GB", speed=1.0))

    assert ear.recognize(sound, grammar).best == "i don't know"


def test_unknown_language_is_refused(ear: WhisperScorer) -> None:
    with pytest.raises(ValueError, match="'tlh'"):
        ear.recognize(french.speak("réponse un"), Grammar("tlh", TURN.meanings))


def test_preparing_goes_on_in_pieces_and_is_kept_on_disk(ear: WhisperScorer, folder: Path) -> None:
    grammar = Grammar("fr", tuple(Meaning(MeaningId(form), (form,)) for form in ("le lapin", "le cheval", "la poule")))

    left = [ear.prepare(grammar, 2), ear.prepare(grammar, 2), ear.prepare(grammar, 2)]

    kept = NoisePriors(folder / "priors.json")
    assert left == [1, 0, 0]
    assert all(kept.get("fr", form) is not None for form in ("le lapin", "le cheval", "la poule"))


def test_turn_never_prepared_costs_the_priors_of_its_short_list_only(ear: WhisperScorer, folder: Path) -> None:
    animals = ("lion", "mouton", "cheval", "canard", "serpent", "dragon", "pigeon", "requin", "lapin", "taureau")
    forms = tuple(f"{article} {animal}" for animal in animals for article in ("un vieux", "le petit", "ce gros"))
    grammar = Grammar("fr", tuple(Meaning(MeaningId(form), (form,)) for form in forms))

    recognition = ear.recognize(french.speak("ce gros serpent"), grammar)

    kept = NoisePriors(folder / "priors.json")
    computed = [form for form in forms if kept.get("fr", form) is not None]
    assert recognition.best == "ce gros serpent"
    assert 0 < len(computed) <= SHORT_LIST < len(forms)


def test_longer_wording_has_a_lower_prior(ear: WhisperScorer, folder: Path) -> None:
    ear.prepare(TURN)

    kept = NoisePriors(folder / "priors.json")
    assert (kept.get("fr", "répéter la question") or 0.0) < (kept.get("fr", "un") or -99.0)


def test_presented_utterance_is_trimmed() -> None:
    assert len(present(french.speak("un"))) < 2 * 16_000


@pytest.mark.parametrize("damage", ["not json", "[]", '{"method": "another", "priors": {}}', '{"method": 1}'])
def test_damaged_priors_are_forgotten(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "priors.json"
    path.write_text(damage)

    priors = NoisePriors(path)

    assert priors.get("fr", "un") is None


def test_priors_in_a_folder_that_cannot_be_written_still_serve(tmp_path: Path) -> None:
    priors = NoisePriors(tmp_path / "missing" / "priors.json")
    priors.put("fr", "un", -3.0)

    priors.save()

    assert priors.get("fr", "un") == -3.0
