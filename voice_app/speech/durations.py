"""How long the questions and lessons are when they are spoken: measured on the rendered sound at the usual pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from audio_content.model import Content, ItemKind
from voice_app.errors import SpeechError
from voice_app.ports import Synthesizer

LONGEST_STEM_MS = 12_000
"""What a memory holds of a question; longer ones are told."""
LESSON_MS = (30_000, 60_000)
BETWEEN_OPTIONS_MS = 350
AFTER_STEM_MS = 600
TRIES = 4
BETWEEN_TRIES_S = 2.0


@dataclass(frozen=True, slots=True)
class Duration:
    """One text. `stem_ms`: the question alone; `whole_ms`: with its options and the pauses between, a lesson's all."""

    id: str
    locale: str
    stem_ms: int
    whole_ms: int


async def _length_ms(voice: Synthesizer, text: str, locale: str, between_tries_s: float) -> int:
    """Give the length of a text as it is spoken; a busy machine that fails once is asked again. Raises SpeechError."""
    for _ in range(TRIES - 1):
        try:
            return (await voice.speak(text, locale)).duration_ms
        except SpeechError:
            await asyncio.sleep(between_tries_s)
    return (await voice.speak(text, locale)).duration_ms


async def measure(
    content: Content,
    locales: Sequence[str],
    voice: Synthesizer,
    *,
    with_options: bool = False,
    between_tries_s: float = BETWEEN_TRIES_S,
) -> AsyncIterator[Duration]:
    """Render every stem and every lesson; what was rendered before costs a file read. `with_options`: whole questions,
    which takes four times as long; without, `whole_ms` of a question is its stem's."""
    for locale in locales:
        for item in content.items.values():
            text = item.texts[locale]
            stem = await _length_ms(voice, text.stem, locale, between_tries_s)
            whole = stem
            if with_options and item.kind is ItemKind.CHOICE:
                options = [await _length_ms(voice, option.text, locale, between_tries_s) for option in text.options]
                whole += AFTER_STEM_MS + BETWEEN_OPTIONS_MS * (len(options) - 1) + sum(options)
            yield Duration(item.id, locale, stem, whole)
        for lesson in content.lessons.values():
            taught = lesson.texts[locale]
            told = (taught.idea, taught.example, taught.attempt)
            parts = [await _length_ms(voice, part, locale, between_tries_s) for part in told]
            yield Duration(lesson.id, locale, 0, sum(parts) + AFTER_STEM_MS * 2)


def summary(durations: Sequence[Duration]) -> dict[str, Any]:
    """Give, per language, the figures of a goal: median and longest stem in seconds, and what is outside."""
    return {locale: _of(durations, locale) for locale in dict.fromkeys(each.locale for each in durations)}


def _of(durations: Sequence[Duration], locale: str) -> dict[str, Any]:
    items = [each for each in durations if each.locale == locale and each.id.startswith("it.")]
    lessons = [each for each in durations if each.locale == locale and each.id.startswith("le.")]
    too_long = [each.id for each in items if each.stem_ms > LONGEST_STEM_MS]
    least, most = LESSON_MS
    return {
        "stem_median_s": _seconds(median(each.stem_ms for each in items)) if items else 0.0,
        "stem_longest_s": _seconds(max((each.stem_ms for each in items), default=0)),
        "question_median_s": _seconds(median(each.whole_ms for each in items)) if items else 0.0,
        "question_longest_s": _seconds(max((each.whole_ms for each in items), default=0)),
        "stems_above_12_s": len(too_long),
        "stems_above_12_s_share": round(len(too_long) / len(items), 4) if items else 0.0,
        "stems_above_12_s_ids": too_long,
        "lesson_median_s": _seconds(median(each.whole_ms for each in lessons)) if lessons else 0.0,
        "lessons_outside_30_60_s": [each.id for each in lessons if not least <= each.whole_ms <= most],
    }


def _seconds(milliseconds: float) -> float:
    return round(milliseconds / 1000, 1)
