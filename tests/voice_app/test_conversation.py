"""A conversation carries out what the dialogue asks, in order, whatever breaks around it.

Just over 400 lines: every promise of the conversation's docstring has its test here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

from tests.fakes_speech import FakeSynthesizer
from tests.voice_app.fakes import BEGINNING, QUIET, SPEECH, FakeChannel, FakeEndpointer, FakeRecognizer, FakeStore
from voice_app.app import dialogue_context
from voice_app.audio import Sound
from voice_app.conversation import Conversation, Voices
from voice_app.conversation_rules import ConversationRules
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.turn import DONT_KNOW
from voice_app.hearing import HearingOutcome
from voice_app.ports import Elapsed, FrameHeard, Hungup, KeyPressed, MicrophoneChange, PromptEnded, TalkPressed
from voice_app.settings import Settings
from voice_app.speaking import levels_db
from voice_app.speech.earcons import earcon


@cache
def context() -> DialogueContext:
    return dialogue_context(Settings())


@dataclass
class Room:
    """A running conversation with all its fakes."""

    channel: FakeChannel = field(default_factory=FakeChannel)
    ear: FakeRecognizer = field(default_factory=FakeRecognizer)
    voice: FakeSynthesizer = field(default_factory=FakeSynthesizer)
    store: FakeStore = field(default_factory=FakeStore)
    resume_code: str | None = None
    rules: ConversationRules = field(default_factory=ConversationRules)

    @property
    def turn(self) -> int:
        return self.channel.views[-1].turn

    @property
    def screen(self) -> str:
        return self.channel.views[-1].screen

    @property
    def kinds(self) -> list[str]:
        return [record.kind for record in self.store.records]

    async def settle(self) -> None:
        """Let everything that is under way happen."""
        for _ in range(60):
            await asyncio.sleep(0)

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.channel.send(KeyPressed(self.turn, key))
            await self.settle()

    async def to_first_question(self) -> None:
        """French, begin, pace, practice."""
        await self.press("1", "1", "1", "1")

    async def to_the_goodbye(self) -> None:
        """From the first question on: the same answer to all, then no more."""
        while self.screen != "result":
            await self.press("1")
        self.channel.holds_prompts = True
        await self.press("2")


@asynccontextmanager
async def talking(room: Room) -> AsyncIterator[Room]:
    outside = Voices(room.ear, room.voice, FakeEndpointer(), earcon, room.store)
    conversation = Conversation(
        room.channel, context(), outside, seed=1, asker="here", rules=room.rules, resume_code=room.resume_code
    )
    running = asyncio.create_task(conversation.run())
    try:
        await room.settle()
        yield room
    finally:
        room.channel.send(Hungup())
        await asyncio.wait_for(running, 5)


async def test_an_answer_is_kept_before_anything_is_said_about_it() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        before = len(room.voice.spoken)
        room.store.fails = 1
        await room.press("1")

        said = [text for text, _, _ in room.voice.spoken[before:]]

    assert "item_answered" not in room.kinds
    assert said[0] == context().content.prompts["fr"]["fault.not_saved"]


async def test_the_answer_after_a_failed_save_is_kept_once() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.store.fails = 1
        await room.press("1", "1")

    assert room.kinds.count("item_answered") == 1


async def test_a_double_click_answers_once_and_does_not_silence_the_next_question() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.channel.holds_prompts = True
        turn = room.turn
        room.channel.send(KeyPressed(turn, "1"))
        room.channel.send(KeyPressed(turn, "1"))
        await room.settle()

    assert room.kinds.count("item_answered") == 1
    assert ("stop", room.turn) not in room.channel.log


async def test_a_key_silences_the_prompt_before_the_next_one_begins() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.channel.holds_prompts = True
        await room.press("*")
        turn = room.turn
        await room.press("*")
        log = room.channel.log

    assert log.index(("stop", turn)) < log.index(("begin", turn + 1, 0.0))


async def test_voice_is_heard_and_becomes_an_answer() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.ear.hears = [(HearingOutcome.MATCH, str(DONT_KNOW))]
        room.channel.send(FrameHeard(SPEECH))
        await room.settle()
        answered = [record.payload for record in room.store.records if record.kind == "item_answered"]

    assert [payload["option"] for payload in answered] == [None]
    assert answered[0]["input_mode"] == "voice"


async def test_speech_during_the_question_itself_does_not_interrupt_it() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.channel.holds_prompts = True
        await room.press("*")
        room.channel.send(FrameHeard(SPEECH))
        await room.settle()

    assert ("stop", room.turn) not in room.channel.log


async def test_speech_interrupts_once_an_option_was_told() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.channel.holds_prompts = True
        await room.press("*")
        turn = room.turn
        room.channel.frames(1_500)
        room.ear.hears = [(HearingOutcome.MATCH, str(DONT_KNOW))]
        room.channel.send(FrameHeard(SPEECH))
        await room.settle()
        await asyncio.sleep(0.1)

    assert ("stop", turn) in room.channel.log
    assert "item_answered" in room.kinds


async def test_patience_counts_frames_after_the_prompt_and_never_scores() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        for _ in range(12):
            room.channel.frames(501)
            await room.settle()
            await asyncio.sleep(0.05)
        said = [text for text, _, _ in room.voice.spoken]

    assert context().content.prompts["fr"]["silence.first"] in said
    assert "item_answered" not in room.kinds


async def test_beats_are_the_clock_of_a_channel_without_microphone() -> None:
    async with talking(Room(FakeChannel(microphone=False))) as room:
        await room.to_first_question()
        room.channel.send(Elapsed(10_000))
        await room.settle()
        said = [text for text, _, _ in room.voice.spoken]

    assert context().content.prompts["fr"]["silence.first"] in said


async def test_time_stands_still_while_a_prompt_plays() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.channel.holds_prompts = True
        await room.press("*")
        turn = room.turn
        room.channel.frames(2_000)
        await room.settle()
        await asyncio.sleep(0.1)
        still = room.turn
        room.channel.send(PromptEnded(turn))
        await room.settle()

    assert still == turn


async def test_a_dead_ear_is_told_and_keys_go_on() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.ear.hears = [None]
        room.channel.send(FrameHeard(SPEECH))
        await room.settle()
        said = [text for text, _, _ in room.voice.spoken]
        await room.press("1")

    assert context().content.prompts["fr"]["fault.use_keys"] in said
    assert "item_answered" in room.kinds


async def test_an_ear_that_comes_back_is_told() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.ear.available = False
        room.channel.send(FrameHeard(QUIET))
        await room.settle()
        room.ear.available = True
        room.channel.send(FrameHeard(QUIET))
        await room.settle()
        said = [text for text, _, _ in room.voice.spoken]

    assert said.count(context().content.prompts["fr"]["ear.back"]) == 1


async def test_a_cough_is_no_answer_and_no_trouble() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        turn = room.turn
        room.ear.hears = [(HearingOutcome.NO_INPUT, "")]
        room.channel.send(FrameHeard(SPEECH))
        await room.settle()

    assert room.turn == turn


async def test_a_sentence_that_cannot_be_spoken_becomes_a_tone() -> None:
    room = Room()
    room.voice.failing = set(context().content.prompts["fr"].values())
    async with talking(room):
        await room.to_first_question()

    assert room.screen == "question"


async def test_push_to_talk_hears_what_was_said_while_held() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.ear.hears = [(HearingOutcome.MATCH, str(DONT_KNOW))]
        room.channel.send(TalkPressed(True))
        room.channel.send(FrameHeard(QUIET))
        room.channel.send(TalkPressed(False))
        await room.settle()

    assert "item_answered" in room.kinds


async def test_the_page_is_given_the_code_as_soon_as_something_is_kept() -> None:
    async with talking(Room()) as room:
        await room.press("1", "1")
        remembered = [entry for entry in room.channel.log if entry[0] == "remember"]

    assert remembered[0][1] == room.store.code
    assert "12 34 56 70" in remembered[0][2]


async def test_a_cut_line_goes_on_at_the_same_question_with_the_code() -> None:
    async with talking(Room()) as first:
        await first.to_first_question()
        await first.press("1", "2")
        asked = first.channel.views[-1]
    again = Room(store=first.store, resume_code=first.store.code)
    async with talking(again):
        shown = again.channel.views[-1]

    assert (shown.heading, [b.label for b in shown.choices]) == (asked.heading, [b.label for b in asked.choices])


async def test_who_comes_back_is_looked_up_again_while_the_database_does_not_answer() -> None:
    async with talking(Room()) as first:
        await first.to_first_question()
        asked = first.channel.views[-1]
    first.store.lookups_fail = 2
    again = Room(store=first.store, resume_code=first.store.code, rules=ConversationRules(look_up_again_ms=(0, 0)))
    async with talking(again):
        shown = again.channel.views[-1]

    assert shown.heading == asked.heading


async def test_who_comes_back_is_not_sent_away_when_the_first_step_is_not_kept_at_once() -> None:
    async with talking(Room()) as first:
        await first.to_first_question()
        asked = first.channel.views[-1]
    first.store.fails = 2
    again = Room(store=first.store, resume_code=first.store.code, rules=ConversationRules(look_up_again_ms=(0, 0)))
    async with talking(again):
        shown = again.channel.views[-1]

    assert (shown.screen, shown.heading) == ("question", asked.heading)


async def test_an_unknown_code_begins_anew() -> None:
    async with talking(Room(resume_code="00000000")) as room:
        screen = room.screen
        said = [text for text, _, _ in room.voice.spoken]

    assert screen == "menu"
    assert context().content.prompts["fr"]["fault.general"] in said


async def test_a_lost_microphone_is_told() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.channel.send(MicrophoneChange(available=False))
        await room.settle()
        said = [text for text, _, _ in room.voice.spoken]

    assert context().content.prompts["fr"]["fault.no_microphone"] in said


async def test_a_whole_diagnostic_by_keys_ends_by_itself() -> None:
    room = Room()
    async with talking(room):
        await room.to_first_question()
        for _ in range(12):
            if room.screen == "result":
                break
            await room.press("1")
        await room.press("2")

    assert room.kinds[-1] == "session_finished"
    assert ("close",) in room.channel.log


async def test_the_talk_button_during_the_goodbye_does_not_keep_the_conversation_open() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        await room.to_the_goodbye()
        goodbye = room.turn
        room.channel.send(TalkPressed(True))
        room.channel.send(PromptEnded(goodbye))
        await room.settle()
        log = list(room.channel.log)

    assert ("close",) in log


async def test_an_endless_talk_is_cut_to_the_longest_one() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.ear.hears = [(HearingOutcome.MATCH, str(DONT_KNOW))]
        room.channel.send(TalkPressed(True))
        for _ in range(4):
            room.channel.send(FrameHeard(Sound(bytes(320_000))))
        room.channel.send(TalkPressed(False))
        await room.settle()

    assert [sound.duration_ms for sound in room.ear.utterances] == [ConversationRules().longest_talk_ms]


async def test_speech_cut_by_the_talk_button_does_not_stop_the_clock() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        before = len(room.channel.views)
        room.channel.send(FrameHeard(BEGINNING))
        room.channel.send(TalkPressed(True))
        room.channel.send(TalkPressed(False))
        room.channel.frames(2_000)
        await room.settle()

    assert len(room.channel.views) > before


async def test_a_busy_conversation_lets_its_channel_wait() -> None:
    async with talking(Room()) as room:
        await room.to_first_question()
        room.store.is_free.clear()
        room.channel.send(KeyPressed(room.turn, "1"))
        await room.settle()
        room.channel.frames(5_000)
        await room.settle()
        waiting = room.channel.queue.qsize()
        room.store.is_free.set()

    assert waiting > 4_900
    assert "item_answered" in room.kinds


async def test_what_is_said_when_the_line_is_cut_does_not_delay_the_conversation() -> None:
    beginning, _, _ = context().content.prompts["fr"]["connection.lost"].partition("{code}")
    async with talking(Room(voice=FakeSynthesizer(busy_with=beginning))) as room:
        await room.to_first_question()
        screen = room.screen

    assert any(text.startswith(beginning) for text, _, _ in room.voice.spoken)
    assert screen == "question"


async def test_the_log_tells_neither_the_answer_nor_the_code(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with talking(Room()) as room:
        await room.to_first_question()
        room.ear.hears = [(HearingOutcome.MATCH, str(DONT_KNOW))]
        room.channel.send(FrameHeard(SPEECH))
        await room.settle()

    assert HearingOutcome.MATCH in caplog.text
    assert str(DONT_KNOW) not in caplog.text
    assert room.store.code not in caplog.text


def test_the_level_of_a_prompt_is_told_step_by_step_and_its_end_is_a_step() -> None:
    loud = np.full(320, 16_384, dtype="<i2").tobytes()
    half = np.full(160, 16_384, dtype="<i2").tobytes()

    levels = levels_db(Sound(loud + bytes(640) + half))

    assert levels == pytest.approx([-6.02, -96.0, -9.03], abs=0.01)
    assert levels_db(Sound(b"")) == []
