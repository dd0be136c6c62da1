"""Text on its way to an engine: nothing in it may be taken for a command.

Pico obeys `<speed>`, `<pitch>` and `<break>`; the voices of Windows obey XML, those of macOS and espeak-ng `[[...]]`;
a NUL ends the text for every library in C. Pictures and invisible characters are read aloud by their names, or make an
engine stumble.
"""

from __future__ import annotations

import re
import unicodedata

CLEANER_VERSION = 1
LONGEST_TEXT = 6_000
"""Characters; about fifteen minutes of slow speech, the most that one answer of a worker may carry."""

TAG = re.compile(r"</?[A-Za-z][^<>]*>")
COMMAND_SIGNS = re.compile(r"[<>]|\[\[|\]\]")
SPACES = re.compile(r"\s+")
FIRST_PICTURE = 0x20D0
"""Signs from here on (drawings, emoji, frames around a character) are not read; those below (degree) have a name."""
JOINERS = "\u200c\u200d"
"""Persian and Indic scripts need them inside words; outside words they glue pictures together."""
LONE_JOINERS = re.compile(rf"(?<!\w)[{JOINERS}]+|[{JOINERS}]+(?!\w)")
PICTURE_SELECTORS = frozenset(chr(code) for code in range(0xFE00, 0xFE10))
SPOKEN_SIGNS = frozenset("€$£%@+=#&°§")


def clean(text: str) -> str:
    """Give the text on one line without markup, control characters and pictures; "" when nothing is left to be said."""
    text = TAG.sub(" ", unicodedata.normalize("NFC", text))
    text = "".join(keep(character) for character in text)
    text = SPACES.sub(" ", COMMAND_SIGNS.sub(" ", LONE_JOINERS.sub("", text))).strip()
    return text if any(c.isalnum() or c in SPOKEN_SIGNS for c in text) else ""


def keep(character: str) -> str:
    """Give the character itself, a space where it stood between words, or "" where it was invisible inside one."""
    match unicodedata.category(character):
        case "Cc" | "Cs" | "Co" | "Cn" | "Zl" | "Zp":
            return " "
        case "So" | "Sk" | "Me" if ord(character) >= FIRST_PICTURE:
            return " "
        case "Cf" if character not in JOINERS:
            return ""
        case "Mn" if character in PICTURE_SELECTORS:
            return ""
        case _:
            return character
