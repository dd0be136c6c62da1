"""What QTI has no place for, as elements of our own namespace in the manifest, written and read."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from audio_content.model import (
    Assistant,
    AssistantKind,
    ContentItem,
    ItemKind,
    ItemText,
    OptionId,
    OptionText,
)
from audio_content.qti.names import own, under
from engine.model import ItemId, SkillId

CARRIED = (
    "skill",
    "type",
    "synonyms",
    "requires_sight",
    "twin",
    "country",
    "difficulty",
    "assistant",
    "others",
    "range",
    "also",
)
"""The fields that only this namespace carries: another system will not read them."""


def write_metadata(parent: ET.Element, item: ContentItem, locale: str) -> None:
    """Add the element of an item in one language."""
    made = under(parent, own("item"), skill=item.skill, type=item.kind.value)
    made.set("requires-sight", "true" if item.requires_sight else "false")
    for name, value in (("twin", item.twin), ("country", item.country), ("difficulty", item.difficulty)):
        if value is not None:
            made.set(name, str(value))
    for option in item.texts[locale].options:
        if item.kind is ItemKind.NUMBER:
            under(made, own("number"), option.text, option=option.id)
        elif item.kind is ItemKind.WORD:
            under(made, own("word"), option.text, option=option.id)
        for synonym in option.synonyms:
            under(made, own("synonym"), synonym, option=option.id)
    for pattern in item.texts[locale].also:
        under(made, own("also"), pattern)
    if item.assistant is not None:
        under(made, own("assistant"), item.assistant.by_locale[locale], kind=item.assistant.kind.value)


def with_metadata(item: ContentItem, locale: str, found: ET.Element) -> ContentItem:
    """Give an item as QTI alone tells it, completed by what the manifest adds. Raises ValueError for a bad value."""
    text = item.texts[locale]
    kind = ItemKind(found.get("type", item.kind.value))
    options = text.options
    listed = [*found.findall(own("number")), *found.findall(own("word"))]
    if listed:
        options = tuple(OptionText(OptionId(each.get("option", "")), each.text or "") for each in listed)
    synonyms: dict[str, list[str]] = {}
    for each in found.findall(own("synonym")):
        synonyms.setdefault(each.get("option", ""), []).append(each.text or "")
    options = tuple(replace(option, synonyms=tuple(synonyms.get(option.id, ()))) for option in options)
    also = tuple(each.text or "" for each in found.findall(own("also")))
    key = item.key
    if kind is ItemKind.WORD and options:
        key = options[0].id
    difficulty, twin = found.get("difficulty"), found.get("twin")
    said = found.find(own("assistant"))
    return replace(
        item,
        skill=SkillId(found.get("skill", "")),
        kind=kind,
        key=key,
        texts={locale: ItemText(text.stem, text.simpler, options, text.feedback, also)},
        requires_sight=found.get("requires-sight") == "true",
        country=found.get("country"),
        difficulty=None if difficulty is None else float(difficulty),
        twin=None if twin is None else ItemId(twin),
        assistant=None if said is None else Assistant(AssistantKind(said.get("kind", "")), {locale: said.text or ""}),
    )
