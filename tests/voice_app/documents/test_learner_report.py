"""The learner's report: accessible by two checkers, its square read back, its words those that were heard."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from tests.voice_app.dialogue.stage import CODE, Stage
from tests.voice_app.dialogue.test_real_content import _answer, real_context
from tests.voice_app.documents import paper
from voice_app.dialogue.profile import result_phrases
from voice_app.dialogue.state import Phase, Session
from voice_app.documents.fonts import WEB_FONTS
from voice_app.documents.learner_report import (
    LearnerReport,
    WayBack,
    learner_report,
    report_pdf,
    stage_of,
    template_data,
)
from voice_app.documents.typesetting import TEMPLATES, NotTypeset, typeset
from voice_app.documents.words import document_words
from voice_app.wording import Wording

DAY = date(2026, 11, 27)
BACK = WayBack(CODE, "https://point.example.org", "01 23 45 67 89")
PLACES = ("Médiathèque, à Reims. Le téléphone : 03 26 00 00 00.",)
OPENING = {"fr": "1111", "en": "2111"}


@cache
def finished(locale: str = "fr", answers: str = "mixed") -> Session:
    stage = Stage(context=real_context(), seed=3)
    stage.open()
    stage.keys(OPENING[locale])
    turn = 0
    while stage.state.phase is Phase.QUESTION:
        _answer(stage, answers, turn)
        turn += 1
    return stage.state.session


def report(locale: str = "fr", answers: str = "mixed", way_back: WayBack = BACK) -> LearnerReport:
    made = learner_report(real_context(), finished(locale, answers), way_back, PLACES, DAY)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def font_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


def printed(given: LearnerReport, folder: Path, font_files: Path) -> Path:
    file = folder / "report.pdf"
    file.write_bytes(report_pdf(given, font_files))
    return file


@pytest.mark.parametrize("answers", ["right", "wrong", "mixed"])
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_both_checkers_find_nothing(locale: str, answers: str, tmp_path: Path, font_files: Path) -> None:
    file = printed(report(locale, answers), tmp_path, font_files)

    assert paper.faults(file) == []


def test_square_leads_to_the_page_with_the_code(tmp_path: Path, font_files: Path) -> None:
    file = printed(report(), tmp_path, font_files)

    assert paper.squares(file) == [f"https://point.example.org/#code={CODE}"]


def test_square_holds_the_code_where_there_is_no_public_address(tmp_path: Path, font_files: Path) -> None:
    file = printed(report(way_back=WayBack(CODE)), tmp_path, font_files)

    assert paper.squares(file) == [CODE]
    assert paper.faults(file) == []


def test_letters_are_those_of_the_low_vision_font(tmp_path: Path, font_files: Path) -> None:
    if not any(WEB_FONTS.glob("Luciole-*.woff2")):
        pytest.skip("Luciole was not fetched (scripts/fetch_web_assets)")

    file = printed(report(), tmp_path, font_files)

    assert paper.fonts(file) == {"Luciole-Regular", "Luciole-Bold"}


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("answers", ["right", "wrong", "mixed"])
def test_no_percentage_and_no_score(locale: str, answers: str, tmp_path: Path, font_files: Path) -> None:
    told = paper.text(printed(report(locale, answers), tmp_path, font_files))

    assert document_words(locale)["report"]["mention"] in told
    assert "%" not in told
    assert "score" not in told.lower()


def test_paper_says_what_was_heard() -> None:
    session, wording = finished(), Wording(real_context().content)
    heard = [wording.written(phrase, "fr") for phrase in result_phrases(real_context(), session)]
    given = report()

    said = [given.profile, *given.strengths, given.next_step, given.honest]

    places_and_thanks = {"result.intro", "result.intro_early", "result.place"}
    expected = {
        wording.written(phrase, "fr").replace(" :", "\u00a0:")
        for phrase in result_phrases(real_context(), session)
        if phrase.prompt not in places_and_thanks
    }
    assert len(heard) > len(expected) > 3
    assert expected <= set(said)


def test_code_is_written_two_by_two(tmp_path: Path, font_files: Path) -> None:
    told = paper.text(printed(report(), tmp_path, font_files))

    assert " ".join(CODE[at : at + 2] for at in range(0, len(CODE), 2)) in told


def test_area_without_a_question_is_told_as_such() -> None:
    lines = {line.stages: line.words for line in report("fr", "wrong").areas}

    assert lines[None] == document_words("fr")["report"]["not_asked"]


def test_levels_become_five_stages() -> None:
    assert [stage_of(level) for level in range(9)] == [0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_nothing_is_printed_before_a_session_began() -> None:
    assert learner_report(real_context(), Session(), BACK, (), DAY) is None


def test_what_people_wrote_is_no_program(tmp_path: Path, font_files: Path) -> None:
    name = "#panic() $x$ *gras* `a` \\ @b <c>"
    file = printed(replace(report(), places=(name,)), tmp_path, font_files)

    assert name in paper.text(file)


@pytest.mark.parametrize(
    ("template", "kept", "broken"),
    [
        ("sheet", ", alt: alt)", ")"),
        ("sheet", "title: title, ", ""),
        ("learner_report", "== #words.strengths", "==== #words.strengths"),
    ],
    ids=["alternative text", "title", "heading level"],
)
def test_what_is_not_accessible_is_not_made(
    template: str, kept: str, broken: str, tmp_path: Path, font_files: Path
) -> None:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    spoilt = tmp_path / "templates" / f"{template}.typ"
    source = spoilt.read_text()
    assert kept in source
    spoilt.write_text(source.replace(kept, broken))

    with pytest.raises(NotTypeset, match="PDF/UA"):
        typeset("learner_report", template_data(report()), font_files, templates=tmp_path / "templates")


def test_both_languages_have_the_same_words() -> None:
    french, english = document_words("fr"), document_words("en")

    assert {section: set(names) for section, names in french.items()} == {
        section: set(names) for section, names in english.items()
    }
