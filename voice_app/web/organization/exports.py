"""Shared results as CSV and JSON, written piece by piece.

CSV for spreadsheets in French: UTF-8 with a byte order mark, semicolons. A cell that a spreadsheet would take for a
formula begins with an apostrophe (OWASP, "CSV Injection"): titles and names are free text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence

from audio_content.model import Content
from voice_app.organizations import Campaign
from voice_app.results import Participant
from voice_app.web.organization.figures import name_of

BYTE_ORDER_MARK = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: str) -> str:
    """Give the cell so that no spreadsheet reckons with it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


async def as_csv(
    campaign: Campaign, results: AsyncIterator[Participant], content: Content, words: Mapping[str, str], locale: str
) -> AsyncIterator[str]:
    """Give the table, a line at a time; `words` are the headings and the names of the profiles."""
    areas = [area.id for area in (*content.skill_map.spec.areas, *content.skill_map.extension)]
    heading = [words[name] for name in ("campaign", "code", "number", "shared", "channel", "profile", "helped")]
    heading += [words["mastered"], words["to_learn"]]
    for area in areas:
        name = name_of(content, area, locale)
        heading += [f"{words['mastered']} – {name}", f"{words['to_learn']} – {name}"]
    heading += [words["mastered_skills"], words["to_learn_skills"], words["cohort"]]
    heading += [words["person_number"], words["again_of"], words["results"]]
    yield BYTE_ORDER_MARK + _line(heading)
    async for result in results:
        yield _line(_cells(campaign, result, areas, content, words, locale))


def _cells(
    campaign: Campaign,
    result: Participant,
    areas: Sequence[str],
    content: Content,
    words: Mapping[str, str],
    locale: str,
) -> list[str]:
    snapshot = result.snapshot
    cells = [
        campaign.title,
        campaign.code,
        str(result.number),
        result.shared_at.date().isoformat(),
        words.get(f"channel_{snapshot.channel}", snapshot.channel),
        words.get(f"profile_{snapshot.profile}", snapshot.profile),
        str(snapshot.helped),
        str(len(snapshot.mastered)),
        str(len(snapshot.to_learn)),
    ]
    for area in areas:
        told = snapshot.areas.get(area)
        known = told is not None and told.questions > 0
        cells += [str(len(told.mastered)), str(len(told.to_learn))] if told is not None and known else ["", ""]
    cells += [" | ".join(name_of(content, skill, locale) for skill in snapshot.mastered)]
    cells += [" | ".join(name_of(content, skill, locale) for skill in snapshot.to_learn)]
    cells += [result.cohort, result.person_number, str(result.again_number or ""), str(snapshot.results)]
    return cells


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow([harmless(cell) for cell in cells])
    return text.getvalue()


async def as_json(campaign: Campaign, results: AsyncIterator[Participant]) -> AsyncIterator[str]:
    """Give one JSON object: the campaign, its counts, its results by skill ids."""
    head = {
        "campaign": {"id": campaign.id, "title": campaign.title, "code": campaign.code, "path": campaign.path},
        "counts": {
            "begun": campaign.counts.begun,
            "completed": campaign.counts.completed,
            "shared": campaign.counts.shared,
        },
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "results": ['
    between = ""
    async for result in results:
        told = {
            "id": result.id,
            "number": result.number,
            "shared_at": result.shared_at.isoformat(timespec="seconds"),
            "group": result.cohort,
            "person_number": result.person_number,
            "again_of": result.again_number,
            **result.snapshot.to_data(),
        }
        yield between + json.dumps(told, ensure_ascii=False)
        between = ",\n"
    yield "]}\n"
