"""The mediator's report: accessible by two checkers in both languages, full and empty."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.voice_app.documents import paper
from voice_app.documents.mediator_report import AnswerLine, MediatorReport, mediator_report_pdf
from voice_app.documents.words import document_words

DAY = date(2026, 11, 27)
LANDSCAPE_A4_MM = (297, 210)
ANSWERS = tuple(
    AnswerLine(f"Question {number} : que faites-vous ?", "Je raccroche", "acquis", "à voix haute, nettement", aid)
    for number, aid in enumerate(("–", "avec un indice") * 12, 1)
)


def report(locale: str, *, full: bool) -> MediatorReport:
    return MediatorReport(
        locale=locale,
        organization="la Maison Bleue",
        sitting="Lundi matin",
        place="Place 1",
        state="A fini",
        level="Avance avec une aide.",
        answers=ANSWERS if full else (),
        aids=("Un indice : une fois.",) if full else (),
        channels=("à la borne", "au téléphone") if full else (),
        because=("Raccrocher face à un faux conseiller : acquis.",) if full else (),
        notes=("Hésite devant les mots longs. – Mel",) if full else (),
        made=DAY,
    )


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("full", [True, False], ids=["full", "empty"])
def test_both_checkers_find_nothing(locale: str, full: bool, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(mediator_report_pdf(report(locale, full=full), tmp_path / "fonts"))
    told, words = paper.text(file), document_words(locale)["mediator_report"]

    assert paper.faults(file) == []
    assert set(paper.sizes(file)) == {LANDSCAPE_A4_MM}
    assert words["title"] in told
    assert told.count("Je raccroche") == (len(ANSWERS) if full else 0)
    assert "Avance avec une aide." in told
