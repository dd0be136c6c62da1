"""The words of a written text: what is handed to any speech engine, so that it has nothing left to guess.

An engine that meets "21 h 30", "n° 3" or "marie@exemple.fr" guesses, and each one guesses otherwise. So signs, numbers,
times and addresses become plain words here (`notation`), with the spellings of the lexicon (`pronunciation`). What is
left holds letters, sentence marks, hyphens inside words and apostrophes: no digit, no markup, no picture, never a
hyphen at its start (command lines take it for an option).

A locale without a lexicon is only cleaned. SSML is left out on purpose: the service's pauses are silences between
sounds (`dialogue.messages.Pause`) and its paces are made by the engine, so no text needs markup.
"""

from __future__ import annotations

import re
import unicodedata

from audio_content.notation import passes
from audio_content.pronunciation import Lexicon, package_lexicon

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_QUOTES = re.compile("[«»“”„\"]|(?<!\\w)'|'(?!\\w)")
_MARKUP = re.compile(r"[<>\[\]{}|\\`~^_*#]")
_DASHES = re.compile(r"(?<!\S)[-–—]+(?!\S)|[–—]+")
_LEADING = re.compile(r"^[\s,;:.!?-]+")
_KEPT_SIGNS = frozenset("°€£$§№+=<>|`^~")
_KEEP_SPACES = {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u02bc": "'", "\u2011": "-", "\u2026": "."}


def spoken_form(text: str, locale: str) -> str:
    """Give the text as words only, on one line; "" when there is nothing to say. Saying it again changes nothing.

    `locale` is a language or a tag ("fr", "fr-FR"). Raises InvalidLexicon when the service's own lexicon is broken.
    """
    lexicon = package_lexicon(locale)
    return spoken_with(text, lexicon)


def spoken_with(text: str, lexicon: Lexicon | None) -> str:
    """Give the text as words only, by this lexicon; without one it is only cleaned."""
    text = _cleaned(text)
    if lexicon is not None:
        for change in passes(lexicon):
            text = change(text, lexicon)
    return _tidy(text)


def _cleaned(text: str) -> str:
    """Give the text on one line without tags, control characters, pictures and typographic variants."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(_KEEP_SPACES.get(character) or _kept(character) for character in text)
    return " ".join(_TAG.sub(" ", text).split())


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if character in _KEPT_SIGNS:
        return character
    if category in ("Cc", "Zl", "Zp", "Zs", "So", "Sk", "Co", "Cn", "Cs"):
        return " "
    return "" if category in ("Cf", "Me") or 0xFE00 <= ord(character) <= 0xFE0F else character


def _tidy(text: str) -> str:
    """Give the text without leftover marks: one kind of sentence mark at a time, none at the start."""
    text = _QUOTES.sub(" ", text)
    text = re.sub(r"\s*[()]\s*", ", ", text)
    text = _DASHES.sub(", ", text)
    text = _MARKUP.sub(" ", text).replace("/", " ").replace("·", "")
    text = " ".join(text.split())
    text = re.sub(r" (?=[,.])", "", text)
    text = re.sub(r"([,;:.!?])(?: ?,)+", r"\1", text)
    text = re.sub(r",+ ?(?=[;:.!?])", "", text)
    text = re.sub(r"\.(?:\s*\.)+", ".", text)
    return _LEADING.sub("", text).removesuffix(",").strip()
