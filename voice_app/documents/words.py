"""The words of the documents, per locale, from `words/*.toml`; and digits and days as people read them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources

from audio_content.model import LOCALES
from engine.organization.codes import group_by_two
from voice_app.typography import set_spaces

DocumentWords = Mapping[str, Mapping[str, str]]
"""Section -> name -> words."""

NO_BREAK = "\u00a0"


@cache
def document_words(locale: str) -> DocumentWords:
    """Give the words in one locale. Raises KeyError for an unknown locale."""
    if locale not in LOCALES:
        raise KeyError(locale)
    text = (resources.files("voice_app.documents") / "words" / f"{locale}.toml").read_text(encoding="utf-8")
    sections: dict[str, dict[str, str]] = tomllib.loads(text)
    return {
        section: {name: set_spaces(value, locale) for name, value in names.items()}
        for section, names in sections.items()
    }


def in_pairs(digits: str) -> str:
    """Give digits two by two, never parted by the end of a line."""
    return NO_BREAK.join(group_by_two(digits))


def written_day(day: date, locale: str) -> str:
    """Give a day with the name of its month."""
    months = document_words(locale)["months"]
    return months["day"].format(day=day.day, month=months["names"].split()[day.month - 1], year=day.year)


def written_moment(moment: datetime, locale: str) -> str:
    """Give a moment by the clock where this machine stands; a clock that is at home nowhere says so (UTC)."""
    here = moment.astimezone()
    day = written_day(here.date(), locale)
    hour, minute = (f"{here:%H}", f"{here:%M}")
    told = document_words(locale)["months"]["moment"].format(day=day, hour=hour.lstrip("0") or "0", minute=minute)
    return f"{told}{NO_BREAK}UTC" if here.tzname() == "UTC" else told
