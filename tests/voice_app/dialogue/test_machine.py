"""The moves that no play shows: stale, early, late and repeated events, and the order of the effects.

Longer than 400 lines: one table of moves, one file of its exceptions.
"""

from __future__ import annotations

import pytest

from audio_content.model import PromptId
from engine.model import Aid, Channel, InputMode
from tests.voice_app.dialogue.stage import CODE, Stage, small_context
from voice_app.dialogue.asking import next_question
from voice_app.dialogue.context import Rules
from voice_app.dialogue.machine import start, step
from voice_app.dialogue.messages import (
    CodeIssued,
    EndConversation,
    Failed,
    FindSession,
    Heard,
    IssueCode,
    Left,
    Listen,
    MicrophoneChanged,
    Opened,
    Pressed,
    RecognizerBack,
    RecognizerLost,
    Save,
    Say,
    SessionFound,
    SessionNotFound,
    Show,
    SilenceKept,
)
from voice_app.dialogue.reaction import Reaction
from voice_app.dialogue.records import ItemAnswered, PreferencesSet, SessionStarted
from voice_app.dialogue.state import Phase
from voice_app.hearing import NO_INPUT


def test_start_waits_for_opened() -> None:
    state = start(small_context())

    assert state.phase is Phase.CLOSED
    assert step(small_context(), state, Pressed(0, "1")) == (state, ())


def test_opened_speaks_both_languages() -> None:
    stage = Stage()

    stage.open()

    assert [part.locale for part in stage.said[-1].parts if hasattr(part, "prompt")] == ["fr", "en"]


def test_opened_twice_changes_nothing() -> None:
    stage = Stage()
    stage.open()

    assert stage.send(Opened(Channel.PHONE, 1, False)) == []


def test_key_of_an_older_turn_is_ignored() -> None:
    stage = Stage().to_question()

    assert stage.send(Pressed(stage.state.turn - 1, "1")) == []


def test_double_click_answers_once() -> None:
    stage = Stage().to_question()
    turn = stage.state.turn

    stage.send(Pressed(turn, "1"))
    stage.send(Pressed(turn, "1"))

    assert len(stage.of_kind(ItemAnswered)) == 1


def test_recognition_after_a_key_is_ignored() -> None:
    stage = Stage().to_question()
    late = Heard(stage.state.turn, stage.recognition("je ne sais pas"))
    stage.answer(right=True)

    assert stage.send(late) == []


def test_answer_is_saved_before_it_is_acknowledged() -> None:
    stage = Stage().to_question()

    effects = stage.send(Pressed(stage.state.turn, "1"))

    assert [type(effect) for effect in effects] == [Save, Save, Show, Say, Listen]


def test_session_begins_with_its_record_and_a_code() -> None:
    stage = Stage().to_welcome()

    effects = stage.send(Pressed(stage.state.turn, "1"))

    assert [type(effect) for effect in effects][:2] == [Save, IssueCode]
    assert stage.records == [SessionStarted("abc_diag", "small", 7, "fr", 10)]
    assert stage.shown[-1].view.code == CODE


def test_pace_chosen_before_the_session_is_kept_with_it() -> None:
    stage = Stage().to_welcome()
    stage.press("7")

    stage.press("1")

    assert stage.records[1] == PreferencesSet("fr", 0.85, 0.0)


def test_slow_pace_gives_more_patience() -> None:
    stage = Stage().to_question()
    rules = stage.context.rules
    quick = stage.listens[-1]

    stage.press("7")

    slow = stage.listens[-1]
    assert (quick.patience_ms, quick.hang_ms) == (rules.patience_ms, rules.hang_ms)
    assert (slow.patience_ms, slow.hang_ms) == (rules.patience_slow_ms, rules.hang_slow_ms)


def test_pause_has_no_time_limit() -> None:
    stage = Stage().to_question()

    stage.press("6")

    assert stage.listens[-1].patience_ms is None


def test_misunderstood_options_come_slower_and_louder_once() -> None:
    stage = Stage().to_question()
    stage.mumble()

    stage.mumble()
    emphasised = stage.said[-1].rate, stage.gains[-1]
    stage.answer(right=True)

    assert emphasised == (0.85, 3.0)
    assert (stage.said[-1].rate, stage.gains[-1]) == (1.0, 0.0)


