"""Levels in words: one level, a band, or what a rehearsal shows; never of what was not asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.adaptive import POLICIES, LevelEstimate, Report, StopReason
from engine.adaptive.stopping import Policy
from engine.model import CompetenceId
from tests.voice_app.dialogue.stage import Stage, path_context, small_context
from voice_app.dialogue.levels import asked, details, has_details, reached, told_of
from voice_app.dialogue.profile import result_phrases

POSITIONING, REHEARSAL = POLICIES["positioning"], POLICIES["rehearsal"]
ONE = CompetenceId("1.1")


def estimate(*shares: float, band: tuple[int, int] = (2, 3), questions: int = 3) -> LevelEstimate:
    """Levels from 0 on with these probabilities."""
    pmf = shares + (0.0,) * (9 - len(shares))
    mean = sum(level * share for level, share in enumerate(pmf))
    return LevelEstimate(pmf, mean, 0.5, band, questions, to_confirm=mean >= 7)


def report(each: LevelEstimate, stop: StopReason | None = StopReason.PRECISE_ENOUGH) -> Report:
    return Report(each, {}, {ONE: each}, stop, (), (), (), own_evidence={ONE: each})


def prompt(policy: Policy, each: LevelEstimate, stop: StopReason | None = StopReason.PRECISE_ENOUGH) -> str:
    return str(told_of(policy, report(each, stop), ONE, each).prompt)


@pytest.mark.parametrize(
    ("each", "stop", "told"),
    [
        (estimate(0, 0.1, 0.8, 0.1, band=(1, 3)), StopReason.PRECISE_ENOUGH, "detail.level"),
        (estimate(0, 0.1, 0.8, 0.1, band=(1, 4)), StopReason.PRECISE_ENOUGH, "detail.band"),
        (estimate(0, 0.1, 0.8, 0.1, band=(1, 3)), StopReason.SITTING_OVER, "detail.band"),
        (estimate(0, 0.1, 0.8, 0.1, band=(1, 3)), None, "detail.band"),
        (estimate(0.5, 0.5, band=(0, 1)), None, "detail.up_to"),
        (estimate(0.9, 0.1, band=(0, 1)), StopReason.ENOUGH_QUESTIONS, "detail.start"),
        (estimate(0, 0, 0, 0, 0, 0, 0, 1.0, band=(6, 8)), StopReason.ENOUGH_QUESTIONS, "detail.level_to_confirm"),
    ],
)
def test_a_level_stands_alone_only_where_it_is_known(each: LevelEstimate, stop: StopReason | None, told: str) -> None:
    assert prompt(POSITIONING, each, stop) == told


@pytest.mark.parametrize(
    ("each", "told"),
    [
        (estimate(0.6, 0.4), "detail.not_shown"),
        (estimate(0.3, 0.3, 0.4), "detail.likely"),
        (estimate(0.01, 0.01, 0.98), "detail.reached"),
        (estimate(0.01, 0.3, 0.3, 0.39), "detail.reached_and_likely"),
    ],
)
def test_a_rehearsal_tells_what_is_reached_and_what_is_likely(each: LevelEstimate, told: str) -> None:
    assert prompt(REHEARSAL, each) == told


def test_levels_are_reached_from_the_highest_down() -> None:
    each = estimate(0.01, 0.09, 0.2, 0.3, 0.4)

    assert reached(each, REHEARSAL, 0.95) == 1
    assert reached(each, REHEARSAL, 0.5) == 3
    assert reached(estimate(0, 0, 0, 0, 0, 0, 0, 0, 1.0), REHEARSAL, 0.95) == 6


def test_what_was_not_asked_is_not_told() -> None:
    assert asked(REHEARSAL, report(estimate(0, 1.0, questions=0))) == {}


@pytest.mark.parametrize(("policy", "offered"), [("positioning", True), ("rehearsal", True), ("abc_pix", False)])
def test_details_are_offered_where_every_competence_is_measured(policy: str, offered: bool) -> None:
    stage = Stage(context=path_context(policy)).to_question()
    before = has_details(stage.state.session)
    stage.answer(right=True)

    assert (before, has_details(stage.state.session)) == (False, offered)


def test_details_name_the_area_first() -> None:
    stage = Stage(context=path_context("positioning")).to_question()
    stage.answer(right=True)

    (area,) = details(stage.context, stage.state.session)

    assert area[0].prompt == "detail.area"
    assert len(area) == 2


def test_the_result_of_a_path_without_names_is_told_without_levels() -> None:
    stage = Stage(context=path_context("positioning")).to_question()
    for _ in range(4):
        stage.answer(right=True)
    content = small_context().content
    nameless = replace(stage.context, content=replace(content, skill_map=replace(content.skill_map, names={})))

    told = [str(phrase.prompt) for phrase in result_phrases(nameless, stage.state.session)]

    assert not [prompt for prompt in told if prompt.startswith("result.known")]
    assert details(nameless, stage.state.session) == ()
