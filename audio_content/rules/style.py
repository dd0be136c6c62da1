"""The word lists of the linter (`framework/style.yaml`), and how a text is searched for them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from audio_content.model import LOCALES
from audio_content.sources import Node, read

FILE = "framework/style.yaml"


@dataclass(frozen=True, slots=True)
class Style:
    """The word lists of one language; `allowed`: skill -> visual words that name its subject.

    `brands`: products; `free_brands`: those under a free licence; `french`: services and numbers of France only;
    `plain`: words of daily life beside the everyday list.
    """

    catch_all: tuple[str, ...]
    negation: tuple[str, ...]
    visual: tuple[str, ...]
    harsh: tuple[str, ...]
    brands: tuple[str, ...]
    free_brands: tuple[str, ...]
    french: tuple[str, ...]
    plain: frozenset[str]
    not_figures: tuple[str, ...]
    allowed: Mapping[str, tuple[str, ...]]


@functools.cache
def styles() -> Mapping[str, Style]:
    """Give the word lists per locale. Raises ContentError when the file cannot be read."""
    root = Node.of(read(files("audio_content").joinpath(*FILE.split("/")), FILE), FILE, "")
    root.only(*LOCALES, "allowed")
    allowed_node = root.node("allowed")
    allowed = {skill: allowed_node.texts(skill) for skill in allowed_node.fields}
    return {locale: _style(root.node(locale), allowed) for locale in LOCALES}


def _style(node: Node, allowed: Mapping[str, tuple[str, ...]]) -> Style:
    return Style(
        catch_all=node.texts("catch_all"),
        negation=node.texts("negation"),
        visual=node.texts("visual"),
        harsh=node.texts("harsh"),
        brands=node.texts("brands"),
        free_brands=node.texts("free_brands"),
        french=node.texts("french"),
        plain=frozenset(node.texts("plain")),
        not_figures=node.texts("not_figures"),
        allowed=allowed,
    )


def found(phrases: tuple[str, ...], text: str, *, exact_case: bool = False) -> tuple[str, ...]:
    """Give the phrases that stand in a text as whole words; a phrase with a final star matches its endings too."""
    text = text.replace("’", "'")
    if not phrases or not _any_of(phrases, exact_case).search(text):
        return ()
    return tuple(phrase for phrase in phrases if _any_of((phrase,), exact_case).search(text))


@functools.lru_cache(maxsize=4096)
def _any_of(phrases: tuple[str, ...], exact_case: bool) -> re.Pattern[str]:
    bodies = "|".join(map(_body, phrases))
    return re.compile(rf"(?<!\w)(?:{bodies})", 0 if exact_case else re.IGNORECASE)


def _body(phrase: str) -> str:
    end = r"\w*" if phrase.endswith("*") else "" if phrase.endswith("'") else r"(?!\w)"
    return f"{re.escape(phrase.removesuffix('*'))}{end}"
