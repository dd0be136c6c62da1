"""The listening check: who is misheard is told, what was checked is remembered. Fakes speak and hear here; the real ear
and voice listen to one item at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from audio_content.forms import said_form
from audio_content.loader import load
from audio_content.model import Content, ContentItem
from engine.model import ItemId
from voice_app.audio import Sound
from voice_app.errors import SpeechError
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId, Recognition, Scored
from voice_app.settings import load_settings
from voice_app.speech.listening_check import (
    Checked,
    Hear,
    Memory,
    Speak,
    check_content,
    check_item,
    ear_and_voices,
    embedded_ear,
    spoken_options,
)
from voice_app.speech.models import whisper_installed

ITEM = ItemId("it.web.search.1.a")
content = load()


class FakeVoice:
    """Speaks each text as its bytes."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def speak(self, text: str, locale: str) -> Sound:
        self.said.append(text)
        return Sound(text.encode().ljust(400, b" "), 16_000)


def hears(texts: Mapping[str, tuple[str, HearingOutcome]] | None = None) -> Hear:
    """Give an ear that understands the option spoken, but for some texts."""

    async def hear(sound: Sound, grammar: Grammar) -> Recognition:
        said = sound.pcm.decode().strip()
        right = next(option.id for option in content.items[ITEM].texts["fr"].options if option.text == said)
        meaning, outcome = (texts or {}).get(said, (f"option.{right}", HearingOutcome.MATCH))
        return Recognition(outcome, (Scored(MeaningId(meaning), 0.9),), 0.1, engine="fake")

    return hear


def grammar_of(item: ContentItem, locale: str) -> Grammar:
    return Grammar(
        locale,
        tuple(
            Meaning(MeaningId(f"option.{option.id}"), tuple(map(said_form, (option.text, *option.synonyms))))
            for option in item.texts[locale].options
        ),
    )


def only(item: ContentItem) -> bool:
    return item.id == ITEM


def checked(
    hear: Hear, memory: Memory, voices: Mapping[str, Speak], locales: tuple[str, ...] = ("fr",)
) -> list[Checked]:
    async def collect() -> list[Checked]:
        return [each async for each in check_content(content, locales, grammar_of, voices, hear, memory, only)]

    return asyncio.run(collect())


EARS = {"fr": "this ear", "en": "that ear"}


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "listening.jsonl", EARS)


def test_an_item_that_is_heard_has_no_finding(memory: Memory) -> None:
    (result,) = checked(hears(), memory, {"service": FakeVoice().speak})

    assert result.misheard == ()
    assert result.sounds == len(content.items[ITEM].option_ids)


@pytest.mark.parametrize(
    ("meaning", "outcome"),
    [
        ("command.help", HearingOutcome.MATCH),
        ("option.zzz", HearingOutcome.DOUBTFUL),
        ("option.a", HearingOutcome.NO_MATCH),
    ],
)
def test_a_misheard_option_is_told(memory: Memory, meaning: str, outcome: HearingOutcome) -> None:
    said = content.items[ITEM].texts["fr"].options[0].text

    (result,) = checked(hears({said: (meaning, outcome)}), memory, {"service": FakeVoice().speak})

    (found,) = result.misheard
    assert (found.item, found.said, found.voice, found.heard, found.outcome) == (
        *(ITEM, said, "service", meaning, outcome.value),
    )


def test_what_the_dialogue_makes_of_a_sound_decides(memory: Memory) -> None:
    said = content.items[ITEM].texts["fr"].options[0]
    deaf = hears({said.text: ("option.zzz", HearingOutcome.NO_MATCH)})

    def understood(item: ContentItem, locale: str, heard: Recognition) -> MeaningId | None:
        return MeaningId(f"option.{said.id}") if heard.best == "option.zzz" else heard.best

    async def collect() -> list[Checked]:
        voices = {"service": FakeVoice().speak}
        every = check_content(content, ("fr",), grammar_of, voices, deaf, memory, only, understood)
        return [each async for each in every]

    assert asyncio.run(collect())[0].misheard == ()


