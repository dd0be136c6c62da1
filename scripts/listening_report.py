"""Writes docs/listening.md and its reliability diagrams from what scripts/bench_listening.py measured.

    python scripts/listening_report.py

It measures nothing. The text above the marker line in docs/listening.md is written by hand and stays; so does a part
below it of which nothing was measured on this machine.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from voice_app.settings import load_settings

DOCS = Path(__file__).parents[1] / "docs"
MARK = "<!-- figures: written by scripts/listening_report.py -->"
CONDITIONS = ("clean", "pink 20", "pink 10", "pink 5", "babble 10", "phone", "phone pink 15", "room pink 15")
HEADINGS = (
    "The eight conditions",
    "What the policy did",
    "Lines, noises and forms",
    "Other closed sets",
    "Speech of no answer",
    "A person's own words (speaker adaptation)",
    "Decision delay and processor time",
)
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0001)
Rows = list[dict[str, Any]]


def load_rows(language: str, section: str) -> Rows:
    path = load_settings().models_folder.parent / "listening" / f"{language}-{section}.json"
    return list(json.loads(path.read_text())["rows"]) if path.exists() else []


def share(right: int, clips: int) -> str:
    return f"{right}/{clips}" if clips else "-"


def percent(right: float, clips: float) -> str:
    return f"{100 * right / clips:.0f} %" if clips else "-"


def studied(rows: Rows) -> list[str]:
    lines = [
        "| set | ear | " + " | ".join(CONDITIONS) + " | all | 95 % interval | said alone | cut out |",
        "|---" * (len(CONDITIONS) + 6) + "|",
    ]
    names = dict.fromkeys((row["set"], row["ear"]) for row in rows if row["ear"] != "raw head")
    for name, ear in names:
        some = {row["condition"]: row for row in rows if (row["set"], row["ear"]) == (name, ear)}
        right, clips = (sum(row[key] for row in some.values()) for key in ("right", "clips"))
        if not clips:
            continue
        low, high = (sum(row["interval"][edge] * row["clips"] for row in some.values()) / clips for edge in (0, 1))
        kinds = [
            [sum(row["kinds"].get(kind, [0, 0])[n] for row in some.values()) for n in (0, 1)]
            for kind in ("word", "cut")
        ]
        cells = [share(some[c]["right"], some[c]["clips"]) if c in some else "-" for c in CONDITIONS]
        lines.append(
            f"| {name} | {ear} | {' | '.join(cells)} | **{percent(right, clips)}** | {100 * low:.0f}-{100 * high:.0f} "
            f"| {share(*kinds[0])} | {share(*kinds[1])} |"
        )
    return lines


def decisions(rows: Rows) -> list[str]:
    """Tell what the policy did: wrong accepted, right asked about, said again."""
    lines = [
        "| set | utterances | accepted | of these wrong | right ones asked about | had to be said again |",
        "|---|---|---|---|---|---|",
    ]
    groups: dict[str, Rows] = {}
    for row in rows:
        if row["ear"] == "service":
            groups.setdefault(row["set"], []).append(row)
            groups.setdefault("all of them", []).append(row)
    for name, some in groups.items():
        clips, right, wrong, asked = (
            sum(row[key] for row in some) for key in ("clips", "accepted_right", "accepted_wrong", "confirmed_right")
        )
        correct = sum(row["right"] for row in some)
        again = sum(row["outcomes"].get(key, 0) for row in some for key in ("no_match", "no_input"))
        lines.append(
            f"| {name} | {clips} | {right + wrong} | {wrong} ({100 * wrong / max(right + wrong, 1):.1f} %) "
            f"| {asked} ({percent(asked, correct)} of the right ones) | {again} ({percent(again, clips)}) |"
        )
    return lines


def grid(rows: Rows) -> list[str]:
    by_line: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        if "line" in row:
            by_line.setdefault(row["condition"], {})[row["line"]] = row
    lines_ = list(dict.fromkeys(row["line"] for row in rows if "line" in row))
    out = ["| 0-10, said alone | " + " | ".join(lines_) + " |", "|---" * (len(lines_) + 1) + "|"]
    for condition, some in by_line.items():
        out.append(f"| {condition} | " + " | ".join(share(some[n]["right"], some[n]["clips"]) for n in lines_) + " |")
    out.append("")
    out += ["| 1-4, form | right in the eight conditions | of the accepted, wrong |", "|---|---|---|"]
    for form in dict.fromkeys(row["form"] for row in rows if "form" in row):
        some_ = [row for row in rows if row.get("form") == form]
        right, clips, ok, wrong = (
            sum(row[key] for row in some_) for key in ("right", "clips", "accepted_right", "accepted_wrong")
        )
        out.append(f"| {form} | {share(right, clips)} ({percent(right, clips)}) | {wrong} of {ok + wrong} |")
    return out


def sets(rows: Rows) -> list[str]:
    out = ["| set | condition | right | accepted wrong | most confused |", "|---|---|---|---|---|"]
    groups: dict[tuple[str, str], Rows] = {}
    for row in rows:
        groups.setdefault((row["set"], row["condition"]), []).append(row)
    for (name, condition), some in groups.items():
        right, clips, wrong = (sum(row[key] for row in some) for key in ("right", "clips", "accepted_wrong"))
        confused: Counter[str] = Counter()
        for row in some if name != "item options" else ():
            confused.update(row["confusions"])
        told = ", ".join(f"{pair} {count}" for pair, count in confused.most_common(3))
        out.append(f"| {name} | {condition} | {share(right, clips)} ({percent(right, clips)}) | {wrong} | {told} |")
    return out


def outside(rows: Rows) -> list[str]:
    out = ["| against | condition | utterances | accepted | asked about |", "|---|---|---|---|---|"]
    for row in rows:
        accepted, asked = row["outcomes"].get("match", 0), row["outcomes"].get("doubtful", 0)
        out.append(
            f"| {row['set']} | {row['condition']} | {row['clips']} | {accepted} ({percent(accepted, row['clips'])}) "
            f"| {asked} ({percent(asked, row['clips'])}) |"
        )
    return out


def own_words(rows: Rows) -> list[str]:
    out = ["| speaker | templates of | weight | right |", "|---|---|---|---|"]
    return out + [
        f"| {row['speaker']} | {row['templates_of']} | {row['weight']:g} | {share(row['right'], row['clips'])} |"
        for row in rows
    ]


def times(rows: Rows) -> list[str]:
    out = ["| sessions at once | utterances | delay p50 | p95 | processor time each | load of the machine, per core |"]
    out.append("|---|---|---|---|---|---|")
    return out + [
        f"| {row['sessions']} | {row['utterances']} | {row['p50_ms']} ms | {row['p95_ms']} ms "
        f"| {row['processor_ms']} ms | {row['load']} |"
        for row in rows
    ]


# --- reliability ------------------------------------------------------------------------------------------------------


def reliability(claims: list[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """Give, by bin: what was said on average, how often it was true, how many."""
    found = []
    for low, high in itertools.pairwise(BINS):
        some = [(p, true) for p, true in claims if low <= p < high]
        if some:
            said, true = np.mean(np.array(some, dtype=float), axis=0)
            found.append((float(said), float(true), len(some)))
    return found


def calibration_error(claims: list[tuple[float, bool]]) -> float:
    """Give the expected calibration error: the mean distance between said and true, weighted by how many."""
    bins = reliability(claims)
    return sum(abs(said - true) * count for said, true, count in bins) / max(sum(count for *_, count in bins), 1)


def diagram(title: str, series: dict[str, list[tuple[float, bool]]]) -> str:
    """Give an SVG: said on the x axis, true on the y axis; the diagonal is perfect calibration."""
    size, edge = 320, 44
    colours = ("#b34700", "#00558c")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 2 * edge} {size + 2 * edge + 20}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{title}</title>',
        f'<rect width="100%" height="100%" fill="white"/><text x="{edge}" y="24" font-size="14">{title}</text>',
        f'<rect x="{edge}" y="{edge}" width="{size}" height="{size}" fill="none" stroke="#444"/>',
        f'<line x1="{edge}" y1="{edge + size}" x2="{edge + size}" y2="{edge}" stroke="#999" stroke-dasharray="4 4"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = tick * size
        parts.append(f'<text x="{edge + at - 8}" y="{edge + size + 16}">{tick:g}</text>')
        parts.append(f'<text x="{edge - 30}" y="{edge + size - at + 4}">{tick:g}</text>')
    parts.append(f'<text x="{edge + size / 2 - 50}" y="{edge + size + 34}">likelihood said</text>')
    for place, ((name, claims), colour) in enumerate(zip(series.items(), colours, strict=False)):
        points = [(edge + said * size, edge + size - true * size, count) for said, true, count in reliability(claims)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y, count in points:
            radius = 3 + min(9.0, count**0.5 / 4)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.6"/>')
        error = calibration_error(claims)
        parts.append(
            f'<text x="{edge + 10}" y="{edge + 18 + 16 * place}" fill="{colour}">{name}: n = {len(claims)}, '
            f"error {error:.3f}</text>"
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    page = DOCS / "listening.md"
    text, _, before = page.read_text(encoding="utf-8").partition(MARK)
    lines: list[str] = []
    for language, title in (("fr", "French"), ("en", "English")):
        parts = parts_of(before, title)
        if rows := load_rows(language, "studied"):
            claims = {
                ear: [(p, bool(t)) for row in rows if row["ear"] == ear for p, t in row["claims"]]
                for ear in ("raw head", "service")
            }
            named = {"before (softmax of the head)": claims["raw head"], "after (service)": claims["service"]}
            (DOCS / f"reliability-{language}.svg").write_text(diagram(f"Reliability, people, {title}", named))
            picture = f"![Reliability of the evidence on human speech, {title}](reliability-{language}.svg)"
            parts["The eight conditions"] = studied(rows)
            parts["What the policy did"] = [*decisions(rows), "", picture]
        for name, heading, make in (
            ("grid", "Lines, noises and forms", grid),
            ("sets", "Other closed sets", sets),
            ("outside", "Speech of no answer", outside),
            ("own_words", "A person's own words (speaker adaptation)", own_words),
            ("time", "Decision delay and processor time", times),
        ):
            if rows := load_rows(language, name):
                parts[heading] = make(rows)
        lines += [f"## {title}", ""] if parts else []
        for heading in (each for each in HEADINGS if each in parts):
            lines += [f"### {heading}", "", *parts[heading], ""]
    page.write_text(text + MARK + "\n\n" + "\n".join(lines), encoding="utf-8")


def parts_of(figures: str, title: str) -> dict[str, list[str]]:
    """Give the lines under each heading of a language on the page as it is."""
    section = figures.partition(f"## {title}\n")[2].partition("\n## ")[0]
    found = {}
    for part in section.split("### ")[1:]:
        heading, _, body = part.partition("\n")
        found[heading] = body.strip().splitlines()
    return found


if __name__ == "__main__":
    main()
