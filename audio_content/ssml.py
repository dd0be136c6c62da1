"""A question as SSML 1.1: what is said, with the pauses of the service and a mark at each option.

Only what every engine understands: `s`, `break`, `mark`, `sub`. Numbers, addresses and acronyms are words already, so
that no engine has to guess (`say-as` is left out: its values are not standardised).
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from audio_content.lexicon import spoken_form
from audio_content.model import ContentItem, ItemKind

NAMESPACE = "http://www.w3.org/2001/10/synthesis"
STEM_PAUSE_MS = 600
OPTION_PAUSE_MS = 350
TAGS = {"fr": "fr-FR", "en": "en-GB"}


def question_ssml(item: ContentItem, locale: str) -> str:
    """Give the stem and, for a choice, its options in their written order."""
    text = item.texts[locale]
    parts = [f"<s>{_said(text.stem, locale)}</s>"]
    if item.kind is ItemKind.CHOICE:
        for place, option in enumerate(text.options):
            pause = OPTION_PAUSE_MS if place else STEM_PAUSE_MS
            parts.append(f'<break time="{pause}ms"/><mark name={quoteattr(option.id)}/>')
            parts.append(f"<s>{_said(option.text, locale)}</s>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<speak version="1.1" xmlns="{NAMESPACE}" xml:lang="{TAGS.get(locale, locale)}">{"".join(parts)}</speak>\n'
    )


def _said(text: str, locale: str) -> str:
    spoken = spoken_form(text, locale)
    return escape(text) if spoken == text else f"<sub alias={quoteattr(spoken)}>{escape(text)}</sub>"
