"""What a SIP peer may do to us, by hand over UDP and TCP, against the real gateway and media process.

Longer than 400 lines: one list of probes, all against the one line that is opened here.
"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from tests.voice_app.telephony.raw_caller import Line, RawCaller, Told, parse, running_line, sdp, until

SENDONLY = "a=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=sendonly"


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with running_line() as running:
        yield running


@pytest.fixture
def caller(line: Line) -> Iterator[RawCaller]:
    one = RawCaller(line.port)
    yield one
    one.sequence += 10
    one.send(one.message("BYE"))
    if one.to_tag:
        until(lambda: all(each.call_id != one.call_id for each in line.gateway.agent.calls), 2)
    one.close()


def told(line: Line) -> Told:
    assert until(lambda: line.told and not line.told[-1].over)
    return line.told[-1]


def calls(line: Line) -> int:
    return len(line.gateway.agent.calls)


# --- one INVITE is one call ---------------------------------------------------------------------------------------


def test_invite_sent_twice_is_one_call(line: Line, caller: RawCaller) -> None:
    before = calls(line)
    text = caller.message("INVITE", sdp(caller.rtp_port), branch="z9hG4bKtwice" + caller.tag)
    caller.send(text)
    caller.send(text)

    first, second = caller.final(), caller.final()

    assert (first.status, second.status) == (200, 200)
    assert first.header("To") == second.header("To")
    assert calls(line) == before + 1


def test_invite_again_after_the_answer_is_the_same_answer(line: Line, caller: RawCaller) -> None:
    text = caller.message("INVITE", sdp(caller.rtp_port), branch="z9hG4bKlate" + caller.tag)
    caller.send(text)
    first = caller.final()
    caller.to_tag = first.header("To").partition("tag=")[2]
    caller.ack()
    before = calls(line)

    caller.send(text)

    assert caller.final().head == first.head
    assert calls(line) == before


def test_the_answer_is_repeated_until_its_ack(caller: RawCaller) -> None:
    caller.invite()

    assert caller.final().status == 200
    caller.ack()
    time.sleep(0.1)
    assert caller.silent(1.2)


def test_an_invite_by_two_ways_is_a_loop(caller: RawCaller) -> None:
    caller.establish()

    caller.send(caller.message("INVITE", sdp(caller.rtp_port), to_tag="", branch="z9hG4bKother" + caller.tag))

    assert caller.final().status == 482


def test_an_old_peer_without_the_magic_cookie(line: Line, caller: RawCaller) -> None:
    text = caller.message("INVITE", sdp(caller.rtp_port), branch="1")
    caller.send(text)
    caller.send(text)

    assert caller.final().header("To") == caller.final().header("To")


# --- sound --------------------------------------------------------------------------------------------------------


def test_no_sound_before_the_ack(caller: RawCaller) -> None:
    caller.invite()

    assert not caller.hears(0.6)
    caller.ack()
    assert caller.hears()


def test_no_sound_to_another_address(line: Line, caller: RawCaller) -> None:
    elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    elsewhere.bind(("127.0.0.9", 0))
    elsewhere.settimeout(0.6)
    body = sdp(elsewhere.getsockname()[1]).replace("c=IN IP4 127.0.0.1", "c=IN IP4 127.0.0.9")
    answer = caller.establish(body)

    with pytest.raises(TimeoutError):
        elsewhere.recv(2048)
    elsewhere.close()
    caller.speak(answer.rtp_port, 8, b"\xd5" * 160, timestamp=0)
    assert caller.hears()


def test_sound_of_a_stranger_is_not_heard(line: Line, caller: RawCaller) -> None:
    answer = caller.establish()
    heard = told(line)
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind(("127.0.0.9", 0))
    for number in range(25):
        packet = struct.pack("!BBHII", 0x80, 8, number, 160 * number, 9) + b"\x2a\xaa" * 80
        stranger.sendto(packet, ("127.0.0.1", answer.rtp_port))
    stranger.close()
    time.sleep(0.6)

    assert heard.loud == 0
    assert heard.frames > 20


def test_what_the_caller_says_is_heard(line: Line, caller: RawCaller) -> None:
    answer = caller.establish()
    heard = told(line)

    for number in range(25):
        caller.speak(answer.rtp_port, 8, b"\x2a\xaa" * 80, timestamp=160 * number)
        time.sleep(0.02)

    assert until(lambda: heard.loud >= 15)  # a busy machine sends some of them too late


@pytest.mark.parametrize("payload_type", [96, 100, 101, 127])
def test_keys_on_any_payload_type(line: Line, caller: RawCaller, payload_type: int) -> None:
    lines = f"a=rtpmap:0 PCMU/8000\na=rtpmap:{payload_type} telephone-event/8000"
    answer = caller.establish(sdp(caller.rtp_port, f"0 {payload_type}", lines))
    heard = told(line)

    caller.press(answer.rtp_port, 5, 1000, payload_type)
    caller.press(answer.rtp_port, 11, 9000, payload_type)

    assert f"a=rtpmap:{payload_type} telephone-event/8000" in answer.body
    assert until(lambda: heard.keys == ["5", "#"])


@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/dtmf-relay", "Signal=7\r\nDuration=160\r\n"), ("application/dtmf", "7")],
)
def test_keys_by_info(line: Line, caller: RawCaller, kind: str, body: str) -> None:
    caller.establish()
    heard = told(line)

    answer = caller.ask("INFO", body, kind=kind)

    assert answer.status == 200
    assert until(lambda: heard.keys == ["7"])


def test_a_key_sent_both_ways_is_one_key(line: Line, caller: RawCaller) -> None:
    answer = caller.establish()
    heard = told(line)
    caller.press(answer.rtp_port, 3, 1000)
    assert until(lambda: heard.keys == ["3"])

    caller.ask("INFO", "Signal=3", kind="application/dtmf-relay")
    caller.press(answer.rtp_port, 4, 9000)

    assert until(lambda: heard.keys[1:] == ["4"])


def test_a_key_silences_the_prompt_within_150_ms(line: Line, caller: RawCaller) -> None:
    answer = caller.establish()
    told(line)
    assert caller.hears()

    caller.drain()
    caller.press(answer.rtp_port, 11, 1000)
    pressed, last_sound = time.monotonic(), 0.0
    caller.rtp.settimeout(0.5)
    while time.monotonic() - pressed < 0.5:
        if caller.rtp.recv(2048)[12:] != b"\xd5" * 160:
            last_sound = time.monotonic() - pressed

    assert last_sound < 0.150


def test_hold_is_silent_and_resume_goes_on(line: Line, caller: RawCaller) -> None:
    caller.establish()
    heard = told(line)
    held = caller.ask("INVITE", sdp(caller.rtp_port, "8 101", SENDONLY))
    caller.ack()
    time.sleep(0.2)
    caller.drain()
    frames = heard.frames

    assert "a=recvonly" in held.body
    assert not caller.hears(0.4)
    assert heard.frames > frames  # a caller who only stops to listen is still heard
    resumed = caller.ask("INVITE", sdp(caller.rtp_port))
    caller.ack()
    assert "a=sendrecv" in resumed.body
    assert caller.hears()


def test_the_old_way_of_hold(line: Line, caller: RawCaller) -> None:
    caller.establish()
    heard = told(line)

    held = caller.ask("INVITE", sdp(caller.rtp_port).replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"))
    caller.ack()
    time.sleep(0.2)
    caller.drain()
    frames = heard.frames

    assert held.status == 200
    assert not caller.hears(0.4)
    assert heard.frames == frames  # the conversation's clock stands still


def test_an_invite_without_offer_gets_ours(caller: RawCaller) -> None:
    answer = caller.invite("")
    caller.ack(sdp(caller.rtp_port, "0", "a=rtpmap:0 PCMU/8000"))

    assert "a=rtpmap:8 PCMA/8000" in answer.body
    assert "a=rtpmap:0 PCMU/8000" in answer.body
    assert caller.hears()


# --- what we cannot do ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        sdp(4000, "18", "a=rtpmap:18 G729/8000"),
        "v=0\r\nm=audio eight RTP/AVP 8\r\n",
        "nonsense",
        sdp(0),
        sdp(4000).replace("RTP/AVP", "RTP/SAVP"),
        sdp(4000).replace("m=audio", "m=video"),
    ],
    ids=["no codec", "broken", "nonsense", "port 0", "encrypted", "video only"],
)
def test_an_offer_that_cannot_be_met_is_488(line: Line, caller: RawCaller, body: str) -> None:
    before = calls(line)

    assert caller.invite(body).status == 488
    assert until(lambda: calls(line) <= before)


def test_other_streams_are_refused_in_their_place(caller: RawCaller) -> None:
    body = sdp(caller.rtp_port).replace("m=audio", "m=video 4002 RTP/AVP 31\r\nm=audio", 1)

    answer = caller.invite(body)

    assert answer.body.index("m=video 0 RTP/AVP 31") < answer.body.index("m=audio")


def test_a_required_extension_is_420(caller: RawCaller) -> None:
    answer = caller.invite(extra=["Require: foobar"])

    assert (answer.status, answer.header("Unsupported")) == (420, "foobar")


@pytest.mark.parametrize("method", ["INVITE", "BYE", "INFO", "UPDATE", "OPTIONS"])
def test_an_unknown_dialog_is_481(caller: RawCaller, method: str) -> None:
    assert caller.ask(method, to_tag="unknown").status == 481


def test_a_cancel_of_nothing_is_481(caller: RawCaller) -> None:
    assert caller.ask("CANCEL").status == 481


def test_a_cancel_that_comes_too_late_does_no_harm(caller: RawCaller) -> None:
    caller.invite(branch="z9hG4bKc" + caller.tag)

    caller.send(caller.message("CANCEL", branch="z9hG4bKc" + caller.tag, to_tag="", sequence=1))
    answer = caller.final()

    assert (answer.status, "CANCEL" in answer.header("CSeq")) == (200, True)


def test_bye_ends_the_call_and_may_be_repeated(line: Line, caller: RawCaller) -> None:
    caller.establish()
    before = calls(line)
    caller.sequence += 1
    text = caller.message("BYE", branch="z9hG4bKbye" + caller.tag)

    caller.send(text)
    first = caller.final()
    caller.send(text)
    second = caller.final()

    assert (first.status, second.status) == (200, 200)
    assert until(lambda: calls(line) <= before - 1)
    caller.drain()
    assert not caller.hears(0.3)


def test_an_old_sequence_number_is_500(caller: RawCaller) -> None:
    caller.establish()
    caller.ask("OPTIONS")

    caller.send(caller.message("OPTIONS", sequence=1))

    assert caller.final().status == 500


@pytest.mark.parametrize("method", ["REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "FOO"])
def test_what_we_do_not_do_is_405_for_everybody(caller: RawCaller, method: str) -> None:
    answer = caller.ask(method)

    assert answer.status == 405
    assert "INVITE" in answer.header("Allow")


def test_every_extension_answers_alike_and_no_version_is_told(line: Line) -> None:
    answers = []
    for user in ("assess", "100", "admin", "nobody"):
        one = RawCaller(line.port, user=user)
        answer = one.ask("OPTIONS")
        answers.append((answer.status, answer.header("Server"), answer.header("Allow"), answer.header("Accept")))
        one.close()

    assert len(set(answers)) == 1
    assert not any(letter.isdigit() for letter in answers[0][1])


# --- what is no SIP at all --------------------------------------------------------------------------------------------


def test_garbage_does_not_disturb(line: Line, caller: RawCaller) -> None:
    draw = random.Random(5)  # noqa: S311 - made-up garbage
    good = caller.message("INVITE", sdp(4000)).encode()
    for _ in range(300):
        broken = bytearray(good)
        for _ in range(draw.randint(1, 30)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        caller.send(bytes(broken[: draw.randrange(len(broken))]))
        caller.send(draw.randbytes(draw.randint(0, 400)))
    for size in (1, 65_000):
        caller.send(b"A" * size)
    caller.send(b"INVITE sip:x SIP/2.0\r\n" + b"Via: a\r\n" * 3000 + b"\r\n")
    other = RawCaller(line.port)

    assert other.ask("OPTIONS").status == 200
    other.close()


@pytest.mark.parametrize("broken", ["From", "To", "Call-ID", "CSeq", "Via"])
def test_a_request_without_a_header_it_needs_gets_no_call(line: Line, caller: RawCaller, broken: str) -> None:
    before = calls(line)
    text = "\r\n".join(
        each for each in caller.message("INVITE", sdp(4000)).split("\r\n") if not each.startswith(f"{broken}:")
    )

    caller.send(text)

    assert caller.silent() or calls(line) <= before


def test_tcp_cut_at_every_byte(line: Line, caller: RawCaller) -> None:
    with socket.create_connection(("127.0.0.1", line.port), timeout=5) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        text = caller.message("OPTIONS", "hello", kind="text/plain").replace("SIP/2.0/UDP", "SIP/2.0/TCP")
        for byte in text.encode():
            stream.sendall(bytes([byte]))
        answer = parse(stream.recv(65_535).decode())

    assert answer is not None
    assert answer.status == 200


def test_two_messages_in_one_piece_and_a_keep_alive(line: Line, caller: RawCaller) -> None:
    with socket.create_connection(("127.0.0.1", line.port), timeout=5) as stream:
        both = "\r\n\r\n" + caller.message("OPTIONS") + caller.message("OPTIONS", sequence=7)
        stream.sendall(both.replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
        answered = b""
        while answered.count(b"SIP/2.0 200") < 2:
            answered += stream.recv(65_535)

    assert answered.startswith(b"\r\n")


def test_a_whole_call_over_tcp_ends_on_its_connection(line: Line, caller: RawCaller) -> None:
    with socket.create_connection(("127.0.0.1", line.port), timeout=5) as stream:
        read = stream.makefile("rb")

        def send(text: str) -> None:
            stream.sendall(text.replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())

        def receive() -> str:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += read.readline()
            length = re.search(rb"(?i)content-length: (\d+)", head)
            return (head + read.read(int(length[1]) if length else 0)).decode()

        send(caller.message("INVITE", sdp(caller.rtp_port)))
        answers = [receive(), receive()]
        caller.to_tag = re.findall(r"To: .*tag=(\w+)", answers[-1])[0]
        send(caller.message("ACK"))
        heard = caller.hears()
        leg = next(each for each in line.gateway.agent.calls if each.call_id == caller.call_id)
        line.loop.call_soon_threadsafe(leg.hang_up)
        bye = receive()

    assert [each.split()[1] for each in answers] == ["100", "200"]
    assert heard
    assert bye.startswith("BYE sip:learner@127.0.0.1")


# --- when we end, and when things break -------------------------------------------------------------------------------


def test_our_bye_goes_along_the_recorded_route(line: Line, caller: RawCaller) -> None:
    proxy = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    proxy.bind(("127.0.0.1", 0))
    proxy.settimeout(3)
    route = f"<sip:127.0.0.1:{proxy.getsockname()[1]};lr>"
    caller.establish(extra=[f"Record-Route: {route}"])
    call = next(each for each in line.gateway.agent.calls if each.call_id == caller.call_id)

    line.loop.call_soon_threadsafe(call.hang_up)
    bye = proxy.recv(65_535).decode()
    proxy.close()

    assert bye.startswith(f"BYE sip:learner@127.0.0.1:{caller.own} SIP/2.0")
    assert f"Route: {route}" in bye


def test_our_bye_is_repeated_until_it_is_answered(line: Line, caller: RawCaller) -> None:
    caller.establish()
    call = next(each for each in line.gateway.agent.calls if each.call_id == caller.call_id)

    line.loop.call_soon_threadsafe(call.hang_up)

    assert caller.receive() == caller.receive()


def test_the_media_process_dies_and_calls_end_and_come_again(line: Line, caller: RawCaller) -> None:
    caller.establish()
    heard = told(line)
    pid = line.gateway.media.pid
    assert pid is not None
    began = time.monotonic()

    os.kill(pid, signal.SIGKILL)
    bye = caller.receive(5)
    assert until(lambda: line.gateway.media.available, 5)
    again = RawCaller(line.port)
    again.establish()

    assert bye.startswith("BYE")
    assert heard.fault is not None
    assert again.hears()
    assert time.monotonic() - began < 5
    again.ask("BYE")
    again.close()


def test_a_media_process_that_hangs_is_replaced(line: Line, caller: RawCaller) -> None:
    caller.establish()
    pid = line.gateway.media.pid
    assert pid is not None

    os.kill(pid, signal.SIGSTOP)

    assert caller.receive(5).startswith("BYE")
    assert until(lambda: line.gateway.media.available and line.gateway.media.pid != pid, 5)
