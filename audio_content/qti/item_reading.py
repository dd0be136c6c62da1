"""One QTI 3 document read as an item in one language: what QTI itself carries, nothing more."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from audio_content.errors import ContentError
from audio_content.model import ContentItem, ItemKind, ItemText, OptionId, OptionText
from audio_content.qti.item_xml import SIMPLER_CLASS
from audio_content.qti.names import XML_LANG, qti
from engine.model import ItemId, SkillId

_YES_NO = ("yes", "no")


def read_item_document(root: ET.Element, name: str) -> tuple[ContentItem, str, tuple[str, ...]]:
    """Give the item, its language and what it lacks. Raises ContentError for an interaction that cannot be spoken."""
    locale = root.get(XML_LANG, "fr").partition("-")[0].lower()
    choice, entry = root.find(f".//{qti('qti-choice-interaction')}"), _entry(root)
    value = root.findtext(f".//{qti('qti-correct-response')}/{qti('qti-value')}", "")
    lacking: list[str] = []
    if choice is not None and choice.get("max-choices", "1") == "1":
        options = tuple(
            OptionText(OptionId(each.get("identifier", "")), _text(each))
            for each in choice.iter(qti("qti-simple-choice"))
        )
        kind = ItemKind.YES_NO if tuple(option.id for option in options) == _YES_NO else ItemKind.CHOICE
        stem, key = _text(choice.find(qti("qti-prompt"))), OptionId(value)
    elif entry is not None:
        kind = ItemKind.NUMBER if _base_type(root) in ("integer", "float") else ItemKind.WORD
        stem, key = _paragraphs(root), OptionId(value if kind is ItemKind.NUMBER else _word_id(value))
        others = [each.get("map-key", "") for each in root.iter(qti("qti-map-entry"))]
        synonyms = tuple(wording for wording in others if wording != value)
        options = (OptionText(key, value, synonyms),)
    else:
        raise ContentError.of(name, "", "no interaction that can be spoken", "Use one choice, or a text entry")
    simpler = _simpler(root)
    feedback = _text(root.find(f".//{qti('qti-modal-feedback')}"))
    lacking += [f"no {field}" for field, text in (("simpler wording", simpler), ("feedback", feedback)) if not text]
    text = ItemText(stem, simpler, options, feedback)
    item = ContentItem(ItemId(root.get("identifier", "")), SkillId(""), kind, key, {locale: text})
    return item, locale, tuple(lacking)


def _entry(root: ET.Element) -> ET.Element | None:
    return root.find(f".//{qti('qti-text-entry-interaction')}")


def _base_type(root: ET.Element) -> str:
    declaration = root.find(qti("qti-response-declaration"))
    return "" if declaration is None else declaration.get("base-type", "")


def _paragraphs(root: ET.Element) -> str:
    body = root.find(qti("qti-item-body"))
    return _text(body)


def _simpler(root: ET.Element) -> str:
    for paragraph in root.iter(qti("p")):
        if paragraph.get("class") == SIMPLER_CLASS:
            return _text(paragraph)
    return ""


def _text(element: ET.Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _word_id(word: str) -> str:
    return re.sub(r"\W+", "_", word.lower())
