"""Durations of questions and lessons. The voice is a fake whose texts last as long as they have letters."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from audio_content.loader import load
from audio_content.model import Lesson, LessonId, LessonText
from engine.model import ItemId, SkillId
from voice_app.audio import Sound, silence
from voice_app.errors import SynthesisFailed
from voice_app.speech.durations import Duration, measure, summary

ITEM = ItemId("it.web.search.1.a")


class FakeVoice:
    """Ten milliseconds a letter."""

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        return silence(10 * len(text))


def test_a_question_lasts_its_stem_its_options_and_the_pauses() -> None:
    content = load()
    text = content.items[ITEM].texts["fr"]
    lesson = Lesson(LessonId("le.web.search.1"), SkillId("web.search.1"), {"fr": LessonText("ab", "cd", "ef")})
    one = replace(content, items={ITEM: content.items[ITEM]}, lessons={lesson.id: lesson})

    async def collect() -> list[Duration]:
        return [each async for each in measure(one, ("fr",), FakeVoice(), with_options=True)]

    item, taught = asyncio.run(collect())

    options = sum(10 * len(option.text) for option in text.options)
    assert item.stem_ms == 10 * len(text.stem)
    assert item.whole_ms == item.stem_ms + options + 600 + 350 * (len(text.options) - 1)
    assert taught.whole_ms == 60 + 1200


class TiredVoice(FakeVoice):
    """Fails the first time it is asked for a text."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        if text not in self.asked:
            self.asked.add(text)
            raise SynthesisFailed("too busy")
        return await super().speak(text, locale, rate)


def test_a_voice_that_fails_once_is_asked_again() -> None:
    content = load()
    one = replace(content, items={ITEM: content.items[ITEM]}, lessons={})

    async def collect() -> list[Duration]:
        return [each async for each in measure(one, ("fr",), TiredVoice(), between_tries_s=0.0)]

    (item,) = asyncio.run(collect())

    assert item.stem_ms == 10 * len(content.items[ITEM].texts["fr"].stem)


def test_the_summary_names_what_is_too_long() -> None:
    figures = summary(
        [
            Duration("it.a", "fr", 8_000, 15_000),
            Duration("it.b", "fr", 13_000, 21_000),
            Duration("le.a", "fr", 0, 20_000),
        ]
    )["fr"]

    assert (figures["stem_median_s"], figures["stem_longest_s"]) == (10.5, 13.0)
    assert (figures["stems_above_12_s"], figures["stems_above_12_s_share"]) == (1, 0.5)
    assert figures["stems_above_12_s_ids"] == ["it.b"]
    assert figures["lessons_outside_30_60_s"] == ["le.a"]
