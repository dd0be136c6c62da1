"""The rules of the whole bank: what is covered, where the keys are, what the person hears named.

Why the key's place and length matter: who always says "two", or the longest answer, must gain nothing by it. Shares are
judged only when there are enough items for them to mean something.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from audio_content.forms import words
from audio_content.model import LOCALES, Content, ContentItem, ItemKind
from audio_content.rules.finding import Finding, Severity

ITEMS_BY_LEVEL = {0: 1, 1: 3, 2: 3, 3: 2, 4: 2}
"""Least number of items of a skill, by its level; one above. Three where people begin: one to learn, two to check."""
FIRST_ITEMS_PER_COMPETENCE = 3
YES_NO_SHARE_MAX = 0.20
KEY_PLACE_TOLERANCE = 0.12
"""How far a place's share of the keys may be from its fair share."""
LONGEST_KEY_SHARE = (0.25, 0.40)
FEWEST_FOR_SHARES = 20
"""Below, a share is chance: one item more or less moves it by five points."""
SPOKEN_NAME_WORDS = 16


def bank_findings(content: Content) -> Iterator[Finding]:
    """Give the findings of the whole bank."""
    yield from coverage(content)
    yield from first_items(content)
    yield from yes_no_share(content)
    yield from key_places(content)
    yield from longest_keys(content)
    yield from spoken_names(content)


def groups(content: Content) -> Iterator[tuple[str, list[ContentItem]]]:
    """Give the sets of items in which nothing may be gained by guessing: the bank, and every path of it."""
    yield "bank", list(content.items.values())
    for path in sorted(content.skill_map.paths):
        yield f"path {path}", list(content.path_items(path))


def coverage(content: Content) -> Iterator[Finding]:
    counts = Counter(item.skill for item in content.items.values())
    for skill, level in content.skill_map.levels.items():
        needed = ITEMS_BY_LEVEL.get(level, 1)
        if counts[skill] < needed:
            yield _error(skill, "coverage", f"{counts[skill]} items; at least {needed}")


def first_items(content: Content) -> Iterator[Finding]:
    levels, competence_of = content.skill_map.levels, content.skill_map.competence_of
    counts = Counter(competence_of[item.skill] for item in content.items.values() if levels[item.skill] == 0)
    for area in content.skill_map.spec.areas:
        for competence in area.competences:
            if counts[competence.id] < FIRST_ITEMS_PER_COMPETENCE:
                found = f"{counts[competence.id]} items of level 0; at least {FIRST_ITEMS_PER_COMPETENCE}"
                yield _error(f"competence {competence.id}", "first-items", f"{found}, to begin gently")


def yes_no_share(content: Content) -> Iterator[Finding]:
    for name, items in groups(content):
        count = sum(item.kind is ItemKind.YES_NO for item in items)
        if len(items) >= FEWEST_FOR_SHARES and count > YES_NO_SHARE_MAX * len(items):
            message = f"{count} of {len(items)} items are yes/no; at most {YES_NO_SHARE_MAX:.0%} (half are guessed)"
            yield _error(name, "yes-no-share", message)


def key_places(content: Content) -> Iterator[Finding]:
    for name, items in groups(content):
        places: dict[int, Counter[int]] = defaultdict(Counter)
        for item in _choices(items):
            places[len(item.option_ids)][item.option_ids.index(item.key)] += 1
        for options, counts in sorted(places.items()):
            total = counts.total()
            for place in range(options if total >= FEWEST_FOR_SHARES else 0):
                share = counts[place] / total
                if abs(share - 1 / options) > KEY_PLACE_TOLERANCE:
                    where = f"{name}, items with {options} options"
                    yield _error(where, "key-place", f"{share:.0%} of the keys stand in place {place + 1}: move some")


def longest_keys(content: Content) -> Iterator[Finding]:
    lowest, highest = LONGEST_KEY_SHARE
    for name, items in groups(content):
        choices = _choices(items)
        for locale in LOCALES if len(choices) >= FEWEST_FOR_SHARES else ():
            share = sum(key_is_longest(item, locale) for item in choices) / len(choices)
            if not lowest <= share <= highest:
                message = f"the key is the longest option in {share:.0%} of the items"
                yield _error(f"{name} {locale}", "key-longest", f"{message}; from {lowest:.0%} to {highest:.0%}")


def key_is_longest(item: ContentItem, locale: str) -> bool:
    """Tell whether the key is longer, in characters, than every other option."""
    lengths = {option.id: len(option.text) for option in item.texts[locale].options}
    return all(lengths[item.key] > length for option, length in lengths.items() if option != item.key)


def spoken_names(content: Content) -> Iterator[Finding]:
    skill_map = content.skill_map
    areas = (*skill_map.spec.areas, *skill_map.extension)
    for node in (*(area.id for area in areas), *skill_map.levels):
        for locale in LOCALES:
            name = skill_map.names[node].by_locale[locale]
            if len(words(name)) > SPOKEN_NAME_WORDS:
                message = f"the spoken name has {len(words(name))} words; at most {SPOKEN_NAME_WORDS}"
                yield _error(f"{node} {locale}", "spoken-name", message)
            if not name[0].islower() or name.rstrip().endswith((".", "!", "?")):
                message = "the spoken name stands inside a sentence: small first letter, no mark at its end"
                yield _error(f"{node} {locale}", "spoken-name", message)


def _choices(items: Iterable[ContentItem]) -> list[ContentItem]:
    return [item for item in items if item.kind is ItemKind.CHOICE]


def _error(where: str, rule: str, message: str) -> Finding:
    return Finding(Severity.ERROR, where, rule, message)
