"""The page's own words, per locale, from `templates/words/*.toml`; and French spacing for everything that is shown."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from audio_content.model import LOCALES

PageWords = Mapping[str, Mapping[str, str]]
"""Section -> name -> words."""

SPOKEN = "spoken"
_BEFORE_SIGN = re.compile(r"[ \u00a0\u202f]+(?=[?!:;»%])")
_AFTER_QUOTE = re.compile(r"(?<=«)[ \u00a0\u202f]+")


@cache
def page_words(locale: str) -> PageWords:
    """Give the page's words in one locale. Raises KeyError for an unknown locale."""
    if locale not in LOCALES:
        raise KeyError(locale)
    text = (resources.files("voice_app.web") / "templates" / "words" / f"{locale}.toml").read_text(encoding="utf-8")
    sections: dict[str, dict[str, str]] = tomllib.loads(text)
    return {
        section: {name: value if section == SPOKEN else set_spaces(value, locale) for name, value in names.items()}
        for section, names in sections.items()
    }


def set_spaces(text: str, locale: str) -> str:
    """Give the text with the spaces that must not break a line: French puts one before `? ! : ;` and inside quotes."""
    if locale != "fr":
        return text
    return _AFTER_QUOTE.sub("\u00a0", _BEFORE_SIGN.sub("\u00a0", text))
