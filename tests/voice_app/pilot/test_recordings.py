"""What the pilot's folder keeps, in which order, and what is left after erasing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio_content.loader import load
from tests.voice_app.fakes import FakeRecognizer
from tests.voice_app.speech.test_endpointing import voiced
from voice_app.audio import HEARING_RATE_HZ, Sound, wav_bytes
from voice_app.errors import SoundUnreadable
from voice_app.hearing import HearingOutcome
from voice_app.pilot.figures import Figures, interval, listen
from voice_app.pilot.recordings import ConsentUnheard, NoConsent, PilotError, PilotFolder, UnknownPerson
from voice_app.pilot.words import ANSWERS, grammars, words
from voice_app.speech.samples import at_rate

SAID = Sound(np.concatenate([np.zeros(4_800), voiced(900), np.zeros(4_800)]).astype("<i2").tobytes())
WORDS = ("un", "oui")


@pytest.fixture
def folder(tmp_path: Path) -> PilotFolder:
    return PilotFolder(tmp_path / "pilot")


def agreed(folder: PilotFolder) -> str:
    number = folder.begin("fr", "phone", WORDS)
    folder.keep_consent(number, "fr", "phone", WORDS, SAID)
    return number


def test_beginning_writes_nothing(folder: PilotFolder, tmp_path: Path) -> None:
    folder.begin("fr", "kiosk", WORDS)

    assert not (tmp_path / "pilot").exists()


def test_nothing_is_kept_before_the_consent(folder: PilotFolder, tmp_path: Path) -> None:
    number = folder.begin("fr", "kiosk", WORDS)

    with pytest.raises(NoConsent):
        folder.keep_word(number, 0, SAID)
    with pytest.raises(NoConsent):
        folder.keep_training_consent(number, SAID)
    assert not (tmp_path / "pilot").exists()


def test_a_consent_in_which_nobody_speaks_is_refused(folder: PilotFolder, tmp_path: Path) -> None:
    number = folder.begin("fr", "kiosk", WORDS)

    with pytest.raises(ConsentUnheard):
        folder.keep_consent(number, "fr", "kiosk", WORDS, Sound(bytes(64_000)))
    assert not (tmp_path / "pilot").exists()


def test_a_word_said_again_takes_the_place_of_the_first(folder: PilotFolder) -> None:
    number = agreed(folder)
    folder.keep_word(number, 1, SAID)

    folder.keep_word(number, 1, Sound(SAID.pcm * 2))

    assert folder.person(number).recorded == (1,)
    assert folder.word(number, 1).duration_ms == 2 * SAID.duration_ms


def test_a_place_without_a_word_is_refused(folder: PilotFolder) -> None:
    with pytest.raises(PilotError):
        folder.keep_word(agreed(folder), len(WORDS), SAID)


def test_erasing_one_leaves_the_others(folder: PilotFolder) -> None:
    first, second = agreed(folder), agreed(folder)

    folder.erase(first)

    assert [person.number for person in folder.people()] == [second]
    with pytest.raises(UnknownPerson):
        folder.person(first)


def test_erasing_all_leaves_no_file(folder: PilotFolder, tmp_path: Path) -> None:
    folder.keep_word(agreed(folder), 0, SAID)

    assert folder.erase_all() == 1
    assert list(tmp_path.rglob("*")) == []


def test_no_sound_lies_open_on_the_disk_and_the_key_lies_apart(folder: PilotFolder, tmp_path: Path) -> None:
    number = agreed(folder)
    folder.keep_training_consent(number, SAID)
    folder.keep_word(number, 0, SAID)

    kept = [path for path in (tmp_path / "pilot").rglob("*") if path.suffix == ".sealed"]

    assert len(kept) == 3
    assert not any(SAID.pcm[10_000:10_064] in path.read_bytes() or b"RIFF" in path.read_bytes() for path in kept)
    assert folder.word(number, 0).pcm == at_rate(SAID, HEARING_RATE_HZ).pcm
    assert (tmp_path / "pilot.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("attack", ["another place", "another key", "no key"])
def test_a_sound_opens_in_its_place_with_its_key_only(folder: PilotFolder, tmp_path: Path, attack: str) -> None:
    number = agreed(folder)
    folder.keep_word(number, 0, SAID)
    here, key = tmp_path / "pilot" / number, tmp_path / "pilot.key"

    match attack:
        case "another place":
            (here / "00.sealed").rename(here / "01.sealed")
        case "another key":
            key.write_bytes(bytes(32))
        case "no key":
            key.unlink()

    with pytest.raises(SoundUnreadable):
        folder.word(number, 1 if attack == "another place" else 0)


@pytest.mark.parametrize("number", ["../etc", "1", "abcdef", "", "１２３４５６"])
def test_a_number_is_six_digits(folder: PilotFolder, number: str) -> None:
    with pytest.raises(UnknownPerson):
        folder.erase(number)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_word_can_be_said_in_each_of_its_turns(language: str) -> None:
    vocabulary = load().vocabularies[language]
    turns = grammars(language, vocabulary)

    for word in words(vocabulary):
        for name in word.sets:
            owners = [meaning.id for meaning in turns[name].meanings if word.text in meaning.forms]
            assert owners == [word.meaning]


async def test_figures_count_what_was_accepted_asked_about_and_refused(folder: PilotFolder) -> None:
    vocabularies = load().vocabularies
    said = [word.text for word in words(vocabularies["fr"])]
    number = folder.begin("fr", "phone", said)
    folder.keep_consent(number, "fr", "phone", said, SAID)
    for place in (said.index("répéter"), said.index("oui")):
        folder.keep_word(number, place, SAID)
    ear = FakeRecognizer([(HearingOutcome.DOUBTFUL, "yes"), (HearingOutcome.MATCH, "command.help")])
    figures = Figures()

    heard = [each async for each in listen(folder, ear, vocabularies, figures)]

    assert [(each.set, each.right) for each in heard] == [("yes_no", True), (ANSWERS, False)]
    assert (figures.rows["set yes_no"].confirmed, figures.rows[f"set {ANSWERS}"].accepted_wrong) == (1, 1)
    assert figures.confusions == {("répéter", "command.help"): 1}


async def test_a_damaged_recording_is_counted_and_left_out(folder: PilotFolder, tmp_path: Path) -> None:
    vocabularies = load().vocabularies
    said = [word.text for word in words(vocabularies["fr"])]
    number = folder.begin("fr", "phone", said)
    folder.keep_consent(number, "fr", "phone", said, SAID)
    folder.keep_word(number, 0, SAID)
    (tmp_path / "pilot" / number / "00.sealed").write_bytes(b"nothing")
    figures = Figures()

    heard = [each async for each in listen(folder, FakeRecognizer(), vocabularies, figures)]

    assert (heard, figures.unreadable) == ([], 1)


def test_intervals_are_wilsons() -> None:
    assert interval(0, 0) == (0.0, 100.0)
    assert interval(10, 10) == (72.2, 100.0)
    assert interval(5, 10) == (23.7, 76.3)


def test_sounds_from_before_they_were_encrypted_are_listed_heard_and_erased(
    folder: PilotFolder, tmp_path: Path
) -> None:
    number = agreed(folder)
    old = tmp_path / "pilot" / number
    (old / "consent.sealed").unlink()
    for name in ("consent", "training", "01"):
        (old / f"{name}.wav").write_bytes(wav_bytes(SAID))

    (person,) = folder.people()
    assert (person.number, person.training_allowed, person.recorded) == (number, True, (1,))
    assert folder.word(number, 1) == SAID
    assert folder.erase_all() == 1
    assert not old.exists()
