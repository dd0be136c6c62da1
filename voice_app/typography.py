"""French spacing for everything that is shown or printed."""

from __future__ import annotations

import re

_BEFORE_SIGN = re.compile(r"[ \u00a0\u202f]+(?=[?!:;»%])")
_AFTER_QUOTE = re.compile(r"(?<=«)[ \u00a0\u202f]+")


def set_spaces(text: str, locale: str) -> str:
    """Give the text with the spaces that must not break a line: French puts one before `? ! : ;` and inside quotes."""
    if locale != "fr":
        return text
    return _AFTER_QUOTE.sub("\u00a0", _BEFORE_SIGN.sub("\u00a0", text))
