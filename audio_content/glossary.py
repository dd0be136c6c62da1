"""The glossary: the words that a question may be about though not everybody knows them, each with a plain explanation.

Read from `framework/glossary.yaml`. An entry is one idea: in each language, the words that stand for it (every form
that is used, plural too) and one short explanation. The linter takes these words as plain; the export for other systems
gives the explanations beside the questions.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from audio_content.forms import said_form
from audio_content.model import LOCALES
from audio_content.sources import Node, read

FILE = "framework/glossary.yaml"


@dataclass(frozen=True, slots=True)
class Term:
    """One idea in one language: the words for it, and what it is."""

    id: str
    words: tuple[str, ...]
    gloss: str


@functools.cache
def glossary() -> Mapping[str, tuple[Term, ...]]:
    """Give the terms per locale. Raises ContentError when the file cannot be read."""
    root = Node.of(read(files("audio_content").joinpath(*FILE.split("/")), FILE), FILE, "")
    root.only("terms")
    terms: dict[str, list[Term]] = {locale: [] for locale in LOCALES}
    for node in root.nodes("terms"):
        term = node.text("id")
        named = node.named(f"term {term}")
        named.only("id", *LOCALES)
        for locale in LOCALES:
            body = named.node(locale)
            body.only("words", "gloss")
            terms[locale].append(Term(term, body.texts("words"), body.text("gloss")))
    return {locale: tuple(listed) for locale, listed in terms.items()}


@functools.cache
def glossed_words(locale: str) -> frozenset[str]:
    """Give every single word that stands in a term, lower case, and acronyms as they are written."""
    parts = (part for term in glossary()[locale] for word in term.words for part in word.replace("-", " ").split())
    return frozenset(form for part in parts for form in (part, part.lower()))


def terms_in(text: str, locale: str) -> tuple[Term, ...]:
    """Give the terms whose words stand in a text, in the order of the glossary."""
    said = f" {said_form(text).replace('-', ' ')} ".replace("'", "' ")
    return tuple(
        term
        for term in glossary()[locale]
        if any(f" {said_form(word).replace('-', ' ')} " in said for word in term.words)
    )
