"""Turns views and pages into HTML. One Jinja environment of our own, everything escaped, an unknown name is a fault."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from audio_content.model import LOCALES
from voice_app.documents.words import written_day, written_moment
from voice_app.ports import ShownButton, ShownView
from voice_app.typography import set_spaces
from voice_app.web.page_words import book_of_words, page_words

KEYPAD = "123456789*0#"
"""Places of the keys on the code page, as on a telephone (ITU-T E.161)."""
FONTS = ("Luciole", "Atkinson Hyperlegible Next")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("voice_app.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spaced"] = set_spaces
    environment.filters["written"] = written_day
    environment.filters["written_moment"] = written_moment
    environment.filters["data"] = _as_data
    return environment


def render_view(view: ShownView) -> str:
    """Give the fragment of a view, from its heading to its commands."""
    return (
        _templates()
        .get_template("view.html")
        .render(view=view, choices=_in_order(view), words=page_words(view.locale), locale=view.locale)
    )


def render_page(name: str, locale: str, **fields: Any) -> str:
    """Give a whole page: `start`, `about` or `error`."""
    return (
        _templates()
        .get_template(f"{name}.html")
        .render(
            words=page_words(locale),
            other_words={other: page_words(other) for other in LOCALES},
            locale=locale,
            font=installed_font(),
            **fields,
        )
    )


def render_document(template: str, book: str, locale: str, **fields: Any) -> str:
    """Give a whole page of another family, with the words of its book."""
    return (
        _templates()
        .get_template(template)
        .render(
            words=book_of_words(book, locale),
            signposts=page_words(locale)["signposts"],
            languages={other: page_words(other)["page"]["language_name"] for other in LOCALES},
            locale=locale,
            font=installed_font(),
            **fields,
        )
    )


def render_template(template: str, locale: str, **fields: Any) -> str:
    """Give a whole page whose words are among its fields."""
    return _templates().get_template(template).render(locale=locale, font=installed_font(), **fields)


def installed_font() -> str | None:
    """Give the low-vision font that `scripts/fetch_web_assets` has brought, or None: the device's own fonts."""
    folder = resources.files("voice_app.web") / "static" / "fonts"
    for font in FONTS:
        if (folder / f"{_file_stem(font)}-Regular.woff2").is_file():
            return font
    return None


def _in_order(view: ShownView) -> tuple[ShownButton, ...]:
    """Give the choices in reading order; digits to type stand as on a telephone."""
    if view.screen not in ("code_entry", "number_entry") or any(choice.key not in KEYPAD for choice in view.choices):
        return view.choices
    return tuple(sorted(view.choices, key=lambda choice: KEYPAD.index(choice.key)))


def _as_data(value: Any) -> Markup:
    """Give a value as JSON that may stand inside a `<script type="application/json">`."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704 - the three lines make it safe


def _file_stem(font: str) -> str:
    return font.replace(" ", "")
