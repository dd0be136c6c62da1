"""The coverage of the bank as a picture (SVG): tubes down, levels across, the two languages side by side in each cell.

A cell is one skill; each of its halves tells the number of items in one language, by figure and by shade, and a point
marks that it has a lesson. The figure is always written: nothing is told by colour alone. An empty cell has a frame, a
missing skill has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.sax.saxutils import escape

from audio_content.model import LOCALES, Content
from engine.model import MAX_LEVEL, Area, SkillId, Tube

LEFT, TOP = 330, 64
CELL_WIDTH, CELL_HEIGHT = 66, 22
GAP = 10
SHADES = ("#ffffff", "#dbe9f6", "#a9cdea", "#5ea3d6", "#2171b5", "#08437f")
"""From no item to five and more."""
DARK_FROM = 4
"""From this shade on figures are white: a contrast of at least 4.5 to 1."""


def heat_map(content: Content) -> str:
    """Give the picture as SVG text, with a title and a description for those who hear it."""
    counts = {locale: Counter(i.skill for i in content.items.values() if locale in i.texts) for locale in LOCALES}
    taught = {lesson.skill for lesson in content.lessons.values()}
    areas = (*content.skill_map.spec.areas, *content.skill_map.extension)
    body: list[str] = []
    height = TOP
    for area in areas:
        for heading, tubes in _groups(content, area):
            body.append(_text(8, height + 16, heading, weight="bold"))
            height += CELL_HEIGHT
            for tube in tubes:
                name = content.skill_map.names[tube.id].by_locale[LOCALES[0]]
                body.append(_text(20, height + 16, name if len(name) < 46 else f"{name[:44]}…"))
                for skill in tube.skills:
                    body += _cell(skill.id, skill.level, height, counts, taught)
                height += CELL_HEIGHT
            height += GAP
    width = LEFT + (MAX_LEVEL + 1) * CELL_WIDTH + GAP
    items, skills = len(content.items), len({item.skill for item in content.items.values()})
    title = f"{items} items, {len(content.lessons)} lessons, {skills} of {len(content.skill_map.levels)} skills"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'role="img" aria-labelledby="title description" font-family="sans-serif" font-size="12">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(_description(content))}</desc>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        _text(8, 20, title, weight="bold"),
        _text(8, 38, f"{' | '.join(LOCALES)}: items of the skill; ● lesson"),
        *(_text(LEFT + level * CELL_WIDTH + 26, TOP - 8, str(level), weight="bold") for level in range(MAX_LEVEL + 1)),
    ]
    return "\n".join((*head, *body, "</svg>")) + "\n"


def _groups(content: Content, area: Area) -> Iterator[tuple[str, tuple[Tube, ...]]]:
    for competence in area.competences:
        name = content.skill_map.names[competence.id].by_locale[LOCALES[0]]
        yield f"{competence.id} {name}", competence.tubes


def _cell(
    skill: SkillId, level: int, top: int, counts: dict[str, Counter[SkillId]], taught: set[SkillId]
) -> Iterator[str]:
    left, half = LEFT + level * CELL_WIDTH, (CELL_WIDTH - 4) // len(LOCALES)
    told = ", ".join(f"{locale} {counts[locale][skill]}" for locale in LOCALES)
    yield f"<g><title>{escape(skill)}: {told}{', lesson' if skill in taught else ''}</title>"
    for place, locale in enumerate(LOCALES):
        count = counts[locale][skill]
        shade = min(count, len(SHADES) - 1)
        x = left + place * half
        yield (
            f'<rect x="{x}" y="{top + 2}" width="{half}" height="{CELL_HEIGHT - 4}" fill="{SHADES[shade]}" '
            'stroke="#767676" stroke-width="0.7"/>'
        )
        yield _text(x + half // 2 - 4, top + 16, str(count), fill="#ffffff" if shade >= DARK_FROM else "#1a1a1a")
    if skill in taught:
        yield f'<circle cx="{left + CELL_WIDTH - 6}" cy="{top + 6}" r="3" fill="#1a1a1a"/>'
    yield "</g>"


def _description(content: Content) -> str:
    lines = []
    for area in (*content.skill_map.spec.areas, *content.skill_map.extension):
        for competence in area.competences:
            skills = {skill.id for tube in competence.tubes for skill in tube.skills}
            covered = {item.skill for item in content.items.values()} & skills
            count = sum(item.skill in skills for item in content.items.values())
            lines.append(f"{competence.id}: {count} items, {len(covered)} of {len(skills)} skills.")
    return " ".join(lines)


def _text(x: int, y: int, text: str, *, weight: str = "normal", fill: str = "#1a1a1a") -> str:
    return f'<text x="{x}" y="{y}" font-weight="{weight}" fill="{fill}">{escape(text)}</text>'
