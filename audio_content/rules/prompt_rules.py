"""The rules of prompts and spoken vocabulary: both languages say the same things, and no wording means two things."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

from audio_content.forms import said_form
from audio_content.manifest import GAP
from audio_content.model import LOCALES, Content, PromptId, Vocabulary
from audio_content.pronunciation import own_lexicon
from audio_content.rules.finding import Finding, Severity
from audio_content.rules.item_rules import unknown_acronyms
from audio_content.rules.style import found, styles

ABOUT_THE_PERSON = ("answer.", "back.", "confirm.", "practice.", "result.", "silence.", "unheard.")
"""Families of prompts that follow what a person said or did not say."""


def prompt_findings(content: Content) -> Iterator[Finding]:
    """Give the findings of prompts and vocabularies."""
    yield from missing_locales(content)
    yield from same_prompts(content)
    yield from same_commands(content)
    for locale, prompts in sorted(content.prompts.items()):
        for prompt, text in prompts.items():
            yield from _prompt(prompt, text, locale)
    for locale, vocabulary in sorted(content.vocabularies.items()):
        yield from ambiguous_wordings(vocabulary, locale)


def missing_locales(content: Content) -> Iterator[Finding]:
    for locale in LOCALES:
        if locale not in content.prompts:
            yield _error(f"prompts {locale}", "prompt-locale", "the prompts of this language are missing")
        if locale not in content.vocabularies:
            yield _error(f"vocabulary {locale}", "prompt-locale", "the vocabulary of this language is missing")


def same_prompts(content: Content) -> Iterator[Finding]:
    every = sorted({prompt for prompts in content.prompts.values() for prompt in prompts})
    for prompt in every:
        lacking = [locale for locale, prompts in sorted(content.prompts.items()) if prompt not in prompts]
        for locale in lacking:
            yield _error(f"{prompt} {locale}", "prompt-locale", "this prompt is missing in this language")
        if not lacking and len({frozenset(_gaps(prompts[prompt])) for prompts in content.prompts.values()}) > 1:
            yield _error(prompt, "prompt-gaps", "the languages do not have the same gaps")


def same_commands(content: Content) -> Iterator[Finding]:
    every = sorted({command for vocabulary in content.vocabularies.values() for command in vocabulary.commands})
    for locale, vocabulary in sorted(content.vocabularies.items()):
        for command in every:
            if command not in vocabulary.commands:
                yield _error(f"{command} {locale}", "command-locale", "this command has no wording in this language")


def ambiguous_wordings(vocabulary: Vocabulary, locale: str) -> Iterator[Finding]:
    """Find a wording that is said for two things that may be live in the same turn."""
    owner: dict[str, str] = {}
    groups = [
        *((f"the command {command!r}", forms) for command, forms in vocabulary.commands.items()),
        *((f"place {place}", forms) for place, forms in enumerate(vocabulary.places, start=1)),
        ("yes", vocabulary.yes),
        ("no", vocabulary.no),
    ]
    yield from _shared(groups, owner, locale)
    yield from _shared([(f"digit {digit}", forms) for digit, forms in enumerate(vocabulary.digits)], {}, locale)


def _shared(groups: list[tuple[str, tuple[str, ...]]], owner: dict[str, str], locale: str) -> Iterator[Finding]:
    for name, forms in groups:
        for form in forms:
            if (first := owner.setdefault(said_form(form), name)) != name:
                yield _error(f"vocabulary {locale}", "vocabulary-ambiguous", f"{form!r} is said for {first} and {name}")


def _prompt(prompt: PromptId, text: str, locale: str) -> Iterator[Finding]:
    where = f"{prompt} {locale}"
    if not _well_formed(text):
        yield _error(where, "prompt-gaps", "a brace is not a gap; write gaps as {name}")
    for acronym in unknown_acronyms(text, own_lexicon(locale)):
        yield _error(where, "acronym", f"{acronym!r} is not in the lexicon; add how it is said")
    if prompt.startswith(ABOUT_THE_PERSON):
        for phrase in found(styles()[locale].harsh, text):
            yield _error(where, "prompt-kind", f"says {phrase!r}; say what is there and what comes next")


def _gaps(text: str) -> list[str]:
    return GAP.findall(text)


def _well_formed(text: str) -> bool:
    try:
        fields = [name for _, name, spec, conversion in Formatter().parse(text) if name is not None]
        plain = not any(spec or conversion for _, _, spec, conversion in Formatter().parse(text))
    except ValueError:
        return False
    return plain and fields == _gaps(text)


def _error(where: str, rule: str, message: str) -> Finding:
    return Finding(Severity.ERROR, where, rule, message)