@pytest.mark.parametrize(
    ("said", "heard", "told"), [("4", "6", []), ("4", "5", ["4"]), ("5", "6", ["5"]), ("5", "5", [])]
)
def test_a_wrong_number_is_never_taken_for_the_key(memory: Memory, said: str, heard: str, told: list[str]) -> None:
    item = content.items[ItemId("it.calc.sheet.2.d")]
    texts = {option.text: option.id for option in item.texts["fr"].options}

    async def hear(sound: Sound, grammar: Grammar) -> Recognition:
        number = texts[sound.pcm.decode().strip()]  # type: ignore[index] # the voice speaks these texts only
        meaning = MeaningId(f"option.{heard if number == said else number}")
        return Recognition(HearingOutcome.MATCH, (Scored(meaning, 0.9),), 0.1, engine="fake")

    result = asyncio.run(check_item(item, grammar_of(item, "fr"), {"service": FakeVoice().speak}, hear, memory))

    assert [found.option for found in result.misheard] == told


def test_of_a_number_item_the_key_and_its_neighbours_are_spoken() -> None:
    item = content.items[ItemId("it.calc.sheet.2.d")]

    assert [option.text for option in spoken_options(item, "fr")] == ["trois", "quatre", "cinq", "six", "sept"]


def test_words_the_ear_does_not_have_are_told(memory: Memory) -> None:
    async def hear(sound: Sound, grammar: Grammar) -> Recognition:
        raise SpeechError("unknown words: zinzolin")

    (result,) = checked(hear, memory, {"service": FakeVoice().speak})

    assert {found.outcome for found in result.misheard} == {"lexicon"}
    assert "zinzolin" in result.misheard[0].heard


def test_what_was_checked_is_remembered_voice_by_voice(tmp_path: Path) -> None:
    first, second = FakeVoice(), FakeVoice()
    said = content.items[ITEM].texts["fr"].options[0].text
    deaf = hears({said: ("command.help", HearingOutcome.MATCH)})
    checked(deaf, Memory(tmp_path / "m.jsonl", EARS), {"service": first.speak})

    both = {"service": first.speak, "learner": second.speak}
    (again,) = checked(hears(), Memory(tmp_path / "m.jsonl", EARS), both)

    assert len(first.said) == len(second.said) == again.sounds
    assert [found.said for found in again.misheard] == [said]


def test_what_another_ear_heard_does_not_count(tmp_path: Path) -> None:
    voice = FakeVoice()
    for ears in (EARS, {"fr": embedded_ear("fr")}):
        (result,) = checked(hears(), Memory(tmp_path / "m.jsonl", ears), {"service": voice.speak})

        assert result.sounds > 0


def test_a_changed_item_is_listened_to_again(memory: Memory) -> None:
    checked(hears(), memory, {"service": FakeVoice().speak})
    text = content.items[ITEM].texts["fr"]
    option = replace(text.options[0], synonyms=("tout autre chose",))
    item = replace(content.items[ITEM], texts={"fr": replace(text, options=(option, *text.options[1:])), "en": text})
    changed: Content = replace(content, items={ITEM: item})

    async def collect() -> list[Checked]:
        voices = {"service": FakeVoice().speak}
        return [each async for each in check_content(changed, ("fr",), grammar_of, voices, hears(), memory)]

    assert asyncio.run(collect())[0].sounds == len(text.options)


@pytest.mark.slow
def test_the_real_ear_hears_the_options_of_an_item(tmp_path: Path) -> None:
    settings = load_settings()
    if not whisper_installed(settings.models_folder):
        pytest.skip("the embedded recogniser is not installed")

    async def listen() -> list[Checked]:
        async with ear_and_voices(settings.models_folder, tmp_path / "speech") as (voices, hear):
            memory = Memory(tmp_path / "listening.jsonl", EARS)
            return [each async for each in check_content(content, ("fr", "en"), grammar_of, voices, hear, memory, only)]

    results = asyncio.run(listen())

    assert [found for result in results for found in result.misheard] == []
    assert sum(result.sounds for result in results) == 4 * len(content.items[ITEM].option_ids)
