"""What the page may send, and what is refused."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import InputMode
from voice_app.channels.kiosk_wire import (
    BadMessage,
    Frame,
    Hello,
    Key,
    MicrophoneState,
    Mode,
    ModeChosen,
    Ping,
    Played,
    Talk,
    UnknownVersion,
    Writing,
    parse_frame,
    parse_message,
    write_message,
)

HELLO = {"type": "hello", "version": 1, "mode": "speaks", "locale": "fr", "microphone": True, "sample_rate": 48000}

json_values = st.sampled_from(
    [None, True, False, 0, 1, -1, 2**40, 1.5, 1e400, "", "1", "fr", "speaks", "٣", [], ["1"], {}, {"turn": 1}]
)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (HELLO, Hello(Mode.SPEAKS, "fr", True, 48000)),
        (HELLO | {"resume": "12345678"}, Hello(Mode.SPEAKS, "fr", True, 48000, "12345678")),
        (HELLO | {"path": "repetition"}, Hello(Mode.SPEAKS, "fr", True, 48000, path="repetition")),
        ({"type": "key", "turn": 3, "key": "#"}, Key(3, "#", InputMode.KEY)),
        ({"type": "key", "turn": 0, "key": "1", "input_mode": "button"}, Key(0, "1", InputMode.BUTTON)),
        ({"type": "key", "turn": 3, "key": "h", "input_mode": "button"}, Key(3, "h", InputMode.BUTTON)),
        ({"type": "write", "turn": 3, "text": "un navigateur"}, Writing(3, "un navigateur")),
        ({"type": "prompt_ended", "turn": 4}, Played(4)),
        ({"type": "microphone", "available": False}, MicrophoneState(False, 16000)),
        ({"type": "talk", "held": True}, Talk(True)),
        ({"type": "mode", "mode": "reader"}, ModeChosen(Mode.READER)),
        ({"type": "ping"}, Ping()),
    ],
)
def test_every_message_of_the_protocol_is_understood(fields, message):
    assert parse_message(json.dumps(fields)) == message


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"type": "dance"},
        HELLO | {"locale": "de"},
        HELLO | {"mode": "loud"},
        HELLO | {"microphone": "yes"},
        HELLO | {"sample_rate": 4000},
        HELLO | {"sample_rate": True},
        HELLO | {"path": "../etc"},
        HELLO | {"path": "a" * 41},
        HELLO | {"path": 7},
        HELLO | {"resume": "12a4"},
        HELLO | {"resume": "1" * 21},
        HELLO | {"resume": "٣٤"},
        {"type": "key", "turn": 1, "key": "A"},
        {"type": "key", "turn": 1, "key": ["1"]},
        {"type": "key", "turn": 1, "key": "12"},
        {"type": "key", "turn": -1, "key": "1"},
        {"type": "key", "turn": True, "key": "1"},
        {"type": "key", "turn": 1.5, "key": "1"},
        {"type": "key", "turn": 1, "key": "1", "input_mode": "voice"},
        {"type": "write", "turn": 1, "text": " "},
        {"type": "write", "turn": 1, "text": "a" * 61},
        {"type": "write", "turn": 1, "text": "un\nmot"},
        {"type": "write", "turn": 1, "text": 12},
        {"type": "write", "text": "mot"},
        {"type": "prompt_ended"},
        {"type": "talk", "held": 1},
    ],
)
def test_a_wrong_field_is_refused(fields):
    with pytest.raises(BadMessage):
        parse_message(json.dumps(fields))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"hello"', "[" * 100_000])
def test_a_text_that_is_no_object_is_refused(text):
    with pytest.raises(BadMessage):
        parse_message(text)


def test_another_version_has_its_own_code():
    with pytest.raises(UnknownVersion) as caught:
        parse_message(json.dumps(HELLO | {"version": 2}))

    assert caught.value.code == "kiosk.version"


@given(
    kind=st.sampled_from(["hello", "key", "prompt_ended", "microphone", "talk", "mode", "ping"]),
    fields=st.dictionaries(
        st.sampled_from(["version", "mode", "locale", "microphone", "sample_rate", "resume", "turn", "key", "held"]),
        json_values,
    ),
)
def test_nothing_but_a_message_or_bad_message_comes_out(kind, fields):
    text = json.dumps({"type": kind} | fields)

    try:
        message = parse_message(text)
    except BadMessage:
        return

    assert message is not None


def test_a_frame_has_sequence_time_and_sound():
    body = struct.pack("<Id", 7, 123.5) + b"\x01\x00\x02\x00"

    assert parse_frame(body, 16000) == Frame(7, 123.5, b"\x01\x00\x02\x00")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00" * 11,
        struct.pack("<Id", 1, 1.0),
        struct.pack("<Id", 1, 1.0) + b"\x00",
        struct.pack("<Id", 1, float("nan")) + b"\x00\x00",
        struct.pack("<Id", 1, float("inf")) + b"\x00\x00",
        struct.pack("<Id", 1, 1.0) + bytes(16002),
    ],
)
def test_a_frame_that_is_not_sound_is_refused(body):
    with pytest.raises(BadMessage):
        parse_frame(body, 16000)


def test_half_a_second_is_the_longest_frame():
    assert len(parse_frame(struct.pack("<Id", 1, 1.0) + bytes(16000), 16000).pcm) == 16000


def test_empty_fields_are_left_out():
    assert json.loads(write_message("clip", turn=1, url=None, ms=0)) == {"type": "clip", "turn": 1, "ms": 0}
