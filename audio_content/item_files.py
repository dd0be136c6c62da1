"""One item read from the files of the bank (`items/**/*.yaml`), with every contradiction told.

Fields of an item
  id            it.<skill>.<letter>            skill         a skill of the map
  type          choice, yes_no, number, word   key           the right option's id; a number item: the figure as text;
                                                              a word item: the id of the word
  requires_sight, twin                         the twin is the item of the same skill that needs no sight
  country       FR: its facts hold only there  difficulty    expert value in level units, near the level
  range         number items: "0-20", the numbers that are listened for (usual: 0 to 20)
  assistant     {kind, fr, en}                 the variant for a person with a helper or an assistive technology
  fr, en        stem, simpler, feedback and, by type: choice: options; number: also (other ways to say every number of
                the range: "{} euros", "{une} heures" with a feminine number, "{rank}" for "the third"), accept (other
                wordings of the right number alone: "midi"); word: accept (wordings of the word), others (plausible
                other words that are listened for)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from audio_content.errors import Fault
from audio_content.model import (
    LOCALES,
    Assistant,
    AssistantKind,
    ContentItem,
    ItemKind,
    ItemText,
    OptionId,
    OptionText,
    SkillMap,
    Vocabulary,
)
from audio_content.numerals import NumberWords
from audio_content.pronunciation import own_lexicon
from audio_content.sources import Node
from engine.model import ItemId, SkillId

USUAL_RANGE = "0-20"
WIDEST_RANGE = 101
"""Numbers of a range: more cannot be told apart by ear."""
DIFFICULTY_STEP = 1.0
"""How far, in levels, an expert difficulty may lie from the usual one of its level."""

_ITEM_ID = re.compile(r"it\.(?P<skill>[a-z]+\.[a-z]+\.\d)\.[a-z]")
_COUNTRY = re.compile(r"[A-Z]{2}")
_RANGE = re.compile(r"(\d{1,3})-(\d{1,3})")
_GAP = re.compile(r"\{(?:une|rank)?\}")
_DIFFICULTY = re.compile(r"-?\d(\.\d+)?")
_TEXT_FIELDS: Mapping[ItemKind, tuple[str, ...]] = {
    ItemKind.CHOICE: ("options",),
    ItemKind.YES_NO: (),
    ItemKind.NUMBER: ("also", "accept"),
    ItemKind.WORD: ("accept", "others"),
}


def read_item(node: Node, skill_map: SkillMap, vocabularies: Mapping[str, Vocabulary]) -> ContentItem:
    """Give one item. Raises ContentError when a field is missing, unknown, or contradicts another one."""
    item = ItemId(node.text("id"))
    node = node.named(item)
    node.only(
        *("id", "skill", "type", "key", "requires_sight", "twin", "country", "difficulty", "range", "assistant"),
        *LOCALES,
    )
    skill = SkillId(node.text("skill"))
    matched = _ITEM_ID.fullmatch(item)
    if matched is None or matched["skill"] != skill:
        raise node.fault("the id is not `it.<skill>.<letter>`", f"Write it.{skill}.a, then .b, .c")
    if skill not in skill_map.levels:
        raise node.fault(f"{skill!r} is not a skill of the map", "Correct the id, or add the skill to the map first")
    kind = _kind(node)
    country = node.text_or_none("country")
    if country is not None and not _COUNTRY.fullmatch(country):
        raise node.fault(f"{country!r} is not a country", "Write its two-letter ISO code, as FR")
    key = OptionId(node.text("key"))
    texts = {locale: _item_text(node, locale, kind, key, vocabularies.get(locale)) for locale in LOCALES}
    orders = {tuple(option.id for option in text.options) for text in texts.values()}
    if len(orders) > 1:
        raise node.fault("the languages do not have the same options", "Use the same ids, in the same order")
    if key not in orders.pop():
        raise node.fault(f"the key {key!r} is not one of the options", "Name the id of the right option")
    return ContentItem(
        item,
        skill,
        kind,
        key,
        texts,
        requires_sight=node.truth("requires_sight"),
        country=country,
        difficulty=_difficulty(node, skill_map.levels[skill]),
        twin=_twin(node),
        assistant=_assistant(node.node("assistant")) if "assistant" in node.fields else None,
    )


def twin_faults(items: Mapping[ItemId, ContentItem]) -> Iterator[Fault]:
    """Give the twins that do not exist, are of another skill or need sight themselves."""
    for item in items.values():
        if item.twin is None:
            continue
        twin = items.get(item.twin)
        if twin is None or twin.skill != item.skill or twin.requires_sight:
            problem = f"the twin {item.twin!r} is not an item of the same skill that needs no sight"
            yield Fault("items", item.id, problem, "Name one, or write it first")


def _kind(node: Node) -> ItemKind:
    name = node.text("type")
    if name not in list(ItemKind):
        raise node.fault(f"unknown type {name!r}", f"Use one of: {', '.join(ItemKind)}")
    kind = ItemKind(name)
    if "range" in node.fields and kind is not ItemKind.NUMBER:
        raise node.fault("only a number item has a range", "Remove the line `range`")
    return kind


def _difficulty(node: Node, level: int) -> float | None:
    text = node.text_or_none("difficulty")
    if text is None:
        return None
    if not _DIFFICULTY.fullmatch(text) or abs(float(text) - (level - 0.5)) > DIFFICULTY_STEP:
        raise node.fault(
            f"the difficulty {text!r} is not near the level {level}", f"Write a figure near {level - 0.5}, as a text"
        )
    return float(text)


def _twin(node: Node) -> ItemId | None:
    twin = node.text_or_none("twin")
    if twin is None:
        return None
    if not node.truth("requires_sight"):
        raise node.fault("only an item that requires sight has a twin", "Remove `twin`, or say `requires_sight: true`")
    return ItemId(twin)


def _assistant(node: Node) -> Assistant:
    node.only("kind", *LOCALES)
    kind = node.text("kind")
    if kind not in list(AssistantKind):
        raise node.fault(f"unknown kind {kind!r}", f"Use one of: {', '.join(AssistantKind)}")
    return Assistant(AssistantKind(kind), {locale: node.text(locale) for locale in LOCALES})


def _item_text(node: Node, locale: str, kind: ItemKind, key: OptionId, vocabulary: Vocabulary | None) -> ItemText:
    body = node.node(locale)
    body.only("stem", "simpler", *_TEXT_FIELDS[kind], "feedback")
    options: tuple[OptionText, ...]
    match kind:
        case ItemKind.CHOICE:
            options = _choice_options(body)
        case ItemKind.YES_NO:
            options = _yes_no_options(vocabulary)
        case ItemKind.NUMBER:
            options = _number_options(node, body, locale, key)
        case ItemKind.WORD:
            options = _word_options(body, key)
    also = body.texts("also") if kind is ItemKind.NUMBER else ()
    return ItemText(body.text("stem"), body.text("simpler"), options, body.text("feedback"), also)


def _choice_options(body: Node) -> tuple[OptionText, ...]:
    options = tuple(_option(option) for option in body.nodes("options"))
    ids = [option.id for option in options]
    if len(ids) < 2 or len(ids) != len(set(ids)):
        raise body.fault(f"options {ids} are too few or repeated", "Write at least two options with different ids")
    return options


def _option(node: Node) -> OptionText:
    node.only("id", "text", "synonyms")
    return OptionText(OptionId(node.text("id")), node.text("text"), node.texts("synonyms"))


def _yes_no_options(vocabulary: Vocabulary | None) -> tuple[OptionText, ...]:
    words = (vocabulary.yes[0], vocabulary.no[0]) if vocabulary else ("yes", "no")
    return tuple(OptionText(OptionId(name), word) for name, word in zip(("yes", "no"), words, strict=True))


def _number_options(node: Node, body: Node, locale: str, key: OptionId) -> tuple[OptionText, ...]:
    written = node.text_or_none("range") or USUAL_RANGE
    matched = _RANGE.fullmatch(written)
    first, last = (int(figure) for figure in matched.groups()) if matched else (0, 0)
    if not first < last < first + WIDEST_RANGE:
        raise node.fault(f"the range {written!r} cannot be listened for", "Write the least and the greatest, as 0-20")
    numbers = own_lexicon(locale).numbers
    also, accepted = body.texts("also"), body.texts("accept")
    for pattern in also:
        if len(_GAP.findall(pattern)) != 1 or set(_GAP.sub("", pattern)) & set("{}"):
            raise body.fault(f"`also` {pattern!r} does not say where the number stands", "Write it as {}, once")
    return tuple(
        OptionText(
            OptionId(str(number)),
            numbers.cardinal(number),
            (*(_said(pattern, number, numbers) for pattern in also), *(accepted if str(number) == key else ())),
        )
        for number in range(first, last + 1)
    )


def _said(pattern: str, number: int, numbers: NumberWords) -> str:
    """Give one number in a wording that all the numbers of an item have."""
    by_gap = {
        "{}": numbers.cardinal(number),
        "{une}": numbers.cardinal(number, feminine=True),
        "{rank}": numbers.ordinal(number),
    }
    return _GAP.sub(lambda gap: by_gap[gap[0]], pattern)


def _word_options(body: Node, key: OptionId) -> tuple[OptionText, ...]:
    accepted, others = body.texts("accept"), body.texts("others")
    if not accepted or not others:
        raise body.fault(
            "`accept` or `others` is missing", "List the wordings of the word, and one to three other words"
        )
    return (
        OptionText(key, accepted[0], accepted[1:]),
        *(OptionText(OptionId(f"other_{place}"), word) for place, word in enumerate(others, start=1)),
    )
