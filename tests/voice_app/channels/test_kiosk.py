"""The kiosk channel: messages of the page become events, wishes of the conversation become messages.

Just over 400 lines: each message of the protocol has its test here, in the order of docs/protocol.md.
"""

import asyncio
import json
import struct

import pytest

from engine.model import Channel, InputMode
from voice_app.audio import Sound
from voice_app.channels.kiosk import KioskChannel, KioskRules
from voice_app.channels.kiosk_wire import Hello, Mode
from voice_app.errors import VoiceAppError
from voice_app.ports import (
    Elapsed,
    FrameHeard,
    Hungup,
    KeyPressed,
    MicrophoneChange,
    PromptEnded,
    ShownButton,
    ShownView,
    TalkPressed,
    WordWritten,
)

QUICK = KioskRules(beat_ms=10, watchdog_ms=30, still_ms=60)
TONE = Sound(b"\x10\x00" * 1600)
VIEW = ShownView(4, "fr", "menu", "Bonjour", ("Texte",), (ShownButton("1", "Oui", 1, None),), (), None, (0, 10))


def open_channel(mode=Mode.SPEAKS, *, microphone=False, rules=QUICK, rate_hz=16000, clock_s=None):
    shelf: list[Sound] = []

    def shelve(sound):
        shelf.append(sound)
        return f"/audio/{len(shelf)}.wav"

    hello = Hello(mode, "fr", microphone, rate_hz)
    return KioskChannel(
        hello, shelve=shelve, render=lambda view: f"<h1>{view.heading}</h1>", rules=rules, clock_s=clock_s
    )


async def sent(channel):
    """Give every message for the page so far, then close the channel."""
    channel.hang_up()
    return [json.loads(text) async for text in channel.outgoing()]


async def happened(channel):
    """Give every event so far, then close the channel."""
    channel.hang_up()
    return [event async for event in channel.events()]


def frame(sequence, page_ms, pcm=b"\x01\x00" * 320):
    return struct.pack("<Id", sequence, page_ms) + pcm


def say(channel, **fields):
    channel.receive(json.dumps(fields))


async def test_a_key_carries_its_turn_and_how_it_was_pressed():
    channel = open_channel()

    say(channel, type="key", turn=3, key="2", input_mode="button")

    assert await happened(channel) == [KeyPressed(3, "2", InputMode.BUTTON), Hungup()]


async def test_a_written_word_carries_its_turn():
    channel = open_channel()

    say(channel, type="write", turn=3, text="navigateur")

    assert await happened(channel) == [WordWritten(3, "navigateur"), Hungup()]


async def test_the_channel_is_a_kiosk():
    channel = open_channel(microphone=True)

    assert (channel.kind, channel.microphone) == (Channel.KIOSK, True)
    channel.hang_up()


async def test_a_prompt_travels_piece_by_piece():
    channel = open_channel()

    await channel.begin_prompt(7, -3.0)
    await channel.enqueue(7, TONE, place=2)
    await channel.enqueue(7, Sound(bytes(3200)))
    await channel.end_prompt(7)

    assert await sent(channel) == [
        {"type": "prompt_begin", "turn": 7, "gain_db": -3.0},
        {"type": "clip", "turn": 7, "ms": 100, "url": "/audio/1.wav", "place": 2},
        {"type": "clip", "turn": 7, "ms": 100},
        {"type": "prompt_complete", "turn": 7},
    ]


async def test_the_page_ends_the_prompt_once():
    channel = open_channel()
    await channel.begin_prompt(7, 0.0)
    await channel.enqueue(7, TONE)
    await channel.end_prompt(7)

    say(channel, type="prompt_ended", turn=7)
    say(channel, type="prompt_ended", turn=7)

    assert await happened(channel) == [PromptEnded(7), Hungup()]


async def test_the_end_of_an_older_prompt_is_ignored():
    channel = open_channel()
    await channel.begin_prompt(7, 0.0)
    await channel.begin_prompt(8, 0.0)

    say(channel, type="prompt_ended", turn=7)

    assert await happened(channel) == [PromptEnded(7), PromptEnded(8), Hungup()]


async def test_a_page_that_never_says_the_end_is_not_waited_for():
    channel = open_channel(microphone=True, rules=KioskRules(watchdog_ms=30))
    await channel.begin_prompt(7, 0.0)
    await channel.enqueue(7, Sound(b"\x10\x00" * 320))
    await channel.end_prompt(7)
    begun = asyncio.get_running_loop().time()

    ended = await anext(channel.events())

    assert ended == PromptEnded(7)
    assert 0.04 < asyncio.get_running_loop().time() - begun < 0.5
    assert (await sent(channel))[-1] == {"type": "prompt_stop", "turn": 7}


