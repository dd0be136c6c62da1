"""Calls that are really transferred: a mediator hands a learner to the service, and the service a caller to a person.

The telephones are real (baresip; PJSIP where Replaces is needed), the service is the command as it is started, and the
mediator's page is asked for as a browser asks.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.baresip_peer import Baresip, baresip, needs_baresip
from tests.journeys.phone_service import PhoneService, phone_service
from tests.journeys.pjsua_peer import Pjsua, needs_pjsua, pjsua
from tests.journeys.test_phone_journeys import BETWEEN_KEYS_S, answer_until, enter_code, right_keys
from tests.voice_app.web.organization.desk import Browser, Desk
from voice_app.sittings import Sitting, TakenSeat

pytestmark = [needs_baresip, pytest.mark.audio, pytest.mark.realtime]
LIMIT_S = 60.0
PRESSES, HEARD_S = 4, 15.0
ALWAYS = "1-7 00:00-24:00"
NOT_ANSWERS = ("item_answered", "answer_withdrawn", "item_not_administered")
"""Records that a score is made of."""


@dataclass
class Room:
    """A mediator's sitting and its page."""

    desk: Desk
    browser: Browser
    sitting: Sitting

    @classmethod
    async def open(cls, folder: Path) -> Room:
        desk = await Desk.open(folder)
        member = desk.members["mediator"]
        campaign = await desk.campaign()
        sitting = await desk.sittings.open(member.organization.id, "Lundi", campaign.id, member)
        return cls(desk, await desk.browser("mediator"), sitting)

    async def page(self, place: str = "") -> str:
        """Give the words of the sitting's page, or of one place in it."""
        path = f"/org/{self.desk.ours}/sittings/{self.sitting.id}/{place}"
        text = re.sub(r"<[^>]+>", " ", await self.browser.text(path))
        return re.sub(r"\s+", " ", text).replace("\u00a0", " ").replace("\u202f", " ")

    async def shows(self, words: str, place: str = "") -> str:
        """Wait until the page shows these words, and give the whole."""
        page = ""

        async def there() -> bool:
            nonlocal page
            page = await self.page(place)
            return words in page

        try:
            await until(there)
        except TimeoutError as fault:
            raise AssertionError(f"not {words!r} in {page}") from fault
        return page

    async def seat(self) -> TakenSeat:
        """Give the one place that is taken."""
        (seat,) = await self.desk.sittings.seats(self.desk.members["mediator"].organization.id, self.sitting.id)
        return seat


async def until(is_so: Callable[[], Awaitable[bool]], limit_s: float = LIMIT_S) -> None:
    async with asyncio.timeout(limit_s):
        while not await is_so():  # noqa: ASYNC110 - another process tells nothing
            await asyncio.sleep(0.1)


def kinds_of(service: PhoneService, session: str) -> list[str]:
    return [
        kind
        for (kind,) in service.ask(f"select kind from event where session_id = '{session}' order by sequence")  # noqa: S608
    ]


def said(service: PhoneService) -> int:
    """Give how many records there are: something that was pressed has changed something."""
    return len(service.events())


async def press_until(press: Callable[[str], Awaitable[None]], service: PhoneService, kind: str, count: int) -> None:
    """Press the first key of every menu, and the right keys of a question, until so many records of a kind are kept."""
    for _ in range(40):
        if service.events().count(kind) >= count:
            return
        for key in right_keys(service):
            await press(key)
            await asyncio.sleep(BETWEEN_KEYS_S)
    raise AssertionError(f"no {count} times {kind}: {service.events()}")


async def test_a_mediator_transfers_a_learner_blind_into_their_sitting(tmp_path: Path) -> None:
    room = await Room.open(tmp_path)
    async with (
        phone_service(tmp_path) as service,
        baresip(tmp_path / "learner", answers=True) as learner,
        baresip(tmp_path / "mediator", user="mediator") as mediator,
    ):
        assert "Place 1" not in await room.page()
        await mediator.dial(f"sip:learner@127.0.0.1:{learner.port}")
        await learner.wait_for("CALL_ESTABLISHED")

        await mediator.command("transfer", f"sip:assess*{room.sitting.code}@127.0.0.1:{service.port}")

        await learner.wait_for("CALL_ESTABLISHED", LIMIT_S)
        await mediator.wait_for("CALL_CLOSED", LIMIT_S)
        assert said(service) == 0  # a transfer answers nothing for anybody
        await press_until(learner.press, service, "assistance_begun", 1)
        await room.shows("Place 1")
        await answer_until(learner, service, "item_answered", 2)
        seat = await room.seat()
        await room.shows("Question 3 sur 10", f"seats/{seat.session}/")
    await room.desk.store.close()

    kinds = kinds_of(service, seat.session)
    assert (seat.channel, seat.left_at) == ("phone", None)
    assert kinds.count("item_answered") == 2
    assert kinds.index("assistance_begun") < kinds.index("item_asked")


