"""By telephone: recognised only by wish, taken up where it was cut, a code as there is no page, a person on asking."""

from __future__ import annotations

import pytest

from engine.model import Channel
from engine.organization.campaigns import Offer
from engine.organization.sittings import Seat
from tests.voice_app.dialogue.stage import Stage, prompts_of
from voice_app.dialogue.assist_messages import MediatorAsks
from voice_app.dialogue.messages import (
    AskCallback,
    CallerChanged,
    CampaignFound,
    FindCaller,
    HandOver,
    MicrophoneChanged,
    Opened,
    Phrase,
    RecogniseCaller,
    RefuseCalls,
    SessionFound,
    Spelled,
)
from voice_app.dialogue.records import AssistanceBegun, AssistanceEnded
from voice_app.dialogue.state import Phase


def phone(*, microphone: bool = True, **opened: object) -> Stage:
    stage = Stage(channel=Channel.PHONE)
    stage.send(Opened(Channel.PHONE, 7, microphone, **opened))  # type: ignore[arg-type]
    return stage


def at_a_question() -> Stage:
    stage = phone()
    stage.keys("1111")
    assert stage.state.phase is Phase.QUESTION
    return stage


def test_a_shown_number_is_asked_for_once_the_session_is_kept() -> None:
    stage = phone(recognisable=True)
    stage.keys("11")

    assert stage.state.phase is Phase.RECOGNITION
    assert stage.kinds() == ["session_started"]
    assert stage.prompts == ["recognition.intro", "recognition.yes_say", "recognition.no_say"]


def test_a_withheld_number_is_not_asked_for() -> None:
    stage = phone()
    stage.keys("11")

    assert stage.state.phase is Phase.PACE


@pytest.mark.parametrize(("answer", "wished"), [("oui", True), ("non", False)])
def test_recognised_only_by_wish(answer: str, wished: bool) -> None:
    stage = phone(recognisable=True)
    stage.keys("11")

    stage.say(answer)

    assert [effect for effect in stage.effects if isinstance(effect, RecogniseCaller)] == [RecogniseCaller(wished)]
    assert stage.state.phase is Phase.PACE
    assert stage.prompts[0] == ("recognition.done" if wished else "recognition.declined")


def test_half_heard_is_asked_about() -> None:
    stage = phone(recognisable=True)
    stage.keys("11")

    stage.say("oui", doubtful=True)
    asked = stage.prompts
    stage.say("oui")

    assert asked[0] == "confirm.ask"
    assert RecogniseCaller(True) in stage.effects


def test_who_is_not_recognised_hears_the_code_before_the_first_question() -> None:
    stage = phone()
    stage.keys("1111")

    assert Phrase("phone.code", {"code": Spelled(stage.code)}) in stage.said[-1].parts  # type: ignore[arg-type]
    assert "pause.code_again" in stage.prompts


def test_who_is_recognised_is_spared_the_code() -> None:
    stage = phone(recognisable=True)
    stage.keys("11111")

    assert stage.state.phase is Phase.QUESTION
    assert "phone.code" not in stage.prompts


def test_a_page_shows_the_code_and_does_not_say_it() -> None:
    stage = Stage().to_question()

    assert "phone.code" not in [prompt for say in stage.said for prompt in prompts_of(say)]


def test_a_caller_who_was_cut_is_offered_to_go_on_first() -> None:
    before = phone(recognisable=True)
    before.keys("11111")
    before.answer(right=True)
    asked = before.state.session.asked
    again = phone(recognisable=True, waiting_locale="fr")

    assert again.prompts == ["comeback.intro", "comeback.continue_say", "comeback.begin_say"]
    again.press("1")
    assert FindCaller() in again.effects
    again.send(SessionFound(tuple(before.records)))
    assert again.state.phase is Phase.QUESTION
    assert again.state.session.asked == asked
    assert again.prompts[:2] == ["code.welcome_back", "question.resume"]


def test_a_caller_who_was_cut_may_begin_anew() -> None:
    stage = phone(recognisable=True, waiting_locale="en")
    assert stage.said[-1].locale == "en"

    stage.press("2")

    assert stage.state.phase is Phase.LANGUAGE
    assert stage.records == []


def test_a_person_is_asked_for_by_a_second_zero() -> None:
    stage = phone(person_reachable=True)
    stage.keys("1111")
    stage.press("0")
    told = stage.prompts
    handed_over = HandOver() in stage.effects

    stage.press("0")

    assert "help.person_by_phone" in told
    assert not handed_over
    assert HandOver() in stage.effects
    assert stage.prompts == ["phone.hand_over"]
    assert stage.state.phase is Phase.QUESTION  # nothing is lost when nobody answers


def test_outside_opening_hours_the_help_tells_where_to_ask() -> None:
    stage = phone()
    stage.keys("1111")

    stage.keys("00")

    assert "help.person_phone" in stage.prompts
    assert HandOver() not in stage.effects


@pytest.mark.parametrize("why", ["callback", "campaign"])
def test_who_is_called_is_asked_first(why: str) -> None:
    stage = phone(calling=why)

    assert stage.prompts == [f"consent.{why}", "consent.yes_say", "consent.no_say"]
    stage.say("oui")
    assert stage.state.phase is Phase.LANGUAGE
    assert stage.records == []


def test_a_no_ends_the_call_and_is_kept() -> None:
    stage = phone(calling="campaign")

    stage.press("2")

    assert RefuseCalls() in stage.effects
    assert stage.ended
    assert stage.prompts[0] == "consent.declined"


