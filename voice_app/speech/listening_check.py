"""The listening check: is every option of an item heard as itself, by the service's own ear, in its own turn?

Each option is spoken as the service would speak it (the voice of the prompts), and again as a learner would say it (the
system's voice, another pace), and each sound is given to the recogniser with the grammar of the item's turn: the words
and places of its options, and the commands that are valid at every moment. An option passes when the dialogue takes
what was heard for it, at once or by asking about it first. Of a number item the key and the numbers around it are
spoken; there a wrong number may be taken for another wrong one, which is said back, but never for the key.

A passed item is remembered by a digest of the ear, of its grammar and of what was spoken, so that a check after a
change of a few items takes seconds. A synthetic voice is no crowd: who passes here is told apart by ear at best, not by
every learner.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio_content.model import Content, ContentItem, ItemKind, OptionText
from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import SpeechError
from voice_app.hearing import Grammar, HearingOutcome, MeaningId, Recognition
from voice_app.speech import calibration, short_words
from voice_app.speech.calibration import DEFAULT_CHANNEL
from voice_app.speech.hearing_worker import vosk, whisper
from voice_app.speech.models import require_whisper
from voice_app.speech.policy import load_costs
from voice_app.speech.samples import at_rate
from voice_app.speech.synthesizer import LearnerVoice, LocalSynthesizer
from voice_app.speech.vosk_models import vosk_folder, vosk_installed
from voice_app.speech.whisper_scorer import ENGINE as SCORER

CHECKED_KINDS = (ItemKind.CHOICE, ItemKind.WORD, ItemKind.NUMBER)
"""Yes and no are the vocabulary's words: one check for all of them, in the recogniser's own tests."""
AROUND_A_NUMBER = 2
"""So many numbers on each side of the key are spoken: who reckons a little wrong says one of them."""
UNDERSTOOD = (HearingOutcome.MATCH, HearingOutcome.DOUBTFUL)
"""A doubt is asked about aloud, so the option is not lost."""
Finding = tuple[str, str, str, str, str, float]
"""Option, its text, voice, what was heard, outcome, likelihood: as the memory keeps them."""
GrammarOf = Callable[[ContentItem, str], Grammar]
"""What may be said when an item is asked in a language, its options as written: the dialogue's own grammar."""
UnderstoodOf = Callable[[ContentItem, str, Recognition], MeaningId | None]
"""What the dialogue takes a recognition for, in the turn of an item in a language; None for nothing it can use."""
Speak = Callable[[str, str], Awaitable[Sound]]
Hear = Callable[[Sound, Grammar], Awaitable[Recognition]]


@dataclass(frozen=True, slots=True)
class Misheard:
    """One option that the ear does not hear as itself. `voice`: who spoke it; `heard`: what was heard instead."""

    item: str
    locale: str
    option: str
    said: str
    voice: str
    heard: str
    outcome: str
    likelihood: float


@dataclass(frozen=True, slots=True)
class Checked:
    """One item in one language was listened to. `sounds` is 0 when the memory knew it."""

    item: str
    locale: str
    sounds: int
    misheard: tuple[Misheard, ...]


class Memory:
    """Digests of what was checked and its findings, in a file that may be deleted at any time.

    One JSON line a check, appended, so that several checks may run at once. `ears` names the ear of each language: what
    another one heard is no finding about this one.
    """

    def __init__(self, file: Path, ears: Mapping[str, str]) -> None:
        self._file = file
        self._ears = ears
        self._known: dict[str, list[Finding]] = {}
        if file.is_file():
            for line in file.read_text(encoding="utf-8").splitlines():
                digest, found = json.loads(line)
                self._known[digest] = [tuple(each) for each in found]

    def digest(self, grammar: Grammar, options: Sequence[OptionText], voice: str) -> str:
        """Name a check by everything that decides its findings."""
        body = json.dumps([self._ears[grammar.language], grammar.key, [option.text for option in options], voice])
        return hashlib.sha256(body.encode()).hexdigest()

    def get(self, digest: str) -> list[Finding] | None:
        """Give the findings of an earlier check, None when there was none."""
        return self._known.get(digest)

    def put(self, digest: str, findings: list[Finding]) -> None:
        """Keep the findings of a check."""
        self._known[digest] = findings
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([digest, findings], ensure_ascii=False) + "\n")


def embedded_ear(language: str) -> str:
    """Name the embedded ear of a language as it is now: a digest of every number that it hears and decides by."""
    tables = calibration.load_table(SCORER, DEFAULT_CHANNEL, "mixed"), short_words.load_table(DEFAULT_CHANNEL, language)
    digest = hashlib.sha256(repr((tables, load_costs())).encode())
    digest.update((Path(__file__).parent / "keyword_weights" / f"{language}.npz").read_bytes())
    return digest.hexdigest()


