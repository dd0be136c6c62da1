"""The rules of the whole bank: what is covered, where the keys are, what the person hears named.

Why the key's place and length matter: who always says "two", or the longest answer, must gain nothing by it. Shares are
judged only when there are enough items for them to mean something.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from audio_content.forms import words
from audio_content.model import LOCALES, Content, ContentItem, ItemKind
from audio_content.rules.finding import Finding, Severity

PATH = "abc_diag"
"""The path that is served: its coverage is judged."""
ITEMS_PER_SKILL = 2
ITEMS_PER_FIRST_SKILL = 1
FIRST_ITEMS_PER_AREA = 3
YES_NO_SHARE_MAX = 0.20
KEY_PLACE_TOLERANCE = 0.12
"""How far a place's share of the keys may be from its fair share."""
LONGEST_KEY_SHARE = (0.25, 0.40)
FEWEST_FOR_SHARES = 20
"""Below, a share is chance: one item more or less moves it by five points."""
SPOKEN_NAME_WORDS = 12


def bank_findings(content: Content) -> Iterator[Finding]:
    """Give the findings of the whole bank."""
    yield from coverage(content)
    yield from first_items(content)
    yield from yes_no_share(content)
    yield from key_places(content)
    yield from longest_keys(content)
    yield from spoken_names(content)


def path_items(content: Content) -> list[ContentItem]:
    """Give the items of the served path."""
    skills = set(content.skill_map.paths.get(PATH, ()))
    return [item for item in content.items.values() if item.skill in skills]


def coverage(content: Content) -> Iterator[Finding]:
    counts = Counter(item.skill for item in content.items.values())
    for skill in content.skill_map.paths.get(PATH, ()):
        needed = ITEMS_PER_FIRST_SKILL if content.skill_map.levels[skill] == 0 else ITEMS_PER_SKILL
        if counts[skill] < needed:
            yield _error(skill, "coverage", f"{counts[skill]} items; at least {needed}")


def first_items(content: Content) -> Iterator[Finding]:
    levels, area_of = content.skill_map.levels, content.skill_map.area_of
    counts = Counter(area_of[item.skill] for item in path_items(content) if levels[item.skill] == 0)
    for area in content.skill_map.spec.areas:
        if counts[area.id] < FIRST_ITEMS_PER_AREA:
            message = f"{counts[area.id]} items of level 0; at least {FIRST_ITEMS_PER_AREA}, to begin gently"
            yield _error(f"area {area.id}", "first-items", message)


def yes_no_share(content: Content) -> Iterator[Finding]:
    items = path_items(content)
    count = sum(item.kind is ItemKind.YES_NO for item in items)
    if count > YES_NO_SHARE_MAX * len(items):
        message = f"{count} of {len(items)} items are yes/no; at most {YES_NO_SHARE_MAX:.0%} (half are guessed)"
        yield _error(f"path {PATH}", "yes-no-share", message)


def key_places(content: Content) -> Iterator[Finding]:
    places: dict[int, Counter[int]] = defaultdict(Counter)
    for item in _choices(content):
        places[len(item.option_ids)][item.option_ids.index(item.key)] += 1
    for options, counts in sorted(places.items()):
        total = counts.total()
        for place in range(options if total >= FEWEST_FOR_SHARES else 0):
            share = counts[place] / total
            if abs(share - 1 / options) > KEY_PLACE_TOLERANCE:
                where = f"items with {options} options"
                yield _error(where, "key-place", f"{share:.0%} of the keys stand in place {place + 1}: move some")


def longest_keys(content: Content) -> Iterator[Finding]:
    lowest, highest = LONGEST_KEY_SHARE
    for locale in LOCALES:
        items = _choices(content)
        if len(items) < FEWEST_FOR_SHARES:
            return
        share = sum(key_is_longest(item, locale) for item in items) / len(items)
        if not lowest <= share <= highest:
            message = f"the key is the longest option in {share:.0%} of the items; from {lowest:.0%} to {highest:.0%}"
            yield _error(f"bank {locale}", "key-longest", message)


def key_is_longest(item: ContentItem, locale: str) -> bool:
    """Tell whether the key is longer, in characters, than every other option."""
    lengths = {option.id: len(option.text) for option in item.texts[locale].options}
    return all(lengths[item.key] > length for option, length in lengths.items() if option != item.key)


def spoken_names(content: Content) -> Iterator[Finding]:
    skill_map = content.skill_map
    for node in (*(area.id for area in skill_map.spec.areas), *skill_map.paths.get(PATH, ())):
        for locale in LOCALES:
            name = skill_map.names[node].by_locale[locale]
            if len(words(name)) > SPOKEN_NAME_WORDS:
                message = f"the spoken name has {len(words(name))} words; at most {SPOKEN_NAME_WORDS}"
                yield _error(f"{node} {locale}", "spoken-name", message)
            if not name[0].islower() or name.rstrip().endswith((".", "!", "?")):
                message = "the spoken name stands inside a sentence: small first letter, no mark at its end"
                yield _error(f"{node} {locale}", "spoken-name", message)


def _choices(content: Content) -> list[ContentItem]:
    return [item for item in path_items(content) if item.kind is ItemKind.CHOICE]


def _error(where: str, rule: str, message: str) -> Finding:
    return Finding(Severity.ERROR, where, rule, message)
