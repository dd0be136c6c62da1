"""One press is one key, whatever happens to its packets (RFC 4733)."""

from __future__ import annotations

from voice_app.telephony.media.keys import KeyReceiver
from voice_app.telephony.media.rtp import Packet

SOURCE = 7


def event(timestamp: int, code: int, duration: int, *, end: bool = False, marker: bool = False) -> Packet:
    payload = bytes([code, 0x80 if end else 0]) + duration.to_bytes(2, "big")
    return Packet(marker, 101, 0, timestamp, SOURCE, payload)


def press(timestamp: int, code: int) -> list[Packet]:
    """As a good sender does: a packet every 20 ms, the last one three times."""
    body = [event(timestamp, code, 160 * step, marker=step == 1) for step in range(1, 5)]
    return [*body, *[event(timestamp, code, 800, end=True)] * 3]


def keys(packets: list[Packet]) -> str:
    receiver = KeyReceiver()
    return "".join(filter(None, (receiver.take(packet) for packet in packets)))


def test_a_press_is_told_once_at_its_first_packet() -> None:
    receiver = KeyReceiver()

    assert [receiver.take(packet) for packet in press(1000, 5)] == ["5", *[None] * 6]


def test_every_key_of_the_telephone() -> None:
    assert keys([event(1000 * code, code, 160, end=True) for code in range(1, 12)]) == "123456789*#"


def test_doubled_and_late_packets_say_nothing_new() -> None:
    first, second = press(1000, 1), press(3000, 2)

    assert keys([*first, *first, *second, first[-1], *second]) == "12"


def test_any_packet_alone_is_enough() -> None:
    for packet in press(1000, 9):
        assert keys([packet]) == "9"


def test_the_same_key_twice_is_two_presses_even_when_all_ends_are_lost() -> None:
    begun = [packet for packet in press(1000, 4) if not packet.payload[1]]
    again = [packet for packet in press(5000, 4) if not packet.payload[1]]

    assert keys([*begun, *again]) == "44"


def test_a_long_press_in_segments_is_one_key() -> None:
    first = [event(1000, 3, 160, marker=True), event(1000, 3, 0xFFFF)]
    following = [event(1000 + 0xFFFF, 3, 160), event(1000 + 0xFFFF, 3, 320, end=True)]

    assert keys([*first, *following]) == "3"


def test_a_sender_that_moves_the_timestamp_with_each_packet() -> None:
    packets = [event(1000 + 160 * step, 6, 160 * (step + 1), marker=step == 0) for step in range(6)]

    assert keys(packets) == "6"


def test_the_wrap_of_the_timestamp() -> None:
    assert keys([*press(2**32 - 100, 1), *press(4000, 1)]) == "11"


def test_other_events_and_short_packets_are_no_keys() -> None:
    assert keys([event(1000, 16, 160), Packet(False, 101, 0, 2000, SOURCE, b"\x01\x00")]) == ""