def test_loudness_of_a_resumed_session_is_set() -> None:
    stage = Stage().to_question()
    stage.press("+")

    again = stage.back_by_code()

    assert again.gains[-1] == 3.0


def test_language_of_the_moment_wins_over_the_resumed_one() -> None:
    stage = Stage().to_question()

    other = Stage(records=stage.records)
    other.open()
    other.keys("22" + CODE)

    assert other.said[-1].locale == "en"
    assert other.kinds()[-1] == "preferences_set"


def test_session_found_before_the_language_keeps_its_own() -> None:
    stage = Stage()
    stage.open()
    stage.keys("211")
    other = Stage(records=stage.records)
    other.open()

    other.send(SessionFound(tuple(stage.records)))

    assert other.said[-1].locale == "en"
    assert other.state.phase is Phase.PRACTICE


def test_second_session_found_is_ignored() -> None:
    stage = Stage().to_question()

    assert stage.send(SessionFound(tuple(stage.records))) == []


def test_code_of_an_empty_session_is_unknown() -> None:
    stage = Stage().to_welcome()
    stage.press("2")

    stage.send(SessionFound(()))

    assert stage.prompts == ["code.unknown", "code.ask"]


def test_eighth_digit_looks_the_code_up_and_says_nothing() -> None:
    stage = Stage().to_welcome()
    stage.press("2")
    stage.keys(CODE[:-1])

    _, effects = step(stage.context, stage.state, Pressed(stage.state.turn, CODE[-1]))

    assert effects == (FindSession(CODE),)


def test_too_many_codes_lead_back_to_the_welcome() -> None:
    stage = Stage(too_many_codes=True).to_welcome()
    stage.press("2")

    stage.keys(CODE)

    assert stage.state.phase is Phase.WELCOME
    assert stage.prompts[0] == "code.too_many"


def test_code_not_found_outside_the_entry_is_ignored() -> None:
    stage = Stage().to_question()

    assert stage.send(SessionNotFound(PromptId("code.unknown"))) == []


def test_unknown_key_while_a_code_is_entered_says_what_to_do() -> None:
    stage = Stage().to_welcome()
    stage.press("2")

    stage.press("x")

    assert stage.prompts == ["help.code_keys", "code.ask"]


def test_star_without_digits_helps() -> None:
    stage = Stage().to_welcome()
    stage.press("2")

    stage.press("*")

    assert stage.prompts == ["help.code", "help.person_kiosk", "code.ask"]


def test_a_person_without_a_code_says_so() -> None:
    stage = Stage().to_welcome()
    stage.press("2")

    stage.say("je n'ai pas de code")

    assert stage.prompts == ["welcome.begin_say", "welcome.have_code_say"]


def test_only_the_first_i_dont_know_is_praised() -> None:
    stage = Stage().to_question()
    stage.press("#")
    first = stage.prompts

    stage.press("#")

    assert first[0] == "answer.dont_know"
    assert stage.prompts[0] == "answer.taken"


def test_store_fault_while_a_code_is_looked_up_asks_again() -> None:
    stage = Stage().to_welcome()
    stage.press("2")
    stage.keys(CODE[:3])

    stage.send(Failed(PromptId("fault.not_saved")))

    assert stage.prompts == ["fault.not_saved", "code.ask"]


def test_code_that_comes_late_is_said_in_the_pause() -> None:
    stage = Stage(code="")
    stage.to_welcome()
    state, _ = step(stage.context, stage.state, Pressed(stage.state.turn, "1"))
    stage.state = state

    effects = stage.send(Pressed(stage.state.turn, "6"))

    assert IssueCode() in effects
    assert stage.said[-2].parts != stage.said[-1].parts


def test_pause_before_a_session_has_no_code_and_keeps_nothing() -> None:
    stage = Stage().to_welcome()
    stage.press("6")
    paused = stage.prompts

    stage.press("1")

    assert paused == ["pause.start_unsaved", "pause.continue_say", "pause.finish_say"]
    assert stage.state.phase is Phase.WELCOME
    assert stage.records == []


def test_goodbye_before_a_session_has_no_code() -> None:
    stage = Stage().to_welcome()

    stage.keys("62")

    assert stage.prompts == ["goodbye.words"]
    assert stage.ended


def test_pause_at_the_result_is_not_recorded() -> None:
    stage = Stage().to_question()
    for _ in range(10):
        stage.answer(right=True)
    kept = len(stage.records)

    stage.keys("61")

    assert stage.state.phase is Phase.RESULT
    assert len(stage.records) == kept


