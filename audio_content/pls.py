"""The words of a lexicon as a W3C Pronunciation Lexicon (PLS 1.0), to share them with other speech systems.

Subset: `lexeme` with `grapheme` and `alias` (https://www.w3.org/TR/pronunciation-lexicon/, section 4.6). Phonemes are
refused with a clear fault: engines do not agree on them, and ours would ignore them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from audio_content.errors import InvalidLexicon

_NAMESPACE = "http://www.w3.org/2005/01/pronunciation-lexicon"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_REGIONS = {"fr": "fr-FR", "en": "en-GB"}


@dataclass(frozen=True, slots=True)
class PlsWords:
    """What a PLS document says: the language tag and written form -> said form."""

    language: str
    words: Mapping[str, str]


def to_pls(words: Mapping[str, str], locale: str) -> str:
    """Give the words as a PLS 1.0 document, the same bytes for the same words; forms said alike share a lexeme."""
    by_alias: dict[str, list[str]] = {}
    for written, said in sorted(words.items()):
        by_alias.setdefault(said, []).append(written)
    ElementTree.register_namespace("", _NAMESPACE)
    root = ElementTree.Element(
        _tag("lexicon"), {"version": "1.0", "alphabet": "ipa", _XML_LANG: _REGIONS.get(locale, locale)}
    )
    for said, writtens in sorted(by_alias.items()):
        lexeme = ElementTree.SubElement(root, _tag("lexeme"))
        for written in writtens:
            ElementTree.SubElement(lexeme, _tag("grapheme")).text = written
        ElementTree.SubElement(lexeme, _tag("alias")).text = said
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def from_pls(document: str, name: str = "lexicon.pls") -> PlsWords:
    """Give the words of a PLS document; `name` is the file's name in faults.

    Raises InvalidLexicon when it is not PLS, declares entities, has a lexeme without alias, or one word said two ways.
    """
    if "<!DOCTYPE" in document or "<!ENTITY" in document:
        raise InvalidLexicon.of(name, "", "the document declares entities", "Remove its DOCTYPE")
    try:
        # Safe: without a DOCTYPE there is no entity to expand and nothing outside to fetch.
        root = ElementTree.fromstring(document)  # noqa: S314
    except ElementTree.ParseError as error:
        raise InvalidLexicon.of(name, "", f"not readable as XML ({error})", "Correct the place named above") from error
    if root.tag != _tag("lexicon"):
        raise InvalidLexicon.of(name, "", "the root is not a PLS lexicon", f"Use the namespace {_NAMESPACE}")
    words: dict[str, str] = {}
    for lexeme in root.findall(_tag("lexeme")):
        writtens = [_text(grapheme) for grapheme in lexeme.findall(_tag("grapheme"))]
        where = ", ".join(writtens)
        alias = lexeme.find(_tag("alias"))
        if not writtens or alias is None or not all(writtens) or not _text(alias):
            raise InvalidLexicon.of(name, where, "a lexeme lacks its grapheme or its alias", "Write both, as text")
        for written in writtens:
            if words.setdefault(written, _text(alias)) != _text(alias):
                raise InvalidLexicon.of(name, written, "this word is said in two ways", "Keep one of them")
    return PlsWords(root.get(_XML_LANG, ""), words)


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _text(element: ElementTree.Element) -> str:
    return " ".join((element.text or "").split())
