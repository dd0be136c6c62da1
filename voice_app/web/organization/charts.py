"""Charts as plain values: bars whose labels say their numbers, a table of the same numbers, one sentence that says it.

The page draws them as SVG on the server, without script. A drawing is as narrow as its place on the narrowest page that
must work (320 px), its letters are large in it, and it only ever grows: they are never smaller than those around it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audio_content.model import Content
from engine.organization.tallies import PROFILES, Kind, Tally
from voice_app.results import Figures
from voice_app.web.organization.figures import area_counts, competence_counts, stated

WIDTH = 288
BAR = 22
LINE = 23
GAP = 16
LETTERS = 28
"""Letters of a label on one line of the drawing, 18 units high as the text around it."""
Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a chart and of its table. `parts` in the order of the chart's columns."""

    name: str
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar as it is drawn; `style` is the number of its column."""

    x: float
    width: float
    style: int


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row as it is drawn: its label in lines, the place of each, its bar."""

    lines: tuple[tuple[float, str], ...]
    y: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """`id` names it in the page; `columns` are the headings of the parts; `first` is the heading of the names."""

    id: str
    title: str
    finding: str
    first: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def bar(self) -> int:
        return BAR

    @property
    def height(self) -> float:
        drawn = self.drawn
        return drawn[-1].y + BAR + GAP if drawn else 0.0

    @property
    def drawn(self) -> tuple[DrawnRow, ...]:
        """Give the rows as they are drawn, the longest bar over the whole width."""
        most = max((sum(row.parts) for row in self.rows), default=0) or 1
        drawn, y = [], 0.0
        for row in self.rows:
            lines = _label(row, self.columns)
            placed = tuple((y + LINE * (number + 1) - 6, line) for number, line in enumerate(lines))
            y += LINE * len(lines)
            drawn.append(DrawnRow(placed, y, _parts(row.parts, most)))
            y += BAR + GAP if any(row.parts) else GAP
        return tuple(drawn)


def _label(row: Row, columns: Sequence[str]) -> list[str]:
    """Give the lines of a label; several numbers stand on a line of their own."""
    if len(row.parts) == 1:
        return textwrap.wrap(f"{row.name} – {row.parts[0]}", LETTERS, break_on_hyphens=False)
    told = ", ".join(f"{column} {count}" for column, count in zip(columns, row.parts, strict=True))
    return [*textwrap.wrap(row.name, LETTERS, break_on_hyphens=False), told]


def _parts(counts: Sequence[int], most: int) -> tuple[Part, ...]:
    parts, x = [], 0.0
    for style, count in enumerate(counts):
        width = round((WIDTH - 4) * count / most, 2)
        if count:
            parts.append(Part(round(x + 2, 2), width, style))
        x += width
    return tuple(parts)


def profile_chart(figures: Figures, words: Words, names: Mapping[str, str]) -> Chart:
    """Give how many people have each profile; `names` are the words of the export."""
    counts = figures.of(Kind.PROFILE)
    known = [name for name in PROFILES if name != "unknown" or counts.get(name)]
    rows = tuple(Row(names[f"profile_{name}"], (counts.get(name, 0),)) for name in known)
    people = sum(counts.values())
    most = max(rows, key=lambda row: row.parts[0])
    say = words["find"]
    finding = say["profiles"].format(people=people, count=most.parts[0], profile=most.name)
    return Chart("profiles", words["chart"]["profiles"], finding, words["chart"]["profile"], _people(words), rows)


def area_chart(figures: Figures, content: Content, words: Words, locale: str) -> Chart:
    """Give the skills shown and to learn by area, all people together."""
    return _by_node("areas", area_counts(figures, content), content, words, locale)


def competence_chart(figures: Figures, content: Content, words: Words, locale: str) -> Chart:
    """Give the skills shown and to learn by competence, all people together."""
    return _by_node("competences", competence_counts(figures, content), content, words, locale)


def _by_node(kind: str, counts: Mapping[str, tuple[int, int]], content: Content, words: Words, locale: str) -> Chart:
    rows = tuple(Row(stated(content, node, locale), pair) for node, pair in counts.items())
    chart = words["chart"]
    columns = (chart["mastered"], chart["to_learn"])
    return Chart(kind, chart[kind], _most_to_learn(rows, words), chart[f"{kind}_name"], columns, rows)


def _most_to_learn(rows: Sequence[Row], words: Words) -> str:
    say = words["find"]
    if not rows:
        return say["nothing"]
    most = max(rows, key=lambda row: (row.parts[1] / sum(row.parts), row.parts[1]))
    if most.parts[1] == 0:
        return say["nothing_to_learn"]
    return say["to_learn"].format(name=most.name, count=most.parts[1], of=sum(most.parts))


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One channel: people, and skills shown and to learn in all their results together."""

    name: str
    people: int
    mastered: int
    to_learn: int

    @property
    def share(self) -> int:
        """Give the skills shown of those that were asked about, in percent."""
        asked = self.mastered + self.to_learn
        return round(100 * self.mastered / asked) if asked else 0


def channel_lines(figures: Figures, names: Mapping[str, str]) -> tuple[ChannelLine, ...]:
    """Give the channels that results came by, most people first."""
    lines = []
    for channel, counts in figures.channels.items():
        people = counts.get(Tally(Kind.SHARED), 0)
        if people:
            sums = [
                sum(count for tally, count in counts.items() if tally.kind is kind)
                for kind in (Kind.MASTERED, Kind.TO_LEARN)
            ]
            lines.append(ChannelLine(names.get(f"channel_{channel}", channel), people, sums[0], sums[1]))
    return tuple(sorted(lines, key=lambda line: (-line.people, line.name)))


def _people(words: Words) -> tuple[str, ...]:
    return (words["chart"]["people"],)