@asynccontextmanager
async def ear_and_voices(models_folder: Path, speech_folder: Path) -> AsyncIterator[tuple[Mapping[str, Speak], Hear]]:
    """Give this machine's two voices ("service", "learner") and its ear, open for as long as they are needed.

    The ear is built in this process, with one thread: a check of hours shall neither fall with a worker that a busy
    machine slows down nor keep the others waiting. Raises ModelMissing.
    """
    service, learner = LocalSynthesizer(speech_folder), LearnerVoice()
    engines: dict[str, Mapping[str, Callable[[Any], Any]]] = {}

    def engine(language: str) -> Mapping[str, Callable[[Any], Any]]:
        name = language if vosk_installed(language, models_folder) else "embedded"
        if name not in engines:
            engines[name] = (
                whisper(str(require_whisper(models_folder)), DEFAULT_CHANNEL, 1)
                if name == "embedded"
                else vosk(str(vosk_folder(language, models_folder)), language, DEFAULT_CHANNEL)
            )
        return engines[name]

    def listen(sound: Sound, grammar: Grammar) -> Recognition:
        operations = engine(grammar.language)
        operations["prepare"]((grammar, None))
        heard: Recognition = operations["recognize"]((at_rate(sound, HEARING_RATE_HZ), grammar))[0]
        return heard

    async def hear(sound: Sound, grammar: Grammar) -> Recognition:
        return await asyncio.to_thread(listen, sound, grammar)

    try:
        yield {"service": service.speak, "learner": learner.say}, hear
    finally:
        await learner.close()
        await service.close()


def as_heard(item: ContentItem, locale: str, heard: Recognition) -> MeaningId | None:
    """Give the likeliest meaning, unless the ear takes the sound for nothing."""
    del item, locale
    return heard.best if heard.outcome in UNDERSTOOD else None


def spoken_options(item: ContentItem, locale: str) -> tuple[OptionText, ...]:
    """Give what is spoken of an item: its options; of a number item the key and those around it."""
    options = item.texts[locale].options
    if item.kind is not ItemKind.NUMBER:
        return options
    key = item.option_ids.index(item.key)
    return options[max(0, key - AROUND_A_NUMBER) : key + AROUND_A_NUMBER + 1]


async def check_item(
    item: ContentItem,
    grammar: Grammar,
    voices: Mapping[str, Speak],
    hear: Hear,
    memory: Memory,
    understood_of: UnderstoodOf = as_heard,
) -> Checked:
    """Listen to every option of one item, in each voice. A word that the ear's lexicon lacks is a finding too."""
    locale = grammar.language
    options = spoken_options(item, locale)

    def understood(heard: Recognition) -> MeaningId | None:
        return understood_of(item, locale, heard)

    def passes(option: OptionText, meaning: MeaningId | None) -> bool:
        if item.kind is ItemKind.NUMBER and option.id != item.key:
            return meaning is not None and meaning.startswith("option.") and meaning != f"option.{item.key}"
        return meaning == f"option.{option.id}"

    sounds = 0
    misheard: list[Misheard] = []
    for voice, speak in voices.items():
        digest = memory.digest(grammar, options, voice)
        found = memory.get(digest)
        if found is None:
            found = [
                each
                for option in options
                for each in await _listen_to(option, grammar, voice, speak, hear, understood, passes)
            ]
            memory.put(digest, found)
            sounds += len(options)
        misheard += [Misheard(item.id, locale, *each) for each in found]
    return Checked(item.id, locale, sounds, tuple(misheard))


async def _listen_to(
    option: OptionText,
    grammar: Grammar,
    voice: str,
    speak: Speak,
    hear: Hear,
    understood: Callable[[Recognition], MeaningId | None],
    passes: Callable[[OptionText, MeaningId | None], bool],
) -> list[Finding]:
    sound = await speak(option.text, grammar.language)
    try:
        heard = await hear(sound, grammar)
    except SpeechError as error:
        return [(option.id, option.text, voice, str(error), "lexicon", 0.0)]
    meaning = understood(heard)
    if passes(option, meaning):
        return []
    likelihood = heard.ranked[0].likelihood if heard.ranked else 0.0
    return [(option.id, option.text, voice, str(meaning or heard.best), heard.outcome.value, round(likelihood, 3))]


async def check_content(
    content: Content,
    locales: Sequence[str],
    grammar_of: GrammarOf,
    voices: Mapping[str, Speak],
    hear: Hear,
    memory: Memory,
    only: Callable[[ContentItem], bool] = lambda _: True,
    understood_of: UnderstoodOf = as_heard,
) -> AsyncIterator[Checked]:
    """Listen to the items one after the other, in the order of ids."""
    for item in content.items.values():
        if item.kind in CHECKED_KINDS and only(item):
            for locale in locales:
                yield await check_item(item, grammar_of(item, locale), voices, hear, memory, understood_of)