def test_star_repeats_the_goodbye_and_any_other_key_ends_it() -> None:
    stage = Stage().to_welcome()
    stage.keys("62")
    turn = stage.state.turn

    stage.press("*")
    repeated = stage.state.turn
    ended = stage.send(Pressed(repeated, "3"))

    assert repeated == turn + 1
    assert ended == [EndConversation()]


@pytest.mark.parametrize("event", [Failed(PromptId("fault.general")), SilenceKept(9), Heard(9, NO_INPUT)])
def test_nothing_else_happens_after_the_goodbye(event: Failed | SilenceKept | Heard) -> None:
    stage = Stage().to_welcome()
    stage.keys("62")
    at_turn = event if isinstance(event, Failed) else type(event)(stage.state.turn, *event_rest(event))

    assert stage.send(at_turn) == []


def event_rest(event: SilenceKept | Heard) -> tuple[object, ...]:
    return (event.recognition,) if isinstance(event, Heard) else ()


def test_code_issued_before_and_after_is_only_remembered() -> None:
    state = start(small_context())

    known, effects = step(small_context(), state, CodeIssued(CODE))

    assert known.code == CODE
    assert effects == ()


def test_fault_before_anything_was_said_is_told_and_ends() -> None:
    stage = Stage()

    effects = stage.send(Failed(PromptId("fault.not_saved")))

    assert stage.prompts == ["fault.not_saved", "goodbye.words"]
    assert EndConversation() in effects


def test_leaving_needs_nothing() -> None:
    stage = Stage().to_question()

    assert stage.send(Left()) == []


def test_silence_of_the_recogniser_opens_the_ear_again() -> None:
    stage = Stage().to_question()
    turn = stage.state.turn

    effects = stage.send(Heard(turn, NO_INPUT))

    assert effects == [stage.listens[-1]]
    assert stage.listens[-1].turn == turn


def test_nothing_is_heard_while_the_recogniser_is_lost() -> None:
    stage = Stage().to_question()
    spoken = stage.recognition("je ne sais pas")
    stage.send(RecognizerLost())

    assert stage.send(Heard(stage.state.turn, spoken)) == []


def test_recogniser_lost_in_a_pause_says_nothing_and_closes_the_ear() -> None:
    stage = Stage().to_question()
    stage.press("6")

    effects = stage.send(RecognizerLost())

    assert effects == [Listen(stage.state.turn, None, None, 1_200)]


def test_recogniser_lost_after_the_goodbye_is_only_remembered() -> None:
    stage = Stage().to_welcome()
    stage.keys("62")

    assert stage.send(RecognizerLost()) == []
    assert stage.send(RecognizerBack()) == []


def test_microphone_lost_during_a_doubt_asks_for_keys() -> None:
    stage = Stage().to_question()
    stage.say("je ne sais pas", doubtful=True)

    stage.send(MicrophoneChanged(False))

    assert stage.prompts == ["fault.no_microphone", "confirm.ask", "confirm.how_keys"]


def test_doubted_answer_confirmed_by_key_is_certain_and_spoken() -> None:
    stage = Stage().to_question()
    stage.say("je ne sais pas", doubtful=True)

    stage.press("1")

    answer = stage.of_kind(ItemAnswered)[-1]
    assert isinstance(answer, ItemAnswered)
    assert (answer.confirmed, answer.input_mode) == (True, InputMode.VOICE)
    assert answer.evidence.likelihoods() == (0.0, 0.0, 1.0)


def test_doubted_answer_with_a_doubted_yes_is_soft() -> None:
    stage = Stage().to_question()
    stage.say("je ne sais pas", doubtful=True)

    stage.say("oui", doubtful=True)

    answer = stage.of_kind(ItemAnswered)[-1]
    assert isinstance(answer, ItemAnswered)
    assert not answer.confirmed
    assert 0.0 < answer.evidence.correct < 0.05 * answer.evidence.dont_know


def test_key_that_is_no_choice_keeps_the_doubt() -> None:
    stage = Stage().to_question()
    stage.say("je ne sais pas", doubtful=True)

    stage.press("3")

    assert stage.prompts == ["answer.choices_2", "confirm.ask", "confirm.how"]


def test_unknown_key_in_a_quiet_pause_brings_back() -> None:
    stage = Stage().to_question()
    for _ in range(4):
        stage.keep_silent()

    stage.press("3")

    assert stage.state.phase is Phase.QUESTION


