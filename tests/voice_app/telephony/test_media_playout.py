"""Sound comes out in its place, whatever the network does to the packets."""

from __future__ import annotations

import random

import pytest

from voice_app.telephony.media.playout import TICK_SAMPLES, Playout

SILENCE = 0
START = 2**32 - 3000
"""The timestamp wraps in the middle of every test."""


def speech(packets: int, size: int = TICK_SAMPLES) -> list[tuple[int, bytes]]:
    """Packets whose bytes count up (never 0), so that every place can be told."""
    return [
        ((START + size * number) % 2**32, bytes(1 + (number * size + place) % 251 for place in range(size)))
        for number in range(packets)
    ]


def played(buffer: Playout, packets: list[tuple[int, bytes]], ticks: int, *, per_tick: int = 1) -> bytes:
    """Give what comes out when so many packets arrive before each tick."""
    waiting, out = list(packets), b""
    for _ in range(ticks):
        for timestamp, payload in waiting[:per_tick]:
            buffer.put(timestamp, payload)
        waiting = waiting[per_tick:]
        out += buffer.tick()
    return out


def joined(packets: list[tuple[int, bytes]]) -> bytes:
    return b"".join(payload for _, payload in packets)


def test_all_comes_out_in_order() -> None:
    packets = speech(50)

    assert joined(packets) in played(Playout(SILENCE), packets, 60)


def test_reordered_and_doubled_packets() -> None:
    packets = speech(50)
    shuffled = [packets[0]]
    for number in range(1, 49, 2):
        shuffled += [packets[number + 1], packets[number], packets[number]]

    out = played(Playout(SILENCE), [*shuffled, packets[49]], 60, per_tick=2)

    assert joined(packets) in out


@pytest.mark.parametrize("size", [80, 160, 240, 320, 480])
def test_any_packet_length(size: int) -> None:
    packets = speech(40, size)
    buffer, out = Playout(SILENCE), b""

    for tick in range(130):
        for packet in packets[-(-tick * TICK_SAMPLES // size) : -(-(tick + 1) * TICK_SAMPLES // size)]:
            buffer.put(*packet)
        out += buffer.tick()

    assert joined(packets) in out


def test_lost_packets_leave_silence_of_their_length() -> None:
    packets = speech(20)
    kept = [packet for number, packet in enumerate(packets) if number not in (7, 8)]
    buffer = Playout(SILENCE)

    out = b""
    for number in range(25):
        for packet in kept:
            if packet == (packets[number] if number < 20 else None):
                buffer.put(*packet)
        out += buffer.tick()

    expected = joined(packets[:7]) + bytes(2 * TICK_SAMPLES) + joined(packets[9:])
    assert expected in out


def test_a_pause_of_the_sender_keeps_its_length() -> None:
    packets = speech(10)
    later = [((timestamp + 100 * TICK_SAMPLES) % 2**32, payload) for timestamp, payload in packets]
    buffer = Playout(SILENCE)

    out = played(buffer, packets, 100) + played(buffer, later, 20)

    assert joined(packets) + bytes(90 * TICK_SAMPLES) + joined(later) in out


def test_jitter_makes_it_wait_longer_and_then_nothing_is_late() -> None:
    draw = random.Random(3)  # noqa: S311 - a made-up network
    buffer = Playout(SILENCE)
    packets = speech(500)
    arrivals = sorted((number + draw.uniform(0, 4), packet) for number, packet in enumerate(packets))
    late_by = []
    for tick in range(520):
        while arrivals and arrivals[0][0] <= tick:
            buffer.put(*arrivals.pop(0)[1])
        buffer.tick()
        late_by.append(buffer.late)

    assert late_by[-1] == late_by[200]


def test_a_fast_sender_does_not_fill_the_ring() -> None:
    buffer = Playout(SILENCE)
    packets = speech(3_000)
    for number, packet in enumerate(packets):
        buffer.put(*packet)
        if number % 100:  # the sender's clock is a hundredth faster than ours
            buffer.tick()

    rest = 0
    while buffer.tick() != bytes(TICK_SAMPLES):
        rest += 1
    assert rest <= 8


def test_a_sender_whose_time_stands_still_now_and_then_is_heard_to_the_end() -> None:
    buffer, out, packets = Playout(SILENCE), b"", speech(200)
    for number, packet in enumerate(packets):
        if number % 20 == 19:  # 80 ms in which neither sound nor timestamp goes on
            out += b"".join(buffer.tick() for _ in range(4))
        buffer.put(*packet)
        out += buffer.tick()
    out += b"".join(buffer.tick() for _ in range(20))

    assert all(payload in out for _, payload in packets[-15:])
    assert sum(payload in out for _, payload in packets) > 185


def test_a_slow_sender_is_heard_to_the_end() -> None:
    buffer, out, packets = Playout(SILENCE), b"", speech(3_000)
    for number, packet in enumerate(packets):
        buffer.put(*packet)
        out += buffer.tick()
        if number % 100 == 99:
            out += buffer.tick()

    heard = sum(payload in out for _, payload in packets[-200:])
    assert heard > 190


def test_a_long_standstill_begins_anew() -> None:
    buffer, packets = Playout(SILENCE), speech(40)
    played(buffer, packets[:20], 60)  # 800 ms in which the sender's time stood still

    assert joined(packets[20:]) in played(buffer, packets[20:], 30)


def test_another_stream_begins_anew() -> None:
    buffer = Playout(SILENCE)
    played(buffer, speech(10), 15)
    other = [(5_000_000 + TICK_SAMPLES * number, bytes([99]) * TICK_SAMPLES) for number in range(5)]

    assert joined(other) in played(buffer, other, 15)


def test_nothing_heard_is_silence() -> None:
    assert Playout(SILENCE).tick() == bytes(TICK_SAMPLES)
