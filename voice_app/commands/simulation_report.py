"""The page of a simulation: four curves to look at, and the same numbers as tables for who cannot see them.

Plain HTML with drawings inside; no script, nothing loaded from anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from engine.adaptive.simulee import Metrics

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 520, 240, 44, 34
_INKS = ("#1b4f9c", "#b3541e", "#2b7a3d")
_STYLE = """
body { font: 1.05rem/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
figure { margin: 2rem 0 }
table { border-collapse: collapse }
td, th { padding: .2rem .8rem; border-bottom: 1px solid #bbb; text-align: right }
th:first-child, td:first-child { text-align: left }
svg { max-width: 100%; height: auto }
"""

Series = Mapping[str, Sequence[float]]


def simulation_page(told: Mapping[str, object], figures: Metrics) -> str:
    """Give the page of one simulation; `told` are its settings."""
    levels = [level for level, row in enumerate(figures.by_level) if row[0] > 0]
    by_level = [figures.by_level[level] for level in levels]
    last = max((n for n, people in enumerate(figures.lengths) if people), default=0)
    people = max(figures.people, 1)
    charts = [
        _chart(
            "Accuracy by true level of the area",
            [str(level) for level in levels],
            {"exact": [row[1] for row in by_level], "within one level": [row[2] for row in by_level]},
        ),
        _chart(
            "How often the 80 % ability band holds the truth, by true level",
            [str(level) for level in levels],
            {"covered": [row[3] for row in by_level], "promised": [0.8] * len(levels)},
        ),
        _chart(
            "Share of right answers, question by question",
            [str(turn) for turn in range(1, last + 1)],
            {"right": figures.success_by_turn[:last]},
        ),
        _chart(
            "Number of questions (share of people)",
            [str(n) for n in range(last + 1)],
            {"people": [n / people for n in figures.lengths[: last + 1]]},
        ),
    ]
    settings = ", ".join(f"{escape(str(name))} {escape(str(value))}" for name, value in told.items())
    summary = _table(
        ("figure", "value"),
        [
            ("area level exact", f"{figures.exact:.1%}"),
            ("within one level", f"{figures.within_one:.1%}"),
            ("80 % ability band covers", f"{figures.coverage80:.1%}"),
            ("band of whole levels covers", f"{figures.level_coverage:.1%}"),
            ("three failures in a row", f"{figures.three_failures:.1%}"),
            ("right answers", f"{figures.success:.1%}"),
            ("questions", f"{figures.mean_questions:.1f}"),
            ("most used item, share of people", f"{figures.max_exposure:.1%}"),
            ("items never used", f"{figures.unused:.1%}"),
        ],
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Simulation</title>'
        f"<style>{_STYLE}</style><h1>Simulated people</h1><p>{settings}</p>{summary}{''.join(charts)}"
        "<p>Simulated people follow the engine's own family of models: the figures rank policies, they do not prove "
        "accuracy in the field.</p></html>"
    )


def _chart(title: str, labels: Sequence[str], series: Series) -> str:
    """Give a drawing of shares from 0 to 1 with its numbers below."""
    step = (_WIDTH - _LEFT - 10) / max(len(labels) - 1, 1)
    span = _HEIGHT - _BOTTOM - 10
    parts = [
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{10 + span * (1 - y)}" y2="{10 + span * (1 - y)}" stroke="#ccc"/>'
        f'<text x="{_LEFT - 6}" y="{15 + span * (1 - y)}" text-anchor="end" font-size="12">{y:.0%}</text>'
        for y in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    every = max(1, len(labels) // 16)
    middle = 'text-anchor="middle" font-size="12"'
    parts += [
        f'<text x="{_LEFT + step * n:.1f}" y="{_HEIGHT - 12}" {middle}>{escape(label)}</text>'
        for n, label in enumerate(labels)
        if n % every == 0
    ]
    for ink, (name, values) in zip(_INKS, series.items(), strict=False):
        points = " ".join(f"{_LEFT + step * n:.1f},{10 + span * (1 - y):.1f}" for n, y in enumerate(values))
        line = f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2.5">'
        parts.append(f"{line}<title>{escape(name)}</title></polyline>")
    legend = " ".join(
        f'<span style="color:{ink}">&#9632; {escape(name)}</span>' for ink, name in zip(_INKS, series, strict=False)
    )
    rows = [(label, *(f"{values[n]:.1%}" for values in series.values())) for n, label in enumerate(labels)]
    size = f'viewBox="0 0 {_WIDTH + 10} {_HEIGHT}" width="{_WIDTH + 10}"'
    return (
        f"<figure><figcaption><strong>{escape(title)}</strong> {legend}</figcaption>"
        f'<svg {size} role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
        f"<details><summary>The numbers</summary>{_table(('', *series), rows)}</details></figure>"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"
