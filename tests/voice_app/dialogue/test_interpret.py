"""Voice and key become one meaning, and a likelihood becomes evidence."""

from __future__ import annotations

import pytest

from audio_content.model import ItemKind, OptionId
from engine.model import UNHEARD, Evidence, InputMode, ItemId, Outcome
from tests.voice_app.dialogue.stage import Stage, small_content
from voice_app.dialogue.interpret import Doubtful, Meant, NotUnderstood, evidence_of, intent_of_voice, weighed_by_yes
from voice_app.dialogue.turn import CONTINUE, DONT_KNOW, NO, REPEAT, YES
from voice_app.hearing import HearingOutcome, MeaningId, Recognition, Scored

ITEM = small_content().items[ItemId("it.t1.1.a")]
A, B, C = (MeaningId(f"option.{name}") for name in "abc")


def heard(
    *ranked: tuple[MeaningId, float], none: float = 0.0, outcome: HearingOutcome = HearingOutcome.MATCH
) -> Recognition:
    return Recognition(outcome, tuple(Scored(meaning, value) for meaning, value in ranked), none, "test")


@pytest.mark.parametrize(
    ("option", "outcome"),
    [(OptionId("a"), Outcome.CORRECT), (OptionId("b"), Outcome.INCORRECT), (None, Outcome.DONT_KNOW)],
)
def test_key_is_certain(option: OptionId | None, outcome: Outcome) -> None:
    evidence = evidence_of(ITEM, option, Meant(A, InputMode.KEY))

    assert evidence == Evidence.certain(outcome)


def test_voice_is_the_likelihood_of_each_outcome() -> None:
    recognition = heard((A, 0.6), (B, 0.2), (C, 0.04), (DONT_KNOW, 0.1), none=0.06)

    evidence = evidence_of(ITEM, OptionId("a"), Meant(A, InputMode.VOICE, recognition))

    assert evidence.likelihoods() == pytest.approx((0.62, 0.14, 0.12))


def test_a_wrong_number_is_not_spread_over_its_whole_range() -> None:
    item = small_content(ItemKind.NUMBER).items[ItemId("it.t1.1.a")]
    recognition = heard((MeaningId("option.11"), 0.9), (MeaningId("option.12"), 0.06), none=0.04)

    evidence = evidence_of(item, OptionId("11"), Meant(MeaningId("option.11"), InputMode.VOICE, recognition))

    correct, incorrect, _ = evidence.likelihoods()
    assert incorrect == pytest.approx(0.9 / 3 + 0.04 / 3)
    assert incorrect > 4 * correct


def test_sound_that_fits_nothing_is_unheard() -> None:
    evidence = evidence_of(ITEM, OptionId("a"), Meant(A, InputMode.VOICE, heard((A, 0.0))))

    assert evidence == UNHEARD


def test_confirmed_voice_is_certain() -> None:
    meant = Meant(A, InputMode.VOICE, heard((A, 0.4), none=0.6), confirmed=True)

    assert evidence_of(ITEM, OptionId("a"), meant) == Evidence.certain(Outcome.CORRECT)


def test_half_heard_yes_weighs_the_candidate() -> None:
    doubted = heard((A, 0.5), (B, 0.3), none=0.2)
    reply = heard((YES, 0.6), (NO, 0.2), none=0.2)

    weighed = weighed_by_yes(doubted, A, reply)

    assert [each.likelihood for each in weighed.ranked] == pytest.approx([0.35, 0.09])
    assert weighed.none_of_these == pytest.approx(0.06)


def intent(stage: Stage, recognition: Recognition) -> object:
    grammar = stage.listens[-1].grammar
    assert grammar is not None
    known = frozenset(meaning.id for meaning in grammar.meanings)
    return intent_of_voice(stage.context, stage.state, recognition, known)


def choice_question() -> Stage:
    """Stands at a question with three options."""
    stage = Stage().to_question()
    while len(stage.asked_item().option_ids) < 3:
        stage.answer(right=True)
    return stage


def test_doubt_asks_about_the_runner_up_when_it_is_near() -> None:
    recognition = heard((A, 0.5), (B, 0.3), outcome=HearingOutcome.DOUBTFUL)

    assert intent(choice_question(), recognition) == Doubtful((A, B), recognition)


@pytest.mark.parametrize("runner_up", [(B, 0.1), (REPEAT, 0.4), (MeaningId("option.z"), 0.4)])
def test_doubt_asks_once_when_no_other_answer_is_near(runner_up: tuple[MeaningId, float]) -> None:
    recognition = heard((A, 0.5), runner_up, outcome=HearingOutcome.DOUBTFUL)

    assert intent(choice_question(), recognition) == Doubtful((A,), recognition)


def test_meaning_of_another_turn_is_not_understood() -> None:
    assert intent(Stage().to_question(), heard((MeaningId("menu.begin"), 1.0))) == NotUnderstood()


def test_recognition_without_meanings_is_not_understood() -> None:
    assert intent(Stage().to_question(), heard(none=1.0)) == NotUnderstood()


def test_half_heard_word_ends_a_quiet_pause() -> None:
    stage = Stage().to_question()
    for _ in range(4):
        stage.keep_silent()
    recognition = heard((MeaningId("menu.finish"), 0.5), outcome=HearingOutcome.DOUBTFUL)

    assert intent(stage, recognition) == Meant(CONTINUE, InputMode.VOICE)