async def test_a_prompt_without_any_sound_ends_by_the_watchdog():
    channel = open_channel(microphone=True)

    await channel.begin_prompt(7, 0.0)
    await channel.end_prompt(7)

    assert await anext(channel.events()) == PromptEnded(7)
    channel.hang_up()


async def test_stopping_is_told_to_the_page_and_ends_the_prompt():
    channel = open_channel()
    await channel.begin_prompt(7, 0.0)
    await channel.enqueue(7, TONE)

    await channel.stop_prompt(7)
    await channel.enqueue(7, TONE)
    await channel.end_prompt(7)

    assert (await sent(channel))[2:] == [{"type": "prompt_stop", "turn": 7}]
    assert await anext(channel.events()) == PromptEnded(7)


async def test_a_new_prompt_ends_the_one_that_plays():
    channel = open_channel()
    await channel.begin_prompt(7, 0.0)

    await channel.begin_prompt(8, 0.0)
    await channel.enqueue(7, TONE)

    assert [message["type"] for message in await sent(channel)] == ["prompt_begin", "prompt_begin"]


async def test_in_reader_mode_the_prompt_is_sent_for_listening_on_demand_and_ends_at_once():
    channel = open_channel(Mode.READER)

    await channel.begin_prompt(7, 0.0)
    await channel.enqueue(7, TONE)
    await channel.end_prompt(7)

    assert await anext(channel.events()) == PromptEnded(7)
    assert [message["type"] for message in await sent(channel)] == ["prompt_begin", "clip", "prompt_complete"]


async def test_without_microphone_the_event_loop_beats():
    channel = open_channel()

    await asyncio.sleep(0.1)

    *beats, last = await happened(channel)
    assert last == Hungup()
    assert all(isinstance(beat, Elapsed) for beat in beats)
    assert 50 <= sum(beat.length_ms for beat in beats) <= 400


async def test_with_a_microphone_that_delivers_there_is_no_beat():
    channel = open_channel(microphone=True)

    for number in range(10):
        channel.receive(frame(number, number * 20.0))
        await asyncio.sleep(0.01)

    assert await happened(channel) == [*[FrameHeard(Sound(b"\x01\x00" * 320))] * 10, Hungup()]


async def test_a_microphone_that_falls_silent_is_replaced_by_beats_and_comes_back():
    channel = open_channel(microphone=True)

    await asyncio.sleep(0.15)
    channel.receive(frame(0, 0.0))

    events = await happened(channel)
    changes = [event for event in events if isinstance(event, MicrophoneChange)]
    assert changes == [MicrophoneChange(False), MicrophoneChange(True)]
    assert any(isinstance(event, Elapsed) for event in events)
    assert isinstance(events[-2], FrameHeard)


async def test_a_microphone_lost_and_found_is_told():
    channel = open_channel(microphone=True, rules=KioskRules())

    say(channel, type="microphone", available=False)
    say(channel, type="microphone", available=True, sample_rate=48000)

    assert await happened(channel) == [MicrophoneChange(False), MicrophoneChange(True), Hungup()]


async def test_sound_is_brought_to_sixteen_kilohertz():
    channel = open_channel(microphone=True, rules=KioskRules(), rate_hz=48000)

    for number in range(50):
        channel.receive(frame(number, number * 20.0, b"\x01\x00" * 960))

    heard = [event.sound for event in await happened(channel) if isinstance(event, FrameHeard)]
    assert {sound.rate_hz for sound in heard} == {16000}
    assert 900 < sum(sound.duration_ms for sound in heard) <= 1000


async def test_sound_that_comes_late_closes_the_ear_until_it_is_in_time_again():
    now_s = 0.0
    channel = open_channel(microphone=True, rules=KioskRules(), clock_s=lambda: now_s)

    channel.receive(frame(0, 0.0))
    now_s = 1.6
    channel.receive(frame(1, 20.0))
    channel.receive(frame(2, 1600.0))

    (problem,) = await sent(channel)
    assert [type(event) async for event in channel.events()] == [
        FrameHeard,
        MicrophoneChange,
        MicrophoneChange,
        FrameHeard,
        Hungup,
    ]
    assert problem["code"] == "kiosk.sound_late"


async def test_a_conversation_that_does_not_keep_up_gets_no_more_sound():
    channel = open_channel(microphone=True, rules=KioskRules(waiting_sound_ms=100))

    for number in range(20):
        channel.receive(frame(number, number * 20.0))

    events = await happened(channel)
    assert sum(isinstance(event, FrameHeard) for event in events) < 8
    assert MicrophoneChange(False) in events