def test_a_call_back_goes_on_where_the_person_was() -> None:
    stage = phone(calling="callback", waiting_locale="fr", recognisable=True)

    stage.press("1")

    assert stage.state.phase is Phase.COMEBACK


def test_a_call_back_is_asked_for_by_a_second_zero_when_nobody_answers() -> None:
    stage = phone(callback_possible=True)
    stage.keys("1111")
    stage.press("0")
    told = stage.prompts

    stage.press("0")

    assert "help.callback" in told
    assert AskCallback() in stage.effects
    assert stage.prompts[0] == "phone.callback_noted"
    stage.keys("00")
    assert stage.effects.count(AskCallback()) == 1


def test_who_finds_no_place_at_the_ear_is_told_first_and_goes_on_by_keys() -> None:
    stage = phone(microphone=False)
    told = stage.prompts

    stage.keys("11")

    assert told == ["phone.keys_only", "phone.keys_only", "language.invite_keys", "language.invite_keys"]
    assert stage.state.phase is Phase.PACE
    assert stage.listens[-1].grammar is None


@pytest.mark.parametrize("opened", [{"waiting_locale": "fr"}, {"calling": "callback"}])
def test_every_beginning_by_telephone_tells_it(opened: dict[str, object]) -> None:
    assert phone(microphone=False, **opened).prompts[0] == "phone.keys_only"


def test_a_free_place_at_the_ear_is_told_and_the_question_asked_again() -> None:
    stage = phone(microphone=False)
    stage.keys("1111")
    question = stage.state.session.asked

    stage.send(MicrophoneChanged(True))

    assert stage.prompts[0] == "ear.back"
    assert stage.state.session.asked == question
    assert stage.listens[-1].grammar is not None


@pytest.mark.parametrize(("of_service", "of_organisation"), [(False, True), (True, False)])
def test_a_campaigns_caller_is_told_of_the_person_of_its_organisation(of_service: bool, of_organisation: bool) -> None:
    stage = phone(person_reachable=of_service)
    stage.keys("12")
    stage.send(CampaignFound(Offer("c", "la Maison Bleue", "Printemps", "abc_diag", {}), of_organisation))

    stage.press("0")

    assert ("help.person_by_phone" in stage.prompts) == of_organisation


# --- a call that was transferred ----------------------------------------------------------------------------------


def test_who_gets_a_transferred_call_is_greeted_and_hears_the_open_question_whole() -> None:
    stage = at_a_question()
    before, heard, turn = stage.state.session, stage.prompts, stage.state.turn

    stage.send(CallerChanged(recognisable=False))

    assert stage.prompts[0] == "phone.caller_changed"
    assert set(heard) & set(stage.prompts)
    assert "item.stem" in stage.prompts
    assert stage.state.session == before
    assert stage.state.turn > turn


def test_a_half_heard_answer_of_the_first_caller_is_forgotten() -> None:
    stage = at_a_question()
    stage.say("je ne sais pas", doubtful=True)
    assert stage.state.doubt is not None
    kept = stage.kinds()

    stage.send(CallerChanged(recognisable=False))

    assert stage.state.doubt is None
    assert stage.state.before is None
    assert stage.kinds() == kept


def test_the_session_of_the_first_caller_that_waits_is_not_offered_to_the_second_one() -> None:
    stage = phone(recognisable=True, waiting_locale="fr")
    assert stage.state.phase is Phase.COMEBACK

    stage.send(CallerChanged(recognisable=True))

    assert stage.state.phase is Phase.LANGUAGE
    assert stage.state.waiting_locale is None


def test_the_wish_to_be_recognised_is_the_first_callers_own() -> None:
    stage = phone(recognisable=True)
    stage.keys("111")
    assert stage.state.recognised

    stage.send(CallerChanged(recognisable=False))

    assert not stage.state.recognised
    assert not stage.state.recognisable


def test_a_yes_to_being_helped_does_not_pass_over_with_the_call() -> None:
    stage = phone()
    stage.send(MediatorAsks(Seat("sitting-1", "la Maison Bleue")))
    stage.keys("1111")
    assert stage.of_kind(AssistanceBegun)

    stage.send(CallerChanged(recognisable=False))

    assert stage.of_kind(AssistanceEnded) == [AssistanceEnded("sitting-1")]
    assert stage.state.session.helper is None
    stage.send(MediatorAsks(Seat("sitting-1", "la Maison Bleue")))
    assert stage.state.phase is Phase.ASSISTANCE


def test_a_question_whether_they_agree_is_asked_of_the_second_caller() -> None:
    stage = phone()
    stage.send(MediatorAsks(Seat("sitting-1", "la Maison Bleue")))
    stage.press("1")
    assert stage.state.phase is Phase.ASSISTANCE
    asked = stage.prompts

    stage.send(CallerChanged(recognisable=False))

    assert stage.state.phase is Phase.ASSISTANCE
    assert stage.prompts == ["phone.caller_changed", *asked]
    assert stage.kinds() == []


def test_digits_of_the_first_caller_are_forgotten() -> None:
    stage = phone()
    stage.keys("12123")
    assert stage.state.digits == "123"

    stage.send(CallerChanged(recognisable=False))

    assert stage.state.digits == ""
    assert stage.state.phase is Phase.CODE_ENTRY


def test_a_goodbye_is_not_begun_again() -> None:
    stage = phone(calling="campaign")
    stage.press("2")
    assert stage.state.phase is Phase.GOODBYE

    assert stage.send(CallerChanged(recognisable=False)) == []
