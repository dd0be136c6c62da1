"""The rules of lessons: long enough to teach one idea, short enough to be heard, as kind and plain as the questions."""

from __future__ import annotations

from collections.abc import Iterator

from audio_content.forms import sentences, words
from audio_content.glossary import glossed_words
from audio_content.model import LOCALES, Content, Lesson, LessonText
from audio_content.pronunciation import own_lexicon
from audio_content.rules.finding import Finding, Severity
from audio_content.rules.item_rules import unknown_acronyms
from audio_content.rules.plain import rare_words
from audio_content.rules.style import found, styles

LESSON_WORDS = (70, 120)
"""Thirty to sixty seconds: the service's voice takes 0.53 s a word, the pauses between the three parts counted."""
SENTENCE_WORDS = 20
TAUGHT_PATH = "abc_pix"
TAUGHT_LEVELS = (1, 2)


def lesson_findings(content: Content) -> Iterator[Finding]:
    """Give the findings of every lesson in every language."""
    for lesson in content.lessons.values():
        for locale in LOCALES:
            for severity, rule, message in _judged(lesson, lesson.texts[locale], locale):
                yield Finding(severity, f"{lesson.id} {locale}", rule, message)


def untaught(content: Content) -> Iterator[Finding]:
    """Find the first skills of ABC Pix that have no lesson."""
    taught = {lesson.skill for lesson in content.lessons.values()}
    for skill in content.skill_map.paths.get(TAUGHT_PATH, ()):
        if content.skill_map.levels[skill] in TAUGHT_LEVELS and skill not in taught:
            yield Finding(Severity.ERROR, skill, "lesson-missing", f"no lesson: write le.{skill}")


def _judged(lesson: Lesson, text: LessonText, locale: str) -> Iterator[tuple[Severity, str, str]]:
    whole = text.whole
    least, most = LESSON_WORDS
    if not least <= (count := len(words(whole))) <= most:
        yield Severity.ERROR, "lesson-length", f"{count} words; from {least} to {most}, 30 to 60 seconds"
    for sentence in sentences(whole):
        if (count := len(words(sentence))) > SENTENCE_WORDS:
            yield Severity.ERROR, "sentence-length", f"a sentence has {count} words; at most {SENTENCE_WORDS}"
    style = styles()[locale]
    allowed = style.allowed.get(lesson.skill, ())
    for phrase in found(tuple(phrase for phrase in style.visual if phrase not in allowed), whole):
        yield Severity.ERROR, "sight", f"says {phrase!r}: find a wording that does not need sight"
    for phrase in found(style.harsh, whole):
        yield Severity.WARNING, "feedback-kind", f"says {phrase!r}: never about the person"
    for acronym in unknown_acronyms(whole, own_lexicon(locale)):
        yield Severity.ERROR, "acronym", f"{acronym!r} is not in the lexicon; add how it is said"
    named = found(tuple(dict.fromkeys((*style.brands, *style.free_brands))), whole, exact_case=True)
    if named and len({name in style.free_brands for name in named}) == 1:
        yield Severity.ERROR, "brand-alone", f"{', '.join(named)}: name a free and a paid product together, or none"
    if rare := ", ".join(rare_words(whole, locale, style.plain | glossed_words(locale))):
        yield Severity.ERROR, "plain-words", f"not everyday words: {rare}"
