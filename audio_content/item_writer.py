"""Items written as a file of the bank, the way authors write them. Reading it again gives the same items."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from audio_content.model import ContentItem, ItemKind, ItemText


def bank_file(items: Iterable[ContentItem]) -> str:
    """Give the YAML text of a file with these items. Texts are quoted, so that nothing in them is taken for YAML."""
    return "\n".join(("items:", *(line for item in items for line in _item(item)))) + "\n"


def _item(item: ContentItem) -> Iterator[str]:
    yield f"- id: {item.id}"
    yield f"  skill: {item.skill}"
    yield f"  type: {item.kind.value}"
    yield f"  requires_sight: {'true' if item.requires_sight else 'false'}"
    yield f"  key: {_quoted(item.key)}"
    if item.kind is ItemKind.NUMBER:
        yield f'  range: "{item.option_ids[0]}-{item.option_ids[-1]}"'
    if item.twin is not None:
        yield f"  twin: {item.twin}"
    if item.country is not None:
        yield f"  country: {item.country}"
    if item.difficulty is not None:
        yield f'  difficulty: "{item.difficulty}"'
    for locale, text in item.texts.items():
        yield f"  {locale}:"
        yield f"    stem: {_quoted(text.stem)}"
        yield f"    simpler: {_quoted(text.simpler)}"
        yield from _answers(item, text)
        yield f"    feedback: {_quoted(text.feedback)}"
    if item.assistant is not None:
        said = ", ".join(f"{locale}: {_quoted(text)}" for locale, text in item.assistant.by_locale.items())
        yield f"  assistant: {{kind: {item.assistant.kind.value}, {said}}}"


def _answers(item: ContentItem, text: ItemText) -> Iterator[str]:
    options = text.options
    key = next(option for option in options if option.id == item.key)
    match item.kind:
        case ItemKind.CHOICE:
            yield "    options:"
            for option in options:
                synonyms = f", synonyms: {_list(option.synonyms)}" if option.synonyms else ""
                yield f"    - {{id: {_quoted(option.id)}, text: {_quoted(option.text)}{synonyms}}}"
        case ItemKind.NUMBER:
            if text.also:
                yield f"    also: {_list(text.also)}"
            if accepted := key.synonyms[len(text.also) :]:
                yield f"    accept: {_list(accepted)}"
        case ItemKind.WORD:
            yield f"    accept: {_list((key.text, *key.synonyms))}"
            yield f"    others: {_list(tuple(option.text for option in options if option.id != item.key))}"
        case ItemKind.YES_NO:
            pass


def _list(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
