"""The page's own words, per locale, from `templates/words/*.toml`; and French spacing for everything that is shown."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from audio_content.model import LOCALES
from voice_app.typography import set_spaces

PageWords = Mapping[str, Mapping[str, str]]
"""Section -> name -> words."""

SPOKEN = "spoken"


def page_words(locale: str) -> PageWords:
    """Give the kiosk page's words in one locale. Raises KeyError for an unknown locale."""
    return book_of_words("", locale)


@cache
def book_of_words(book: str, locale: str) -> PageWords:
    """Give the words of a family of pages ("organization"; "": the kiosk). Raises KeyError for an unknown locale."""
    if locale not in LOCALES:
        raise KeyError(locale)
    name = f"{book}.{locale}.toml" if book else f"{locale}.toml"
    text = (resources.files("voice_app.web") / "templates" / "words" / name).read_text(encoding="utf-8")
    sections: dict[str, dict[str, str]] = tomllib.loads(text)
    return {
        section: {name: value if section == SPOKEN else set_spaces(value, locale) for name, value in names.items()}
        for section, names in sections.items()
    }
