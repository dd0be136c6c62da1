"""Texts taken apart, as the rules count them and as a grammar wants them."""

from __future__ import annotations

import functools
import re
import unicodedata

_SENTENCE_END = re.compile(r"(?<!\bM)(?<!\bMme)(?<!\bMr)(?<!\bMrs)(?<!\bDr)[.!?…]+(?=\s|$|[»\"])")
_EDGES = '.,;:!?…«»"“”()[]'


def words(text: str) -> tuple[str, ...]:
    """Give the words between spaces, without the marks around them; "l'eau" and "oui-fi" are one word each."""
    bare = (word.strip(_EDGES) for word in text.split())
    return tuple(word for word in bare if any(character.isalnum() for character in word))


def sentences(text: str) -> tuple[str, ...]:
    """Give the sentences, without their end marks."""
    return tuple(part.strip() for part in _SENTENCE_END.split(text) if words(part))


@functools.lru_cache(maxsize=65_536)
def said_form(text: str) -> str:
    """Give a wording as a grammar wants it: lower case, NFC, straight apostrophes, no marks around its words."""
    return " ".join(words(unicodedata.normalize("NFC", text).lower().replace("’", "'")))


def tokens(text: str) -> tuple[str, ...]:
    """Give the words with elisions taken apart ("n'ouvre" is "n'" and "ouvre"), lower case."""
    return tuple(re.findall(r"[^\W_]+(?:-[^\W_]+)*(?:'t\b)?'?", said_form(text)))
