"""How long the questions and lessons are when they are spoken: measured on the rendered sound at the usual pace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from audio_content.model import Content
from voice_app.ports import Synthesizer

LONGEST_STEM_MS = 12_000
"""What a memory holds of a question; longer ones are told."""
LESSON_MS = (30_000, 60_000)
BETWEEN_OPTIONS_MS = 350
AFTER_STEM_MS = 600


@dataclass(frozen=True, slots=True)
class Duration:
    """One text. `stem_ms`: the question alone; `whole_ms`: with its options and the pauses between, a lesson's all."""

    id: str
    locale: str
    stem_ms: int
    whole_ms: int


async def measure(
    content: Content, locales: Sequence[str], voice: Synthesizer, *, with_options: bool = False
) -> AsyncIterator[Duration]:
    """Render every stem and every lesson; what was rendered before costs a file read. `with_options`: whole questions,
    which takes four times as long; without, `whole_ms` of a question is its stem's."""
    for locale in locales:
        for item in content.items.values():
            text = item.texts[locale]
            stem = (await voice.speak(text.stem, locale)).duration_ms
            whole = stem
            if with_options:
                options = [(await voice.speak(option.text, locale)).duration_ms for option in text.options]
                whole += AFTER_STEM_MS + BETWEEN_OPTIONS_MS * (len(options) - 1) + sum(options)
            yield Duration(item.id, locale, stem, whole)
        for lesson in content.lessons.values():
            taught = lesson.texts[locale]
            parts = [
                (await voice.speak(part, locale)).duration_ms for part in (taught.idea, taught.example, taught.attempt)
            ]
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
