"""The mediator's report: what was answered, by which way, with which help, and what weighed in the estimate.

It stands beside the learner's report and says no more than the live page did; every sentence comes worded. The person
may read it: no judgement, no score, no name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from voice_app.documents.typesetting import typeset
from voice_app.documents.words import document_words, written_day
from voice_app.typography import set_spaces


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer: the question shortened, what was answered, what it showed and how it came, the help."""

    question: str
    answer: str
    outcome: str
    way: str
    aid: str


@dataclass(frozen=True, slots=True)
class MediatorReport:
    """Everything that is printed, worded in `locale`."""

    locale: str
    organization: str
    sitting: str
    place: str
    state: str
    level: str
    answers: Sequence[AnswerLine]
    aids: Sequence[str]
    channels: Sequence[str]
    because: Sequence[str]
    notes: Sequence[str]
    made: date


def mediator_report_pdf(report: MediatorReport, fonts: Path) -> bytes:
    """Give the report as PDF/UA. `fonts`: a folder of the service's data. Raises NotTypeset."""
    return typeset("mediator_report", template_data(report), fonts)


def template_data(report: MediatorReport) -> dict[str, Any]:
    """Give the report as the JSON data of its template."""
    words = document_words(report.locale)["mediator_report"]
    made = words["made"].format(day=written_day(report.made, report.locale))
    spaced = {name: set_spaces(text, report.locale) for name, text in {**words, "made": made}.items()}
    return {
        "locale": report.locale,
        "made": report.made.timetuple()[:3],
        "words": spaced,
        "facts": [
            [spaced["organization"], report.organization],
            [spaced["sitting"], report.sitting],
            [spaced["place"], report.place],
            [spaced["state"], report.state],
            [spaced["channels"], ", ".join(report.channels) or "–"],
        ],
        "level": report.level,
        "answers": [[each.question, each.answer, each.outcome, each.way, each.aid] for each in report.answers],
        "aids": list(report.aids),
        "because": list(report.because),
        "notes": list(report.notes),
    }
