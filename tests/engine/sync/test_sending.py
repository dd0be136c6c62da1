"""What a site makes of the hub's answers, and how it paces itself."""

from __future__ import annotations

from engine.sync.batches import MOST_EVENTS, START, Head
from engine.sync.receiving import receive
from engine.sync.sending import LONGEST_WAIT_S, Answer, Forked, Ignored, Pace, SendFrom, Settled, answer_of, judge
from tests.engine.sync.chains import batch, chain, event, held, seal

EVENTS = chain(5)


def _judge(answer: Answer, last: int = 5, acknowledged: int = 2) -> object:
    digests = {each.envelope.sequence: each.digest for each in EVENTS[:last]}
    return judge("a", last, acknowledged, digests.get, answer)


def _answer(head: Head, agreed: Head | None, after: int = 2, *, forked: bool = False) -> Answer:
    return Answer("a", head, after, agreed, forked)


def test_all_up_to_the_head_is_settled() -> None:
    assert _judge(_answer(EVENTS[3].head, EVENTS[3].head)) == Settled(4)


def test_a_hub_that_has_less_than_it_said_gets_it_again() -> None:
    assert _judge(_answer(EVENTS[0].head, None, after=2)) == SendFrom(1)


def test_a_hub_that_lost_everything_gets_everything_again() -> None:
    assert _judge(_answer(START, None, after=2)) == SendFrom(0)


def test_an_old_answer_only_sends_anew() -> None:
    assert _judge(_answer(EVENTS[0].head, EVENTS[0].head, after=0)) == SendFrom(1)


def test_an_answer_about_another_chain_is_ignored() -> None:
    assert _judge(Answer("b", START, 0, START)) == Ignored()


def test_an_answer_for_what_was_here_before_a_restore_is_ignored() -> None:
    assert _judge(_answer(Head(9, "ab" * 32), Head(4, "ab" * 32), forked=True)) == Ignored()
    assert _judge(_answer(Head(9, "ab" * 32), Head(9, "ab" * 32))) == Ignored()


def test_a_fork_begins_behind_the_last_place_agreed() -> None:
    assert _judge(_answer(Head(7, "ab" * 32), EVENTS[2].head, forked=True)) == Forked(4, 7)


def test_a_hub_that_is_further_along_the_same_chain_is_a_fork_too() -> None:
    assert _judge(_answer(Head(7, "ab" * 32), EVENTS[4].head)) == Forked(6, 7)


def test_a_hub_further_along_is_told_the_rest_before_a_fork_is_believed() -> None:
    assert _judge(_answer(Head(7, "ab" * 32), EVENTS[2].head)) == SendFrom(3)


def test_a_head_that_differs_is_found_out_from_the_place_agreed() -> None:
    assert _judge(_answer(Head(4, "ab" * 32), EVENTS[2].head)) == SendFrom(3)


def test_chains_that_agree_nowhere_yet_are_compared_further_back() -> None:
    assert _judge(_answer(Head(5, "ab" * 32), None, after=4)) == SendFrom(2)
    assert _judge(_answer(Head(3, "ab" * 32), None, after=5)) == SendFrom(2)


def test_the_place_of_a_fork_is_found_from_anywhere() -> None:
    theirs = seal([*(each.envelope for each in EVENTS[:2]), *(event(number) for number in range(20, 25))])
    acknowledged = 5
    for _ in range(10):
        after = EVENTS[acknowledged - 1].head if acknowledged else START
        receipt = receive(theirs[-1].head, batch(EVENTS[acknowledged:], after), held(theirs), {})
        verdict = _judge(answer_of(receipt), acknowledged=acknowledged)
        if not isinstance(verdict, SendFrom):
            break
        acknowledged = verdict.after

    assert verdict == Forked(3, 7)


def test_the_answer_names_what_was_set_aside() -> None:
    receipt = receive(START, batch(EVENTS), {}, {"a2": "something else"})

    assert answer_of(receipt).custody == (2,)


def test_a_failure_halves_the_batch_down_to_one_and_doubles_the_wait() -> None:
    pace = Pace()
    waits = []
    for _ in range(20):
        pace = pace.failed()
        waits.append(pace.wait_s(1.0))

    assert pace.most_events == 1
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == LONGEST_WAIT_S


def test_waits_are_drawn_by_lot() -> None:
    assert Pace(4).wait_s(0.5) == 4
    assert Pace(4).wait_s(0.0) == 0


def test_a_success_ends_the_wait_and_lets_the_batch_grow() -> None:
    pace = Pace(3, 8).succeeded()

    assert (pace.wait_s(1.0), pace.most_events) == (0, 16)
    assert Pace(0, MOST_EVENTS).succeeded().most_events == MOST_EVENTS
