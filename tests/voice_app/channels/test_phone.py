"""The phone channel over a leg: prompts end exactly once, keys belong to the turn that was heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from engine.organization.codes import with_check_digit
from voice_app.audio import Sound, silence
from voice_app.channels.phone import PhoneChannel, PhoneChannelRules, for_line
from voice_app.errors import StoreError
from voice_app.phone_line import CallersLine, code_dialled
from voice_app.ports import (
    CallerChange,
    ChannelEvent,
    Elapsed,
    FrameHeard,
    Hungup,
    KeyPressed,
    MicrophoneChange,
    PromptEnded,
    ShownView,
)
from voice_app.telephony.contacts import PhoneContact
from voice_app.telephony.errors import CallFailed
from voice_app.telephony.leg import Handover, KeyHeard, LegEnded, LegEvent, LegInbox, LegMoved, LineHeard, MarkReached

FRAME = bytes(320)
CODE = with_check_digit("91234568")
"""Of a sitting; its first eight digits are no valid code."""


@dataclass
class FakeLeg:
    """A leg whose caller hears everything at once when told to; what was asked of it is in `log`."""

    log: list[str] = field(default_factory=list)
    inbox: LegInbox = field(default_factory=LegInbox)
    waiting: list[int] = field(default_factory=list)
    handover: Handover = Handover.NOT_HERE

    def play(self, pcm: bytes) -> None:
        self.log.append(f"play {len(pcm)}")

    def mark(self, number: int) -> None:
        self.waiting.append(number)

    def clear(self) -> None:
        self.log.append("clear")
        self.say_all()

    def say_all(self) -> None:
        """Everything that waits has been said."""
        for number in self.waiting:
            self.inbox.put(MarkReached(number))
        self.waiting.clear()

    def happens(self, *events: LegEvent) -> None:
        for event in events:
            self.inbox.put(event)

    def events(self) -> AsyncIterator[LegEvent]:
        return self.inbox.events()

    def hang_up(self) -> None:
        self.inbox.put(LegEnded())

    async def transfer(self, target: str) -> Handover:
        return self.handover


def view(turn: int, screen: str = "question") -> ShownView:
    return ShownView(turn, "fr", screen, "", (), (), (), None, None)


def frames(count: int) -> list[LegEvent]:
    return [LineHeard(FRAME)] * count


async def all_events(channel: PhoneChannel, leg: FakeLeg) -> list[ChannelEvent]:
    """Give what the conversation hears until the caller hangs up, frames left out."""
    leg.happens(LegEnded())
    return [event async for event in channel.events() if not isinstance(event, FrameHeard)]


@pytest.fixture
def leg() -> FakeLeg:
    return FakeLeg()


async def test_a_prompt_said_to_its_end_ends_once(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    await channel.begin_prompt(3, 0.0)
    await channel.enqueue(3, silence(100))
    await channel.end_prompt(3)
    leg.say_all()
    await channel.stop_prompt(3)

    assert await all_events(channel, leg) == [PromptEnded(3), Hungup()]


async def test_a_prompt_silenced_before_it_was_complete_ends_once(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    await channel.begin_prompt(3, 0.0)
    await channel.enqueue(3, silence(100))
    await channel.stop_prompt(3)
    await channel.enqueue(3, silence(100))
    await channel.end_prompt(3)

    assert await all_events(channel, leg) == [PromptEnded(3), Hungup()]
    assert leg.log == ["clear", "play 1600", "clear"]


async def test_a_new_prompt_ends_the_one_before(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    await channel.begin_prompt(3, 0.0)
    await channel.begin_prompt(4, 0.0)
    await channel.end_prompt(4)
    leg.say_all()

    assert await all_events(channel, leg) == [PromptEnded(3), PromptEnded(4), Hungup()]


async def test_a_second_press_belongs_to_the_turn_before(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    events = channel.events()
    await channel.show(view(1))
    leg.happens(*frames(50), KeyHeard("2"), *frames(10), KeyHeard("2"), *frames(20), KeyHeard("3"), LegEnded())

    keys = []
    async for event in events:
        if isinstance(event, KeyPressed):
            keys.append(event)
            await channel.show(view(2))  # the first answer brings the next question

    assert keys == [KeyPressed(1, "2"), KeyPressed(1, "2"), KeyPressed(2, "3")]


@pytest.mark.parametrize("screen", ["code_entry", "number_entry"])
async def test_digits_that_are_typed_count_however_fast(leg: FakeLeg, screen: str) -> None:
    channel = PhoneChannel(leg)
    events = channel.events()
    await channel.show(view(1, screen))
    await channel.show(view(2, screen))

    leg.happens(KeyHeard("4"))

    assert await anext(events) == KeyPressed(2, "4")


async def test_a_digit_too_late_for_one_number_is_not_the_next_ones(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    events = channel.events()
    await channel.show(replace(view(1, "number_entry"), heading="Question 1"))
    await channel.show(replace(view(2, "number_entry"), heading="Question 2"))

    leg.happens(KeyHeard("4"))

    assert await anext(events) == KeyPressed(1, "4")


@pytest.mark.parametrize(
    ("screen", "used"), [("menu", False), ("code_entry", False), ("number_entry", True), ("lessons", True)]
)
async def test_who_came_to_a_question_or_a_lesson_has_used_the_service(leg: FakeLeg, screen: str, used: bool) -> None:
    channel = PhoneChannel(leg)

    await channel.show(view(1, screen))

    assert channel.used is used


async def test_the_callers_sound_comes_at_16_khz(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    leg.happens(*frames(50), LegEnded())

    heard = [event.sound async for event in channel.events() if isinstance(event, FrameHeard)]

    assert {sound.rate_hz for sound in heard} == {16_000}
    assert [sound.duration_ms for sound in heard] == [20] * 50


async def test_a_line_that_is_not_listened_to_tells_keys_and_time_only(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    channel.close_ear()
    leg.happens(*frames(12), KeyHeard("2"), LegEnded())

    heard = [event async for event in channel.events()]

    assert not channel.microphone
    assert heard == [Elapsed(100), Elapsed(100), KeyPressed(0, "2"), Hungup()]


async def test_a_place_at_the_ear_is_given_between_prompts(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    channel.close_ear()
    await channel.begin_prompt(1, 0.0)
    leg.happens(*frames(5))
    channel.open_ear()
    events = channel.events()
    during = await anext(events)
    await channel.end_prompt(1)
    leg.say_all()
    leg.happens(*frames(1), LegEnded())

    after = [type(event) async for event in events]

    assert during == Elapsed(100)
    assert after == [PromptEnded, MicrophoneChange, FrameHeard, Hungup]
    assert channel.microphone


async def test_a_receiver_put_aside_is_hung_up_but_not_during_a_prompt(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg, PhoneChannelRules(idle_ms=1000))
    await channel.begin_prompt(1, 0.0)
    leg.happens(*frames(80), KeyHeard("*"))
    events = channel.events()
    during = [event async for event in until_key(events)]
    await channel.end_prompt(1)
    leg.say_all()
    leg.happens(*frames(80))

    after = [event async for event in events]

    assert Hungup() not in during
    assert after[-1] == Hungup()


async def until_key(events: AsyncIterator[ChannelEvent]) -> AsyncIterator[ChannelEvent]:
    async for event in events:
        yield event
        if isinstance(event, KeyPressed):
            return


def test_louder_is_clipped_not_wrapped() -> None:
    loud = Sound(np.full(160, 30_000, "<i2").tobytes(), 8_000)

    assert np.frombuffer(for_line(loud, 4.0), "<i2").max() == 32_767


# --- a person on asking -----------------------------------------------------------------------------------------------


class NoQueue:
    """A queue that nobody asks here (a fake)."""


@dataclass
class Contacts:
    """What an organisation has named; StoreError for no database (a fake)."""

    contact: PhoneContact | StoreError | None

    async def of_campaign(self, campaign: str) -> PhoneContact | None:
        if isinstance(self.contact, StoreError):
            raise self.contact
        return self.contact


def line_to(
    leg: FakeLeg,
    channel: PhoneChannel,
    person: FakeLeg | None,
    contact: PhoneContact | StoreError | None = None,
) -> CallersLine:
    async def dial(address: str) -> FakeLeg:
        leg.log.append(f"dial {address}")
        if person is None:
            raise CallFailed("told so", 486)
        return person

    return CallersLine(
        leg=leg,
        channel=channel,
        dial=dial,
        key=b"k" * 32,
        errands=NoQueue(),  # type: ignore[arg-type]
        contacts=Contacts(contact),
        address_of=lambda number: f"sip:{number}@trunk.example",
        number="",
        person="sip:person@example.test",
        callbacks=False,
        calling=None,
        callback_window="",
    )


async def test_where_the_network_will_not_transfer_caller_and_person_are_joined(leg: FakeLeg) -> None:
    person, loud = FakeLeg(), b"\1\0" * 160
    channel = PhoneChannel(leg)
    person.happens(LineHeard(loud), LegEnded())

    took_over = await line_to(leg, channel, person).hand_over()
    leg.inbox = LegInbox()
    leg.happens(LineHeard(loud), KeyHeard("3"), LegEnded())
    heard = [event async for event in channel.events()]

    assert took_over
    assert leg.log == ["dial sip:person@example.test", "play 320"]
    assert person.log == ["play 320"]
    assert heard == [Hungup()]


async def test_who_rang_in_vain_is_not_rung_a_second_time(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    leg.handover = Handover.NOBODY

    took_over = await line_to(leg, channel, FakeLeg()).hand_over()
    leg.happens(*frames(5))

    assert not took_over
    assert leg.log == []
    assert len([event async for event in until_ended(channel, leg)]) == 5


async def test_a_transferred_call_ends_the_prompt_of_the_first_caller_once(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)
    await channel.begin_prompt(3, 0.0)
    await channel.enqueue(3, silence(100))
    await channel.end_prompt(3)
    leg.waiting.clear()  # the other line knows nothing of the marks of this one
    leg.happens(LegMoved("0611111111"))

    assert await all_events(channel, leg) == [CallerChange("0611111111"), PromptEnded(3), Hungup()]


async def test_the_second_callers_number_takes_the_place_of_the_first_ones(leg: FakeLeg) -> None:
    line = line_to(leg, PhoneChannel(leg), None)
    line.change_caller("+33 6 12 34 56 78")
    first = line.caller

    line.change_caller("0687654321")

    assert line.number == "0687654321"
    assert line.caller != first
    line.change_caller("anonymous")
    assert line.caller is None


@pytest.mark.parametrize(
    ("dialled", "code"),
    [
        (f"assess*{CODE}", CODE),
        (f"3000*{CODE}", CODE),
        (f"*21*{CODE}", CODE),
        (CODE, None),
        (f"assess*{CODE[:-1]}", None),
        (f"assess*{CODE[:-1]}{(int(CODE[-1]) + 1) % 10}", None),
        ("assess*", None),
        ("assess", None),
        ("", None),
    ],
)
def test_a_code_stands_behind_a_star(dialled: str, code: str | None) -> None:
    assert code_dialled(dialled) == code


async def test_when_nobody_takes_over_the_conversation_goes_on(leg: FakeLeg) -> None:
    channel = PhoneChannel(leg)

    took_over = await line_to(leg, channel, None).hand_over()
    leg.happens(*frames(5))

    assert not took_over
    assert len([event async for event in until_ended(channel, leg)]) == 5


async def until_ended(channel: PhoneChannel, leg: FakeLeg) -> AsyncIterator[ChannelEvent]:
    leg.happens(LegEnded())
    async for event in channel.events():
        if isinstance(event, FrameHeard):
            yield event


@pytest.mark.parametrize(
    ("contact", "person"),
    [
        (None, "sip:person@example.test"),
        (PhoneContact("sip:samia@maison.example", "1-7 00:00-24:00"), "sip:samia@maison.example"),
        (PhoneContact("01 23 45 67 89", "1-7 00:00-24:00"), "sip:0123456789@trunk.example"),
        (PhoneContact("sip:samia@maison.example", ""), None),
        (StoreError("the database sleeps"), "sip:person@example.test"),
    ],
    ids=["none of its own", "an address", "a number", "closed", "no database"],
)
async def test_the_person_of_the_campaigns_organisation_takes_over(
    leg: FakeLeg, contact: PhoneContact | StoreError | None, person: str | None
) -> None:
    line = line_to(leg, PhoneChannel(leg), None, contact)

    await line.follow("campaign")

    assert line.person == person
    assert line.person_reachable == (person is not None)
