"""The recordings of a pilot: one folder a person, on this machine only, never without their spoken consent.

    pilot.key             what the sounds are encrypted with (`sealed`)
    pilot/
      483920/
        person.json       language, device, the words, whether training is allowed; no name, no date of birth, no place
        consent.sealed    "je suis d'accord", said by the person: the first sound that is kept, or none is
        training.sealed   the second consent, for those who gave it
        03.sealed         the fourth word

A consent is a sound in which somebody speaks; silence is refused. A word is refused as long as there is no consent: the
order is kept here, by the folder itself, whatever a page sends. Sounds of a pilot from before they were encrypted end
in `.wav`: listed, heard and erased as the others; none is written. Erasing deletes the folder, all of it;
erasing everybody also destroys the key, so that no copy opens any more.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio_content.model import LOCALES
from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import SoundUnreadable, VoiceAppError
from voice_app.pilot.sealed import SealedSounds
from voice_app.speech.passages import passages
from voice_app.speech.samples import at_rate
from voice_app.speech.wav import parse_wav

DEVICES = ("kiosk", "phone")
CONSENT, TRAINING = "consent", "training"
SEALED, PLAIN = ".sealed", ".wav"
PERSON_DIGITS = 6
LEAST_SPEECH_MS = 300
"""A consent in which nobody speaks for so long is none."""


class PilotError(VoiceAppError):
    """A recording cannot be kept or found."""

    code = "pilot.error"


class NoConsent(PilotError):
    """Nothing is kept of a person who has not said that they agree."""

    code = "pilot.no_consent"


class ConsentUnheard(PilotError):
    """The sound of a consent has no speech in it."""

    code = "pilot.consent_unheard"
    retryable = True


class UnknownPerson(PilotError):
    """There is no such person in this pilot."""

    code = "pilot.unknown_person"


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a pilot, by number. `words`: what they were asked to say; `recorded`: the places of those kept."""

    number: str
    locale: str
    device: str
    words: tuple[str, ...]
    training_allowed: bool
    recorded: tuple[int, ...]


class PilotFolder:
    """The recordings under one folder. Every call blocks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sounds = SealedSounds(folder.with_name(f"{folder.name}.key"))

    def begin(self, locale: str, device: str, words: Sequence[str]) -> str:
        """Give the number of a new person. Nothing is written before their consent. Raises PilotError."""
        if locale not in LOCALES or device not in DEVICES or not words:
            raise PilotError(f"a person of a pilot speaks one of {LOCALES} into one of {DEVICES}")
        number = "".join(str(secrets.randbelow(10)) for _ in range(PERSON_DIGITS))
        while (self._folder / number).exists():
            number = "".join(str(secrets.randbelow(10)) for _ in range(PERSON_DIGITS))
        return number

    def keep_consent(self, number: str, locale: str, device: str, words: Sequence[str], said: Sound) -> None:
        """Keep the spoken consent: from here on this person may be recorded. Raises ConsentUnheard, PilotError."""
        _must_be_spoken(said)
        folder = self._of(number)
        if folder.exists():
            raise PilotError(f"person {number} has agreed already")
        folder.mkdir(parents=True)
        try:
            self._keep(number, CONSENT, said)
            about = {"locale": locale, "device": device, "words": list(words)}
            (folder / "person.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
        except OSError as fault:
            shutil.rmtree(folder, ignore_errors=True)  # all of it or nothing
            raise PilotError(f"the consent could not be kept: {fault}") from fault

    def keep_training_consent(self, number: str, said: Sound) -> None:
        """Keep the second consent: these recordings may also train. Raises NoConsent, ConsentUnheard."""
        self._must_have_agreed(number)
        _must_be_spoken(said)
        self._keep(number, TRAINING, said)

    def keep_word(self, number: str, place: int, said: Sound) -> None:
        """Keep one word, in place of an earlier one. Raises NoConsent, PilotError for a place without a word."""
        self._must_have_agreed(number)
        if not 0 <= place < len(self.person(number).words):
            raise PilotError(f"there is no word {place}")
        self._keep(number, f"{place:02d}", said)

    def people(self) -> tuple[Person, ...]:
        """Give everybody who has agreed, by number."""
        if not self._folder.is_dir():
            return ()
        consents = (each for ending in (SEALED, PLAIN) for each in self._folder.glob(f"*/{CONSENT}{ending}"))
        return tuple(self.person(number) for number in sorted({each.parent.name for each in consents}))

    def person(self, number: str) -> Person:
        """Give one person. Raises UnknownPerson."""
        folder = self._of(number)
        try:
            about: dict[str, Any] = json.loads((folder / "person.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            raise UnknownPerson(f"there is no person {number} in this pilot") from fault
        return Person(
            number=number,
            locale=str(about["locale"]),
            device=str(about["device"]),
            words=tuple(str(word) for word in about["words"]),
            training_allowed=any((folder / f"{TRAINING}{ending}").is_file() for ending in (SEALED, PLAIN)),
            recorded=tuple(sorted({int(e.stem) for ending in (SEALED, PLAIN) for e in folder.glob(f"[0-9]*{ending}")})),
        )

    def word(self, number: str, place: int) -> Sound:
        """Give the recording of a word, at the rate of hearing. Raises SoundUnreadable."""
        path = self._of(number) / f"{place:02d}{SEALED}"
        plain, name = path.with_suffix(PLAIN), f"{number}/{path.stem}"
        try:
            old = not path.exists() and plain.exists()
            said = parse_wav(plain.read_bytes(), name) if old else self._sounds.read(path, name)
            return at_rate(said, HEARING_RATE_HZ)
        except OSError as fault:
            raise SoundUnreadable(f"{path.name} of person {number} cannot be read") from fault

    def erase(self, number: str) -> None:
        """Delete everything of one person. Raises UnknownPerson."""
        folder = self._of(number)
        if not folder.is_dir():
            raise UnknownPerson(f"there is no person {number} in this pilot")
        shutil.rmtree(folder)

    def erase_all(self) -> int:
        """Delete the whole pilot; give how many people were in it."""
        count = len(self.people())
        if self._folder.is_dir():
            shutil.rmtree(self._folder)
        self._sounds.forget()
        return count

    def _keep(self, number: str, name: str, said: Sound) -> None:
        self._sounds.write(self._of(number) / f"{name}{SEALED}", f"{number}/{name}", said)

    def _of(self, number: str) -> Path:
        if not (number.isascii() and number.isdigit() and len(number) == PERSON_DIGITS):
            raise UnknownPerson(f"a person of a pilot is a number of {PERSON_DIGITS} digits")
        return self._folder / number

    def _must_have_agreed(self, number: str) -> None:
        if not (self._of(number) / f"{CONSENT}{SEALED}").is_file():
            raise NoConsent(f"person {number} has not agreed: nothing is kept")


def _must_be_spoken(said: Sound) -> None:
    spoken_ms = sum(passage.duration_ms for passage in passages(at_rate(said, HEARING_RATE_HZ)))
    if spoken_ms < LEAST_SPEECH_MS:
        raise ConsentUnheard("nobody speaks in this recording: ask again, closer to the microphone")
