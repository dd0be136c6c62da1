"""Keeping a result: its code at the result; later an account by a number and a PIN, entered by keys or voice."""

from __future__ import annotations

import pytest

from tests.voice_app.dialogue.stage import Stage
from voice_app.dialogue.claim_messages import (
    AccountErased,
    AccountShown,
    ClaimFound,
    ClaimIssued,
    ClaimRefused,
    EnterAccount,
    EraseAccount,
    IssueClaim,
    NumberFound,
    OpenAccount,
    TakeOut,
)
from voice_app.dialogue.messages import Phrase, Show
from voice_app.dialogue.state import Phase

CLAIM, NUMBER, PIN = "923456776", "911111112", "4071"


def at_the_code() -> Stage:
    stage = Stage()
    stage.open()
    stage.keys("12")
    assert stage.state.phase is Phase.CODE_ENTRY
    return stage


def requests(stage: Stage, *kinds: type) -> list[object]:
    return [effect for effect in stage.effects if isinstance(effect, kinds)]


def test_the_result_offers_a_code_and_says_it_twice_by_threes() -> None:
    stage = Stage()
    stage.open()
    stage.keys("1111")
    for _ in range(10):
        stage.answer(right=True)
    assert stage.state.phase is Phase.RESULT

    stage.say("garder mon résultat")
    assert requests(stage, IssueClaim)
    stage.send(ClaimIssued(CLAIM, 30))

    assert stage.prompts[:3] == ["claim.code", "claim.code_again", "claim.how"]
    first = stage.said[-1].parts[0]
    assert isinstance(first, Phrase)
    assert first.fill["code"].by == 3  # type: ignore[union-attr]
    assert stage.state.phase is Phase.RESULT


def test_a_new_account_needs_four_digits_twice_and_nothing_else() -> None:
    stage = at_the_code()
    stage.send(ClaimFound(CLAIM))
    stage.press("1")
    assert stage.prompts == ["claim.pin_new"]
    stage.keys(PIN)
    assert stage.prompts == ["claim.pin_again"]
    stage.keys(PIN)

    assert requests(stage, OpenAccount) == [OpenAccount(CLAIM, PIN)]
    stage.send(AccountShown(NUMBER, 1, ("t1.1",), ("t1.1",), is_new=True))
    assert stage.state.phase is Phase.ACCOUNT
    assert stage.prompts[:5] == [
        "account.number",
        "account.number_again",
        "account.count",
        "result.strength.first",
        "account.in_spite",
    ]
    assert stage.records == []


def test_the_digits_of_a_pin_are_neither_said_nor_shown() -> None:
    stage = at_the_code()
    stage.send(ClaimFound(CLAIM))
    stage.press("1")

    stage.keys(PIN[:3])

    assert stage.prompts == ["pin.digit"]
    shows = [effect for effect in stage.effects if isinstance(effect, Show)]
    assert not any("digits" in getattr(part, "fill", {}) for part in shows[-1].view.text)


@pytest.mark.parametrize(("second", "said"), [("4072", "claim.pins_differ"), ("4071", None)])
def test_a_slip_between_the_two_begins_again(second: str, said: str | None) -> None:
    stage = at_the_code()
    stage.send(ClaimFound(CLAIM))
    stage.press("1")
    stage.keys(PIN + second)

    assert bool(requests(stage, OpenAccount)) is (said is None)
    if said is not None:
        assert stage.prompts[0] == said


def test_a_pin_that_anybody_tries_first_is_refused() -> None:
    stage = at_the_code()
    stage.send(ClaimFound(CLAIM))
    stage.press("1")
    stage.keys("1234")

    assert stage.prompts[0] == "claim.weak_pin"


def test_an_account_that_is_there_takes_the_result() -> None:
    stage = at_the_code()
    stage.send(ClaimFound(CLAIM))
    stage.press("2")
    stage.keys(NUMBER)
    assert stage.prompts == ["claim.pin"]
    stage.keys(PIN)

    assert requests(stage, EnterAccount) == [EnterAccount(NUMBER, PIN, CLAIM)]


def test_a_wrong_pin_is_asked_again_and_a_blocked_account_is_told() -> None:
    stage = at_the_code()
    stage.send(NumberFound(NUMBER))
    stage.keys(PIN)
    stage.send(ClaimRefused("claim.wrong"))
    assert stage.prompts == ["claim.wrong", "claim.pin"]
    stage.keys(PIN)
    stage.send(ClaimRefused("claim.blocked", over=True))

    assert stage.prompts[0] == "claim.blocked"
    assert stage.state.phase is Phase.WELCOME


@pytest.mark.parametrize(("key", "effect"), [("3", TakeOut), ("4", EraseAccount)])
def test_taking_out_and_erasing_are_asked_once_more(key: str, effect: type) -> None:
    stage = at_the_code()
    stage.send(AccountShown(NUMBER, 1))
    stage.press(key)
    assert not requests(stage, effect)
    stage.press("2")
    assert not requests(stage, effect)
    assert stage.prompts[0] == "account.unchanged"
    stage.press(key)
    stage.say("oui")

    assert requests(stage, effect)


def test_after_erasing_the_conversation_says_so_and_ends() -> None:
    stage = at_the_code()
    stage.send(AccountShown(NUMBER, 1))

    stage.send(AccountErased())

    assert stage.prompts[0] == "account.erased"
    assert stage.ended


def test_a_page_opened_with_a_claim_asks_for_the_language_first() -> None:
    stage = Stage()
    stage.open()
    stage.send(ClaimFound(CLAIM))
    assert stage.state.phase is Phase.LANGUAGE
    stage.press("1")

    assert stage.state.phase is Phase.CLAIM
    assert stage.prompts[0] == "claim.found"


def test_leaving_goes_back_to_the_welcome() -> None:
    stage = at_the_code()
    stage.send(NumberFound(NUMBER))
    stage.press("#")

    assert stage.state.phase is Phase.WELCOME
    assert stage.state.claim is None
