"""Calls that we owe: never in quiet hours, never after a no, never without end. The queue on a real SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.voice_app.channels.test_phone import FakeLeg
from voice_app.store.sql_errands import SqlErrands
from voice_app.telephony.dialler import Dialler
from voice_app.telephony.errands import (
    Errand,
    ErrandKind,
    ErrandRules,
    ErrandState,
    Outcome,
    after,
    may_call,
)
from voice_app.telephony.errors import CallFailed
from voice_app.telephony.leg import Leg
from voice_app.telephony.sealing import mark_of, seal, unseal

THURSDAY = datetime(2026, 11, 26, 11, 0)
KEY = b"k" * 32
RULES = ErrandRules()
NUMBER = "0612345678"


def errand(number: str = NUMBER, kind: ErrandKind = ErrandKind.CAMPAIGN, window: str = "1-5 10:00-18:00") -> Errand:
    return Errand(number[-4:], kind, mark_of(KEY, number), seal(KEY, number), window, THURSDAY, "autumn")


# --- the rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hour", "called"), [(9, False), (10, True), (17, True), (18, False), (20, False), (3, False)])
def test_only_inside_the_window_and_outside_quiet_hours(hour: int, called: bool) -> None:
    now = THURSDAY.replace(hour=hour) + timedelta(days=1)

    assert may_call(errand(), now, RULES) is called


def test_quiet_hours_win_over_any_window() -> None:
    always = errand(window="1-7 00:00-24:00")

    assert not may_call(always, THURSDAY.replace(hour=22), RULES)
    assert not may_call(always, THURSDAY + timedelta(days=3), RULES)  # a Sunday


def test_busy_is_tried_soon_and_no_answer_later_and_later() -> None:
    busy = after(errand(), Outcome.BUSY, THURSDAY, RULES)
    once = after(errand(), Outcome.NO_ANSWER, THURSDAY, RULES)
    twice = after(once, Outcome.NO_ANSWER, THURSDAY, RULES)

    assert busy.next_at - THURSDAY == timedelta(minutes=10)
    assert once.next_at - THURSDAY == timedelta(minutes=180)
    assert twice.next_at - THURSDAY == timedelta(minutes=360)


def test_given_up_after_four_calls_and_then_the_number_is_gone() -> None:
    tried = errand()
    for _ in range(4):
        tried = after(tried, Outcome.NO_ANSWER, THURSDAY, RULES)

    assert (tried.state, tried.sealed) == (ErrandState.GIVEN_UP, "")


def test_somebody_who_left_is_tried_once_more() -> None:
    once = after(errand(), Outcome.LEFT, THURSDAY, RULES)

    assert once.state is ErrandState.WAITING
    assert after(once, Outcome.LEFT, THURSDAY, RULES).state is ErrandState.GIVEN_UP


@pytest.mark.parametrize(
    ("outcome", "state"), [(Outcome.REFUSED, ErrandState.REFUSED), (Outcome.TALKED, ErrandState.DONE)]
)
def test_what_is_over_keeps_no_number(outcome: Outcome, state: ErrandState) -> None:
    over = after(errand(), outcome, THURSDAY, RULES)

    assert (over.state, over.sealed) == (state, "")
    assert not may_call(over, THURSDAY, RULES)


# --- sealed numbers ---------------------------------------------------------------------------------------------------


def test_a_sealed_number_comes_back_with_its_key_only() -> None:
    sealed = seal(KEY, NUMBER)

    assert unseal(KEY, sealed) == NUMBER
    assert NUMBER not in sealed
    assert seal(KEY, NUMBER) != sealed
    with pytest.raises(ValueError, match="another key"):
        unseal(b"x" * 32, sealed)


# --- the dialler ------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """The dialler with a real queue; telephones and conversations are told how to end (fakes)."""

    queue: SqlErrands
    now: datetime = THURSDAY
    telephones: dict[str, int | Outcome] = field(default_factory=dict)
    called: list[str] = field(default_factory=list)

    async def look(self) -> None:
        dialler = Dialler(
            self.queue,
            RULES,
            KEY,
            dial=self._dial,
            address_of=str,
            hold=self._hold,
            places=lambda: 5,
            clock=lambda: self.now,
        )
        async with asyncio.TaskGroup() as calls:
            await dialler.look(calls)

    async def _dial(self, address: str) -> Leg:
        self.called.append(address)
        told = self.telephones.get(address, 408)
        if isinstance(told, int):
            raise CallFailed("told so", told)
        return FakeLeg()

    async def _hold(self, leg: Leg, errand: Errand, number: str) -> Outcome:
        told = self.telephones[number]
        assert isinstance(told, Outcome)
        return told

    async def state(self) -> dict[str, ErrandState]:
        return {each.id: each.state for each in await self.queue.all()}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    queue = await SqlErrands.open(f"sqlite+aiosqlite:///{tmp_path / 'calls.sqlite'}")
    yield World(queue)
    await queue.close()


async def test_calls_who_may_be_called_and_keeps_how_it_ended(world: World) -> None:
    world.telephones = {"0600000001": Outcome.TALKED, "0600000002": 486}
    for number in world.telephones:
        await world.queue.keep(errand(number))

    await world.look()
    await world.look()

    assert sorted(world.called) == ["0600000001", "0600000002"]
    assert await world.state() == {"0001": ErrandState.DONE, "0002": ErrandState.WAITING}
    world.now += timedelta(minutes=11)
    await world.look()
    assert world.called.count("0600000002") == 2


async def test_a_no_is_for_every_campaign_to_come(world: World) -> None:
    world.telephones = {NUMBER: Outcome.REFUSED}
    await world.queue.keep(errand())
    await world.look()

    await world.queue.keep(replace(errand(), id="next", campaign="spring"))
    await world.look()

    assert world.called == [NUMBER]
    assert (await world.state())["next"] is ErrandState.REFUSED


async def test_a_callback_asked_for_after_a_no_is_made(world: World) -> None:
    await world.queue.note_refusal(mark_of(KEY, NUMBER), THURSDAY)
    world.telephones = {NUMBER: Outcome.TALKED}

    await world.queue.keep(errand(kind=ErrandKind.CALLBACK))
    await world.look()

    assert world.called == [NUMBER]


async def test_nobody_is_called_more_than_three_times_a_week(world: World) -> None:
    for number in range(4):
        await world.queue.keep(replace(errand(), id=str(number)))
        world.now += timedelta(minutes=1)
        await world.look()

    assert len(world.called) == 3


async def test_two_nodes_do_not_call_the_same_person(world: World) -> None:
    await world.queue.keep(errand())

    taken = [await world.queue.take(errand(), THURSDAY + timedelta(hours=1)) for _ in range(2)]

    assert taken == [True, False]
