"""Counts that anybody may see: small ones are left out, and so that they cannot be reckoned back.

A small count names somebody: of a group of four, "one is a beginner" is a person. Three ways lead back to a count that
was left out, and each is closed:

- *the total*: one hidden count in a row is the total minus the others. So at least two are hidden, and what is hidden
  together is no small count either; the next smallest ones are hidden until that holds (complementary suppression, as
  statistical offices do: Hundepool and others, "Statistical Disclosure Control", 2012, chapter 4).
- *zero*: "nobody" says something of everybody. Zero is a small count.
- *yesterday's page*: thirteen people today minus twelve yesterday is one person. Figures are published anew only when
  enough people came since (`is_due`), and what is shown is rounded (`rounded`), so that two pages do not subtract to a
  small count either.
"""

from __future__ import annotations

from collections.abc import Sequence

FEWEST = 5
"""Counts below are not published; what is published is a multiple of it."""


def suppressed(counts: Sequence[int], fewest: int = FEWEST) -> tuple[int | None, ...]:
    """Give the counts of a row that may be shown, None for the others. The counts are parts of one total, all of it.

    A row whose total is small shows nothing.
    """
    hidden = {place for place, count in enumerate(counts) if count < fewest}
    by_size = sorted(range(len(counts)), key=lambda place: (counts[place], place))
    for place in by_size:
        if not hidden or (len(hidden) > 1 and sum(counts[each] for each in hidden) >= fewest):
            break
        hidden.add(place)
    return tuple(None if place in hidden else count for place, count in enumerate(counts))


def is_due(people: int, published: int | None, fewest: int = FEWEST) -> bool:
    """Tell whether figures of so many people may be published, after those of `published` people (None: never)."""
    return people - (published or 0) >= fewest


def rounded(count: int, fewest: int = FEWEST) -> int:
    """Give the nearest multiple of `fewest`; a half goes up. A count that may be shown never becomes zero."""
    return (2 * count + fewest) // (2 * fewest) * fewest
