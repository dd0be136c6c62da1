"""The published tube rules: their check values, their inferences, their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.adaptive import POLICIES, Assessment, Bank, Choice, StopReason, compile_bank
from engine.adaptive.tubes import TubeStates
from engine.model import Evidence, FrameworkSpec, Item, ItemId, Observation, Outcome

RULES = replace(POLICIES["pix_rules"], max_items=60)
RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT
Play = Callable[[Assessment, Iterable[Outcome]], Assessment]


def told(bank: Bank, answers: Sequence[tuple[str, bool]]) -> TubeStates:
    states = TubeStates.empty(bank, 1)
    for item, right in answers:
        states.learn(bank, np.array([0]), np.array([bank.position(ItemId(item))]), np.array([right]))
    return states


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        ([], 3.5),
        ([("1.1.t.2/a", True)], 4.5),
        ([("1.1.t.2/a", False)], 1.0),
        ([("1.1.t.2/a", True), ("1.1.t.4/a", True)], 5.5),
        ([("1.1.t.2/a", False), ("1.1.t.1/a", False)], 0.5),
    ],
)
def test_predicted_level_has_its_published_values(bank: Bank, answers: list[tuple[str, bool]], level: float) -> None:
    assert told(bank, answers).predicted()[0] == level


def test_success_validates_below_and_failure_invalidates_above_in_the_tube_only(bank: Bank) -> None:
    known = told(bank, [("1.1.t.2/a", True), ("1.2.t.1/a", False)]).known[0]
    of = dict(zip(bank.framework.skills, known.tolist(), strict=True))

    assert [of[f"1.1.t.{level}"] for level in range(5)] == [1, 1, 1, 0, 0]
    assert [of[f"1.2.t.{level}"] for level in range(5)] == [0, -1, -1, -1, -1]
    assert of["2.1.t.1"] == 0


def test_score_shares_eight_points_a_level(bank: Bank) -> None:
    levels = told(bank, [("1.1.t.3/a", True)]).competence_levels(bank)[0]

    assert levels[0] == pytest.approx(3.0)
    assert levels[1:].sum() == 0.0


def test_first_question_is_of_level_two_in_an_easy_tube(bank: Bank) -> None:
    choice = Assessment.start(bank, RULES, 4).propose()

    assert isinstance(choice, Choice)
    assert choice.item.startswith("3.1.t.2")


def test_no_skill_is_asked_that_is_known_by_inference_or_far_above(bank: Bank, play: Play) -> None:
    session = play(Assessment.start(bank, RULES, 4), [RIGHT, WRONG] * 20)

    asked = [observation.item for observation in session.observations]
    assert session.propose() is StopReason.NO_ITEM_LEFT
    assert not any(".0/" in item for item in asked)
    for position, item in enumerate(asked):
        before = told(bank, [(earlier, turn % 2 == 0) for turn, earlier in enumerate(asked[:position])])
        row = bank.position(item)
        assert before.known[0, bank.skill[row]] == 0
        if position:
            assert bank.level[row] - before.predicted()[0] <= 2


def test_all_right_ends_when_every_tube_is_validated(spec: FrameworkSpec, items: Sequence[Item], play: Play) -> None:
    one = compile_bank(spec, [item for item in items if item.skill.startswith("1.1")])

    session = play(Assessment.start(one, RULES, 1), [RIGHT] * 10)

    assert (session.tube_states().known[0, :5] == 1).all()
    assert session.propose() is StopReason.NO_ITEM_LEFT


def test_unheard_answer_tells_the_rules_nothing(bank: Bank) -> None:
    session = Assessment.start(bank, RULES, 4)

    after = session.record(Observation(ItemId("1.1.t.2/a"), Evidence(1.0, 1.0, 1.0)))

    assert np.array_equal(after.tube_states().known, session.tube_states().known)
