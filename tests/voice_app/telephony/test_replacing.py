"""A call that takes the place of another one (RFC 3891, section 3), as a telephone says it, word for word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.voice_app.telephony.raw_caller import Line, RawCaller, running_line, until

WHOLE = "{call_id};to-tag={to_tag};from-tag={tag}"


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with running_line() as running:
        yield running


@pytest.fixture
def mediator(line: Line) -> Iterator[RawCaller]:
    caller = RawCaller(line.port)
    yield caller
    caller.close()


@pytest.fixture
def learner(line: Line) -> Iterator[RawCaller]:
    caller = RawCaller(line.port)
    yield caller
    caller.close()


def replaces(call: RawCaller, form: str = WHOLE, **other: str) -> str:
    named = {"call_id": call.call_id, "to_tag": call.to_tag, "tag": call.tag, **other}
    return f"Replaces: {form.format(**named)}"


def test_the_conversation_goes_on_with_the_second_caller(line: Line, mediator: RawCaller, learner: RawCaller) -> None:
    conversations = len(line.told)
    first = mediator.establish()
    assert until(lambda: len(line.told) == conversations + 1)

    second = learner.establish(extra=[replaces(mediator), "Require: replaces"])

    assert mediator.receive().startswith("BYE ")
    assert second.rtp_port != first.rtp_port
    assert learner.hears(2)
    learner.press(second.rtp_port, 7, 160)
    assert until(lambda: line.told[-1].keys == ["7"])
    assert len(line.told) == conversations + 1
    assert len(line.gateway.agent.calls) == 1
    learner.ask("BYE")
    assert until(lambda: line.told[-1].over)
    assert line.told[-1].fault is None


def test_the_first_callers_sound_and_keys_are_heard_no_more(
    line: Line, mediator: RawCaller, learner: RawCaller
) -> None:
    first = mediator.establish()
    second = learner.establish(extra=[replaces(mediator)])
    mediator.receive()

    mediator.press(first.rtp_port, 1, 160)
    learner.press(second.rtp_port, 3, 160)

    assert until(lambda: "3" in line.told[-1].keys)
    assert "1" not in line.told[-1].keys
    assert mediator.ask("INFO").status == 481
    learner.ask("BYE")


def test_before_its_ack_nothing_has_changed(line: Line, mediator: RawCaller, learner: RawCaller) -> None:
    first = mediator.establish()

    learner.invite(extra=[replaces(mediator)])

    mediator.press(first.rtp_port, 5, 160)
    assert until(lambda: line.told[-1].keys == ["5"])
    assert mediator.silent()
    learner.ack()
    assert mediator.receive().startswith("BYE ")
    learner.ask("BYE")


def test_who_comes_after_the_first_caller_has_gone_has_a_call_of_their_own(
    line: Line, mediator: RawCaller, learner: RawCaller
) -> None:
    mediator.establish()
    conversations = len(line.told)
    learner.invite(extra=[replaces(mediator)])
    mediator.ask("BYE")

    learner.ack()

    assert until(lambda: len(line.told) == conversations + 1)
    learner.ask("BYE")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("nobody;to-tag={to_tag};from-tag={tag}", 481),
        ("{call_id};to-tag=guessed;from-tag={tag}", 481),
        ("{call_id};to-tag={to_tag};from-tag=guessed", 481),
        ("{call_id};to-tag={tag};from-tag={to_tag}", 481),
        ("{call_id};to-tag={to_tag}", 400),
        (";to-tag={to_tag};from-tag={tag}", 400),
        (WHOLE + ";early-only", 486),
    ],
)
def test_what_names_no_call_of_ours_takes_nobodys_place(
    mediator: RawCaller, learner: RawCaller, form: str, status: int
) -> None:
    mediator.establish()

    answer = learner.invite(extra=[replaces(mediator, form)])

    learner.ack()
    assert answer.status == status
    assert mediator.ask("OPTIONS").status == 200
    mediator.ask("BYE")


def test_two_places_cannot_be_taken_at_once(mediator: RawCaller, learner: RawCaller) -> None:
    mediator.establish()

    answer = learner.invite(extra=[replaces(mediator), replaces(mediator)])

    learner.ack()
    assert answer.status == 400
    mediator.ask("BYE")


def test_a_call_that_still_waits_for_its_ack_cannot_be_taken_over(mediator: RawCaller, learner: RawCaller) -> None:
    mediator.invite()

    answer = learner.invite(extra=[replaces(mediator)])

    learner.ack()
    assert answer.status == 481
    mediator.ack()
    mediator.ask("BYE")


def test_it_is_told_that_we_can_do_it(mediator: RawCaller) -> None:
    assert mediator.ask("OPTIONS").header("Supported") == "replaces"
    assert mediator.establish().header("Supported") == "replaces"
    assert mediator.ask("OPTIONS", extra=["Require: replaces, 100rel"]).header("Unsupported") == "100rel"
    mediator.ask("BYE")