def test_finish_in_a_quiet_pause_finishes() -> None:
    stage = Stage().to_question()
    for _ in range(4):
        stage.keep_silent()

    stage.press("2")

    assert stage.ended


def test_noise_outside_a_question_is_answered_three_times() -> None:
    stage = Stage().to_welcome()
    for _ in range(3):
        stage.mumble()
    last, spoken = stage.prompts, len(stage.said)

    stage.mumble()

    assert last == ["unheard.offer_menu"]
    assert len(stage.said) == spoken


def test_noise_on_the_last_item_of_the_bank_leads_to_the_result() -> None:
    stage = Stage().to_question()
    for _ in range(14):
        pass_by(stage)

    for _ in range(4):
        stage.mumble()

    assert stage.state.phase is Phase.RESULT
    assert stage.kinds()[-2:] == ["item_not_administered", "session_finished"]


def pass_by(stage: Stage) -> None:
    for _ in range(3):
        stage.keep_silent()
    stage.press("#")


def test_question_without_a_session_begins_one() -> None:
    stage = Stage().to_welcome()

    reaction = next_question(stage.context, Reaction(stage.state))

    assert reaction.state.phase is Phase.WELCOME


def test_fewer_than_eight_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="8 to 15"):
        Rules(max_items=7)


def last_answer(stage: Stage) -> ItemAnswered:
    answer = stage.of_kind(ItemAnswered)[-1]
    assert isinstance(answer, ItemAnswered)
    return answer


def test_explained_answer_counts_as_helped() -> None:
    stage = Stage().to_question()
    stage.press("5")

    stage.answer(right=True)
    stage.answer(right=True)

    assert [record.aid for record in stage.records if isinstance(record, ItemAnswered)] == [Aid.REPHRASED, Aid.NONE]
    assert stage.state.session.assessment is not None
    assert [each.aid for each in stage.state.session.assessment.observations] == [Aid.REPHRASED, Aid.NONE]


@pytest.mark.parametrize("mode", [InputMode.BUTTON, InputMode.MEDIATOR])
def test_answer_keeps_its_channel_and_way_of_input(mode: InputMode) -> None:
    stage = Stage(channel=Channel.PHONE).to_question()

    stage.press("1", mode)

    assert (last_answer(stage).channel, last_answer(stage).input_mode) == (Channel.PHONE, mode)


def test_item_taken_back_is_asked_in_the_same_order() -> None:
    stage = Stage().to_question()
    first = stage.records[-1]
    stage.answer(right=True)

    stage.press("9")

    assert stage.records[-1] == first


def test_half_heard_digit_is_said_back_without_a_question() -> None:
    stage = Stage().to_welcome()
    stage.press("2")

    stage.say("six", doubtful=True)

    assert stage.prompts == ["code.digit"]
    assert stage.state.digits == "6"


def test_noise_now_and_then_never_pauses() -> None:
    stage = Stage().to_question()
    for _ in range(4):
        stage.mumble()
    stage.answer(right=True)

    for _ in range(4):
        stage.mumble()

    assert stage.state.phase is Phase.QUESTION
    assert stage.prompts[0] == "answer.passed"


def test_doubt_about_a_command_within_a_doubt_never_asks_about_yes() -> None:
    stage = Stage().to_question()
    stage.say("je ne sais pas", doubtful=True)
    stage.say("faire une pause", doubtful=True, runner_up="oui")

    stage.press("2")

    assert stage.state.doubt is None
    assert stage.prompts == ["confirm.no"]


def test_a_loud_room_is_offered_the_talk_button_once() -> None:
    stage = Stage().to_question()

    stage.mumble()
    before = stage.shown[-1].view.talk
    stage.mumble()
    offered = list(stage.prompts)
    stage.answer(right=True)
    for _ in range(2):
        stage.mumble()

    assert (before, stage.shown[-1].view.talk) == (False, True)
    assert "unheard.talk" in offered
    assert "unheard.talk" not in stage.prompts


@pytest.mark.parametrize("stage", [Stage(channel=Channel.PHONE), Stage(microphone=False)])
def test_no_talk_button_where_there_is_none(stage: Stage) -> None:
    stage.to_question()

    for _ in range(3):
        stage.mumble()

    assert not stage.shown[-1].view.talk
