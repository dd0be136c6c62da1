"""One item in one language as a QTI 3 document."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from audio_content.glossary import terms_in
from audio_content.model import ContentItem, ItemKind, ItemText
from audio_content.qti.names import (
    FEEDBACK,
    GUIDANCE,
    MAP_RESPONSE,
    MATCH_CORRECT,
    QTI,
    RESPONSE,
    SCHEMA,
    SCORE,
    SHOWN,
    SPOKEN,
    XML_LANG,
    XSI,
    qti,
    under,
)

STEM_CATALOG = "stem"
SIMPLER_CLASS, TERM_CLASS = "simpler", "term"


def item_document(item: ContentItem, locale: str, title: str, ssml_href: str) -> ET.Element:
    """Give the document; `title` names the skill, `ssml_href` is where its spoken form lies, seen from the item."""
    text = item.texts[locale]
    root = ET.Element(
        qti("qti-assessment-item"),
        {
            f"{{{XSI}}}schemaLocation": f"{QTI} {SCHEMA}",
            "identifier": item.id,
            "title": title,
            "adaptive": "false",
            "time-dependent": "false",
            XML_LANG: locale,
        },
    )
    _declare(root, item, text)
    _ask(under(root, qti("qti-item-body")), item, text)
    _catalog(root, text, locale, ssml_href)
    template = MAP_RESPONSE if item.kind is ItemKind.WORD else MATCH_CORRECT
    under(root, qti("qti-response-processing"), template=template)
    feedback = under(root, qti("qti-modal-feedback"), outcome_identifier=FEEDBACK, identifier=SHOWN, show_hide="show")
    under(under(feedback, qti("qti-content-body")), qti("p"), text.feedback)
    return root


def _declare(root: ET.Element, item: ContentItem, text: ItemText) -> None:
    base_type = {ItemKind.NUMBER: "integer", ItemKind.WORD: "string"}.get(item.kind, "identifier")
    key = next(option for option in text.options if option.id == item.key)
    response = under(
        root, qti("qti-response-declaration"), identifier=RESPONSE, cardinality="single", base_type=base_type
    )
    correct = key.text if item.kind is ItemKind.WORD else item.key
    under(under(response, qti("qti-correct-response")), qti("qti-value"), correct)
    if item.kind is ItemKind.WORD:
        mapping = under(response, qti("qti-mapping"), default_value="0")
        for wording in (key.text, *key.synonyms):
            under(mapping, qti("qti-map-entry"), map_key=wording, mapped_value="1", case_sensitive="false")
    under(root, qti("qti-outcome-declaration"), identifier=SCORE, cardinality="single", base_type="float")
    shown = under(
        root, qti("qti-outcome-declaration"), identifier=FEEDBACK, cardinality="single", base_type="identifier"
    )
    under(under(shown, qti("qti-default-value")), qti("qti-value"), SHOWN)


def _ask(body: ET.Element, item: ContentItem, text: ItemText) -> None:
    if item.kind in (ItemKind.NUMBER, ItemKind.WORD):
        under(under(body, qti("p")), qti("span"), text.stem, data_catalog_idref=STEM_CATALOG)
        under(under(body, qti("p")), qti("qti-text-entry-interaction"), response_identifier=RESPONSE)
        return
    shuffled = "true" if item.kind is ItemKind.CHOICE else "false"
    interaction = under(
        body, qti("qti-choice-interaction"), response_identifier=RESPONSE, max_choices="1", shuffle=shuffled
    )
    prompt = under(interaction, qti("qti-prompt"))
    under(prompt, qti("span"), text.stem, data_catalog_idref=STEM_CATALOG)
    for option in text.options:
        under(interaction, qti("qti-simple-choice"), option.text, identifier=option.id)


def _catalog(root: ET.Element, text: ItemText, locale: str, ssml_href: str) -> None:
    catalog = under(under(root, qti("qti-catalog-info")), qti("qti-catalog"), id=STEM_CATALOG)
    entry = under(
        under(catalog, qti("qti-card"), support=SPOKEN),
        qti("qti-card-entry"),
        data_reading_type="computer-read-aloud",
        default="true",
    )
    entry.set(XML_LANG, locale)
    under(entry, qti("qti-file-href"), ssml_href, mime_type="application/ssml+xml")
    guidance = under(under(catalog, qti("qti-card"), support=GUIDANCE), qti("qti-html-content"))
    guidance.set(XML_LANG, locale)
    under(guidance, qti("p"), text.simpler, **{"class": SIMPLER_CLASS})
    for term in terms_in(text.stem, locale):
        under(guidance, qti("p"), f"{term.words[0]} : {term.gloss}", **{"class": TERM_CLASS})
