"""Who is let in, and what the others hear. Calls that are never acknowledged hold no place for long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.voice_app.telephony.raw_caller import Line, RawCaller, running_line, until
from voice_app.telephony.rules import PhoneRules

RULES = PhoneRules(
    first_rtp_port=34_000, last_rtp_port=35_998, capacity=2, polite_capacity=1, most_pending=5, most_pending_per_host=4
)


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with running_line(RULES) as running:
        yield running


@pytest.fixture
def callers(line: Line) -> Iterator[list[RawCaller]]:
    several = [RawCaller(line.port) for _ in range(8)]
    yield several
    for one in several:
        one.sequence += 10
        one.send(one.message("BYE"))
        one.close()
    assert until(lambda: not line.gateway.agent.calls)


def test_past_capacity_a_sentence_then_bye_and_past_that_the_networks_busy(
    line: Line, callers: list[RawCaller]
) -> None:
    for one in callers[:2]:
        one.establish()
    assert until(lambda: line.gateway.talking == 2)

    callers[2].establish()
    told_in_words = callers[2].hears()
    refused = callers[3].invite()
    bye = callers[2].receive(5)

    assert told_in_words
    assert bye.startswith("BYE")
    assert (refused.status, bool(refused.header("Retry-After"))) == (503, True)
    assert line.gateway.talking == 2


def test_calls_never_acknowledged_leave_room_for_conversations(line: Line, callers: list[RawCaller]) -> None:
    flooding = [one.invite().status for one in callers[:5]]

    assert flooding == [200, 200, 200, 200, 503]
    assert line.gateway.talking == 0


def test_a_place_is_free_again_after_bye(line: Line, callers: list[RawCaller]) -> None:
    for one in callers[:2]:
        one.establish()
    assert until(lambda: line.gateway.talking == 2)
    callers[0].ask("BYE")
    assert until(lambda: line.gateway.talking == 1)

    callers[4].establish()

    assert until(lambda: line.gateway.talking == 2)


def test_a_gateway_that_drains_tells_the_dispatcher(line: Line, callers: list[RawCaller]) -> None:
    line.gateway.draining = True
    answers = callers[0].ask("OPTIONS").status, callers[1].invite().status
    line.gateway.draining = False

    assert answers == (503, 503)
    assert callers[0].ask("OPTIONS").status == 200