@needs_pjsua
async def test_a_mediator_who_is_in_the_sitting_hands_their_own_place_to_a_learner(tmp_path: Path) -> None:
    room = await Room.open(tmp_path)
    async with (
        phone_service(tmp_path) as service,
        pjsua(tmp_path / "learner", "0611111111") as learner,
        pjsua(tmp_path / "mediator", "0622222222") as mediator,
    ):
        await mediator.order("dial", to=f"sip:0611111111@{learner.address}")
        await mediator.until_talking(0)
        await mediator.order("dial", to=f"sip:assess*{room.sitting.code}@127.0.0.1:{service.port}")
        await mediator.until_talking(1)

        async def press_as_mediator(key: str) -> None:
            await mediator.order("press", call=1, keys=key)

        await press_until(press_as_mediator, service, "item_asked", 1)  # with a yes to being helped, that is not theirs
        before = service.events()

        await mediator.order("attended", call=0, other=1)

        await learner.until_talking(1)
        await mediator.until(lambda here: set(here.calls) == {0}, LIMIT_S)
        await mediator.order("hang_up", call=0)
        await learner.until(lambda here: set(here.calls) == {1}, LIMIT_S)
        await service.until("assistance_ended", 1)
        session = (await room.seat()).session
        assert "Continue sans aide" in await room.page()
        assert [kind for kind in service.events() if kind in NOT_ANSWERS] == []
        asked = service.ask("select payload from event where kind = 'item_asked'")
        await _agree(learner, service)
        await room.shows("Place 1")
        assert service.ask("select payload from event where kind = 'item_asked'") == asked

        async def press_as_learner(key: str) -> None:
            await learner.order("press", call=1, keys=key)

        await press_until(press_as_learner, service, "item_answered", 1)
        await room.shows("Question 2 sur 10", f"seats/{session}/")
    await room.desk.store.close()

    kinds = kinds_of(service, session)
    assert service.ask("select count(distinct session_id) from event where session_id is not null") == [(1,)]
    assert kinds[: len(before)] == before
    assert [kind for kind in kinds if kind in NOT_ANSWERS] == ["item_answered"]


async def _agree(learner: Pjsua, service: PhoneService) -> None:
    """Say yes to being helped when the question has come: by then one is the key of its yes.

    A key that comes while a turn gives way to the next one belongs to neither: it is pressed again, as a person does.
    """
    asked = "select count(*) from sitting_request where act = 'join' and outcome = 'done'"
    await until(_counts(service, asked, 1))
    for _ in range(PRESSES):
        await learner.order("press", call=1, keys="1")
        try:
            await service.until("assistance_begun", 2, HEARD_S)
        except AssertionError:
            continue
        return
    raise AssertionError(f"nobody agreed: {service.events()}")


def _counts(service: PhoneService, query: str, count: int) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return bool(service.ask(query)[0][0] >= count)

    return is_so


async def _ask_for_a_person(caller: Baresip) -> None:
    for _ in range(2):
        await asyncio.sleep(1.5)
        await caller.press("0")


async def test_a_person_who_is_busy_then_answers_and_the_session_that_goes_on_later(tmp_path: Path) -> None:
    async with baresip(tmp_path / "person", user="person") as person, baresip(tmp_path / "caller") as caller:
        settings = {
            "VOICE_APP_PHONE_PERSON": f"sip:person@127.0.0.1:{person.port}",
            "VOICE_APP_PHONE_PERSON_HOURS": ALWAYS,
        }
        async with phone_service(tmp_path / "service", settings=settings) as service:
            await caller.dial(f"sip:assess@127.0.0.1:{service.port}")
            await answer_until(caller, service, "item_answered", 1)
            await service.until("item_asked", 2)
            await _ask_for_a_person(caller)
            await person.wait_for("CALL_INCOMING", LIMIT_S)
            await person.command("hangup")

            # brought back to the open question: it is answered
            await until(_said_in_the_log(service, "transferred with"))
            await asyncio.sleep(1)
            await answer_until(caller, service, "item_answered", 2)
            assert [event for event in person.events if event.get("type") == "CALL_INCOMING"] == []
            await service.until("item_asked", 3)

            await _ask_for_a_person(caller)
            await person.wait_for("CALL_INCOMING", LIMIT_S)
            await person.command("accept")
            await person.wait_for("CALL_ESTABLISHED", LIMIT_S)
            await until(_said_in_the_log(service, "handed over"))
            asked = service.ask("select payload from event where kind = 'item_asked'")

            async with baresip(tmp_path / "later") as later:
                await later.dial(f"sip:assess@127.0.0.1:{service.port}")
                await enter_code(later, service.code())
                await service.until("session_resumed", 1)
                await asyncio.sleep(1)
                assert service.ask("select payload from event where kind = 'item_asked'") == asked
                await answer_until(later, service, "item_answered", 3)

    assert service.events().count("item_answered") == 3


def _said_in_the_log(service: PhoneService, words: str) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return words in (service.folder / "phone.log").read_text()

    return is_so