async def test_in_reader_mode_sound_counts_only_while_the_talk_button_is_held():
    channel = open_channel(Mode.READER, microphone=True)

    channel.receive(frame(0, 0.0))
    say(channel, type="talk", held=True)
    channel.receive(frame(1, 20.0))
    say(channel, type="talk", held=False)
    channel.receive(frame(2, 40.0))
    await asyncio.sleep(0.1)

    assert await happened(channel) == [
        TalkPressed(True),
        FrameHeard(Sound(b"\x01\x00" * 320)),
        TalkPressed(False),
        Hungup(),
    ]


async def test_the_mode_can_change_during_the_conversation():
    channel = open_channel()
    await channel.begin_prompt(7, 0.0)
    await channel.end_prompt(7)

    say(channel, type="mode", mode="reader")
    await asyncio.sleep(0.05)

    assert channel.mode is Mode.READER
    assert await happened(channel) == [PromptEnded(7), Hungup()]


async def test_a_view_is_sent_as_html_and_as_data():
    channel = open_channel()

    await channel.show(VIEW)

    (message,) = await sent(channel)
    assert (message["turn"], message["html"]) == (4, "<h1>Bonjour</h1>")
    assert message["view"]["choices"][0]["label"] == "Oui"


async def test_listening_and_the_code_to_keep_are_sent():
    channel = open_channel()

    await channel.listening(4, True)
    await channel.remember("12345678", [TONE], "Votre code : 12 34 56 78")

    assert await sent(channel) == [
        {"type": "listening", "turn": 4, "open": True},
        {
            "type": "remember",
            "code": "12345678",
            "text": "Votre code : 12 34 56 78",
            "clips": [{"ms": 100, "url": "/audio/1.wav"}],
        },
    ]


async def test_closing_says_goodbye_and_ends_both_streams():
    channel = open_channel()

    await channel.close()
    await channel.close()

    assert await sent(channel) == [{"type": "bye"}]
    assert await happened(channel) == [Hungup()]


@pytest.mark.parametrize("message", ["", "[]", '{"type":"key"}', b"\x00", '{"type":"hello"}'])
async def test_a_bad_message_is_answered_by_a_problem_and_does_no_harm(message):
    channel = open_channel()

    channel.receive(message)
    say(channel, type="key", turn=1, key="1")

    assert await anext(channel.events()) == KeyPressed(1, "1")
    (problem,) = await sent(channel)
    assert (problem["type"], problem["code"].split(".")[0]) == ("problem", "kiosk")
    assert problem["detail"]


async def test_too_many_bad_messages_cut_the_line():
    channel = open_channel(rules=KioskRules(faults_allowed=3))

    for _ in range(4):
        channel.receive("nonsense")

    assert [event async for event in channel.events()] == [Hungup()]


async def test_a_page_that_does_not_read_is_cut_off():
    channel = open_channel(rules=KioskRules(waiting_messages=3))

    for turn in range(5):
        await channel.listening(turn, True)

    assert [event async for event in channel.events()] == [Hungup()]


async def test_a_flood_of_keys_cuts_the_line_and_keeps_what_came_before():
    channel = open_channel(rules=KioskRules(waiting_events=10))

    for _ in range(10_000):
        say(channel, type="key", turn=1, key="1")

    assert await happened(channel) == [KeyPressed(1, "1")] * 11 + [Hungup()]


async def test_a_ping_is_answered():
    channel = open_channel()

    say(channel, type="ping")

    assert await sent(channel) == [{"type": "pong"}]


async def test_nothing_happens_after_the_line_is_gone():
    channel = open_channel()
    channel.hang_up()

    say(channel, type="key", turn=1, key="1")
    await channel.begin_prompt(1, 0.0)
    channel.tell(VoiceAppError("too late"))

    assert await sent(channel) == []
    assert await happened(channel) == [Hungup()]


RESULT = ShownView(9, "en", "result", "Your result", (), (), (), None, (10, 10))


def open_reporting_channel():
    hello = Hello(Mode.READER, "fr", False)
    return KioskChannel(
        hello, shelve=lambda _: "/x.wav", render=lambda _: "", offer_report=lambda code, locale: f"/{code}/{locale}"
    )


async def test_report_of_the_shown_result_has_an_address():
    channel = open_reporting_channel()
    await channel.remember("12345674", [], "code")
    await channel.show(RESULT)

    say(channel, type="report")

    assert (await sent(channel))[-1] == {"type": "report", "address": "/12345674/en"}


@pytest.mark.parametrize("shown", [[VIEW], [RESULT, VIEW], []])
async def test_no_report_unless_a_result_is_shown(shown):
    channel = open_reporting_channel()
    await channel.remember("12345674", [], "code")
    for view in shown:
        await channel.show(view)

    say(channel, type="report")

    assert (await sent(channel))[-1]["code"] == "kiosk.no_report"


async def test_no_report_without_a_code():
    channel = open_reporting_channel()
    await channel.show(RESULT)

    say(channel, type="report")

    assert (await sent(channel))[-1]["code"] == "kiosk.no_report"
